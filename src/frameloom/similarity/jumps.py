"""Steps between frames that go much further than the steps around them: frames are missing there.

How far a step goes is seen in three ways. By how much the picture changes, wherever it does: the median over the places
that change tells a gap, where all jumps at once, from something that sets out. By what the step's own motion leaves
unexplained: what turned or was uncovered meanwhile, which grows with the number of missing frames where the change no
longer does. And by how well the motion of the steps before and after leads across: taken three to five times, as for
two to four missing frames, it explains a gap better than taken once. A step against the motion before or after it is
shake; steps on which a frame is repeated are passed over. docs/inspect.md has the measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.models.layers.sampling import as_float32
from frameloom.similarity.looks import SEGMENTS, Look
from frameloom.similarity.motion import GRAIN, blocks_of, flow_between, left

AROUND = 3  # steps on either side that are looked through
_CLOSE = 2  # of those on which something moves, the nearest; a step must outdo them
_FAINT_CHANGE = 1.0  # levels of `Look.luma`: what noise does
_FAINT_MOTION = 0.1  # pixels of `Look.small`, likewise
_CELL = 8  # rows of a cell whose change is looked at; it is a sixteenth of the width
_AGAINST = -0.5  # likeness, from -1 to 1, of two steps' motion below which one goes against the other
_ACROSS = (3, 4, 5)  # frames of motion across a gap of two, three and four
# Times as much as beside it: less is chance, and more is no further from what a real step does
_UNEXPLAINED = (1.0, 1.6)
_UNEXPLAINED_POWER, _ACROSS_POWER = 0.5, 0.2  # the change, which separates best, counts in full

# Of the product. In the tuning half 97 of 100 gaps of two frames lie above, and two untouched frames, at 1.43 and 3.7;
# the next lies at 1.18.
LIMIT = 1.28


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """What lies between two consecutive frames."""

    rows: NDArray[np.float32]  # (height,) mean difference of luma in each row, in 8-bit levels
    cells: NDArray[np.float32]  # (height / 8, 16) the same in each cell
    flow: NDArray[np.float32]  # (height, width, 2), pixels of `Look.small`
    blocks: NDArray[np.float32]  # (9, 16, 2) its means
    halves: tuple[NDArray[np.uint8], NDArray[np.uint8]]  # (height / 2, width / 2) `Look.small` of both frames
    half_flow: NDArray[np.float32]  # (height / 2, width / 2, 2), their pixels
    left: float
    """Levels by which they differ where the flow leads."""
    passed: Fraction
    """Seconds from one to the other."""
    held: bool
    """Whether the second frame repeats the first."""
    cut: bool


def move(first: Look, second: Look) -> Move:
    """Compare a frame with the next one."""
    difference = cv2.absdiff(first.luma, second.luma)
    height = difference.shape[0]
    rows = np.asarray(cv2.reduce(difference, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F), np.float32)[:, 0]
    size = (SEGMENTS, max(1, round(height / _CELL)))
    cells = np.asarray(cv2.resize(difference.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    flow = flow_between(first, second)
    half = max(1, flow.shape[1] // 2), max(1, flow.shape[0] // 2)
    halves = (
        np.asarray(cv2.resize(first.small, half, interpolation=cv2.INTER_AREA), np.uint8),
        np.asarray(cv2.resize(second.small, half, interpolation=cv2.INTER_AREA), np.uint8),
    )
    half_flow = as_float32(cv2.resize(flow, half, interpolation=cv2.INTER_AREA) / 2)
    return Move(
        rows=rows, cells=cells, flow=flow, blocks=blocks_of(flow), halves=halves, half_flow=half_flow,
        left=left(*halves, half_flow), passed=second.time - first.time, held=second.repeats, cut=second.begins_shot,
    )  # fmt: skip


def jump(moves: Sequence[Move], at: int) -> tuple[float, float]:
    """How much the step at that place is a jump, 1 at the limit; and how many frames of the motion around it goes.

    A step that takes longer may go further. At the ends, and beside a cut, no jump can be told from a beginning.

    Args:
        moves: Consecutive steps, up to AROUND before and after the one in question.
        at: Which of them.
    """
    before = _moving(moves, range(at - 1, at - 1 - AROUND, -1))
    after = _moving(moves, range(at + 1, at + 1 + AROUND))
    own = moves[at]
    if own.cut or not before or not after:
        return 0.0, 1.0
    around = [moves[place] for place in (*before, *after)]
    nearest = moves[before[0]], moves[after[0]]
    pace = max(1.0, float(_passed(moves, at) / max(_passed(moves, place) for place in (*before, *after))))
    worth = _worth(own, *nearest) / pace
    if min(_likeness(own, other) for other in nearest) < _AGAINST:
        return 0.0, worth
    unexplained = (own.left + GRAIN) / (max(other.left for other in nearest) + GRAIN)
    further = float(np.clip(unexplained, *_UNEXPLAINED)) ** _UNEXPLAINED_POWER * _across(own, *nearest) ** _ACROSS_POWER
    return _change(own, around) * further / pace**1.5 / LIMIT, worth


def _across(own: Move, before: Move, after: Move) -> float:
    """How many times better the motion around a step explains it as that of several frames than as that of one."""
    around = (before.half_flow + after.half_flow) / 2
    once, *across = (left(*own.halves, as_float32(frames * around)) + GRAIN for frames in (1, *_ACROSS))
    return once / min(across)


def _worth(own: Move, before: Move, after: Move) -> float:
    """How many frames of the motion around it a step goes, at the median place of what moves."""
    around = (before.blocks + after.blocks) / 2
    frames = ((own.blocks * around).sum(axis=-1) + _FAINT_MOTION**2) / (
        np.square(around).sum(axis=-1) + _FAINT_MOTION**2
    )
    return _weighted_median(frames, np.linalg.norm(own.blocks, axis=-1))


def _change(own: Move, others: Sequence[Move]) -> float:
    """How many times as much as any other a step changes the median place; where more changes, it counts more."""
    most = np.max([other.cells for other in others], axis=0).ravel()
    cells = own.cells.ravel()
    return _weighted_median((cells + _FAINT_CHANGE) / (most + _FAINT_CHANGE), np.maximum(cells, most))


def _weighted_median(values: NDArray[np.float32], weights: NDArray[np.float32]) -> float:
    order = values.ravel().argsort()
    heaped = np.cumsum(weights.ravel()[order])
    return float(values.ravel()[order][np.argmax(heaped >= heaped[-1] / 2)])


def _likeness(first: Move, second: Move) -> float:
    """Cosine of the angle between two steps' motion, all blocks together."""
    together = float((first.blocks * second.blocks).sum())
    return together / float(np.linalg.norm(first.blocks) * np.linalg.norm(second.blocks) + 1e-6)


def _moving(moves: Sequence[Move], places: range) -> list[int]:
    """The nearest of the places, up to the first cut, where no frame is repeated."""
    found: list[int] = []
    for place in places:
        if not 0 <= place < len(moves) or moves[place].cut:
            break
        if not moves[place].held:
            found.append(place)
    return found[:_CLOSE]


def _passed(moves: Sequence[Move], at: int) -> Fraction:
    """Seconds from when the first frame of a step was first shown to when the second one is."""
    passed = moves[at].passed
    while at and moves[at - 1].held:
        at -= 1
        passed += moves[at].passed
    return passed
