"""Steps between frames that go much further than the steps around them: frames are missing there.

How far a step goes is seen twice: by how much the picture changes, and by how far things move. The first tells an even
scene from an uneven one best, the second grows with the number of missing frames where the first no longer does.
docs/inspect.md has the measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from frameloom.models.flow.dis import DISFlow
from frameloom.similarity.looks import Look

AROUND = 3  # steps on either side that a step must outdo
_CLOSE = 2  # of them, those whose change counts; motion is noisier and must outdo more
_FAINT_CHANGE, _FAINT_MOTION = 1.0, 0.1  # levels, pixels of 192: what noise does
# Of the change's ratio times the root of the motion's. On the tuning half 1.50 gives 8 alarms in 3,495 untouched frames
# and finds 7 of 8 gaps of two frames, 1.68 gives 3 and finds as many.
LIMIT = 1.68

_FLOW = DISFlow()


@dataclass(frozen=True, slots=True)
class Move:
    """What lies between two consecutive frames."""

    change: float
    """Mean difference of luma in 8-bit levels."""
    motion: float
    """Mean length of the flow, as a share of the width."""
    passed: Fraction
    """Seconds from one to the other."""
    cut: bool


def move(first: Look, second: Look) -> Move:
    """Compare a frame with the next one."""
    passed = second.time - first.time
    if second.begins_shot:
        return Move(0.0, 0.0, passed, True)
    change = 255 * float(cv2.absdiff(first.small, second.small).mean())
    flow = _FLOW.estimate(first.small, second.small)
    return Move(change, float(np.hypot(flow[..., 0], flow[..., 1]).mean()) / first.small.shape[1], passed, False)


def jump(moves: Sequence[Move], at: int) -> tuple[float, float]:
    """How much the step at that place is a jump, 1 at the limit; and how many times as far it moves as those around it.

    A step that takes longer may go further. At the ends, and beside a cut, no jump can be told from a beginning.

    Args:
        moves: Consecutive steps, up to AROUND before and after the one in question.
        at: Which of them.
    """
    before = _same_shot(moves[max(0, at - AROUND) : at][::-1])
    after = _same_shot(moves[at + 1 : at + 1 + AROUND])
    if moves[at].cut or not before or not after:
        return 0.0, 1.0
    own = moves[at]
    close = [*before[:_CLOSE], *after[:_CLOSE]]
    change = own.change / (max(other.change for other in close) + _FAINT_CHANGE)
    faint = _FAINT_MOTION / 192
    motion = (own.motion + faint) / (max(other.motion for other in (*before, *after)) + faint)
    pace = max(1.0, float(own.passed / max(other.passed for other in close)))
    return change * motion**0.5 / pace**1.5 / LIMIT, motion / pace


def _same_shot(moves: Sequence[Move]) -> list[Move]:
    """The steps up to the first cut."""
    for place, one in enumerate(moves):
        if one.cut:
            return list(moves[:place])
    return list(moves)
