"""What an assignment is chosen from: for each frame the pictures most similar to it, as many as it needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Nearest = Callable[[NDArray[np.intp], int], tuple[NDArray[np.int64], NDArray[np.float32]]]
"""Frames `(batch,)` and a count to ids and similarities `(batch, count)`, best first, of the pictures most similar to
each; where there are fewer, ids are -1 and similarities -inf."""

_GROWTH = 4  # a search costs nearly the same however much it finds, so it is rarer and finds more
_ASKED = 2**22  # pairs at a time
_LOOKED_AT = 2**21  # pairs at a time, in float64
_BEST, _SPREAD_OUT, _KEPT = 8, 32, 8
_OTHER = 7919  # a prime above what lists are cut into, so that frames in turn begin at other places
_SLACK = 0.01  # of what the similarities of a list span


@dataclass(frozen=True, slots=True)
class Edges:
    """Pairs of a frame and a picture that may be chosen: three arrays `(pairs,)`, in order of frames."""

    frames: NDArray[np.intp]
    ids: NDArray[np.int32]
    similarities: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Tier:
    """Frames whose lists are equally long: `(frames, count)` each but for the first, best pictures first."""

    frames: NDArray[np.intp]
    ids: NDArray[np.int32]
    similarities: NDArray[np.float32]
    active: NDArray[np.bool_]
    """Which of them are considered; the others are looked at only to see whether they should be."""

    @property
    def count(self) -> int:
        return self.ids.shape[1]

    def parts(self) -> Iterator["_Tier"]:
        """The same arrays, some frames at a time."""
        step = max(1, _LOOKED_AT // self.count)
        for start in range(0, len(self.frames), step):
            yield self.of(slice(start, start + step))

    def of(self, rows: "slice | NDArray[np.bool_]") -> "_Tier":
        return _Tier(self.frames[rows], self.ids[rows], self.similarities[rows], self.active[rows])


class NearestLists:
    """A list of pictures for each frame, best first.

    A list is whole when it has as many pictures as there are frames, or all: the other frames take one less at most, so
    one of those is left, and none beyond them is better.
    """

    def __init__(self, frames: int, pictures: int, nearest: Nearest, *, first: int) -> None:
        """Ask for the `first` nearest pictures of each frame."""
        self._nearest = nearest
        self._most = min(frames, pictures)
        self.frames = frames
        self.beyond = np.full(frames, -np.inf)
        """(frames,): no picture outside the list is more similar to the frame; -inf where the list is whole."""
        self._tiers = [self._asked(np.arange(frames), min(first, self._most))]

    @property
    def pairs(self) -> int:
        """How many pairs of a frame and a picture are listed."""
        return sum(tier.ids.size for tier in self._tiers)

    @property
    def longest(self) -> int:
        """Length of the longest list."""
        return max(tier.count for tier in self._tiers)

    def edges(self) -> Edges:
        """The pairs that are considered."""
        found: list[Edges] = []
        for tier in self._tiers:
            rows, places = np.nonzero(tier.active)
            found.append(Edges(tier.frames[rows], tier.ids[rows, places], tier.similarities[rows, places]))
        frames = np.concatenate([edges.frames for edges in found])
        order = np.argsort(frames, kind="stable")
        ids = np.concatenate([edges.ids for edges in found])[order]
        return Edges(frames[order], ids, np.concatenate([edges.similarities for edges in found])[order])

    def review(
        self, prices: NDArray[np.float64], worth: NDArray[np.float64], *, tolerance: float, drop: bool
    ) -> tuple[NDArray[np.float64], bool]:
        """Look at all listed pairs at these prices, and consider those that would be better than what frames have.

        Args:
            prices: (pictures,): what each picture costs.
            worth: (frames,): similarity less price of what each frame has now.
            tolerance: By how much another must be better to count.
            drop: Whether pairs that are far from being chosen are considered no longer, and only the best new ones are;
                if not, all that are better are, so that an end is reached.

        Returns:
            (frames,): similarity less price of the best listed picture of each; and whether any was not considered
            that is better.
        """
        best, missed = np.full(self.frames, -np.inf), False
        for tier in self._tiers:
            for part in tier.parts():
                net = part.similarities - prices[part.ids]
                best[part.frames] = net.max(axis=1)
                has = worth[part.frames, None]
                better = (net > has + tolerance) & ~part.active
                missed = missed or bool(better.any())
                if drop:
                    part.active[:] &= net >= has - tolerance - _SLACK * _span(part.similarities)
                else:
                    part.active[:] |= better
                kept = min(_KEPT, part.count)
                places = np.argpartition(-net, kept - 1, axis=1)[:, :kept]
                np.put_along_axis(part.active, places, np.take_along_axis(part.ids, places, axis=1) >= 0, axis=1)
        return best, missed

    def span(self) -> NDArray[np.float64]:
        """(frames,): from the most to the least similar picture of each list."""
        spans = np.zeros(self.frames)
        for tier in self._tiers:
            spans[tier.frames] = _span(tier.similarities)[:, 0]
        return spans

    def lengthen(self, wanted: NDArray[np.bool_]) -> None:
        """Ask for more pictures for these frames `(frames,)`, none of whose lists is whole."""
        kept = [tier.of(~wanted[tier.frames]) for tier in self._tiers]
        longer: dict[int, list[NDArray[np.intp]]] = {}
        for tier in self._tiers:
            count = min(_GROWTH * tier.count, self._most)
            longer.setdefault(count, []).append(tier.frames[wanted[tier.frames]])
        self._tiers = [tier for tier in kept if len(tier.frames)]
        for count, frames in longer.items():
            grown = np.sort(np.concatenate(frames))
            if len(grown):
                self._tiers.append(self._asked(grown, count))

    def _asked(self, frames: NDArray[np.intp], count: int) -> _Tier:
        ids = np.empty((len(frames), count), np.int32)
        similarities = np.empty((len(frames), count), np.float32)
        step = max(1, _ASKED // count)
        for start in range(0, len(frames), step):
            rows = slice(start, start + step)
            ids[rows], similarities[rows] = self._nearest(frames[rows], count)
        # Where fewer were found than asked for there are no others, so -inf is right for them too
        self.beyond[frames] = -np.inf if count >= self._most else similarities[:, -1]
        return _Tier(frames, ids, similarities, _first_considered(frames, ids))


def _first_considered(frames: NDArray[np.intp], ids: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The best ones, and some from all over each list, others for each frame.

    Frames of one shot want the same pictures. A few that differ from frame to frame are enough for an assignment that
    is nearly the best, and its prices tell which of the rest are worth considering.
    """
    count = ids.shape[1]
    step = max(1, count // _SPREAD_OUT)
    places = np.arange(count, dtype=np.intp)
    spread: NDArray[np.bool_] = (places + _OTHER * frames[:, None]) % step == 0
    return (spread | (places < _BEST)) & (ids >= 0)


def _span(similarities: NDArray[np.float32]) -> NDArray[np.float64]:
    """(frames, 1): from the most to the least similar in each row."""
    least = np.where(np.isfinite(similarities), similarities, np.inf).min(axis=1, keepdims=True)
    return (similarities[:, :1] - least).astype(np.float64)
