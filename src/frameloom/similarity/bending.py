"""Single frames that are bent: parts of the picture lie beside where motion leads from frame to frame.

What bends a single frame shows in three turns of motion: at the frame, and half as strong the other way at the frames
before and after it (`similarity/motion.py`). Motion that sets in or stops has two, shake of the camera is taken away,
and what moves unevenly on its own does so in the frames around as well. docs/inspect.md has the measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frameloom.similarity.motion import Turn

AROUND = 4  # frames on either side whose unrest is what is usual here
_UNTOUCHED = 2  # of them, those that a bent frame does not touch begin this far away
_NOISE = 0.1  # pixels that a block turns by anyway
_COMES_BACK = 0.3  # how much of a turn must be undone before and after, of the half that is
_FAINTEST = 0.6  # pixels that the median block must turn by

# Times that the median block turns by more than is usual for it. In the tuning half untouched frames stay below 2.3,
# and 93 of 98 frames bent by 4 pixels lie above.
BENT = 3.0


@dataclass(frozen=True, slots=True)
class Bend:
    """How much a frame is bent."""

    strength: float
    """1 at the limit."""
    pixels: float
    """How far the median block lies from where its neighbours have it, in pixels of `Look.small`."""


NO_BEND = Bend(0.0, 0.0)


def bend(turns: Sequence[Turn | None], at: int) -> Bend:
    """How much the frame at that place is bent, seen with the frames around it.

    Args:
        turns: Of consecutive frames, up to AROUND before and after the one in question; None where a frame has none,
            because it stands at an end or beside a cut.
        at: Which of them.
    """
    own = turns[at]
    sides = [turns[place] for place in (at - 1, at + 1) if 0 <= place < len(turns)]
    around = [
        one.bent for place, one in enumerate(turns) if one is not None and _UNTOUCHED <= abs(place - at) <= AROUND
    ]
    if own is None or len(sides) < 2 or not around:
        return NO_BEND
    lengths = np.hypot(own.bent[..., 0], own.bent[..., 1])
    median = float(np.median(lengths))
    if median < _FAINTEST:
        return NO_BEND
    usual = np.median(np.linalg.norm(around, axis=-1), axis=0)
    outdone = float(np.median(lengths / (usual + _NOISE)))
    undone = min(0.0 if side is None else _undone(own, side) for side in sides)
    return Bend(outdone * min(1.0, max(0.0, undone) / _COMES_BACK) / BENT, median / 2)


def _undone(own: Turn, side: Turn) -> float:
    """How much of a turn is undone by that of a neighbour; a half where only this frame is bent."""
    return -float((own.bent * side.bent).sum() / np.square(own.bent).sum())
