"""Frames that depart from both their neighbours while these agree: in brightness, sharpness, or what they show.

A step in brightness, a cut or a fast move separates the neighbours too; what flickers comes back. Brightness and
sharpness are compared block by block and the median is taken, so that something bright that passes is no flicker.
docs/inspect.md has the measurements behind all limits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.features.similarity import unit_length
from frameloom.similarity.looks import Look

AROUND = 4  # frames on either side whose unrest is what is usual here
_UNTOUCHED = 2  # of them, those that a flickering frame does not touch begin this far away
_SEEN_TO_ALTERNATE, _ALIKE = 3, 0.5  # frames, and how much of the departure each must have at least

# Levels added to what is compared: darkness and flat parts are all noise.
_DARK, _FLAT = 4.0, 1.5


@dataclass(frozen=True, slots=True)
class Limits:
    """When a departure is a flicker: it is at least so large, and so many times what is usual around it."""

    least: float  # natural logarithm of a ratio
    usual: float  # what is taken for usual at least
    times: float


# On the tuning half they give one alarm in 3,495 untouched frames, and find 22 of 23 gains of 3 %, all of 6 %, and all
# blurs from one pixel up.
BRIGHTNESS = Limits(least=0.010, usual=0.002, times=4.0)
SHARPNESS = Limits(least=0.035, usual=0.010, times=2.8)
# Distance to the nearer neighbour over that between the neighbours: where all moves evenly it is about a half.
SHOWN = 1.10
_NOISE = 0.01  # cosine distance between frames of a still scene


@dataclass(frozen=True, slots=True)
class Departure:
    """How a frame differs from its two neighbours, and these from each other."""

    brightness: float
    """Logarithm of its brightness over theirs; 0.03 is 3 % brighter."""
    brightness_between: float
    """Of the next frame over that of the previous."""
    sharpness: float
    sharpness_between: float
    to_previous: float
    """Mean cosine distance of the tokens of each patch, 0..2."""
    to_next: float
    to_midpoint: float
    """To the middle of the neighbours' tokens."""
    between: float
    """From the previous to the next frame."""


@dataclass(frozen=True, slots=True)
class Flicker:
    """How much a frame flickers, 1 at the limit, by each measure."""

    brightness: float
    sharpness: float
    shown: float

    @property
    def strength(self) -> float:
        """The greatest of them."""
        return max(self.brightness, self.sharpness, self.shown)


def distance(first: Look, second: Look) -> float:
    """Mean over the patches of the cosine distance between tokens at one place, 0..2."""
    return _distance(first.tokens, second.tokens)


def departure(previous: Look, this: Look, following: Look) -> Departure:
    """Compare three consecutive frames."""
    brightness, brightness_between = _ratios(previous.blocks, this.blocks, following.blocks, _DARK)
    sharpness, sharpness_between = _ratios(previous.sharpness, this.sharpness, following.sharpness, _FLAT)
    return Departure(
        brightness=brightness,
        brightness_between=brightness_between,
        sharpness=sharpness,
        sharpness_between=sharpness_between,
        to_previous=distance(previous, this),
        to_next=distance(this, following),
        to_midpoint=_distance(unit_length(previous.tokens + following.tokens), this.tokens),
        between=distance(previous, following),
    )


def flicker(departures: Sequence[Departure | None], at: int) -> Flicker:
    """How much the frame at that place flickers, seen with the frames around it.

    Args:
        departures: Of consecutive frames, up to AROUND before and after the one in question; None where a frame has
            none, because it stands at an end or beside a cut.
        at: Which of them.
    """
    own = departures[at]
    if own is None:
        return Flicker(0.0, 0.0, 0.0)
    others = {
        place - at: one
        for place, one in enumerate(departures)
        if one is not None and _UNTOUCHED <= abs(place - at) <= AROUND
    }
    brightness = {apart: one.brightness for apart, one in others.items()}
    sharpness = {apart: one.sharpness for apart, one in others.items()}
    return Flicker(
        brightness=_strength(own.brightness, own.brightness_between, brightness, BRIGHTNESS),
        sharpness=_strength(own.sharpness, own.sharpness_between, sharpness, SHARPNESS),
        shown=min(own.to_previous, own.to_next) / (own.between + _NOISE) / SHOWN,
    )


def _strength(own: float, between: float, others: Mapping[int, float], limits: Limits) -> float:
    """Strength of a departure, from those of the frames around it by how many frames they are apart."""
    excess = abs(own) - abs(between)
    unrest = float(np.median(np.abs(list(others.values())))) if others and not _alternates(own, others) else 0.0
    return max(0.0, min(excess / limits.least, excess / (limits.usual + unrest) / limits.times))


def _alternates(own: float, others: Mapping[int, float]) -> bool:
    """Whether every second frame departs alike: that is no unrest, but the flicker of a lamp."""
    likeness = [other * (-1) ** apart / own if own else 0.0 for apart, other in others.items()]
    return len(likeness) >= _SEEN_TO_ALTERNATE and min(likeness) > _ALIKE


def _ratios(
    previous: NDArray[np.float32], this: NDArray[np.float32], following: NDArray[np.float32], floor: float
) -> tuple[float, float]:
    """Medians over the blocks: of this over the mean of the others, and of the following over the previous."""
    before, own, after = previous + floor, this + floor, following + floor
    return float(np.median(np.log(2 * own / (before + after)))), float(np.median(np.log(after / before)))


def _distance(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    return max(0.0, 1.0 - float(np.einsum("rcd,rcd->rc", first, second).mean()))
