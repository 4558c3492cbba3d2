"""The best pictures for a whole video where a picture stays a while and a change has its cost.

Viterbi's algorithm with durations (Ferguson, 1980) for one cost of all changes: what was best before does not depend on
what comes, so a frame costs as many steps as there are images, not their square, and only the best of each frame has to
be remembered for the way back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from frameloom.retrieval.calm.similarities import cost_on_grid
from frameloom.retrieval.calm.wishes import Calmness


class Rows(Protocol):
    """Similarities (images,) for each frame: an array (frames, images), or what computes its rows as they are read."""

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Rows from the first frame on; each call begins anew."""
        ...


class Run(NamedTuple):
    """Frames that show the same picture."""

    start: int
    stop: int
    """The frame after the last one."""
    image: int
    """Place in a row of similarities."""


@dataclass(frozen=True, slots=True)
class Path:
    """A picture for each frame."""

    runs: tuple[Run, ...]
    """From the first frame to the last, without gaps."""
    value: float
    """Sum of similarities, less the cost of each change and the prices of what is shown."""

    @property
    def images(self) -> list[int]:
        """The picture of each frame."""
        return [run.image for run in self.runs for _ in range(run.start, run.stop)]


def least_length(hold: int, frames: int) -> int:
    """How long each run of a video of so many frames must be: where there is no room for two, as long as the video."""
    return hold if frames >= 2 * hold else frames


def best_path(
    rows: Rows, frames: int, images: int, calmness: Calmness, prices: NDArray[np.float64] | None = None
) -> Path:
    """The pictures with the largest sum of similarities less costs; of equal ones, those that stay.

    Every run, also the last one, is at least `hold` frames long; a video shorter than that is one run. Nothing is
    approximate: rows and costs on their grids, values are sums without rounding.

    Args:
        rows: Similarities, multiples of 2^-23; see `Similarities` and `on_grid`.
        frames: How many rows there are, from 1 up.
        images: How long they are, from 1 up.
        calmness: How long pictures stay and what a change costs.
        prices: (images,): what it costs to begin a run with that image; multiples of `COST_STEP`.
    """
    least, cost = least_length(calmness.hold, frames), cost_on_grid(calmness.switch_cost)
    window = np.zeros(images)  # sums over the last `least` frames
    going = np.full(images, -np.inf)  # the best way to be with this image now, its run long enough
    since = np.zeros(images, np.intp)
    best = _Best(frames, before=cost)  # so that the first picture, which is no change, costs nothing
    for seen, (row, gone) in enumerate(zip(rows, _behind(rows, least), strict=False), 1):
        window += row
        going += row
        if gone is not None:
            window -= gone
        start = seen - least
        if start < 0:
            continue
        if best.value[start] > -np.inf:
            begun = window + (best.value[start] - cost)
            if prices is not None:
                begun -= prices
            better = begun > going
            np.copyto(going, begun, where=better)
            since[better] = start
        image = int(going.argmax())
        best.note(seen, float(going[image]), image, int(since[image]))
    return Path(best.runs(), float(best.value[frames]))


def path_value(rows: NDArray[np.float32], runs: Sequence[Run], calmness: Calmness) -> float:
    """Sum of similarities (frames, images) along runs, less the cost of each change."""
    total = sum(float(rows[run.start : run.stop, run.image].sum(dtype=np.float64)) for run in runs)
    return total - cost_on_grid(calmness.switch_cost) * (len(runs) - 1)


def _behind(rows: Rows, count: int) -> Iterator[NDArray[np.float32] | None]:
    """None for the first rows, then those so many frames ago."""
    yield from repeat(None, count)
    yield from rows


class _Best:
    """Of each number of first frames: the best value, its last picture and where its last run begins."""

    def __init__(self, frames: int, *, before: float) -> None:
        self.value = np.full(frames + 1, -np.inf)
        self.value[0] = before
        self._image = np.zeros(frames + 1, np.intp)
        self._start = np.zeros(frames + 1, np.intp)

    def note(self, seen: int, value: float, image: int, start: int) -> None:
        self.value[seen], self._image[seen], self._start[seen] = value, image, start

    def runs(self) -> tuple[Run, ...]:
        """Back from the last frame."""
        found: list[Run] = []
        stop = len(self.value) - 1
        while stop > 0:
            found.append(Run(int(self._start[stop]), stop, int(self._image[stop])))
            stop = found[-1].start
        return tuple(reversed(found))
