"""Approximate search: FAISS structures beside the vectors, IVF, HNSW and RaBitQ.

Inverted lists after Jegou et al., TPAMI 2011 (IVF without the product quantiser); graphs after Malkov and Yashunin,
TPAMI 2020 (HNSW); codes of one bit per number, in such lists, after Gao and Long, SIGMOD 2024 (RaBitQ). Built with one
thread and a fixed seed, so that the same vectors give the same structure.
"""

import math
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import faiss
import numpy as np
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.errors import InputError, RangeError
from frameloom.retrieval.facts import Structure, damaged

Kind = Literal["exact", "ivf", "hnsw", "rabitq", "auto"]

FEWEST = 100
"""Images below which search is exact whatever is asked."""

USUAL_RECALL = 0.95
"""What search is tuned to where nobody says."""

_LEAST: tuple[Kind, Kind] = ("exact", "rabitq")
_WORTH_CODES = 50_000  # images from which codes are chosen unasked: 0.7 ms a query exactly, 0.3 ms by codes
_MOST_LISTS = 4096
_NEIGHBOURS, _CANDIDATES = 32, 64
_PER_LIST = 64  # vectors for training; more gained no recall when it was measured
_SEED = 1234
_ADDED = 16384  # vectors at a time
_EFFORT = {16: 40, 32: 200}  # HNSW: candidates while it is built, by neighbours
_RERANKED_AT_LEAST = 4  # vectors for each image that is to be found
_QUERY_BITS = 4  # per number of a query: 8 find hardly more and take half as long again

_LIBRARY: Any = faiss  # its declared types leave out what its wrapper adds


@dataclass(frozen=True, kw_only=True, slots=True)
class StructureWish:
    """What a user asks of search.

    Raises:
        RangeError: a number outside what is allowed, or one that concerns another kind.
    """

    kind: Kind = "exact"
    """`auto`: exact, or RaBitQ where the pool is large or memory is short."""
    lists: int | None = None
    """IVF, RaBitQ: into how many parts the pool is cut; 4 or 2 times sqrt(images), at most 4096, by default."""
    probes: int | None = None
    """IVF, RaBitQ: how many of them are searched; IVF: lists / 32, RaBitQ: as `recall` needs, by default."""
    recall: float | None = None
    """The share of the ten most similar images that must be found, (0, 1]; probes are chosen by it."""
    max_memory: int | None = None
    """Bytes that search may reach into; None: any number."""

    def __post_init__(self) -> None:
        given = {"ivf_nlist": self.lists, "ivf_nprobe": self.probes}
        for name, number in given.items():
            if number is not None and number < 1:
                raise RangeError(f"{name} is {number}; it must be a whole number from 1 up")
            if number is not None and self.kind not in ("ivf", "rabitq"):
                raise RangeError(f"{name} is for an index in parts; add --use-ivf-index or --use-rabitq-index")
        if self.recall is not None and not 0 < self.recall <= 1:
            raise RangeError(f"recall is {self.recall}; it must be above 0 and at most 1")
        if self.recall is not None and self.kind == "hnsw":
            raise RangeError(
                "recall is measured on the pool's own images, which a graph finds more easily than others; leave out "
                "--use-hnsw-index or --recall"
            )
        if self.recall is not None and self.probes is not None:
            raise RangeError("recall chooses how many parts are searched; leave out --ivf-nprobe or --recall")

    @property
    def target(self) -> float | None:
        """The recall that the structure is tuned to; None: its numbers are given."""
        unasked = self.kind in ("rabitq", "auto") and self.recall is None and self.probes is None
        return USUAL_RECALL if unasked else self.recall

    def settings(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    def settled(self, images: int, *, dims: int, itemsize: int = 4) -> Structure | None:
        """For so many images, with vectors of `dims` numbers of `itemsize` bytes; None: exact search.

        Raises:
            RangeError: it takes more than `max_memory`.
        """
        exact, codes = (memory_of(self._of_kind(kind, images), images, dims=dims, itemsize=itemsize) for kind in _LEAST)
        found = self._of_kind(self._kind(images, exact, codes), images)
        needed = memory_of(found, images, dims=dims, itemsize=itemsize)
        if self.max_memory is not None and needed > self.max_memory:
            kind = "exact" if found is None else found.kind
            raise RangeError(
                f"{kind} search of {counted(images, 'image')} reaches into {needed:,} bytes, and max_memory is "
                f"{self.max_memory:,}; the least, of any kind, is {min(exact, codes):,}"
            )
        return found

    def _kind(self, images: int, exact: int, codes: int) -> Kind:
        """Args: how many images; bytes of both kinds that are chosen unasked."""
        if self.kind != "auto":
            return self.kind
        fits = self.max_memory is None or exact <= self.max_memory or exact <= codes
        return "exact" if self.recall == 1 or (fits and images < _WORTH_CODES) else "rabitq"

    def _of_kind(self, kind: Kind, images: int) -> Structure | None:
        if kind == "exact" or images < FEWEST:
            return None
        if kind == "hnsw":
            return Structure(kind="hnsw", lists=_NEIGHBOURS, probes=_CANDIDATES)
        factor, share, reranked = (4, 32, 0) if kind == "ivf" else (2, 16, 100)
        lists = min(self.lists or min(int(factor * math.sqrt(images)), _MOST_LISTS), images)
        probes = min(self.probes or max(1, lists // share), lists)
        return Structure(kind="ivf" if kind == "ivf" else "rabitq", lists=lists, probes=probes, reranked=reranked)


EXACT = StructureWish()


def memory_of(structure: Structure | None, images: int, *, dims: int, itemsize: int) -> int:
    """Bytes that searches reach into; what they take from the disk if less memory is free.

    Of IVF, HNSW and RaBitQ, the vectors of the images that are found, a few for each query, come on top.
    """
    if structure is None:
        return images * dims * itemsize
    parts = 4 * structure.lists * dims
    if structure.kind == "ivf":
        return images * (4 * dims + 8) + parts
    if structure.kind == "hnsw":
        return images * (4 * dims + 8 * structure.lists + 16)
    return images * (-(-dims // 8) + 16) + parts + 4 * dims * dims


def build_structure(structure: Structure, vectors: NDArray[np.floating], path: Path) -> None:
    """Train it on the vectors (images, dims) and write it to a file."""
    dims = vectors.shape[1]
    with _one_thread():
        index = _NEW[structure.kind](dims, structure)
        if structure.kind != "hnsw":
            index.train(_sample(vectors, structure.lists * _PER_LIST))
        for start in range(0, len(vectors), _ADDED):
            index.add(np.ascontiguousarray(vectors[start : start + _ADDED], np.float32))
        faiss.write_index(index, str(path))


def _new_ivf(dims: int, structure: Structure) -> Any:
    index = _LIBRARY.IndexIVFFlat(faiss.IndexFlatIP(dims), dims, structure.lists, faiss.METRIC_INNER_PRODUCT)
    _settle_training(index)
    return index


def _new_hnsw(dims: int, structure: Structure) -> Any:
    index = _LIBRARY.IndexHNSWFlat(dims, structure.lists, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _EFFORT.get(structure.lists, 40)
    return index


def _new_rabitq(dims: int, structure: Structure) -> Any:
    """Lists of codes of vectors that were turned at random: SIGMOD 2024, section 3.1."""
    lists = _LIBRARY.IndexIVFRaBitQ(faiss.IndexFlatIP(dims), dims, structure.lists, faiss.METRIC_INNER_PRODUCT)
    _settle_training(lists)
    rotation = _LIBRARY.RandomRotationMatrix(dims, dims)
    rotation.init(_SEED)
    return _LIBRARY.IndexPreTransform(rotation, lists)


def _settle_training(index: Any) -> None:
    index.cp.seed, index.cp.spherical, index.cp.min_points_per_centroid = _SEED, True, 1


_NEW = {"ivf": _new_ivf, "hnsw": _new_hnsw, "rabitq": _new_rabitq}


def _sample(vectors: NDArray[np.floating], most: int) -> NDArray[np.float32]:
    """Evenly from all of them."""
    places = np.linspace(0, len(vectors) - 1, min(most, len(vectors))).astype(np.intp)
    return np.ascontiguousarray(vectors[places], np.float32)


class ApproximateSearch:
    """A structure, mapped from its file."""

    def __init__(self, path: Path, structure: Structure, size: tuple[int, int]) -> None:
        """Args: the file, whose hash has been compared; what it should hold; (images, dims).

        Raises:
            CannotOpen: it holds something else.
        """
        self.structure = structure
        self._path = path
        self._images = size[0]
        try:
            self._index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except (RuntimeError, MemoryError) as error:
            raise damaged(path, str(error).splitlines()[0][:100]) from error
        found = (int(self._index.ntotal), int(self._index.d))
        if found != size or not _is(self._index, structure):
            name = type(self._index).__name__
            raise damaged(path, f"it holds {name} {found} in place of {structure.kind} {size}")

    def search(
        self,
        queries: NDArray[np.float32],
        count: int,
        *,
        excluded: NDArray[np.bool_] | None = None,
        structure: Structure | None = None,
    ) -> NDArray[np.int64]:
        """Ids of vectors that are likely the most similar, (batch, `count` or more); -1 where fewer were met.

        Args:
            queries: (batch, dims), of unit length.
            count: How many will be needed.
            excluded: (images,): those that must not be found.
            structure: Search with its numbers in place of those of the file.

        Raises:
            CannotOpen: the structure names images that there are not.
        """
        how = structure or self.structure
        allowed = None if excluded is None else _LIBRARY.IDSelectorBitmap(np.packbits(~excluded, bitorder="little"))
        wanted = max(_RERANKED_AT_LEAST * count, how.reranked) if how.reranked else count
        if how.kind == "ivf":
            parameters = _LIBRARY.SearchParametersIVF(sel=allowed, nprobe=how.probes)
        elif how.kind == "hnsw":
            parameters = _LIBRARY.SearchParametersHNSW(sel=allowed, efSearch=max(how.probes, count))
        else:
            lists = _LIBRARY.IVFRaBitQSearchParameters()
            lists.sel, lists.nprobe, lists.qb = allowed, how.probes, _QUERY_BITS
            parameters = _LIBRARY.SearchParametersPreTransform(index_params=lists)
        _, ids = self._index.search(np.ascontiguousarray(queries, np.float32), wanted, params=parameters)
        if ids.size and not -1 <= ids.min() <= ids.max() < self._images:  # whoever made the file
            raise damaged(self._path, "it names images that there are not")
        return ids


def _is(index: Any, structure: Structure) -> bool:
    """Whether a structure is what the index says that it is."""
    if structure.kind == "hnsw":
        return isinstance(index, faiss.IndexHNSWFlat) and index.metric_type == faiss.METRIC_INNER_PRODUCT
    kind: Any = faiss.IndexIVFFlat
    if structure.kind == "rabitq":
        if not isinstance(index, faiss.IndexPreTransform):
            return False
        index, kind = _LIBRARY.downcast_index(index.index), faiss.IndexIVFRaBitQ
    if not isinstance(index, kind) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
        return False
    return bool(index.nlist == structure.lists >= structure.probes)


def chosen_kind(*, ivf: bool, hnsw: bool, rabitq: bool, limited: bool) -> Kind:
    """The kind of search by the options that name one.

    Args:
        ivf: Whether `--use-ivf-index` was given.
        hnsw: Likewise.
        rabitq: Likewise.
        limited: Whether recall or memory was, which choose a kind where no option does.

    Raises:
        InputError: there are two.
    """
    flags: dict[Kind, bool] = {"ivf": ivf, "hnsw": hnsw, "rabitq": rabitq}
    given: list[Kind] = [kind for kind, is_given in flags.items() if is_given]
    if len(given) > 1:
        raise InputError(f"{' and '.join(f'--use-{kind}-index' for kind in given)} exclude each other")
    if given:
        return given[0]
    return "auto" if limited else "exact"


@contextmanager
def _one_thread() -> Generator[None]:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
