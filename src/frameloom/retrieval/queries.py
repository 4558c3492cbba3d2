"""Frames of a video to the images that are looked for in a pool."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from frameloom.frame import Frame
from frameloom.media.pictures.colour import VideoPicture, is_yuv, reduced
from frameloom.media.reading.source import SourceInfo

Framing = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""An image (height, width, 3) to what a descriptor is given."""


def shown_aspect(info: SourceInfo) -> Fraction:
    """Width by height of a video as it is seen: its pixels need not be square."""
    height, width = info.size
    return Fraction(width, height) * (info.sample_aspect or 1)


def query_of(
    frame: Frame, framing: Framing, *, aspect: Fraction, smallest: tuple[int, int] | None
) -> NDArray[np.uint8]:
    """The image that a frame is looked for with.

    Planes are reduced before colours are mixed: means of means are the same, and a tenth of the work at 720 lines.

    Args:
        frame: Of a video.
        framing: What is done to it, as to the images of the pool.
        aspect: Width by height of the video as it is seen.
        smallest: (height, width) that the framing needs after it has cropped; None: it is given the whole frame.
    """
    picture = frame.picture
    if smallest is not None and isinstance(picture, VideoPicture) and is_yuv(picture.native.format):
        picture = _reduced(picture, aspect, _covering(aspect, smallest))
    return framing(picture.to_integer(8)[..., :3].astype(np.uint8, copy=False))


def _reduced(picture: VideoPicture, aspect: Fraction, size: tuple[int, int]) -> VideoPicture:
    """A picture of that size and of square pixels, unless it has those and is smaller."""
    height, width = picture.size
    if width == height * aspect and (height < size[0] or width < size[1]):
        return picture
    return reduced(picture, size)


def _covering(aspect: Fraction, smallest: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of those proportions that is at least so large each way."""
    height, width = smallest
    width = max(width, ceil(height * aspect))
    return max(height, round(width / aspect)), width
