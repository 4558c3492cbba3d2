"""Which images a calm choice is made from, and the choice."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.retrieval.calm.path import Run, best_path
from frameloom.retrieval.calm.prices import choose_without_repeats
from frameloom.retrieval.calm.similarities import Similarities
from frameloom.retrieval.calm.wishes import Calmness

Search = Callable[[NDArray[np.float32], int], NDArray[np.int64]]
"""The ids (frames, count) of the most similar images of queries (frames, dims); -1 where there are fewer."""

_MOST = 64  # images of each frame where not all can be looked at together
_MATRIX = 2**26  # similarities that are kept in memory: 256 MiB


@dataclass(frozen=True, slots=True)
class CalmChoice:
    """Pictures for a whole video."""

    images: NDArray[np.int64]
    """(frames,): ids."""
    objective: float
    """Sum of similarities less the cost of each change."""
    bound: float
    """No choice of the images that were looked at is worth more."""
    candidates: int
    """How many these are."""


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """The images and the frames."""

    vectors: NDArray[np.floating]
    """(images, dims), unit length."""
    queries: NDArray[np.float32]
    """(frames, dims), unit length."""
    search: Search
    exact: bool = True
    """Whether all images are looked at; else only those that `search` finds for any frame."""
    excluded: NDArray[np.bool_] | None = None
    """(images,): those that must not be chosen."""
    most: int = _MATRIX
    """Similarities that are kept in memory."""

    def choose(self, calmness: Calmness, *, repeat: bool) -> CalmChoice:
        """The best pictures for these frames.

        With repeats nothing is worth more: `bound` is `objective`. Without, `bound` says what could be gained. Where
        frames and images are too many for memory, those without repeats are chosen from the images that are most like
        any frame; the bound is one for all images nevertheless.
        """
        ids = self._all()
        everything = Similarities(self.vectors, self.queries, ids)
        if repeat:
            path = best_path(everything, everything.frames, everything.images, calmness)
            return CalmChoice(self._of_frames(path.runs, ids), path.value, path.value, len(ids))
        chosen = ids if len(ids) * len(self.queries) <= self.most else self._nearest()
        part = Similarities(self.vectors, self.queries, chosen)
        found = choose_without_repeats(part.matrix(), calmness)
        bound = found.bound
        if len(chosen) < len(ids):
            prices = np.zeros(len(ids))
            prices[np.searchsorted(ids, chosen)] = found.prices
            relaxed = best_path(everything, everything.frames, everything.images, calmness, prices)
            bound = relaxed.value + float(prices.sum())
        return CalmChoice(self._of_frames(found.runs, chosen), found.objective, bound, len(ids))

    def _all(self) -> NDArray[np.int64]:
        if not self.exact:
            return _distinct(self.search(self.queries, _MOST))
        everything = np.arange(len(self.vectors), dtype=np.int64)
        return everything if self.excluded is None else everything[~self.excluded]

    def _nearest(self) -> NDArray[np.int64]:
        """As many of the most similar of each frame as fit; the most similar one of each in any case."""
        found = self.search(self.queries, _MOST)
        count = _MOST
        while count > 1 and len(_distinct(found[:, :count])) * len(self.queries) > self.most:
            count //= 2
        return _distinct(found[:, :count])

    def _of_frames(self, runs: Iterable[Run], ids: NDArray[np.int64]) -> NDArray[np.int64]:
        images = np.empty(len(self.queries), np.int64)
        for run in runs:
            images[run.start : run.stop] = ids[run.image]
        return images


def _distinct(found: NDArray[np.int64]) -> NDArray[np.int64]:
    """In ascending order."""
    return np.unique(found[found >= 0])
