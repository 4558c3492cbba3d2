"""Structural similarity at five sizes.

Wang, Simoncelli, Bovik: "Multi-scale structural similarity for image quality assessment", Asilomar 2003.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import ShapeError
from frameloom.metrics.metric import Image, Metric, frame_by_frame

_EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # section 3.2, finest first
_WINDOW, _SIGMA = 11, 1.5
_LUMINANCE, _CONTRAST = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # C1 and C2 of SSIM
_SMALLEST = (_WINDOW - 1) * 2 ** (len(_EXPONENTS) - 1) + 1
"""Sides of which the coarsest image still holds one window."""

_Plane = NDArray[np.float64]


def ms_ssim(prediction: Image, truth: Image) -> float:
    """Equation 7 for each of R, G and B, then their mean: 0..1, 1 for equal images.

    A contrast and structure term below zero counts as zero, as its power is no real number. Sizes are halved by the
    mean of 2x2 pixels; an odd last row or column is repeated for that.

    Raises:
        ShapeError: a side is shorter than 161 pixels.
    """
    height, width = prediction.shape[:2]
    if min(height, width) < _SMALLEST:
        raise ShapeError(f"MS-SSIM needs sides of at least {_SMALLEST} pixels; the image is {width}x{height}")
    first, second = prediction.astype(np.float64), truth.astype(np.float64)
    product = np.ones(3)
    for scale, exponent in enumerate(_EXPONENTS):
        coarsest = scale == len(_EXPONENTS) - 1
        product *= np.maximum(_similarity(first, second, with_luminance=coarsest), 0) ** exponent
        if not coarsest:
            first, second = _halved(first), _halved(second)
    return float(product.mean())


def _similarity(first: _Plane, second: _Plane, *, with_luminance: bool) -> NDArray[np.float64]:
    """Mean over windows that lie within the image, for each channel: SSIM, or its contrast and structure alone."""
    mean_first, mean_second = _window_mean(first), _window_mean(second)
    variances = _window_mean(first * first) - mean_first**2 + _window_mean(second * second) - mean_second**2
    covariance = _window_mean(first * second) - mean_first * mean_second
    similarity = (2 * covariance + _CONTRAST) / (variances + _CONTRAST)
    if with_luminance:
        similarity *= (2 * mean_first * mean_second + _LUMINANCE) / (mean_first**2 + mean_second**2 + _LUMINANCE)
    return similarity.mean(axis=(0, 1))


def _window_mean(image: _Plane) -> _Plane:
    taps = np.exp(-((np.arange(_WINDOW) - _WINDOW // 2) ** 2) / (2 * _SIGMA**2))
    taps /= taps.sum()
    edge = _WINDOW // 2
    return np.asarray(cv2.sepFilter2D(image, cv2.CV_64F, taps, taps), np.float64)[edge:-edge, edge:-edge]


def _halved(image: _Plane) -> _Plane:
    height, width = image.shape[:2]
    even = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4


METRIC = Metric(
    name="ms-ssim", title="MS-SSIM", unit="", higher_is_better=True, bounds=(0, 1), equal=1,
    scores=frame_by_frame(ms_ssim),
)  # fmt: skip
