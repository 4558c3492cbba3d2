"""A path made smoother by moves that each make it better: parts turned round, pictures put elsewhere or exchanged.

Taking the nearest neighbour always leaves the far ones for the end. What is made larger is what taking the nearest goes
by: the sum of similarities of all pictures that are at most `smooth` steps apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.retrieval.morph.exchange import exchanged
from frameloom.retrieval.morph.path import Pool, whole

_MOST_TOGETHER = 4096  # pictures that are ordered at once: the table of their similarities takes 64 MB
_MOST_ROUNDS = 40

Table = NDArray[np.int32]
Order = NDArray[np.int64]


def improved(pool: Pool, path: list[int], smooth: int, *, keep_start: bool) -> Iterator[list[int]]:
    """Yield better and better paths; the last one is the best.

    Args:
        pool: What unused pictures are taken from.
        path: Different pictures.
        smooth: See the module.
        keep_start: Whether the first picture must stay the first.
    """
    if len(path) < 3:
        return
    window = min(smooth, len(path) - 1)
    for _ in range(_MOST_ROUNDS):
        before = path
        path = _ordered(pool, path, window, keep_start=keep_start)
        if len(path) < len(pool):
            path = exchanged(pool, path, window, keep_start=keep_start)
        if path == before:
            return
        yield path


def table_of(vectors: NDArray[np.float64]) -> Table:
    """Similarities (pictures + 1, pictures + 1) in whole numbers; the last one is nobody, and like none."""
    count = len(vectors)
    table = np.zeros((count + 1, count + 1), np.int32)
    table[:count, :count] = whole(vectors @ vectors.T)
    return table


def _ordered(pool: Pool, path: list[int], window: int, *, keep_start: bool) -> list[int]:
    """The same pictures in a better order: parts of the path one after another, each with its ends where they are."""
    path = list(path)
    step = _MOST_TOGETHER // 2
    for begin in range(0, max(1, len(path) - step), step):
        part = path[begin : begin + _MOST_TOGETHER]
        first = window if begin else int(keep_start)
        last = len(part) - (window if begin + len(part) < len(path) else 0)
        order = Ordering(table_of(pool.of(part)), window, movable=(first, last)).improve()
        path[begin : begin + _MOST_TOGETHER] = [part[place] for place in order]
    return path


@dataclass(frozen=True)
class Ordering:
    """Pictures 0, 1, ... in that order, which is to become better."""

    table: Table
    window: int
    movable: tuple[int, int]
    """The places, from and to before, whose pictures may be moved."""

    def improve(self) -> list[int]:
        """The order when no move makes it better."""
        count = len(self.table) - 1
        order = np.arange(count)
        for _ in range(_MOST_ROUNDS):
            before = order
            for place in range(*self.movable):
                order = self._turned(order, place)
            for picture in order[self.movable[0] : self.movable[1]].tolist():
                order = self._moved(order, picture)
            if np.array_equal(order, before):
                break
        return order.tolist()

    def _padded(self, order: Order) -> Order:
        nobody = np.full(self.window, len(self.table) - 1, np.int64)
        return np.concatenate([nobody, order, nobody])

    def _turned(self, order: Order, first: int) -> Order:
        """With the part turned round that begins at that place and gains most by it, if one does."""
        window, last = self.window, self.movable[1]
        ends = np.arange(first + max(2, window) - 1, last)
        if not len(ends):
            return order
        padded = self._padded(order)
        at, ends_at = first + window, ends + window  # places in the padded order
        gain = -self._borders(padded)[ends_at] - self._across(padded, at - 1)
        for near in range(window):
            row_before = self.table[padded[at - 1 - near], padded].astype(np.int64)
            row_first = self.table[padded[at + near], padded].astype(np.int64)
            for far in range(window - near):
                gain += row_before[ends_at - far] + row_first[ends_at + 1 + far]
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            return order
        end = int(ends[best]) + 1
        return np.concatenate([order[:first], order[first:end][::-1], order[end:]])

    def _across(self, padded: Order, place: int) -> int:
        """Similarities of pictures on both sides of the border behind that place."""
        pairs = [(place - near, place + 1 + far) for near in range(self.window) for far in range(self.window - near)]
        return int(sum(int(self.table[padded[first], padded[second]]) for first, second in pairs))

    def _borders(self, padded: Order) -> NDArray[np.int64]:
        """`_across` of each place."""
        total = np.zeros(len(padded), np.int64)
        for apart in range(1, self.window + 1):
            similar = self._apart(padded, apart)
            for back in range(apart):  # pairs (place - back, place - back + apart) lie across the border behind place
                total[back : back + len(similar)] += similar
        return total

    def _apart(self, padded: Order, apart: int) -> NDArray[np.int64]:
        return self.table[padded[:-apart], padded[apart:]].astype(np.int64)

    def _moved(self, order: Order, picture: int) -> Order:
        """With that picture where it gains most, if it gains anywhere."""
        window = self.window
        place = int(np.flatnonzero(order == picture)[0])
        rest = np.delete(order, place)
        gains = insertion_gains(self.table, self._padded(rest), picture, window)
        first, last = self.movable
        allowed = gains[first:last]
        best = first + int(np.argmax(allowed))
        return np.insert(rest, best, picture) if gains[best] > gains[place] else order


def insertion_gains(table: Table, padded: Order, picture: int, window: int) -> NDArray[np.int64]:
    """What is gained by a picture put at each place (pictures + 1) of an order, padded with nobody at both ends."""
    row = table[picture, padded].astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(row)])
    count = len(padded) - 2 * window + 1
    near = sums[2 * window : 2 * window + count] - sums[:count]  # `window` on either side
    return near - parted(table, padded, window)


def parted(table: Table, padded: Order, window: int) -> NDArray[np.int64]:
    """What is lost at each place (pictures + 1) because pictures there are a step further apart than `window`."""
    similar = table[padded[:-window], padded[window:]].astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(similar)])
    count = len(padded) - 2 * window + 1
    return sums[window : window + count] - sums[:count]
