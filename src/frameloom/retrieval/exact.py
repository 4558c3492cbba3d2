"""The most similar vectors of all, exactly: one matrix product per block of vectors, for many queries at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK = 4096  # vectors at a time: their products with 64 queries fit into a processor's cache
_QUERIES = 64  # at a time; more gained nothing when it was measured
_PAIRS = 4096  # products in float64 at a time
_ROUNDING = 2.0**-24


@dataclass(frozen=True, slots=True)
class _Found:
    """The best so far of each query: rows of equal length, best first; id -1 and product -inf where there is none."""

    ids: NDArray[np.int64]
    products: NDArray[np.float32]


def search_exactly(
    vectors: NDArray[np.floating],
    queries: NDArray[np.float32],
    count: int,
    *,
    excluded: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The vectors with the largest inner products, best first; equal products in the order of ids.

    Products are sums in float64, rounded to float32, so that those of one pair are the same in any company: a matrix
    product alone, whose last digits depend on what else is multiplied, only says which pairs are worth it.

    Args:
        vectors: (vectors, dims), of unit length; float16 counts as what it holds.
        queries: (batch, dims), of unit length.
        count: How many to find.
        excluded: (vectors,): those that must not be found.

    Returns:
        Ids and products, (batch, count) each; -1 and -inf where fewer are left.
    """
    parts = [
        _search(vectors, queries[start : start + _QUERIES], count, excluded)
        for start in range(0, len(queries), _QUERIES)
    ]
    if not parts:
        return np.zeros((0, count), np.int64), np.zeros((0, count), np.float32)
    return np.concatenate([part.ids for part in parts]), np.concatenate([part.products for part in parts])


def best_of(
    vectors: NDArray[np.floating], queries: NDArray[np.float32], ids: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The best `count` of some vectors for each query, as `search_exactly` orders them.

    Args:
        vectors: (vectors, dims).
        queries: (batch, dims).
        ids: (batch, `count` or more): which vectors; -1 where there is none.
        count: How many to keep.

    Returns:
        Ids and inner products, (batch, count) each.
    """
    rows, columns = np.nonzero(ids >= 0)
    products = np.full(ids.shape, -np.inf, np.float32)
    products[rows, columns] = _products(queries, vectors, rows, ids[rows, columns])
    order = np.lexsort((ids, -products), axis=1)[:, :count]
    return np.take_along_axis(ids, order, axis=1), np.take_along_axis(products, order, axis=1)


def _search(
    vectors: NDArray[np.floating], queries: NDArray[np.float32], count: int, excluded: NDArray[np.bool_] | None
) -> _Found:
    best = _Found(np.full((len(queries), count), -1, np.int64), np.full((len(queries), count), -np.inf, np.float32))
    error = 2 * vectors.shape[1] * _ROUNDING  # of a float32 product of unit vectors, at most: Higham, section 3.1
    size = _BLOCK * min(max(count // 128, 1), 16)  # to merge long lists costs more than the products of a block
    for start in range(0, len(vectors), size):
        block = np.asarray(vectors[start : start + size], np.float32)
        allowed = None if excluded is None else ~excluded[start : start + len(block)]
        if allowed is not None and not allowed.any():
            continue
        rows, places = _worth_it((block @ queries.T).T, best.products[:, -1], count, error, allowed)
        if len(rows):
            best = _merged(best, rows, places + start, _products(queries, block, rows, places))
    return best


def _worth_it(
    rough: NDArray[np.float32],
    worst: NDArray[np.float32],
    count: int,
    error: float,
    allowed: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Queries and places in the block of all pairs that may be among the best.

    Args:
        rough: (batch, block): products, right to within `error`.
        worst: (batch,): the least of the best so far of each query.
        count: How many are looked for.
        error: See `rough`.
        allowed: (block,): which may be found.
    """
    if allowed is not None:
        rough[:, ~allowed] = -np.inf
    least = worst - np.float32(error)
    if not np.isfinite(worst).all():  # nothing to go by yet but the block itself
        least = np.maximum(least, _least_of_block(rough, count) - np.float32(2 * error))
    rows, places = np.nonzero((rough >= least[:, None]) & (rough > -np.inf))
    return rows, places


def _least_of_block(rough: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """(batch,): so large, at least, are the `count` largest."""
    size = rough.shape[1]
    if count >= size:
        return np.full(len(rough), -np.inf, np.float32)
    return np.partition(rough, size - count, axis=1)[:, size - count]


def _products(
    queries: NDArray[np.float32], vectors: NDArray[np.floating], rows: NDArray[np.intp], places: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Of the pairs named."""
    products = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        products[part] = (queries[rows[part]].astype(np.float64) * vectors[places[part]]).sum(axis=1)
    return products


def _merged(best: _Found, rows: NDArray[np.intp], ids: NDArray[np.int64], products: NDArray[np.float32]) -> _Found:
    """The best of those so far and of others, given as pairs (query, id)."""
    batch, count = best.ids.shape
    every = np.arange(batch, dtype=np.intp)
    all_rows: NDArray[np.intp] = np.concatenate([every.repeat(count), rows])
    all_ids = np.concatenate([best.ids.ravel(), ids])
    all_products = np.concatenate([best.products.ravel(), products])
    order = np.lexsort((all_ids, -all_products, all_rows))
    first = np.searchsorted(all_rows[order], every)
    chosen = order[first[:, None] + np.arange(count)]
    return _Found(all_ids[chosen], all_products[chosen])
