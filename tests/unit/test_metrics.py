"""Metrics against the formulas and an independent implementation."""

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from factories import noise
from frameloom.errors import InputError, ShapeError
from frameloom.metrics.table import METRICS, find_metrics

TRUTH = noise((40, 50), seed=1)
NEAR = np.clip(TRUTH.astype(int) + np.random.default_rng(0).integers(-9, 10, TRUTH.shape), 0, 255).astype(np.uint8)


def test_psnr_is_that_of_scikit_image() -> None:
    assert METRICS["psnr"](NEAR, TRUTH) == pytest.approx(peak_signal_noise_ratio(TRUTH, NEAR, data_range=255), abs=1e-9)


def test_psnr_of_a_difference_of_one_level_is_48_13_db() -> None:
    image = np.full((4, 4, 3), 100, np.uint8)
    assert METRICS["psnr"](image + np.uint8(1), image) == pytest.approx(20 * math.log10(255))
    assert METRICS["psnr"](image - np.uint8(100), image) == pytest.approx(20 * math.log10(2.55)), "no wrap-around"


def test_ie_is_the_mean_absolute_difference() -> None:
    expected = sum(abs(int(a) - int(b)) for a, b in zip(NEAR.ravel(), TRUTH.ravel(), strict=True)) / TRUTH.size
    assert METRICS["ie"](NEAR, TRUTH) == pytest.approx(expected, abs=1e-12)


def test_ssim_is_that_of_the_paper_by_hand() -> None:
    """Wang et al. 2004, equation 13, with its Gaussian window, written out for one channel at a time."""
    taps = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.outer(taps, taps) / taps.sum() ** 2

    def mean(image: np.ndarray) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(image, (11, 11))
        return (windows * window).sum(axis=(2, 3))

    scores = []
    for channel in range(3):
        x, y = (image[..., channel].astype(float) for image in (NEAR, TRUTH))
        mx, my = mean(x), mean(y)
        vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        scores.append(((2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean())
    assert METRICS["ssim"](NEAR, TRUTH) == pytest.approx(np.mean(scores), abs=1e-4)
    uniform = structural_similarity(TRUTH, NEAR, channel_axis=2)
    assert abs(METRICS["ssim"](NEAR, TRUTH) - uniform) > 1e-4, "the Gaussian window makes a difference"


@pytest.mark.parametrize(("name", "value"), [("psnr", math.inf), ("ssim", 1), ("ie", 0)])
def test_equal_images_get_the_best_value(name: str, value: float) -> None:
    assert METRICS[name](TRUTH, TRUTH) == value


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_what_a_metric_declares_is_true(metric: object) -> None:
    near, far = metric(NEAR, TRUTH), metric(255 - TRUTH, TRUTH)
    assert (near > far) == metric.higher_is_better
    assert metric.bounds[0] <= min(near, far) <= max(near, far) <= metric.bounds[1]
    with pytest.raises(ShapeError):
        metric(TRUTH[:-1], TRUTH)


def test_metrics_are_found_in_the_order_asked_for() -> None:
    assert [metric.name for metric in find_metrics(["IE", "psnr"])] == ["ie", "psnr"]
    with pytest.raises(InputError, match="did you mean psnr"):
        find_metrics(["psrn"])


def test_ssim_says_when_an_image_is_too_small() -> None:
    with pytest.raises(ShapeError, match="11 pixels"):
        METRICS["ssim"](TRUTH[:10], TRUTH[:10])
