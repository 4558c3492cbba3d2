"""Runs that may show an image twice, to runs of different images; then better ones, by two steps in turn.

The first gives the runs, as they are, the images that suit them best (an assignment problem). The second keeps the
order of the images and moves the borders between them, or leaves some out. Neither loses anything. Long videos are
taken in pieces.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment  # pyright: ignore[reportUnknownVariableType]

from frameloom.retrieval.calm.path import Run, least_length, path_value
from frameloom.retrieval.calm.similarities import cost_on_grid
from frameloom.retrieval.calm.wishes import Calmness

_PIECE = 256  # runs; what a step costs grows with its square
_ROUNDS = 8
_NONE = -1
_Places = tuple[NDArray[np.intp], NDArray[np.intp]]


def without_repeats(
    rows: NDArray[np.float32], runs: Sequence[Run], calmness: Calmness, prices: NDArray[np.float64] | None = None
) -> tuple[Run, ...]:
    """Runs of different images, made from these.

    Args:
        rows: Similarities (frames, images), on their grid.
        runs: From the first frame to the last, each long enough.
        calmness: How long pictures stay and what a change costs.
        prices: (images,): what others would pay, so that a piece leaves to later ones what suits them more.
    """
    found = [Run(run.start, run.stop, _NONE) for run in runs]
    for piece in _pieces(len(found), 0):
        found[piece] = _reassigned(rows, found, piece, prices if len(found) > _PIECE else None)
    found = _covering(found)
    best, value = found, path_value(rows, found, calmness)
    for number in range(1, 2 * _ROUNDS):
        found = _improved(rows, best, calmness, shift=number % 2 * _PIECE // 2)
        reached = path_value(rows, found, calmness)
        if reached <= value and (number > 1 or len(best) <= _PIECE):
            break
        if reached > value:
            best, value = found, reached
    return tuple(best)


def _improved(rows: NDArray[np.float32], runs: Sequence[Run], calmness: Calmness, *, shift: int) -> list[Run]:
    """Each piece with other borders, then other images."""
    found: list[Run] = []
    for piece in _pieces(len(runs), shift):
        found += move_borders(rows, runs[piece], calmness)
    for piece in _pieces(len(found), shift):
        found[piece] = _reassigned(rows, found, piece)
    return found


def _pieces(count: int, shift: int) -> Iterator[slice]:
    """So many runs in pieces, the first one cut short by `shift`."""
    borders = sorted({0, *range(_PIECE - shift, count, _PIECE), count})
    for start, stop in pairwise(borders):
        yield slice(start, stop)


def _reassigned(
    rows: NDArray[np.float32], runs: Sequence[Run], piece: slice, prices: NDArray[np.float64] | None = None
) -> list[Run]:
    """The runs of a piece with the images that suit them best of those no other run has; `_NONE` where none is left."""
    elsewhere = [run.image for run in (*runs[: piece.start], *runs[piece.stop :]) if run.image != _NONE]
    free = np.ones(rows.shape[1], np.bool_)
    free[elsewhere] = False
    images = np.flatnonzero(free)
    inside = runs[piece]
    sums = np.stack([rows[run.start : run.stop].sum(axis=0, dtype=np.float64)[images] for run in inside])
    if prices is not None:
        sums -= prices[images]
    places, chosen = cast(_Places, linear_sum_assignment(sums, maximize=True))
    given = dict(zip(places.tolist(), images[chosen].tolist(), strict=True))
    return [Run(run.start, run.stop, given.get(place, _NONE)) for place, run in enumerate(inside)]


def _covering(runs: Sequence[Run]) -> list[Run]:
    """Runs without an image go to the run before, at the beginning to the one after."""
    found: list[Run] = []
    for run in runs:
        if found and (run.image == _NONE or found[-1].image == _NONE):
            before = found.pop()
            run = Run(before.start, run.stop, max(before.image, run.image))
        found.append(run)
    return found


def move_borders(rows: NDArray[np.float32], runs: Sequence[Run], calmness: Calmness) -> list[Run]:
    """The same frames by some of the same images in the same order, with the best borders between them.

    As `best_path`, but a run can only begin after one of an image that comes earlier in the order.

    Args:
        rows: Similarities (frames, images), on their grid.
        runs: Frames that follow one another, by different images.
        calmness: How long pictures stay and what a change costs.
    """
    first, frames, count = runs[0].start, runs[-1].stop - runs[0].start, len(runs)
    order = [run.image for run in runs]
    part = rows[first : first + frames, order].astype(np.float64)
    least, cost = least_length(calmness.hold, frames), cost_on_grid(calmness.switch_cost)
    window, going = np.zeros(count), np.full(count, -np.inf)
    since = np.zeros((frames + 1, count), np.int32)
    before = np.full((frames + 1, count), -np.inf)  # the best that ends now with an earlier image of the order ...
    which = np.zeros((frames + 1, count), np.int32)  # ... and which one
    before[0] = cost  # the first picture costs nothing
    for seen in range(1, frames + 1):
        window += part[seen - 1]
        going += part[seen - 1]
        since[seen] = since[seen - 1]
        if seen > least:
            window -= part[seen - 1 - least]
        if seen < least:
            continue
        begun = window + (before[seen - least] - cost)
        better = begun > going
        going[better] = begun[better]
        since[seen, better] = seen - least
        highest = np.maximum.accumulate(going)
        before[seen, 1:] = highest[:-1]
        which[seen, 1:] = _where_reached(going, highest)[:-1]
    return _way_back(first, order, int(going.argmax()), since, which)


def _where_reached(going: NDArray[np.float64], highest: NDArray[np.float64]) -> NDArray[np.intp]:
    """For each place the first one where the highest value up to it was reached."""
    places = np.arange(len(going))
    places[1:][going[1:] <= highest[:-1]] = 0
    return np.maximum.accumulate(places)


def _way_back(
    first: int, order: Sequence[int], place: int, since: NDArray[np.int32], which: NDArray[np.int32]
) -> list[Run]:
    found: list[Run] = []
    stop = len(since) - 1
    while stop > 0:
        start = int(since[stop, place])
        found.append(Run(first + start, first + stop, order[place]))
        stop, place = start, int(which[start, place])
    return found[::-1]
