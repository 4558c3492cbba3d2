"""Pictures of a path given up for unused ones that fit better, there or elsewhere."""

import numpy as np
from numpy.typing import NDArray

from frameloom.retrieval.morph.path import Pool, query_of, whole

_MOST_TRIED = 200  # pictures of a path, the worst: each costs a look at all its gaps

Context = tuple[int, ...]
"""The pictures around a gap, at most `window` on either side."""


def exchanged(pool: Pool, path: list[int], window: int, *, keep_start: bool) -> list[int]:
    """The path with better pictures in place of its worst, as far as unused ones fit better anywhere.

    Args:
        pool: What unused pictures are taken from.
        path: Different pictures, more than `window`.
        window: How many steps apart pictures count.
        keep_start: Whether the first picture must stay the first.
    """
    worths = [_sum(pool, picture, _around(path, place, window, itself=True)) for place, picture in enumerate(path)]
    places = sorted(range(int(keep_start), len(path)), key=lambda place: worths[place])
    gaps = _Gaps(pool, window)
    for picture in [path[place] for place in places[:_MOST_TRIED]]:
        path = _without(pool, path, picture, gaps, keep_start=keep_start)
    return path


def _without(pool: Pool, path: list[int], picture: int, gaps: "_Gaps", *, keep_start: bool) -> list[int]:
    """The path with an unused picture in place of that one, where it is best; as it was if none is better."""
    place, first = path.index(picture), int(keep_start)
    rest = path[:place] + path[place + 1 :]
    lost = _parted(pool, rest, gaps.window)
    gains = gaps.fits(rest, path) - lost
    best = first + int(np.argmax(gains[first:]))
    if gains[best] <= _sum(pool, picture, _around(rest, place, gaps.window)) - lost[place]:
        return path
    return [*rest[:best], gaps.take(rest, best), *rest[best:]]


class _Gaps:
    """What unused picture fits best into which gap, as far as it was looked for."""

    def __init__(self, pool: Pool, window: int) -> None:
        self.window = window
        self._pool = pool
        self._found: dict[Context, tuple[int, int]] = {}

    def fits(self, rest: list[int], path: list[int]) -> NDArray[np.int64]:
        """(len(rest) + 1,): how well the best that is not in `path` fits at each place of `rest`."""
        contexts = [_around(rest, place, self.window) for place in range(len(rest) + 1)]
        new = list(dict.fromkeys(context for context in contexts if context not in self._found))
        if new:
            self._look_for(new, path)
        return np.array([self._found[context][1] for context in contexts], np.int64)

    def _look_for(self, contexts: list[Context], path: list[int]) -> None:
        queries = np.stack([query_of(self._pool.of(context)) for context in contexts])
        ids, _ = self._pool.index.search(queries, 1, excluded=self._pool.unused(path))
        for context, found in zip(contexts, ids[:, 0].tolist(), strict=True):
            fits = _sum(self._pool, found, context) if found >= 0 else -(2**40)  # an approximate search may miss all
            self._found[context] = found, fits

    def take(self, rest: list[int], place: int) -> int:
        """The picture for that place; for no other gap will it do any more."""
        taken = self._found[_around(rest, place, self.window)][0]
        self._found = {context: found for context, found in self._found.items() if found[0] != taken}
        return taken


def _around(path: list[int], place: int, window: int, *, itself: bool = False) -> Context:
    """The pictures on both sides of the gap before a place, or of the picture there."""
    return (*path[max(0, place - window) : place], *path[place + itself : place + itself + window])


def _sum(pool: Pool, picture: int, others: Context) -> int:
    """Similarities of a picture to others, in whole numbers."""
    return int(whole(pool.of(others) @ pool.of([picture])[0]).sum(dtype=np.int64))


def _parted(pool: Pool, rest: list[int], window: int) -> NDArray[np.int64]:
    """What is lost at each place because a picture put there moves others more than `window` apart."""
    vectors, places = pool.of(rest), np.arange(len(rest) + 1)
    similar = whole(np.einsum("nd,nd->n", vectors[:-window], vectors[window:]))
    sums = np.concatenate([[0], np.cumsum(similar, dtype=np.int64)])
    return sums[np.clip(places, 0, len(similar))] - sums[np.clip(places - window, 0, len(similar))]
