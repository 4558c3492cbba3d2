"""Approximate search: FAISS structures beside the vectors, IVF and HNSW.

Inverted lists after Jegou et al., TPAMI 2011 (IVF without the product quantiser); graphs after Malkov and Yashunin,
TPAMI 2020 (HNSW). Built with one thread and a fixed seed, so that the same vectors give the same structure.
"""

import math
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import faiss
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import RangeError
from frameloom.retrieval.facts import Structure, damaged

Kind = Literal["exact", "ivf", "hnsw"]

FEWEST = 100
"""Images below which search is exact whatever is asked."""

_MOST_LISTS = 4096
_PER_LIST = 64  # vectors for training; more gained no recall when it was measured
_SEED = 1234
_ADDED = 16384  # vectors at a time
_NEIGHBOURS, _CANDIDATES, _EFFORT = 32, 64, 200


@dataclass(frozen=True, kw_only=True, slots=True)
class StructureWish:
    """What a user asks of search.

    Raises:
        RangeError: a number that is not above 0, or one that concerns another kind.
    """

    kind: Kind = "exact"
    lists: int | None = None
    """IVF: into how many parts the pool is cut; 4 * sqrt(images), at most 4096, by default."""
    probes: int | None = None
    """IVF: how many of them are searched; lists / 32 by default."""

    def __post_init__(self) -> None:
        given = {"ivf_nlist": self.lists, "ivf_nprobe": self.probes}
        for name, number in given.items():
            if number is not None and number < 1:
                raise RangeError(f"{name} is {number}; it must be a whole number from 1 up")
            if number is not None and self.kind != "ivf":
                raise RangeError(f"{name} is for an IVF index; add --use-ivf-index")

    def settled(self, images: int) -> Structure | None:
        """For so many images; None: exact search."""
        if self.kind == "exact" or images < FEWEST:
            return None
        if self.kind == "hnsw":
            return Structure(kind="hnsw", lists=_NEIGHBOURS, probes=_CANDIDATES)
        lists = min(self.lists or min(int(4 * math.sqrt(images)), _MOST_LISTS), images)
        return Structure(kind="ivf", lists=lists, probes=min(self.probes or max(1, lists // 32), lists))


EXACT = StructureWish()


def build_structure(structure: Structure, vectors: NDArray[np.floating], path: Path) -> None:
    """Train it on the vectors (images, dims) and write it to a file."""
    dims = vectors.shape[1]
    with _one_thread():
        if structure.kind == "ivf":
            quantizer = faiss.IndexFlatIP(dims)
            index: Any = faiss.IndexIVFFlat(quantizer, dims, structure.lists, faiss.METRIC_INNER_PRODUCT)
            index.cp.seed, index.cp.spherical, index.cp.min_points_per_centroid = _SEED, True, 1
            index.train(_sample(vectors, structure.lists * _PER_LIST))
        else:
            index = faiss.IndexHNSWFlat(dims, structure.lists, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = _EFFORT
        for start in range(0, len(vectors), _ADDED):
            index.add(np.ascontiguousarray(vectors[start : start + _ADDED], np.float32))
        faiss.write_index(index, str(path))


def _sample(vectors: NDArray[np.floating], most: int) -> NDArray[np.float32]:
    """Evenly from all of them."""
    places = np.linspace(0, len(vectors) - 1, min(most, len(vectors))).astype(np.intp)
    return np.ascontiguousarray(vectors[places], np.float32)


class ApproximateSearch:
    """A structure that was read from its file."""

    def __init__(self, path: Path, structure: Structure, size: tuple[int, int]) -> None:
        """Args: the file, whose hash has been compared; what it should hold; (images, dims).

        Raises:
            CannotOpen: it holds something else.
        """
        self._structure = structure
        try:
            flags = faiss.IO_FLAG_MMAP if structure.kind == "ivf" else 0
            self._index: Any = faiss.read_index(str(path), flags)
        except RuntimeError as error:
            raise damaged(path, str(error).splitlines()[0][:100]) from error
        index = self._index
        kind = faiss.IndexIVFFlat if structure.kind == "ivf" else faiss.IndexHNSWFlat
        right = isinstance(index, kind) and index.metric_type == faiss.METRIC_INNER_PRODUCT
        if isinstance(index, faiss.IndexIVFFlat):
            right = right and index.nlist == structure.lists >= structure.probes
        found = (int(index.ntotal), int(index.d))
        if not right or found != size:
            raise damaged(path, f"it holds {type(index).__name__} {found} in place of {structure.kind} {size}")

    def search(
        self, queries: NDArray[np.float32], count: int, *, excluded: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Ids of vectors that are likely the most similar, (batch, count); -1 where fewer were met."""
        library: Any = faiss  # its declared types leave out what its wrapper adds
        allowed = None if excluded is None else library.IDSelectorBitmap(np.packbits(~excluded, bitorder="little"))
        probes = self._structure.probes
        if self._structure.kind == "ivf":
            how = library.SearchParametersIVF(sel=allowed, nprobe=probes)
        else:
            how = library.SearchParametersHNSW(sel=allowed, efSearch=max(probes, 2 * count))
        _, ids = self._index.search(np.ascontiguousarray(queries, np.float32), count, params=how)
        return ids


@contextmanager
def _one_thread() -> Generator[None]:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
