"""Images of any shape to the one size in which they are compared: the same for pool and query."""

from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.descriptor_options import comparison_size
from frameloom.errors import ShapeError

_WIDE = 16 / 9
_NEARLY_WIDE = 0.01


def framed(image: NDArray[np.uint8], aspect: Fraction | float, size: int) -> NDArray[np.uint8]:
    """The middle of an image, of the video's proportions, in the size in which images are compared.

    Args:
        image: (height, width, 3).
        aspect: Width by height of the video.
        size: Width of the result in pixels.

    Returns:
        (round(size / aspect), size, 3), each pixel the mean of those that it covers.

    Raises:
        ShapeError: the image has not three channels, or no pixels.
    """
    height, width = comparison_size(aspect, size)
    return _resized(crop_to_aspect(image, aspect), (width, height), cv2.INTER_AREA)


def crop_to_aspect(image: NDArray[np.uint8], aspect: Fraction | float) -> NDArray[np.uint8]:
    """The largest part of an image (height, width, 3) that has these proportions and the same middle: a view."""
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ShapeError(f"an image of shape {image.shape} cannot be compared; it must be (height, width, 3)")
    height, width = image.shape[:2]
    rows = min(height, max(1, round(width / aspect)))
    columns = min(width, max(1, round(height * aspect)))
    top, left = (height - rows) // 2, (width - columns) // 2
    return image[top : top + rows, left : left + columns]


def compat_pool_framed(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """An image (height, width, 3) of the pool as the original cropped it: to 16:9, whatever the video is."""
    height, width = image.shape[:2]
    if abs(width / height - _WIDE) >= _NEARLY_WIDE:
        rows, columns = (height, int(height * _WIDE)) if width / height > _WIDE else (int(width / _WIDE), width)
        top, left = (height - rows) // 2, (width - columns) // 2
        image = image[top : top + rows, left : left + columns]
    return _resized(image, (size, int(size / _WIDE)), cv2.INTER_AREA)


def compat_query_framed(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A frame (height, width, 3) as the original resized it: not cropped, bilinear, without antialiasing."""
    height, width = image.shape[:2]
    return _resized(image, (size, int(size / (width / height))), cv2.INTER_LINEAR)


def _resized(image: NDArray[np.uint8], size: tuple[int, int], method: int) -> NDArray[np.uint8]:
    """In (width, height).

    Raises:
        ShapeError: nothing would be left.
    """
    if not image.size or min(size) < 1:
        raise ShapeError(f"an image of {image.shape[1]}x{image.shape[0]} cannot be made {size[0]}x{size[1]}")
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)
