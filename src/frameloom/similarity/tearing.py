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

import numpy as np
from numpy.typing import NDArray

from frameloom.similarity.motion import Turn
from frameloom.similarity.partial_repeats import PartialRepeat
from frameloom.similarity.seams import Seam

AROUND = 4  # frames on either side whose unrest is what is usual here
_UNTOUCHED = 2  # of them, those that a torn frame does not touch begin this far away

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
