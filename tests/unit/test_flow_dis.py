"""What frameloom.models.flow.dis promises, on pictures with known motion."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from frameloom.models.flow.dis import DISFlow


def texture(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    """(height, width, 3) float32 in [0, 1]: soft random blobs."""
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3.0)
    return ((soft - soft.min()) / (soft.max() - soft.min())).astype(np.float32)


def moved(image: NDArray[np.float32], right: float, down: float) -> NDArray[np.float32]:
    """The image with its content shifted by a number of pixels."""
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    size = (image.shape[1], image.shape[0])
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).clip(0, 1)


@pytest.mark.parametrize(("right", "down"), [(3.0, 0.0), (0.0, -4.5), (7.3, 2.6), (-20.0, 11.0)])
def test_translation_is_recovered_below_a_pixel(right: float, down: float) -> None:
    first = texture(160, 200)
    flow = DISFlow().estimate(first, moved(first, right, down))
    inner = flow[40:-40, 40:-40]
    assert np.abs(inner - np.array([right, down], np.float32)).mean() < 0.1


def test_second_fetched_along_the_flow_is_first() -> None:
    first = texture(120, 140)
    second = moved(first, 5.5, -3.25)
    flow = DISFlow().estimate(first, second)
    x, y = np.meshgrid(np.arange(140, dtype=np.float32), np.arange(120, dtype=np.float32))
    back = cv2.remap(second, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)
    assert np.abs(back - first)[20:-20, 20:-20].mean() < 0.1 * np.abs(second - first)[20:-20, 20:-20].mean()


def test_a_small_thing_that_moves_far_is_found() -> None:
    # Blobs of a few pixels are gone on the coarse levels: without the block search this flow stays near nothing
    first = texture(160, 240, seed=5)
    second = first.copy()
    patch = texture(50, 50, seed=6)[..., ::-1] * np.float32([1.0, 0.6, 0.3])
    first[50:100, 60:110] = patch
    second[50:100, 90:140] = patch
    flow = DISFlow().estimate(first, second)
    assert np.abs(np.median(flow[60:90, 70:100], axis=(0, 1)) - np.array([30.0, 0.0])).max() < 0.5
    assert np.abs(flow[:, :30]).mean() < 0.2


def test_identical_frames_do_not_move() -> None:
    first = texture(64, 80)
    assert np.abs(DISFlow().estimate(first, first)).max() < 1e-3


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 7), (7, 1), (3, 5), (8, 8), (17, 9), (31, 33), (47, 200), (200, 5), (64, 64), (64, 300)]
)
def test_every_size_gives_finite_flow_of_that_size(size: tuple[int, int]) -> None:
    flow = DISFlow().estimate(texture(*size, seed=1), texture(*size, seed=2))
    assert flow.shape == (*size, 2)
    assert flow.dtype == np.float32
    assert np.isfinite(flow).all()


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_flat_frames_do_not_move(level: float) -> None:
    flat = np.full((50, 70, 3), level, np.float32)
    assert np.abs(DISFlow().estimate(flat, flat)).max() < 1e-3


def test_grey_colour_and_alpha_give_one_flow() -> None:
    grey = texture(60, 80)[..., 0]
    second = moved(grey, 2.0, 1.0)
    expected = DISFlow().estimate(grey, second)
    colours = [np.dstack([image] * 3) for image in (grey, second)]
    with_alpha = [np.dstack([image, np.full_like(grey, 0.3)]) for image in colours]
    # Grey made from equal channels is the same grey but for the last bit before rounding to 256 levels
    assert np.abs(DISFlow().estimate(colours[0], colours[1]) - expected).mean() < 0.01
    assert np.abs(DISFlow().estimate(with_alpha[0], with_alpha[1]) - expected).mean() < 0.01


def test_thread_count_does_not_change_a_byte() -> None:
    first, second = texture(123, 211, seed=3), texture(123, 211, seed=4)
    threads = cv2.getNumThreads()
    flows: list[bytes] = []
    try:
        for count in (1, 2, 3, 8):
            cv2.setNumThreads(count)
            flows.append(DISFlow().estimate(first, second).tobytes())
    finally:
        cv2.setNumThreads(threads)
    assert len(set(flows)) == 1
