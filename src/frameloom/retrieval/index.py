"""A pool's vectors, searchable."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import RangeError, ShapeError
from frameloom.retrieval.exact import best_of, search_exactly
from frameloom.retrieval.facts import IndexFacts
from frameloom.retrieval.store import STRUCTURE, StoredIndex, check_file, check_vectors, read_index
from frameloom.retrieval.structures import ApproximateSearch
from frameloom.roles import ImageIndex


class PoolIndex(ImageIndex):
    """An index that was opened. Exact search reads the vectors from the disk, block by block."""

    def __init__(self, stored: StoredIndex) -> None:
        """Raises CannotOpen where its vectors or search structure are damaged; all of them are read."""
        self.stored = stored
        self.paths: Sequence[Path] = stored.paths
        self._approximate: ApproximateSearch | None = None
        facts = stored.facts
        check_vectors(stored)
        if facts.structure is not None:
            check_file(stored.folder, STRUCTURE, facts)  # FAISS trusts what it reads
            size = facts.images, facts.dims
            self._approximate = ApproximateSearch(stored.folder / STRUCTURE, facts.structure, size)

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
            RangeError: `count` is below 1, or queries hold what is no number.
        """
        facts = self.facts
        if queries.ndim != 2 or queries.shape[1] != facts.dims:
            raise ShapeError(f"queries are {queries.shape}; this index has vectors of {facts.dims} numbers")
        if excluded is not None and excluded.shape != (facts.images,):
            raise ShapeError(f"exclusions are {excluded.shape}; this index has {facts.images} images")
        if count < 1:
            raise RangeError(f"count is {count}; it must be a whole number from 1 up")
        if not np.isfinite(queries).all():
            raise RangeError("queries hold NaN or infinity; a descriptor gives vectors of length 1")
        vectors = self.stored.vectors
        if self._approximate is None:
            return search_exactly(vectors, queries, count, excluded=excluded)
        ids, products = best_of(vectors, queries, self._approximate.search(queries, count, excluded=excluded), count)
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
