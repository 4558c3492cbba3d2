"""Reading pictures at places between pixels, on the CPU: fetch along a motion, resize, grey with slopes."""

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.float32]  # (height, width)
Picture: TypeAlias = NDArray[np.float32]  # (height, width, channels)
Motion: TypeAlias = NDArray[np.float32]  # (height, width, 2), pixels, x right and y down


def as_float32(array: Any) -> NDArray[np.float32]:
    """The array as what it is at run time: OpenCV's stubs name no element type, NumPy's widen to float64."""
    return np.asarray(array, np.float32)


def fetch(image: NDArray[np.float32], motion: Motion, along: float | NDArray[np.float32], *, cubic: bool) -> Picture:
    """Each pixel from where `along * motion` leads, edges repeated.

    Args:
        image: (height, width) or (height, width, channels) float32.
        motion: (height, width, 2) float32, pixels.
        along: how far along the motion, a number or (height, width).
        cubic: interpolate from 4x4 pixels, sharper, with overshoot; else from 2x2.
    """
    target_x, target_y = _targets(motion, along)
    method = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    source = np.ascontiguousarray(image)
    return as_float32(cv2.remap(source, target_x, target_y, method, borderMode=cv2.BORDER_REPLICATE))


def is_inside(motion: Motion, along: float | NDArray[np.float32], *, margin: float) -> NDArray[np.bool_]:
    """(height, width): whether `along * motion` leads into the picture or at most `margin` pixels out of it."""
    height, width = motion.shape[:2]
    target_x, target_y = _targets(motion, along)
    inside_x = (target_x >= -margin) & (target_x <= width - 1 + margin)
    return inside_x & (target_y >= -margin) & (target_y <= height - 1 + margin)


def resize(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """To (width, height): area mean when shrinking, bilinear when growing."""
    shrinks = size[0] <= image.shape[1] and size[1] <= image.shape[0]
    return as_float32(cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))


def grey_with_slopes(grey: Plane) -> Picture:
    """(height, width, 3): the grey picture and twice its gradient along x and y, in its units per pixel.

    Slopes beside levels tell edges apart that a change of light makes equally wrong.
    """
    slope_x = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    slope_y = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    return as_float32(cv2.merge([grey, slope_x, slope_y]))


def sum_of_channels(picture: Picture) -> Plane:
    """(height, width)."""
    return as_float32(cv2.transform(picture, np.ones((1, picture.shape[2]), np.float32)))


def _targets(motion: Motion, along: float | NDArray[np.float32]) -> tuple[Plane, Plane]:
    """(height, width) x and y of where `along * motion` leads from every pixel."""
    height, width = motion.shape[:2]
    target_x = motion[..., 0] * np.float32(along) + np.arange(width, dtype=np.float32)
    target_y = motion[..., 1] * np.float32(along) + np.arange(height, dtype=np.float32)[:, None]
    return target_x, target_y
