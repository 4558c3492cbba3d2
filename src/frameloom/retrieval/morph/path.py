"""A path through a pool: from each picture to the one that is most like those before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError
from frameloom.roles import ImageIndex

UNIT = 2**20  # a similarity of 1 in whole numbers
_STARTS = 64  # pictures that are looked at to find where a pool is densest: one search, exact or not


@dataclass(frozen=True, kw_only=True, eq=False)
class Pool:
    """The pictures that a path may take."""

    index: ImageIndex
    vectors: NDArray[np.floating]
    """(pictures, dims) of unit length; they may be mapped from a file."""
    excluded: NDArray[np.bool_] | None = None
    """(pictures,): those that it must not take."""

    def __len__(self) -> int:
        """How many it may take."""
        total = len(self.index.paths)
        return total if self.excluded is None else total - int(np.count_nonzero(self.excluded))

    def unused(self, used: list[int]) -> NDArray[np.bool_]:
        """(pictures,): those that are excluded or used."""
        excluded = np.zeros(len(self.index.paths), np.bool_) if self.excluded is None else self.excluded.copy()
        excluded[used] = True
        return excluded

    def of(self, ids: Sequence[int]) -> NDArray[np.float64]:
        """(len(ids), dims): their vectors."""
        return np.asarray(self.vectors[np.asarray(ids, np.int64)], np.float64)


def densest(pool: Pool, count: int) -> int:
    """Where so many similar pictures lie together: the picture whose nearest are most like it.

    Pictures evenly spread over the pool are looked at, not all.

    Args:
        pool: Two pictures or more.
        count: How many pictures the path will have.
    """
    ids = np.flatnonzero(~pool.unused([]))
    looked_at = ids[np.unique(np.linspace(0, len(ids) - 1, min(_STARTS, len(ids))).round().astype(np.int64))]
    queries = pool.of(looked_at.tolist()).astype(np.float32)
    nearest, products = pool.index.search(queries, min(count, len(ids)), excluded=pool.excluded)
    found = nearest >= 0
    means = np.where(found, products, 0).sum(axis=1, dtype=np.float64) / np.maximum(1, found.sum(axis=1))
    return int(looked_at[int(np.argmax(means))])


def nearest_path(pool: Pool, start: int, count: int, smooth: int) -> Iterator[int]:
    """Yield `count` different pictures, each the unused one that is most like the mean of the `smooth` before it.

    Args:
        pool: At least `count` pictures.
        start: The first.
        count: How many.
        smooth: How many of the pictures before count; 1: the last alone.

    Raises:
        InputError: an approximate search finds no picture that is left.
    """
    excluded = pool.unused([start])
    path = [start]
    yield start
    while len(path) < count:
        ids, _ = pool.index.search(query_of(pool.of(path[-smooth:]))[None], 1, excluded=excluded)
        following = int(ids[0, 0])
        if following < 0:
            raise InputError(f"no picture was found after {len(path)} of {count}; build the index with exact search")
        excluded[following] = True
        path.append(following)
        yield following


def query_of(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    """The direction of the mean of vectors (count, dims): what is most like it is most like all of them on average."""
    total = vectors.sum(axis=0)
    length = float(np.linalg.norm(total))
    return (total / length if length > 0 else vectors[0]).astype(np.float32)


def whole(similarities: NDArray[np.float64]) -> NDArray[np.int32]:
    """Similarities in units of 2 ** -20: their sums are exact, so a path does not depend on the order of adding."""
    return np.rint(similarities * UNIT).astype(np.int32)


def steps(pool: Pool, path: list[int]) -> list[float]:
    """Similarity of each picture but the first to the one before it."""
    vectors = pool.of(path)
    return [float(step) for step in np.einsum("nd,nd->n", vectors[1:], vectors[:-1])]
