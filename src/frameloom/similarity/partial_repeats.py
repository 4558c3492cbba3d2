"""Frames in which all above, or below, some row repeats a neighbouring frame, while the rest moves on.

Of a part that repeats the frame before, the step to this frame changes next to nothing, and the step to the next one
makes up for it; the steps before and after those are as large as ever, so that the part did not just stand still. On
the other side of the row both steps change about as much. docs/inspect.md has the measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.similarity.jumps import Move
from frameloom.similarity.seams import Seam

BEFORE, AFTER = 2, 1  # steps that are looked at before the one from the frame in question on, and after it
_MARGIN = 0.10  # of the height, above and below: too little to tell
_NOISE = 0.18  # 8-bit levels that any step changes by
_EVEN_NOISE = 0.1  # the same, for comparing the two steps on the other side
_AS_GOOD = 0.97  # of the best row, another will do with which the part is larger
_LIVELY = 0.5  # levels by which the other side must change: where nothing moves, all of the frame may be a repeat
_NEAR = 0.03  # of the height, within which a seam belongs to a part
# Of the width, by which a seam is clearer in one frame than in the other: in the tuning half 47 of 55 torn frames
# cover more at that row, and those beside them 0.06 at most.
_SEAM = 0.1

# Times that a part changes less in one step than in those around it. In the tuning half untouched frames stay below
# 2.5, and 69 of 74 parts of a neighbour that differ by two levels from what belongs there lie above 3.6.
REPEATED = 3.6


@dataclass(frozen=True, slots=True)
class PartialRepeat:
    """The likeliest part of a frame that repeats a neighbour."""

    strength: float
    """1 at the limit."""
    row: float
    """Where the lower part begins, as a share of the height."""
    below: bool
    """Whether the lower part is the one that repeats."""
    neighbour: str
    """The frame that it belongs to: "previous" or "next"; "" if there is none."""
    made_up_for: bool
    """Whether the step on the other side of the frame changes it more than the step beyond the neighbour does."""


NO_REPEAT = PartialRepeat(0.0, 0.0, False, "", False)


def partial_repeat(moves: Sequence[Move | None], seams: Sequence[Seam | None], at: int) -> PartialRepeat:
    """Look for a part that repeats a neighbour.

    Two frames share such a part, and one of them is torn. The one with a seam at that row is; without seams, the one
    beside the step that makes up for it; and if either could be, the one in which the part is clearer.

    Args:
        moves: Steps from each of consecutive frames to the next one.
        seams: Of the frames; None where one has none.
        at: Which of the frames; the step to it is `moves[at - 1]`.
    """
    own = _likeliest(moves, at)
    place = at - 1 if own.neighbour == "previous" else at + 1
    if not own.neighbour or place >= len(seams):
        return NO_REPEAT
    other = _likeliest(moves, place)
    shared = other.below == own.below and other.neighbour == ("next" if place < at else "previous")
    rows = (own.row, other.row) if shared else (own.row,)
    clearer = _coverage(seams[at], rows) - _coverage(seams[place], rows)
    if abs(clearer) >= _SEAM:
        return own if clearer > 0 else NO_REPEAT
    # if both show it as clearly, the later one repeats the earlier
    outdone = other.strength > own.strength if place < at else other.strength >= own.strength
    return own if own.made_up_for and not (shared and other.made_up_for and outdone) else NO_REPEAT


def _coverage(seen: Seam | None, rows: Sequence[float]) -> float:
    """The share of the width that a seam near one of the rows covers."""
    near = seen is not None and min(abs(seen.row - row) for row in rows) <= _NEAR
    return seen.coverage if seen is not None and near else 0.0


def _likeliest(moves: Sequence[Move | None], at: int) -> PartialRepeat:
    """The likeliest part of a frame, whatever its neighbours are."""
    steps = moves[at - BEFORE : at + AFTER + 1] if at >= BEFORE else ()
    rows = [step.rows for step in steps if step is not None and not step.cut]
    if len(rows) < BEFORE + AFTER + 1:
        return NO_REPEAT
    height = len(rows[0])
    first, last = max(1, round(_MARGIN * height)), min(height - 1, round((1 - _MARGIN) * height))
    above = [_means_above(step)[first : last + 1] for step in rows]
    below = [_means_above(step[::-1])[::-1][first - 1 : last] for step in rows]
    found = NO_REPEAT
    for lower, (side, other) in enumerate(((above, below), (below, above))):
        for neighbour, repeating, moving, beyond in (("previous", 1, 2, 0), ("next", 2, 1, 3)):
            usual = np.minimum(np.minimum(side[0], side[3]), side[moving])
            calm, lively = np.minimum(other[1], other[2]), np.maximum(other[1], other[2])
            even = calm / (lively + _EVEN_NOISE) * np.minimum(1, other[repeating] / _LIVELY)
            outdone = usual / (side[repeating] + _NOISE) * even / REPEATED
            if outdone.size and float(outdone.max()) > found.strength:
                places = np.flatnonzero(outdone >= _AS_GOOD * outdone.max())
                place = int(places[0] if lower else places[-1])
                makes_up = bool(side[moving][place] >= side[beyond][place])
                found = PartialRepeat(float(outdone.max()), (first + place) / height, bool(lower), neighbour, makes_up)
    return found


def _means_above(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Means of the rows above each: of none above the first, which counts as 0."""
    sums = np.concatenate(([0.0], np.cumsum(rows, dtype=np.float64)))
    return sums[:-1] / np.maximum(1, np.arange(len(rows)))
