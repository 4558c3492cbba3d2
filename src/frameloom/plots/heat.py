"""Maps of patches as colours over the image that they speak of."""

from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import RangeError
from frameloom.plots.canvas import Rgb, colour_bar
from frameloom.results.comparing import Matching

Scale = Literal["absolute", "relative"]
_MOST_MISMATCH = 0.5  # in full colour: twice what DINOv2 gives to damage that anyone sees
_MOST_RELATIVE = 1.25  # the worst patch that is not mutual
_STRONGEST = 0.75  # how much of a colour covers the image
_FADING = 2.5  # where low values leave the image as it is: how fast colour comes
_GROUND = 150  # grey under colour bars


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """A map, and the range that its colours stand for."""

    values: NDArray[np.float32]  # (rows, columns)
    low: float
    high: float
    title: str
    palette: str
    """Name of matplotlib's colour map."""
    fades: bool
    """Whether low values leave the image as it is."""

    def over(self, image: Rgb) -> Rgb:
        """The map over an image in grey, one square of colour for each patch."""
        gray = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        number = np.rint(self._share() * 255).astype(np.uint8)
        height, width = image.shape[:2]
        number = cv2.resize(number, (width, height), interpolation=cv2.INTER_NEAREST)
        return self._laid(np.asarray(gray, np.uint8), np.asarray(number, np.uint8))

    def bar(self, width: int) -> Rgb:
        """What the colours mean."""
        middle = (self.low + self.high) / 2
        marks = {0.0: _number(self.low), 0.5: _number(middle), 1.0: _number(self.high)}
        if float(self.values.max()) > self.high + 1e-6:
            marks[1.0] += " and more"
        ground = np.full((1, 256, 3), _GROUND, np.uint8)
        return colour_bar(self._laid(ground, np.arange(256, dtype=np.uint8)[None])[0], width, marks, self.title)

    def _laid(self, ground: Rgb, number: NDArray[np.uint8]) -> Rgb:
        """Colours of numbers 0..255 (height, width) over a ground (height, width, 3)."""
        share = np.arange(256, dtype=np.float32) / 255
        strength = np.minimum(share * _FADING, _STRONGEST) if self.fades else np.full_like(share, _STRONGEST)
        colours = palette(self.palette) * strength[:, None]
        return np.rint(ground * (1 - strength)[number][..., None] + colours[number]).astype(np.uint8)

    def _share(self) -> NDArray[np.float32]:
        """Where between low and high, 0..1."""
        span = self.high - self.low
        if span <= 0:
            return np.zeros_like(self.values)
        return np.clip((self.values - self.low) / np.float32(span), 0, 1).astype(np.float32)


def similarity_heat(maps: Matching, scale: Scale, title: str) -> Heat:
    """How similar the most similar patch is: from 0 to 1, or from the least to the most of this map."""
    check_scale(scale)
    low, high = (0.0, 1.0) if scale == "absolute" else (float(maps.similarity.min()), float(maps.similarity.max()))
    return Heat(maps.similarity, low, high, title, "viridis", fades=False)


def mismatch_heat(maps: Matching, scale: Scale, title: str) -> Heat:
    """What is missing to the same patch: up to 0.5, the same for all images, or relative to this one."""
    check_scale(scale)
    if scale == "absolute":
        return Heat(maps.mismatch, 0.0, _MOST_MISMATCH, title, "autumn_r", fades=True)
    return Heat(maps.relative_mismatch, 0.0, _MOST_RELATIVE, f"{title}, relative", "autumn_r", fades=True)


def check_scale(scale: Scale) -> None:
    """Refuse a scale that there is not.

    Raises:
        RangeError: it is neither absolute nor relative.
    """
    if scale not in get_args(Scale):
        raise RangeError(f"scale is '{scale}'; give absolute or relative")


def palette(name: str) -> Rgb:
    """(256, 3) of matplotlib's colour map."""
    return np.rint(matplotlib.colormaps[name](np.arange(256))[:, :3] * 255).astype(np.uint8)


def squares(colours: NDArray[np.float32], size: tuple[int, int]) -> Rgb:
    """(rows, columns, 3) in [0, 1] as a picture of (height, width), one square for each patch."""
    painted = np.rint(colours * 255).astype(np.uint8)
    return np.asarray(cv2.resize(painted, size[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
