"""Frames that are torn: above or below some row lies a part of a neighbouring frame, or the frame itself, shifted.

A part of a neighbour repeats it (`similarity/partial_repeats.py`). A shift leaves a seam: a row that differs from the
next one more than the rows around it do, across much of the width, and that neither neighbour has anywhere near. What
confirms it is that on one side of the seam, alone and alike across the picture, motion turns as it does for a single
frame that is shifted (`similarity/motion.py`), or that a shift explains that side's difference from the middle of the
neighbours. docs/inspect.md has the measurements.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.similarity.looks import Look
from frameloom.similarity.motion import Turn
from frameloom.similarity.partial_repeats import PartialRepeat

AROUND = 4  # frames on either side whose unrest is what is usual here
_UNTOUCHED = 2  # of them, those that a torn frame does not touch begin this far away
_GAP = 2  # rows to what a seam is compared with: where the picture was reduced it covers two
_NEAR = 4  # rows within which a neighbour's seam is the same one
_MARGIN = 0.10  # of the height, above and below: there is too little beyond a seam to confirm a tear
_CLEAR = 0.5  # of what rows usually differ by there: a segment of a row with more is part of the seam
_MOST = 4.0  # and no segment counts for more
_REACH = 24  # pixels that a part may have been shifted by
_BAND = 32  # rows beside the seam that are matched
_SMALLEST = 64  # pixels of width and height, below which no shift of that reach can be looked for
_APART = 2  # pixels by which the two sides are shifted differently at least
_NOISE = 2.0  # squared levels that say nothing
FAINTEST_SEAM = 0.10

_BESIDE = 3  # rows of blocks on either side of a seam whose turn of motion is looked at
_CLEAR_OF_SEAM = 0.15  # of a block that may belong to the other side
_TOLD = 0.5  # a step so sure tells by how many pixels
_QUARTER = 0.25  # of the columns may step less: where there is no texture, motion is not seen
_COMES_BACK = 0.3  # how much of a step must be undone in the turns before and after, of the half that is
_SURE_STEP = 3.0  # pixels of `Look.small`, above twice what is usual
# How much of the median step the lower quarter of the columns makes: bent frames, whose columns differ, stay below 0.6
# in the tuning half, and most parts that are shifted lie above 0.9.
_ALIKE_FROM, _ALIKE_TO = 0.5, 0.8

# Weights of the seam's coverage, which counts up to 0.4, of what a shift explains, and of the step of motion; and what
# they must come to. In the tuning half untouched frames stay below 0.9 of that, and 96 of 99 parts shifted by 8 pixels
# lie above.
_MOST_COVERAGE, _EXPLAINED, _STEP = 0.4, 0.25, 0.35
SHIFTED = 0.5


@dataclass(frozen=True, slots=True)
class Seam:
    """The clearest seam of a frame."""

    row: float
    """Where the part below it begins, as a share of the height."""
    coverage: float
    """The share of the width that it covers."""
    explained: float
    """How much more of one side's difference from the neighbours than of the other's a shift explains, 0..1."""
    below: bool
    """Whether that is the lower side."""


@dataclass(frozen=True, slots=True)
class Tear:
    """The likeliest tear of a frame."""

    strength: float
    """1 at the limit."""
    row: float
    """Where the lower part begins, as a share of the height."""
    below: bool
    """Whether the torn side is the lower one."""
    shift: float
    """How far it lies to the right of its place, in pixels of the reduced frame; 0 where that is not known."""
    neighbour: str
    """The frame that the torn side belongs to: "previous" or "next"; "" where it is this one, shifted."""


NO_TEAR = Tear(0.0, 0.0, False, 0.0, "")


@dataclass(frozen=True, slots=True)
class _Step:
    """How turns of motion differ from one side of a seam to the other."""

    confirmed: float
    """0..1."""
    pixels: float
    """Turn below less that above, to the right, in pixels of `Look.small`."""
    below: bool
    """Whether motion turns more on the lower side."""


def seam(previous: Look, this: Look, following: Look) -> Seam | None:
    """Look for a seam in the middle one of three consecutive frames."""
    height = this.luma.shape[0]
    if min(this.luma.shape) < _SMALLEST:
        return None
    excess = _excess(previous.edges, this.edges, following.edges)
    seams = excess.mean(axis=1)
    row = int(seams.argmax())  # the last row above the seam
    if float(seams[row]) < FAINTEST_SEAM or not _MARGIN * height < row < (1 - _MARGIN) * height:
        return None
    explained, below = _shift(previous.luma, this.luma, following.luma, row)
    return Seam((row + 1) / height, float((excess[row] > _CLEAR).mean()), explained, below)


def tear(seen: Seam | None, repeat: PartialRepeat, turns: Sequence[Turn | None], at: int, scale: float) -> Tear:
    """Judge a frame by its seam, the part of it that repeats a neighbour, and how motion turns.

    Args:
        seen: Its seam.
        repeat: Its part.
        turns: Of consecutive frames, up to AROUND before and after the one in question; None where a frame has none.
        at: Which of them.
        scale: Pixels of the reduced frame per pixel of `Look.small`.
    """
    by_repeat = Tear(repeat.strength, repeat.row, repeat.below, 0.0, repeat.neighbour)
    if seen is None:
        return by_repeat
    step = _step(seen.row, turns, at)
    evidence = min(seen.coverage, _MOST_COVERAGE) + _EXPLAINED * seen.explained + _STEP * step.confirmed
    if evidence / SHIFTED < repeat.strength:
        return by_repeat
    if step.confirmed < _TOLD:
        return Tear(evidence / SHIFTED, seen.row, seen.below, 0.0, "")
    # a part that lies to the right has moved there and moves back: it turns twice as far to the left
    shift = (-step.pixels if step.below else step.pixels) / 2 * scale
    return Tear(evidence / SHIFTED, seen.row, step.below, shift, "")


def _step(row: float, turns: Sequence[Turn | None], at: int) -> _Step:
    """How motion of the frame at that place turns differently above and below a row."""
    own = turns[at]
    sides = [turns[place] for place in (at - 1, at + 1) if 0 <= place < len(turns)]
    if own is None or len(sides) < 2:
        return _Step(0.0, 0.0, False)
    columns = _steps(own, row)
    pixels = float(np.median(columns))
    way = 1.0 if pixels >= 0 else -1.0
    least = max(0.0, float(np.quantile(way * columns, _QUARTER)))
    length = abs(pixels) + 1e-6
    undone = min(0.0 if side is None else -way * float(np.median(_steps(side, row))) / length for side in sides)
    around = [
        abs(float(np.median(_steps(one, row))))
        for place, one in enumerate(turns)
        if one is not None and _UNTOUCHED <= abs(place - at) <= AROUND
    ]
    usual = float(np.median(around)) if around else 0.0
    clear = least * min(1.0, max(0.0, undone) / _COMES_BACK) - 2 * usual
    alike = (least / length - _ALIKE_FROM) / (_ALIKE_TO - _ALIKE_FROM)
    confirmed = min(1.0, max(0.0, clear / _SURE_STEP)) * min(1.0, max(0.0, alike))
    above, below = (float(np.median(np.abs(part[..., 0]))) for part in _beside(own, row))
    return _Step(confirmed, pixels, below > above)


def _steps(turned: Turn, row: float) -> NDArray[np.float32]:
    """Turn to the right below a row less that above, in each column of blocks."""
    above, below = (np.median(part[..., 0], axis=0) for part in _beside(turned, row))
    return below - above


def _beside(turned: Turn, row: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The rows of blocks above and below a row."""
    rows = turned.whole.shape[0]
    place = row * rows
    last = max(1, int(place + _CLEAR_OF_SEAM))
    first = min(rows - 1, math.ceil(place - _CLEAR_OF_SEAM))
    return turned.whole[:last][-_BESIDE:], turned.whole[first:][:_BESIDE]


def _bands(height: int, row: int) -> tuple[slice, slice]:
    """The rows above and below a seam that are matched."""
    band = min(_BAND, height // 6)
    return slice(max(0, row - band), row - 1), slice(row + 3, row + 3 + band)


def _excess(
    previous: NDArray[np.float32], this: NDArray[np.float32], following: NDArray[np.float32]
) -> NDArray[np.float32]:
    """By how much each segment of each row is a seam, over what is usual there, 0..4; `(height - 1, 16)`."""
    neighbours = np.maximum(_near(_seams(previous)), _near(_seams(following)))
    excess = _seams(this) - np.maximum(neighbours, 0)
    excess[:_NEAR], excess[-_NEAR:] = 0, 0
    usual = np.median(this, axis=0) + 1
    return np.clip(excess / usual, 0, _MOST).astype(np.float32)


def _seams(edges: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much more a row differs from the next than the rows a little above and below do."""
    above = np.concatenate((edges[:1].repeat(_GAP, 0), edges[:-_GAP]))
    below = np.concatenate((edges[_GAP:], edges[-1:].repeat(_GAP, 0)))
    return edges - np.maximum(above, below)


def _near(seams: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.dilate(seams, np.ones((2 * _NEAR + 1, 1), np.uint8)), np.float32)


def _shift(
    previous: NDArray[np.uint8], this: NDArray[np.uint8], following: NDArray[np.uint8], row: int
) -> tuple[float, bool]:
    """How much more of one side than of the other a shift explains, 0..1; whether that is the lower side."""
    middle = (previous.astype(np.float32) + following.astype(np.float32)) / np.float32(2)
    (upper, upper_shift), (lower, lower_shift) = (
        _matched(middle[rows], this[rows].astype(np.float32)) for rows in _bands(this.shape[0], row)
    )
    apart = abs(upper_shift - lower_shift) >= _APART
    return abs(lower - upper) if apart else 0.0, lower > upper


def _matched(middle: NDArray[np.float32], band: NDArray[np.float32]) -> tuple[float, int]:
    """The share of a band's difference from the neighbours' middle that the best shift takes away, and that shift."""
    core = np.ascontiguousarray(band[:, _REACH:-_REACH])
    squares = cv2.matchTemplate(middle, core, cv2.TM_SQDIFF)[0] / core.size + _NOISE
    best = int(squares.argmin())
    return float(1 - squares[best] / squares[_REACH]), _REACH - best
