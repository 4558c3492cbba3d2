"""Steps between frames that go much further than the steps around them: frames are missing there.

How far a step goes is seen twice: by how much the picture changes, wherever it does, and by how far things move. The
median over the places that change tells a gap, where all jumps at once, from something that sets out; motion grows with
the number of missing frames where the change no longer does. A step against the motion before or after it is shake.
docs/inspect.md has the measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.similarity.looks import SEGMENTS, Look
from frameloom.similarity.motion import blocks_of, flow_between

AROUND = 3  # steps on either side that a step must outdo
_CLOSE = 2  # of them, those whose change counts; motion is noisier and must outdo more
_FAINT_CHANGE, _FAINT_MOTION = 1.0, 0.1  # levels, pixels of `Look.small`: what noise does
_CELL = 8  # rows of a cell whose change is looked at; it is a sixteenth of the width
_AGAINST = -0.5  # likeness, from -1 to 1, of two steps' motion below which one goes against the other

# Of the change's ratio times the root of the motion's. In the tuning half 48 of 52 gaps of two frames lie above, and of
# untouched frames two; 1.3 would find all and give no more, but there twice as many come near.
LIMIT = 1.45


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """What lies between two consecutive frames."""

    rows: NDArray[np.float32]  # (height,) mean difference of luma in each row, in 8-bit levels
    cells: NDArray[np.float32]  # (height / 8, 16) the same in each cell
    flow: NDArray[np.float32]  # (height, width, 2), pixels of `Look.small`
    blocks: NDArray[np.float32]  # (9, 16, 2) its means
    passed: Fraction
    """Seconds from one to the other."""
    cut: bool

    @property
    def motion(self) -> float:
        """Root of the mean square of the blocks' motion, in pixels."""
        return float(np.sqrt(np.square(self.blocks).sum(axis=-1).mean() / 2))


def move(first: Look, second: Look) -> Move:
    """Compare a frame with the next one."""
    difference = cv2.absdiff(first.luma, second.luma)
    height = difference.shape[0]
    rows = np.asarray(cv2.reduce(difference, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F), np.float32)[:, 0]
    size = (SEGMENTS, max(1, round(height / _CELL)))
    cells = np.asarray(cv2.resize(difference.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    flow = flow_between(first, second)
    return Move(rows, cells, flow, blocks_of(flow), second.time - first.time, second.begins_shot)


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
    motion = (own.motion + _FAINT_MOTION) / (max(other.motion for other in (*before, *after)) + _FAINT_MOTION)
    pace = max(1.0, float(own.passed / max(other.passed for other in close)))
    if min(_likeness(own, before[0]), _likeness(own, after[0])) < _AGAINST:
        return 0.0, motion / pace
    change = _change(own, close)
    return change * motion**0.5 / pace**1.5 / LIMIT, motion / pace


def _change(own: Move, others: Sequence[Move]) -> float:
    """How many times as much as any other a step changes the median place; where more changes, it counts more."""
    most = np.max([other.cells for other in others], axis=0).ravel()
    cells = own.cells.ravel()
    ratios = (cells + _FAINT_CHANGE) / (most + _FAINT_CHANGE)
    order = ratios.argsort()
    weights = np.cumsum(np.maximum(cells, most)[order])
    return float(ratios[order][np.argmax(weights >= weights[-1] / 2)])


def _likeness(first: Move, second: Move) -> float:
    """Cosine of the angle between two steps' motion, all blocks together."""
    together = float((first.blocks * second.blocks).sum())
    return together / float(np.linalg.norm(first.blocks) * np.linalg.norm(second.blocks) + 1e-6)


def _same_shot(moves: Sequence[Move]) -> list[Move]:
    """The steps up to the first cut."""
    for place, one in enumerate(moves):
        if one.cut:
            return list(moves[:place])
    return list(moves)
