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


def places(motion: Motion, along: float | NDArray[np.float32]) -> tuple[Plane, Plane]:
    """(height, width) x and y, in pixels, of where `along * motion` leads from every pixel."""
    height, width = motion.shape[:2]
    x = motion[..., 0] * np.float32(along)
    y = motion[..., 1] * np.float32(along)
    x += np.arange(width, dtype=np.float32)
    y += np.arange(height, dtype=np.float32)[:, None]
    return x, y


def fetch_from(image: NDArray[np.float32], at: tuple[Plane, Plane], *, cubic: bool) -> Picture:
    """The image (height, width) or (height, width, channels) at places, edges repeated.

    `cubic` interpolates from 4x4 pixels, sharper, with overshoot; else 2x2 are used.
    """
    method = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    return as_float32(cv2.remap(np.ascontiguousarray(image), *at, method, borderMode=cv2.BORDER_REPLICATE))


def inside(at: tuple[Plane, Plane], *, margin: float) -> NDArray[np.bool_]:
    """(height, width): whether places lie in a picture of their own size, or at most `margin` pixels out of it."""
    x, y = at
    height, width = x.shape
    return (x >= -margin) & (x <= width - 1 + margin) & (y >= -margin) & (y <= height - 1 + margin)


def all_inside(at: tuple[Plane, Plane], *, margin: float) -> bool:
    """Whether every place does, found out without a mask."""
    height, width = at[0].shape
    return all(
        plane.min() >= -margin and plane.max() <= side - 1 + margin
        for plane, side in zip(at, (width, height), strict=True)
    )


def fetch(image: NDArray[np.float32], motion: Motion, along: float | NDArray[np.float32], *, cubic: bool) -> Picture:
    """Each pixel from where `along * motion` leads; `along` is a number or (height, width)."""
    return fetch_from(image, places(motion, along), cubic=cubic)


def is_inside(motion: Motion, along: float | NDArray[np.float32], *, margin: float) -> NDArray[np.bool_]:
    """(height, width): whether `along * motion` leads into the picture or at most `margin` pixels out of it."""
    return inside(places(motion, along), margin=margin)


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
