"""Images of any size to what an encoder takes, and where on the image its tokens lie."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frameloom.errors import RangeError
from frameloom.frame import FloatPixels
from frameloom.roles import PatchEncoder

_LARGEST = 8192  # pixels; one image of that size takes close to a gigabyte, several times over


def grid_size(
    encoder: PatchEncoder, image: tuple[int, int], *, size: int | None = None, keep_aspect: bool = False
) -> tuple[int, int]:
    """Rows and columns of tokens for an image of (height, width).

    Args:
        encoder: Whose tokens.
        image: Height and width.
        size: Side of the square that images are resized to, in pixels, to the nearest multiple of the encoder's patch;
            None: the encoder's own.
        keep_aspect: Keep the image's proportions; the shorter side is then `size`.

    Raises:
        RangeError: `size` is smaller than one patch, or larger than memory is.
    """
    asked = encoder.size if size is None else size
    if asked > _LARGEST:
        raise RangeError(f"size is {asked}; it must be at most {_LARGEST} pixels")
    if asked < encoder.patch:
        raise RangeError(f"size is {asked}; it must be at least {encoder.patch} pixels, one patch")
    side = round(asked / encoder.patch)
    if not keep_aspect:
        return side, side
    height, width = image
    shorter = min(height, width)
    return max(1, round(side * height / shorter)), max(1, round(side * width / shorter))


def prepare(image: FloatPixels, encoder: PatchEncoder, grid: tuple[int, int]) -> NDArray[np.float32]:
    """The image as the encoder takes it for a grid of so many (rows, columns).

    Bilinear, with antialiasing where it shrinks; alpha is left out.

    Returns:
        (rows x patch, columns x patch, 3) float32.
    """
    height, width = grid[0] * encoder.patch, grid[1] * encoder.patch
    if image.shape[:2] == (height, width):
        return np.ascontiguousarray(image[..., :3], dtype=np.float32)
    channels = [Image.fromarray(np.ascontiguousarray(image[..., channel], np.float32)) for channel in range(3)]
    resized = [channel.resize((width, height), Image.Resampling.BILINEAR) for channel in channels]
    return np.stack([np.asarray(channel) for channel in resized], axis=2)
