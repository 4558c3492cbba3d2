"""What frameloom.models.interpolators.dis promises, on scenes with known truth."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from frameloom.models.interpolators.dis import DIS

Picture = NDArray[np.float32]


def texture(height: int, width: int, *, channels: int = 3, seed: int = 0, blur: float = 2.5) -> Picture:
    """(height, width, channels) float32 in [0, 1]: soft random blobs."""
    noise = np.random.default_rng(seed).random((height, width, channels)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), blur).reshape(height, width, channels)
    return ((soft - soft.min()) / max(float(soft.max() - soft.min()), 1e-6)).astype(np.float32)


def moved(image: Picture, right: float, down: float) -> Picture:
    """The image with its content shifted by a number of pixels."""
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    size = (image.shape[1], image.shape[0])
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).clip(0, 1)


def frames(first: Picture, last: Picture, moments: Sequence[float | Picture]) -> list[Picture]:
    return list(DIS().between(first, last, moments))


def frame(first: Picture, last: Picture, moment: float | Picture) -> Picture:
    return frames(first, last, [moment])[0]


def psnr(made: Picture, truth: Picture) -> float:
    # What is equal to the last bit is 200 dB
    return float(-10 * np.log10(max(1e-20, np.mean((made.astype(np.float64) - truth) ** 2))))


def inner(image: Picture, margin: int = 24) -> Picture:
    return image[margin:-margin, margin:-margin]


def occlusion_scene(time: float) -> Picture:
    """(160, 240, 3): a textured square crosses, by 24 px in unit time, a background that slides 6 px the other way."""
    scene = moved(texture(160, 240, seed=5), -6.0 * time, 0.0)
    square = texture(60, 60, seed=6) * np.float32([1.0, 0.6, 0.3])
    matrix = np.array([[1, 0, 70 + 24.0 * time], [0, 1, 50]], np.float32)
    mask = cv2.warpAffine(np.ones((60, 60), np.float32), matrix, (240, 160))[..., None]
    return (scene + mask * (cv2.warpAffine(square, matrix, (240, 160)) / np.maximum(mask, 1e-3) - scene)).clip(0, 1)


@pytest.mark.parametrize(("right", "down"), [(4.0, 2.0), (9.3, -5.7), (30.0, 0.0)])
@pytest.mark.parametrize("moment", [0.25, 0.5, 0.75])
def test_translation_is_scaled_to_the_moment(right: float, down: float, moment: float) -> None:
    first = texture(160, 220)
    made = frame(first, moved(first, right, down), moment)
    truth = moved(first, right * moment, down * moment)
    assert psnr(inner(made, 40), inner(truth, 40)) > 38
    elsewhere = moved(first, right * moment + 1.0, down * moment)  # the test sees an error of one pixel
    assert psnr(inner(made, 40), inner(elsewhere, 40)) < 35


def test_occlusion_beats_cross_fade_by_four_db() -> None:
    first, last, truth = (occlusion_scene(time) for time in (0.0, 1.0, 0.5))
    made = frame(first, last, 0.5)
    fade = (first + last) / 2
    assert psnr(inner(made), inner(truth)) > psnr(inner(fade), inner(truth)) + 4
    square = np.s_[55:105, 87:137]  # the square itself, without its rim, arrives whole
    assert psnr(made[square], truth[square]) > 38
    away = np.s_[24:45, 24:-24]  # and the background above it does not feel it
    assert psnr(made[away], truth[away]) > 38


def test_uniform_map_is_the_number() -> None:
    first, last = occlusion_scene(0.0), occlusion_scene(1.0)
    for moment in (0.0, 0.05, 0.3, 0.5, 1.0):
        as_map = np.full(first.shape[:2], moment, np.float32)
        assert np.abs(frame(first, last, as_map) - frame(first, last, moment)).max() < 1e-4


def test_map_holds_each_half_at_its_own_frame() -> None:
    first = texture(160, 240)
    last = moved(first, 8.0, 0.0)
    halves = np.zeros((160, 240), np.float32)
    halves[:, 120:] = 1.0
    made = frame(first, last, halves)
    assert np.abs(made - first)[:, :100].max() < 1e-5
    assert np.abs(made - last)[:, 148:].max() < 1e-5
    assert np.abs(first - last)[:, :100].max() > 0.1  # or the halves would be equal anyway


def test_map_moves_a_part_at_its_own_pace() -> None:
    first = texture(160, 240)
    last = moved(first, 8.0, 0.0)
    paces = np.full((160, 240), 0.25, np.float32)
    paces[:, 120:] = 0.75
    made = frame(first, last, paces)
    assert psnr(made[40:-40, 30:100], moved(first, 2.0, 0.0)[40:-40, 30:100]) > 38
    assert psnr(made[40:-40, 140:210], moved(first, 6.0, 0.0)[40:-40, 140:210]) > 38


def test_ends_are_the_given_frames() -> None:
    first, last = occlusion_scene(0.0), occlusion_scene(1.0)
    at_first, at_last = frames(first, last, [0.0, 1.0])
    assert np.abs(at_first - first).max() < 1e-5
    assert np.abs(at_last - last).max() < 1e-5


def test_static_pair_comes_back_as_it_is() -> None:
    still = texture(50, 61, blur=0.7)
    for made in frames(still, still.copy(), [0.2, 0.5, np.full((50, 61), 0.7, np.float32)]):
        assert np.abs(made - still).max() < 1e-6


def test_static_surroundings_of_a_moving_part_stay() -> None:
    first = texture(160, 200, blur=1.0)
    last = first.copy()
    last[60:90, 40:70] = texture(30, 30, seed=9)
    made = frame(first, last, 0.5)
    assert np.abs(made - first)[:, 120:].max() < 1e-5


def test_swapping_the_frames_mirrors_time() -> None:
    first, last = occlusion_scene(0.0), occlusion_scene(1.0)
    forward, mirrored = frame(first, last, 0.3), frame(last, first, 0.7)
    assert psnr(forward, mirrored) > 40
    assert psnr(forward, frame(last, first, 0.3)) < 30


def test_thread_count_and_repetition_do_not_change_a_byte() -> None:
    first, last = occlusion_scene(0.0), occlusion_scene(1.0)
    threads = cv2.getNumThreads()
    made: list[bytes] = []
    try:
        for count in (1, 2, 3, 8, 1):
            cv2.setNumThreads(count)
            made.append(frame(first, last, 0.4).tobytes())
        assert cv2.getNumThreads() == 1
    finally:
        cv2.setNumThreads(threads)
    assert len(set(made)) == 1


def test_alpha_moves_with_the_colours() -> None:
    first = texture(120, 160, channels=4)
    last = moved(first, 6.0, 0.0)
    made = frame(first, last, 0.5)
    assert made.shape == first.shape
    assert psnr(inner(made), inner(moved(first, 3.0, 0.0))) > 36


def test_what_leaves_the_picture_is_shown_by_the_frame_that_has_it() -> None:
    # Without continuing the motion outwards the rims come out at 36 dB, without leaving them to one frame at 24
    wide = texture(120, 260, blur=6.0)
    first, last, truth = wide[:, 0:200], wide[:, 24:224], wide[:, 12:212]  # a pan by 24 px
    made = frame(first, last, 0.5)
    for rim in (np.s_[30:-30, :12], np.s_[30:-30, -12:]):  # seen by first alone, by last alone
        assert psnr(made[rim], truth[rim]) > 45


def parted_scene(background: float, square: float) -> Picture:
    """(160, 240, 3): a square that moves by 36 px and the background by -4 px, each at a time of its own."""
    scene = moved(texture(160, 240, seed=5), -4.0 * background, 0.0)
    left = round(70 + 36 * square)
    scene[50:110, left : left + 60] = texture(60, 60, seed=6) * np.float32([1.0, 0.5, 0.2])
    return scene


@pytest.mark.parametrize("own", [0.0, 0.25, 0.75, 1.0])
def test_an_object_masked_in_the_first_frame_arrives_whole_at_its_own_time(own: float) -> None:
    """Maps were taken on the output's grid: the object was cut where it left its mask, or seen twice."""
    first, last, truth = parted_scene(0.0, 0.0), parted_scene(1.0, 1.0), parted_scene(0.5, own)
    when = np.full((160, 240), 0.5, np.float32)
    when[50:110, 70:130] = own
    made = frame(first, last, when)
    left = round(70 + 36 * own)
    square = np.s_[54:106, left + 4 : left + 56]
    assert psnr(made[square], truth[square]) > 36
    common = parted_scene(0.5, 0.5)  # what it must not look like: what is uncovered is invented in any case
    assert psnr(inner(made), inner(truth)) > psnr(inner(made), inner(common)) + 1.8


def test_a_flash_keeps_the_motion() -> None:
    first = texture(120, 160) * np.float32(0.7)
    last = moved(first, 6.0, 0.0) * np.float32(1.3)
    truth = moved(first, 3.0, 0.0) * np.float32(1.15)
    assert psnr(inner(frame(first, last, 0.5)), inner(truth)) > psnr(inner((first + last) / 2), inner(truth)) + 6


def test_work_waits_until_a_frame_is_asked_for() -> None:
    made = DIS().between(texture(20, 30), texture(20, 30, seed=1), [0.5, "not a moment"])  # type: ignore[list-item]
    assert next(made).shape == (20, 30, 3)
    with pytest.raises(ValueError, match="could not convert"):
        next(made)


def test_no_moments_no_frames() -> None:
    assert frames(texture(20, 30), texture(20, 30, seed=1), []) == []


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 2), (1, 7), (7, 1), (3, 5), (8, 8), (17, 9), (31, 33), (9, 200), (200, 5), (65, 127)]
)
@pytest.mark.parametrize("channels", [3, 4])
def test_every_size_gives_that_size(size: tuple[int, int], channels: int) -> None:
    first, last = (texture(*size, channels=channels, seed=seed) for seed in (1, 2))
    for made in frames(first, last, [0.5, np.linspace(0, 1, size[0] * size[1], dtype=np.float32).reshape(size)]):
        assert made.shape == first.shape
        assert made.dtype == np.float32
        assert np.isfinite(made).all()
        assert made.min() >= 0
        assert made.max() <= 1


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    seed=st.integers(0, 999),
    moment=st.floats(0.0, 1.0, width=32),
    contrast=st.sampled_from([0.0, 1e-3, 1.0, 30.0]),
)
def test_noise_never_gives_a_number_out_of_range(
    height: int, width: int, seed: int, moment: float, contrast: float
) -> None:
    random = np.random.default_rng(seed)
    first, last = (
        (0.5 + contrast * (random.random((height, width, 3)) - 0.5)).clip(0, 1).astype(np.float32) for _ in range(2)
    )
    made = frame(first, last, moment)
    assert np.isfinite(made).all()
    assert made.min() >= 0
    assert made.max() <= 1


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.0), (0.0, 1.0), (0.2, 0.8)])
def test_flat_frames_cross_fade(before: float, after: float) -> None:
    first, last = np.full((40, 50, 3), before, np.float32), np.full((40, 50, 3), after, np.float32)
    assert np.abs(frame(first, last, 0.25) - (before + 0.25 * (after - before))).max() < 1e-5
