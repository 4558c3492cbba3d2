"""What a user asks of a descriptor besides its name."""

import math
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, Literal

from frameloom.errors import RangeError

Pooling = Literal["avg", "gem"]

_WORDS = ("avg", "gem")
_GRIDS = (1, 2, 3)
_SMALLEST, _LARGEST = 16, 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class DescriptorOptions:
    """Options that descriptors share; each takes from them what concerns it.

    Raises:
        RangeError: a word or number that is not among the possible ones.
    """

    comparison_size: int = 256
    """Width in pixels of the images that are compared; `features.descriptors.framing` makes them."""
    aspect: Fraction | float = Fraction(16, 9)
    """Their width by height: that of the video."""
    edge_weight: float = 0.33
    texture_weight: float = 0.33
    color_weight: float = 0.34
    """What the parts count in the similarity, of those that have these parts; only their ratios matter."""
    spatial_grid: int = 2
    """Parts across and down that are described each by itself: 2 or 3, 1 for the whole."""
    pooling: Pooling = "avg"
    """How tokens become one: by their mean, or by their generalised mean (GeM)."""
    gem_p: float = 3.0
    """Power of the generalised mean."""
    compat: bool = False
    """As the original tool computed it, whatever it documented."""

    def __post_init__(self) -> None:
        if not _SMALLEST <= self.comparison_size <= _LARGEST:
            raise RangeError(f"comparison size is {self.comparison_size}; it must be {_SMALLEST} to {_LARGEST} pixels")
        if not (math.isfinite(self.aspect) and self.aspect > 0):
            raise RangeError(f"aspect is {self.aspect}; it must be a width by a height, above 0")
        if self.spatial_grid not in _GRIDS:
            raise RangeError(f"spatial grid is {self.spatial_grid}; give 2 or 3, or 1 for no grid")
        if self.pooling not in _WORDS:
            raise RangeError(f"pooling is '{self.pooling}'; give {' or '.join(_WORDS)}")
        if not (math.isfinite(self.gem_p) and self.gem_p > 0):
            raise RangeError(f"the power of GeM pooling is {self.gem_p}; it must be above 0")
        self._check_weights()

    def _check_weights(self) -> None:
        given = (self.edge_weight, self.texture_weight, self.color_weight)
        if not all(math.isfinite(weight) and weight >= 0 for weight in given):
            raise RangeError(f"weights are {_listed(given)}; each must be a number from 0 up")
        if not sum(given):
            raise RangeError("all weights are 0, so nothing would be compared; give one of them above 0")

    @property
    def weights(self) -> tuple[float, float, float]:
        """Of edge, texture and colour; their sum is 1."""
        total = self.edge_weight + self.texture_weight + self.color_weight
        return self.edge_weight / total, self.texture_weight / total, self.color_weight / total

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the images that are compared, in pixels."""
        if self.compat:  # it rounded down
            return max(1, int(self.comparison_size / self.aspect)), self.comparison_size
        return comparison_size(self.aspect, self.comparison_size)

    def settings(self) -> dict[str, Any]:
        """All of them, in what JSON can hold: vectors of different settings cannot be compared."""
        named: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**named, "aspect": str(self.aspect)}


def comparison_size(aspect: Fraction | float, size: int) -> tuple[int, int]:
    """(height, width) in pixels of images of these proportions (width by height) and this width."""
    return max(1, round(size / aspect)), size


def _listed(weights: tuple[float, ...]) -> str:
    return ", ".join(str(weight) for weight in weights)
