"""Small versions of a picture, for looking at what changes from frame to frame without converting all of it."""

import cv2
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from frameloom.frame import Picture
from frameloom.media.pictures.colour import VideoPicture

THUMBNAIL = (64, 36)  # width, height
LUMA_WIDTH = 640  # pixels; enough to see a twentieth of a pixel's motion of full HD

_SCALER = int(Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.BITEXACT)


def thumbnail(picture: Picture) -> NDArray[np.uint8]:
    """RGB `(36, 64, 3)` whatever the size and shape of the picture."""
    width, height = THUMBNAIL
    if isinstance(picture, VideoPicture) and picture.size[0] >= height and picture.size[1] >= width:
        return _scaled(picture, width, height, "rgb24")
    return _resized(_rgb(picture), width, height)


def reduced_luma(picture: Picture) -> NDArray[np.uint8]:
    """Grey `(height, width)`, at most 640 wide; smaller pictures keep their size."""
    height, width = picture.size
    if width > LUMA_WIDTH:
        height, width = max(1, round(height * LUMA_WIDTH / width)), LUMA_WIDTH
    if isinstance(picture, VideoPicture):
        return _scaled(picture, width, height, "gray")
    grey = np.asarray(cv2.cvtColor(_rgb(picture), cv2.COLOR_RGB2GRAY), np.uint8)
    return grey if grey.shape == (height, width) else _resized(grey, width, height)


def reduced_rgb(picture: Picture, width: int = LUMA_WIDTH) -> NDArray[np.uint8]:
    """RGB `(height, width, 3)`, at most so wide; smaller pictures keep their size."""
    height, own = picture.size
    if own > width:
        height, own = max(1, round(height * width / own)), width
    if isinstance(picture, VideoPicture):
        return _scaled(picture, own, height, "rgb24")
    pixels = _rgb(picture)
    return pixels if pixels.shape[:2] == (height, own) else _resized(pixels, own, height)


def _scaled(picture: VideoPicture, width: int, height: int, format: str) -> NDArray[np.uint8]:
    """Scaled while the planes are still native: a tenth of the time that conversion in full takes."""
    small = picture.native.reformat(width=width, height=height, format=format, interpolation=_SCALER)
    return small.to_ndarray().astype(np.uint8, copy=False)


def _resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _rgb(picture: Picture) -> NDArray[np.uint8]:
    return np.ascontiguousarray(picture.to_integer(8)[..., :3]).astype(np.uint8, copy=False)
