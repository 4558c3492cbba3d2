"""The best assignment among a few pairs, and the prices that prove it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import (
    min_weight_full_bipartite_matching,  # pyright: ignore[reportUnknownVariableType]
)

from frameloom.retrieval.optimal.nearest_lists import Edges

_ROUNDING = 1e-13  # prices that rise by less stand still: similarities are sums of this precision


@dataclass(frozen=True, slots=True)
class Restricted:
    """An assignment that is the best among the pairs that were considered."""

    pictures: NDArray[np.int64]
    """(frames,): -1 where a frame takes what it has instead of a picture."""
    values: NDArray[np.float64]
    """(frames,): similarity of what each frame has, or what it has instead is worth."""
    worth: NDArray[np.float64]
    """(frames,): the same less its price."""
    prices: NDArray[np.float64]
    """(all pictures,): 0 or more, and 0 for pictures that nobody has."""


def best_among(edges: Edges, instead: NDArray[np.float64], pictures: int) -> Restricted:
    """Give each frame a picture of its own, or what it has instead, with the largest sum of similarities.

    The matching is SciPy's LAPJVsp (Jonker and Volgenant, Computing 38, 1987, made sparse). It returns no prices;
    `_least_prices` finds them.

    Args:
        edges: The pairs that are considered.
        instead: (frames,): what it is worth to have no picture.
        pictures: How many there are; ids are below it.
    """
    ids, columns = np.unique(edges.ids, return_inverse=True)
    frames, count = len(instead), len(ids)
    similarities = edges.similarities.astype(np.float64)
    values = np.concatenate([similarities, instead])
    # The one of a frame that stands for nothing is a column of its own, behind all pictures
    rows = np.concatenate([edges.frames, np.arange(frames)])
    places = np.concatenate([columns, count + np.arange(frames)])
    highest = float(values.max()) + 1  # costs are above 0, for SciPy takes stored zeros for no pair
    costs = csr_array((highest - values, (rows, places)), shape=(frames, count + frames))
    matched: Any = min_weight_full_bipartite_matching(costs)  # pyright: ignore[reportUnknownVariableType]
    chosen = np.asarray(matched[1], np.intp)
    none = chosen >= count
    found = highest - np.asarray(costs[np.arange(frames), chosen], np.float64).ravel()
    column = np.where(none, -1, chosen)
    least = _least_prices(edges.frames, columns, similarities - found[edges.frames], column)
    prices = np.zeros(pictures)
    prices[ids] = least
    return Restricted(
        pictures=np.where(none, -1, ids[np.where(none, 0, chosen)]).astype(np.int64),
        values=found,
        worth=found - np.where(none, 0, least[column]),
        prices=prices,
    )


def _least_prices(
    frames: NDArray[np.intp], columns: NDArray[np.intp], gains: NDArray[np.float64], chosen: NDArray[np.intp]
) -> NDArray[np.float64]:
    """The least prices at which every frame is content with what it has.

    A frame f that has the picture c(f) is content if p[j] >= s[f, j] - s[f, c(f)] + p[c(f)] for all its pictures j: the
    price of j is the length of the longest path to it over frames that would rather have the next picture (Bellman
    1958, from 0 upwards). The matching is the best one exactly if no cycle of them has a length above 0, and then no
    path has more pictures than there are frames. Of all prices that prove it, these leave the frames the most, which
    is what pictures that are not listed are compared with.

    Args:
        frames: (pairs,)
        columns: (pairs,): pictures, numbered from 0 without gaps.
        gains: (pairs,): similarity of the pair less that of what the frame has.
        chosen: (frames,): column of what each has; -1 for none, whose price is 0.

    Returns:
        (columns,)
    """
    order = np.argsort(columns, kind="stable")
    frames, gains = frames[order], gains[order]
    starts = np.flatnonzero(np.diff(columns[order], prepend=-1))
    prices = np.zeros(len(starts))
    for _ in range(len(chosen) + 1):
        paid = np.where(chosen < 0, 0, prices[chosen])
        wanted = np.maximum.reduceat(gains + paid[frames], starts)
        if not (wanted > prices + _ROUNDING).any():
            break
        prices = np.maximum(prices, wanted)
    return prices
