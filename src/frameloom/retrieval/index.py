"""A pool's vectors, searchable."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import RangeError, ShapeError
from frameloom.retrieval.exact import products_of, search_exactly
from frameloom.retrieval.facts import IndexFacts, damaged
from frameloom.retrieval.store import STRUCTURE, StoredIndex, file_sha256, read_index
from frameloom.retrieval.structures import ApproximateSearch
from frameloom.roles import ImageIndex


class PoolIndex(ImageIndex):
    """An index that was opened. Exact search reads the vectors from the disk, block by block."""

    def __init__(self, stored: StoredIndex) -> None:
        """Raises CannotOpen where its search structure is damaged."""
        self.stored = stored
        self.paths: Sequence[Path] = stored.paths
        self._approximate: ApproximateSearch | None = None
        facts = stored.facts
        if facts.structure is not None:
            path = stored.folder / STRUCTURE
            if file_sha256(path) != facts.files.get(STRUCTURE):  # FAISS trusts what it reads
                raise damaged(path, "it is not as it was written")
            self._approximate = ApproximateSearch(path, facts.structure, (facts.images, facts.dims))

    @property
    def facts(self) -> IndexFacts:
        """What the index is."""
        return self.stored.facts

    def search(
        self, queries: NDArray[np.float32], count: int, *, excluded: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """See `ImageIndex`. An approximate search may miss images, never the products of those that it finds.

        Where an approximate search meets too few, because the others are excluded, that query is searched exactly.

        Raises:
            ShapeError: queries or exclusions of another length than the index has.
            RangeError: `count` is below 1.
        """
        facts = self.facts
        if queries.ndim != 2 or queries.shape[1] != facts.dims:
            raise ShapeError(f"queries are {queries.shape}; this index has vectors of {facts.dims} numbers")
        if excluded is not None and excluded.shape != (facts.images,):
            raise ShapeError(f"exclusions are {excluded.shape}; this index has {facts.images} images")
        if count < 1:
            raise RangeError(f"count is {count}; it must be a whole number from 1 up")
        vectors = self.stored.vectors
        if self._approximate is None:
            return search_exactly(vectors, queries, count, excluded=excluded)
        ids = self._approximate.search(queries, count, excluded=excluded)
        products = products_of(vectors, queries, ids)
        order = np.lexsort((ids, -products), axis=1)
        ids, products = np.take_along_axis(ids, order, axis=1), np.take_along_axis(products, order, axis=1)
        short = np.flatnonzero((ids < 0).any(axis=1))
        if len(short):
            ids[short], products[short] = search_exactly(vectors, queries[short], count, excluded=excluded)
        return ids, products


def open_index(folder: Path, root: Path | None = None) -> PoolIndex:
    """Open an index, of images in `root` or where the index says that they are.

    Raises:
        CannotOpen: it is no index, one of another version, or damaged.
    """
    return PoolIndex(read_index(folder, root))
