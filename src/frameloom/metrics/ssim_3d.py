"""Structural similarity in windows over rows, columns and all three channels at once.

The formula is that of `ssim` (Wang, Bovik, Sheikh, Simoncelli, TIP 2004). So do the scripts of RIFE, EMA-VFI, M2M,
IFRNet and AMT compute what their papers call SSIM; edges are repeated, also beyond red and blue.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import ShapeError
from frameloom.metrics.metric import Image, Metric, frame_by_frame

_WINDOW, _SIGMA = 11, 1.5  # pixels
_REACH = _WINDOW // 2
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

Levels = NDArray[np.float64]


def ssim_3d(prediction: Image, truth: Image) -> float:
    """Mean over pixels and channels, -1..1, 1 for equal images.

    Raises:
        ShapeError: a side is shorter than the window.
    """
    if min(prediction.shape[:2]) < _WINDOW:
        height, width = prediction.shape[:2]
        raise ShapeError(f"SSIM (3D) needs sides of at least {_WINDOW} pixels; the image is {width}x{height}")
    x, y = prediction.astype(np.float64), truth.astype(np.float64)
    mean_x, mean_y = _blurred(x), _blurred(y)
    variances = _blurred(x * x) - mean_x**2 + _blurred(y * y) - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)
    return float(np.mean(likeness / ((mean_x**2 + mean_y**2 + _C1) * (variances + _C2))))


def _blurred(levels: Levels) -> Levels:
    """The Gaussian mean around each value, (height, width, 3)."""
    taps = np.exp(-((np.arange(_WINDOW) - _REACH) ** 2) / (2 * _SIGMA**2))
    taps /= taps.sum()
    across = np.zeros((3, 3))
    for channel in range(3):
        np.add.at(across[channel], np.clip(np.arange(_WINDOW) + channel - _REACH, 0, 2), taps)
    return cv2.sepFilter2D(levels, -1, taps, taps, borderType=cv2.BORDER_REPLICATE) @ across.T


METRIC = Metric(
    name="ssim-3d", title="SSIM (3D)", unit="", higher_is_better=True, bounds=(-1, 1), equal=1,
    scores=frame_by_frame(ssim_3d),
)  # fmt: skip
