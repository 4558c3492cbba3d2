"""Frames that depart from both their neighbours while these agree: in brightness, sharpness, or what they show.

A step in brightness, a cut or a fast move separates the neighbours too; what flickers comes back. Brightness and
sharpness are compared block by block, and all but a quarter of what the picture shows must depart as much, so that
something bright that passes is no flicker. Frames that are bent flicker too: `similarity/bending.py`. docs/inspect.md
has the measurements behind all limits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.features.similarity import unit_length
from frameloom.similarity.looks import Look
from frameloom.similarity.motion import unexplained

AROUND = 4  # frames on either side whose unrest is what is usual here
_UNTOUCHED = 2  # of them, those that a flickering frame does not touch begin this far away
_SEEN_TO_ALTERNATE, _ALIKE = 3, 0.5  # frames, and how much of the departure each must have at least

# Levels added to what is compared: darkness and flat parts are all noise.
_DARK, _FLAT = 4.0, 1.5
_QUARTER, _HALF = 0.25, 0.5  # of the blocks; brighter ones, or those with more texture, count more


@dataclass(frozen=True, slots=True)
class Limits:
    """When a departure is a flicker: it is at least so large, and so many times what is usual around it."""

    least: float  # natural logarithm of a ratio
    usual: float  # what is taken for usual at least
    times: float


# On the tuning half untouched frames stay below 0.3 and 0.7 of them; they find 98 of 100 gains of 6 %, and all blurs.
BRIGHTNESS = Limits(least=0.012, usual=0.002, times=4.8)
SHARPNESS = Limits(least=0.042, usual=0.010, times=3.4)
# Distance to the nearer neighbour over that between the neighbours: where all moves evenly it is about a half.
SHOWN = 1.10
# The same of what is left once all is moved along with motion: a camera that is knocked aside shows nothing else.
# Of 75 frames replaced by others of their clip, in the tuning half, 2 lie below (both bent too); of its untouched
# frames none that come near the limit above lie over 0.9.
UNEXPLAINED = 1.3
_NOISE = 0.01  # cosine distance between frames of a still scene


@dataclass(frozen=True, slots=True)
class Ratio:
    """How brightness or sharpness compares, as natural logarithms: 0.03 is 3 % more."""

    own: float
    """Of the frame over the mean of its neighbours, in the median block."""
    sure: float
    """The same where a quarter of the blocks depart less, or the other way; 0 if that is the other way."""
    between: float
    """Of the next frame over the previous one, in the median block."""


@dataclass(frozen=True, slots=True)
class Departure:
    """How a frame differs from its two neighbours, and these from each other."""

    brightness: Ratio
    sharpness: Ratio
    to_previous: float
    """Mean cosine distance of the tokens of each patch, 0..2."""
    to_next: float
    to_midpoint: float
    """To the middle of the neighbours' tokens."""
    between: float
    """From the previous to the next frame."""
    unexplained: float
    """As `motion.unexplained`, for frames that lie far enough from both neighbours; 0 for others."""


@dataclass(frozen=True, slots=True)
class Flicker:
    """How much a frame flickers, 1 at the limit, by each measure."""

    brightness: float
    sharpness: float
    shown: float
    bent: float

    @property
    def strength(self) -> float:
        """The greatest of them."""
        return max(self.brightness, self.sharpness, self.shown, self.bent)


def distance(first: Look, second: Look) -> float:
    """Mean over the patches of the cosine distance between tokens at one place, 0..2."""
    return _distance(first.tokens, second.tokens)


def departure(
    previous: Look, this: Look, following: Look, *, to_this: NDArray[np.float32], to_next: NDArray[np.float32]
) -> Departure:
    """Compare three consecutive frames, given the flow from each to the next."""
    to_previous, after, between = distance(previous, this), distance(this, following), distance(previous, following)
    apart = _apart(to_previous, after, between) >= SHOWN  # looking for motion once more takes time
    return Departure(
        brightness=_ratio(previous.blocks, this.blocks, following.blocks, _DARK),
        sharpness=_ratio(previous.sharpness, this.sharpness, following.sharpness, _FLAT),
        to_previous=to_previous,
        to_next=after,
        to_midpoint=_distance(unit_length(previous.tokens + following.tokens), this.tokens),
        between=between,
        unexplained=unexplained(previous, this, following, to_this, to_next) if apart else 0.0,
    )


def flicker(departures: Sequence[Departure | None], at: int, bent: float = 0.0) -> Flicker:
    """How much the frame at that place flickers, seen with the frames around it.

    Args:
        departures: Of consecutive frames, up to AROUND before and after the one in question; None where a frame has
            none, because it stands at an end or beside a cut.
        at: Which of them.
        bent: How much it is bent, 1 at the limit.
    """
    own = departures[at]
    if own is None:
        return Flicker(0.0, 0.0, 0.0, 0.0)
    others = {
        place - at: one
        for place, one in enumerate(departures)
        if one is not None and _UNTOUCHED <= abs(place - at) <= AROUND
    }
    return Flicker(
        brightness=_strength(own.brightness, {apart: one.brightness for apart, one in others.items()}, BRIGHTNESS),
        sharpness=_strength(own.sharpness, {apart: one.sharpness for apart, one in others.items()}, SHARPNESS),
        shown=min(_apart(own.to_previous, own.to_next, own.between) / SHOWN, own.unexplained / UNEXPLAINED),
        bent=bent,
    )


def _apart(to_previous: float, to_next: float, between: float) -> float:
    """How many times as far a frame lies from the nearer neighbour as these from each other."""
    return min(to_previous, to_next) / (between + _NOISE)


def _strength(own: Ratio, others: Mapping[int, Ratio], limits: Limits) -> float:
    """Strength of a departure, from those of the frames around it by how many frames they are apart."""
    excess = abs(own.sure) - abs(own.between)
    sure = {apart: other.sure for apart, other in others.items()}
    unrest = float(np.median(np.abs(list(sure.values())))) if sure and not _alternates(own.sure, sure) else 0.0
    return max(0.0, min(excess / limits.least, excess / (limits.usual + unrest) / limits.times))


def _alternates(own: float, others: Mapping[int, float]) -> bool:
    """Whether every second frame departs alike: that is no unrest, but the flicker of a lamp."""
    likeness = [other * (-1) ** apart / own if own else 0.0 for apart, other in others.items()]
    return len(likeness) >= _SEEN_TO_ALTERNATE and min(likeness) > _ALIKE


def _ratio(
    previous: NDArray[np.float32], this: NDArray[np.float32], following: NDArray[np.float32], floor: float
) -> Ratio:
    """Compare blocks of three consecutive frames."""
    weights = (previous + following) / 2 + np.float32(0.5)
    before, own, after = previous + floor, this + floor, following + floor
    departures = np.log(2 * own / (before + after))
    median = _quantile(departures, weights, _HALF)
    way = 1.0 if median >= 0 else -1.0
    return Ratio(
        own=median,
        sure=way * max(0.0, _quantile(way * departures, weights, _QUARTER)),
        between=_quantile(np.log(after / before), weights, _HALF),
    )


def _quantile(values: NDArray[np.floating], weights: NDArray[np.floating], share: float) -> float:
    """The value that so great a share of the weights lies below."""
    order = values.ravel().argsort()
    below = np.cumsum(weights.ravel()[order])
    return float(values.ravel()[order][np.argmax(below >= share * below[-1])])


def _distance(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    return max(0.0, 1.0 - float(np.einsum("rcd,rcd->rc", first, second).mean()))
