"""The frame, and the conventions for its pixels and its time.

Pixels are `(height, width, 3 or 4)`, RGB or RGBA, as uint8 (0..255), uint16 (full scale, 0..65535) or float32, where
[0, 1] is the nominal range. Video may carry values a little beyond black and white; float pixels keep them (so they may
lie outside [0, 1]), and only the final rounding to integers clips. Times are `Fraction` seconds on the clock of the
source, never a frame count times a rate.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FloatPixels = NDArray[np.float32]
Pixels = NDArray[np.uint8 | np.uint16 | np.float32]


class Picture(Protocol):
    """Something that can show its pixels: an array, or a decoded video picture that keeps its native planes."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        ...

    @property
    def depth(self) -> int:
        """Bits per channel of what was decoded; 8 to 16."""
        ...

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        ...

    def to_float(self) -> FloatPixels:
        """(height, width, 3 or 4) float32, nominally [0, 1]."""
        ...

    def to_integer(self, depth: int) -> Pixels:
        """(height, width, 3 or 4) uint8 for depth 8, uint16 at full scale for depth 16."""
        ...


def quantise(pixels: FloatPixels, depth: int) -> Pixels:
    """Round float pixels, nominally [0, 1], to the nearest of 8 or 16 bits; values beyond are clipped."""
    nominal = np.clip(pixels, 0, 1)
    if depth == 8:
        return np.rint(nominal * np.float32(255)).astype(np.uint8)
    return np.rint(nominal * np.float32(65535)).astype(np.uint16)


@dataclass(frozen=True, slots=True, eq=False)
class ArrayPicture:
    """Pixels in an array, as read from an image file or made by an interpolator."""

    pixels: Pixels  # (height, width, 3 or 4)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def depth(self) -> int:
        """8 for uint8 pixels, else 16."""
        return 8 if self.pixels.dtype == np.uint8 else 16

    @property
    def nbytes(self) -> int:
        """Memory that the array takes."""
        return self.pixels.nbytes

    def to_float(self) -> FloatPixels:
        """(height, width, 3 or 4) float32; exact for both integer depths."""
        return float_pixels(self.pixels)

    def to_integer(self, depth: int) -> Pixels:
        """The stored values where the depth is the same, else rounded."""
        if self.pixels.dtype == (np.uint8 if depth == 8 else np.uint16):
            return self.pixels
        return quantise(self.to_float(), depth)


def float_pixels(pixels: NDArray[Any]) -> FloatPixels:
    """uint8 or uint16 at full scale to float32 [0, 1]; float pixels pass as float32."""
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32) / np.float32(255)
    if pixels.dtype == np.uint16:
        return pixels.astype(np.float32) / np.float32(65535)
    return pixels.astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture, when it is shown and for how long."""

    picture: Picture
    time: Fraction  # seconds
    duration: Fraction  # seconds
    damaged: bool = False
    """Whether the picture stands in for one that could not be decoded."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.picture.size

    def to_float(self) -> FloatPixels:
        """(height, width, 3 or 4) float32, nominally [0, 1]."""
        return self.picture.to_float()

    def to_uint8(self) -> NDArray[np.uint8]:
        """(height, width, 3 or 4) uint8."""
        return self.picture.to_integer(8).astype(np.uint8, copy=False)

    def to_uint16(self) -> NDArray[np.uint16]:
        """(height, width, 3 or 4) uint16 at full scale."""
        return self.picture.to_integer(16).astype(np.uint16, copy=False)

    def shown(self, time: Fraction, duration: Fraction) -> "Frame":
        """The same picture at another time."""
        return replace(self, time=time, duration=duration)
