"""Metrics against the formulas and an independent implementation."""

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from factories import noise
from frameloom.errors import InputError, ShapeError, UnknownModel
from frameloom.metrics.metric import Metric, Stretch
from frameloom.metrics.table import METRICS, find_metrics
from frameloom.models.zoo import catalog

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


def test_ssim_3d_is_the_formula_in_windows_of_all_channels() -> None:
    taps = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.einsum("i,j,k->ijk", taps, taps, taps) / taps.sum() ** 3

    def mean(image: np.ndarray) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 5, mode="edge"), (11, 11, 11))
        return np.einsum("abcijk,ijk->abc", windows, window)

    x, y = NEAR[:24, :20].astype(float), TRUTH[:24, :20].astype(float)
    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    expected = ((2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean()
    score = METRICS["ssim-3d"](NEAR[:24, :20], TRUTH[:24, :20])
    assert score == pytest.approx(expected, abs=1e-9)
    assert abs(score - METRICS["ssim"](NEAR[:24, :20], TRUTH[:24, :20])) > 1e-3


def test_ie_rms_is_middleburys() -> None:
    """IJCV 2011, section 4.1: the root of the mean over pixels of the squared length of the difference of colours."""
    total = sum(sum((int(a) - int(b)) ** 2 for a, b in zip(one, other, strict=True))
                for one, other in zip(NEAR.reshape(-1, 3), TRUTH.reshape(-1, 3), strict=True))  # fmt: skip
    assert METRICS["ie-rms"](NEAR, TRUTH) == pytest.approx(math.sqrt(total / (40 * 50)), abs=1e-12)


def test_ms_ssim_is_that_of_the_paper_by_hand() -> None:
    """Wang et al. 2003, equation 7, with sums over windows written out; sizes are odd at three of the five scales."""
    taps = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.outer(taps, taps) / taps.sum() ** 2
    truth = noise((163, 178), seed=3)
    near = np.clip(truth.astype(int) + np.random.default_rng(1).integers(-30, 31, truth.shape), 0, 255).astype(np.uint8)

    def mean(image: np.ndarray) -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(image, (11, 11))
        return np.einsum("abij,ij->ab", windows, window)

    def halved(image: np.ndarray) -> np.ndarray:
        rows, columns = (-(-side // 2) for side in image.shape)
        last = [side - 1 for side in image.shape]
        picks = [(min(2 * r + a, last[0]), min(2 * c + b, last[1])) for r in range(rows) for c in range(columns)
                 for a in (0, 1) for b in (0, 1)]  # fmt: skip
        return np.array([image[pick] for pick in picks]).reshape(rows, columns, 4).mean(axis=2)

    scores = []
    for channel in range(3):
        x, y = (image[..., channel].astype(float) for image in (near, truth))
        score = 1.0
        for scale, exponent in enumerate([0.0448, 0.2856, 0.3001, 0.2363, 0.1333]):
            mx, my = mean(x), mean(y)
            vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
            similarity = (2 * cov + (0.03 * 255) ** 2) / (vx + vy + (0.03 * 255) ** 2)
            if scale == 4:
                c1 = (0.01 * 255) ** 2
                similarity *= (2 * mx * my + c1) / (mx**2 + my**2 + c1)
            score *= similarity.mean() ** exponent
            x, y = halved(x), halved(y)
        scores.append(score)
    assert METRICS["ms-ssim"](near, truth) == pytest.approx(np.mean(scores), abs=1e-9)


def test_ms_ssim_says_when_an_image_is_too_small() -> None:
    assert METRICS["ms-ssim"](*[noise((161, 161))] * 2) == 1
    with pytest.raises(ShapeError, match="at least 161 pixels; the image is 300x160"):
        METRICS["ms-ssim"](*[noise((160, 300))] * 2)


def test_an_inverted_image_has_no_negative_ms_ssim() -> None:
    """A negative mean has no real power: elsewhere that gave NaN."""
    image = noise((170, 170), seed=2)
    assert METRICS["ms-ssim"](255 - image, image) == 0


def test_cosine_distance_is_that_of_mean_tokens() -> None:
    (metric,) = find_metrics(["cosine:hog"])
    encoder = catalog.build("hog", "encoder")
    image, other = noise((256, 256), seed=1), noise((256, 256), seed=2)
    first, second = (
        encoder.encode(each[None].astype(np.float32) / 255)[0].mean(axis=(0, 1)) for each in (image, other)
    )
    expected = 1 - first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert metric(image, other) == pytest.approx(expected, abs=1e-6)
    assert metric.weights == {}
    assert metric(image, image) == pytest.approx(0, abs=1e-6)


FRAME_METRICS = [metric for metric in METRICS.values() if not metric.in_context]
FRAME_METRICS += find_metrics(["cosine:hog", "cosine:color"])


@pytest.mark.parametrize("metric", FRAME_METRICS, ids=lambda metric: metric.name)
def test_what_a_metric_declares_is_true(metric: Metric) -> None:
    truth = noise((165, 171), seed=1)
    random = np.random.default_rng(0)
    near = np.clip(truth.astype(int) + random.integers(-9, 10, truth.shape), 0, 255).astype(np.uint8)
    scores = [metric(image, truth) for image in (truth, near, noise((165, 171), seed=9))]
    assert scores[0] == pytest.approx(metric.equal, abs=1e-6)
    assert scores == sorted(scores, reverse=metric.higher_is_better)
    assert len(set(scores)) == 3, "worse is worse"
    assert metric.bounds[0] <= min(scores) <= max(scores) <= metric.bounds[1]
    with pytest.raises(ShapeError):
        metric(truth[:-1], truth)


@pytest.mark.parametrize("metric", FRAME_METRICS, ids=lambda metric: metric.name)
def test_a_frame_scores_the_same_alone_and_among_others_in_any_order(metric: Metric) -> None:
    images = [noise((165, 171), seed=seed) for seed in range(6)]
    made, true = images[:3], images[3:]
    alone = [metric(prediction, truth) for prediction, truth in zip(made, true, strict=True)]
    assert metric.scores(Stretch(made, true)) == alone
    assert metric.scores(Stretch(made[::-1], true[::-1])) == alone[::-1]


def test_metrics_are_found_in_the_order_asked_for() -> None:
    assert [metric.name for metric in find_metrics(["IE", "psnr"])] == ["ie", "psnr"]
    with pytest.raises(InputError, match="did you mean psnr"):
        find_metrics(["psrn"])
    with pytest.raises(InputError, match="did you mean lpips"):
        find_metrics(["lpisp"])
    with pytest.raises(UnknownModel, match="did you mean hog"):
        find_metrics(["cosine:hgo"])


def test_ssim_says_when_an_image_is_too_small() -> None:
    for name in ("ssim", "ssim-3d"):
        with pytest.raises(ShapeError, match="11 pixels"):
            METRICS[name](TRUTH[:10], TRUTH[:10])


def test_predictions_and_truths_must_be_as_many() -> None:
    with pytest.raises(ShapeError, match="2 predictions and 1 truths"):
        Stretch([TRUTH, NEAR], [TRUTH])
    with pytest.raises(ShapeError, match="must match"):
        Stretch([NEAR], [TRUTH], TRUTH, TRUTH[1:])
