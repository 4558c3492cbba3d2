"""An index as a folder of files, written whole and read with suspicion: whoever made it, nothing in it is run.

- index.json: what the index is, and the SHA-256 of the other files;
- paths.bin: paths of the images below the pool's folder, as bytes, each ended by a zero byte;
- stamps.npy: int64 (images, 2): size in bytes, time of the last change in nanoseconds;
- vectors.npy: float32 or float16 (images, dims), of unit length;
- structure.faiss: where an approximate search was asked for;
- near-duplicates-*.bin: what was found in it afterwards, not part of it (`kept_duplicates`).

`read_index` checks all but the two large files, vectors and structure. Whoever uses these has them checked before.
"""

import hashlib
import os
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.retrieval.facts import IndexFacts, damaged, read_facts, write_facts
from frameloom.retrieval.pool import Pool, PoolImage, digest

FACTS, PATHS, STAMPS, VECTORS, STRUCTURE = "index.json", "paths.bin", "stamps.npy", "vectors.npy", "structure.faiss"
NEAR_DUPLICATES = "near-duplicates-*.bin"
_HASHED = frozenset({PATHS, STAMPS, VECTORS, STRUCTURE})
NAMES = _HASHED | {FACTS, NEAR_DUPLICATES, f".{NEAR_DUPLICATES}.*"}
"""What may lie in an index, as the shell has patterns: a run that was killed leaves a hidden file of another name."""

_BLOCK = 8192  # vectors that are looked at together
_OFF_LENGTH = {"float32": 1e-3, "float16": 1e-2}
_ESCAPES = re.compile(rb"(?:^|[\0/])\.{0,2}[\0/]" if os.name != "nt" else rb"(?:^|[\0/])\.{0,2}[\0/]|[\\:]")
"""An empty name, `.` or `..` in a path below the pool's folder; on Windows also drives."""
_MAGIC = struct.Struct("<8sH")  # of the .npy format, version 1.0: then comes a header of so many bytes


class PoolPaths(Sequence[Path]):
    """Paths of a pool's images, kept as bytes: as objects, half a million would take 200 MB."""

    def __init__(self, root: Path, content: bytes) -> None:
        """Args: folder of the pool, and paths below it, each ended by a zero byte."""
        self.root = root
        self._content = content
        self._ends = np.flatnonzero(np.frombuffer(content, np.uint8) == 0)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Path]: ...
    def __getitem__(self, index: int | slice) -> Path | Sequence[Path]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        return self.root / PurePosixPath(self.below(range(len(self))[index]))

    def below(self, place: int) -> str:
        """The path below the pool's folder."""
        start = int(self._ends[place - 1]) + 1 if place else 0
        return os.fsdecode(self._content[start : int(self._ends[place])])


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredIndex:
    """What the files of an index hold."""

    folder: Path
    facts: IndexFacts
    paths: PoolPaths
    stamps: NDArray[np.int64]
    vectors: NDArray[np.float32] | NDArray[np.float16]
    """(images, dims), mapped from the file."""

    def images(self) -> Iterator[PoolImage]:
        """The images that can be found."""
        for place, (size, changed) in enumerate(self.stamps.tolist()):
            yield PoolImage(self.paths.below(place), size, changed)

    def of_pool(self, pool: Pool) -> bool:
        """Whether the pool's files are those that the index was made of."""
        return self.facts.pool_sha256 == pool.sha256


def is_index(folder: Path) -> bool:
    """Whether a folder says of itself that it is one."""
    return (folder / FACTS).is_file() and ((folder / PATHS).is_file() or (folder / VECTORS).is_file())


def write_index(folder: Path, facts: IndexFacts, images: Sequence[PoolImage]) -> None:
    """Write all but the vectors, which `new_vectors` has made a file for, and a search structure.

    Args:
        folder: Where the vectors lie.
        facts: What the index is; hashes of files are added.
        images: Of each vector.
    """
    (folder / PATHS).write_bytes(b"".join(os.fsencode(image.path) + b"\0" for image in images))
    np.save(folder / STAMPS, np.array([[image.size, image.changed] for image in images], "<i8").reshape(-1, 2))
    files = [name for name in sorted(_HASHED) if (folder / name).exists()]
    write_facts(folder / FACTS, facts, {name: file_sha256(folder / name) for name in files})


def new_vectors(folder: Path, count: int, dims: int, dtype: str) -> NDArray[Any]:
    """An array (count, dims) that is the file of vectors."""
    return np.lib.format.open_memmap(folder / VECTORS, "w+", np.dtype(dtype).newbyteorder("<"), (count, dims))


def read_index(folder: Path, root: Path | None = None) -> StoredIndex:
    """Open an index; vectors are mapped, not read into memory.

    Args:
        folder: Of the index.
        root: Where the images are; where the index says they are, by default.

    Raises:
        CannotOpen: it is no index, one of another version, or damaged as far as is looked at.
    """
    facts = read_facts(folder / FACTS)
    if not {PATHS, STAMPS, VECTORS} <= set(facts.files) <= _HASHED:
        raise damaged(folder / FACTS, "the table of hashes lacks a file")
    paths = _read_paths(folder, facts, root or _root(folder, facts))
    stamps = _read_array(folder / STAMPS, "int64", (facts.images, 2))
    vectors = _read_array(folder / VECTORS, facts.dtype, (facts.images, facts.dims))
    if (stamps[:, 0] < 0).any():
        raise damaged(folder / STAMPS, "it holds sizes below 0")
    check_file(folder, STAMPS, facts)
    check_file(folder, PATHS, facts)
    return StoredIndex(folder=folder, facts=facts, paths=paths, stamps=stamps, vectors=vectors)


def check_vectors(index: StoredIndex) -> None:
    """Read all vectors through, once.

    Raises:
        CannotOpen: they are not as they were written, or not of unit length.
    """
    path, facts = index.folder / VECTORS, index.facts
    with path.open("rb") as file:
        total = hashlib.sha256(file.read(path.stat().st_size - index.vectors.nbytes))
    for start in range(0, facts.images, _BLOCK):
        stored = index.vectors[start : start + _BLOCK]
        total.update(stored.data)
        block = np.asarray(stored, np.float32)
        lengths = np.sqrt(np.einsum("nd,nd->n", block, block))
        if not np.all(np.abs(lengths - 1) < _OFF_LENGTH[facts.dtype]):  # NaN is not below either
            raise damaged(path, "it holds vectors that are not of length 1")
    if total.hexdigest() != facts.files[VECTORS]:
        raise damaged(path, "it is not as it was written")


def check_file(folder: Path, name: str, facts: IndexFacts) -> None:
    """Compare a file of an index with its hash.

    Raises:
        CannotOpen: it is not as it was written.
    """
    if file_sha256(folder / name) != facts.files.get(name):
        raise damaged(folder / name, "it is not as it was written")


def check_files(index: StoredIndex) -> None:
    """Read all files through.

    Raises:
        CannotOpen: one is not as it was written.
    """
    for name in index.facts.files:
        check_file(index.folder, name, index.facts)
    skipped = [item.image for item in index.facts.skipped]
    everything = sorted([*index.images(), *skipped], key=lambda image: os.fsencode(image.path))
    if digest(everything) != index.facts.pool_sha256:
        raise damaged(index.folder / PATHS, "its images are not those that the index was made of")


def file_sha256(path: Path) -> str:
    """Of what is in a file.

    Raises:
        CannotOpen: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise damaged(path, error.strerror or str(error)) from error


def _root(folder: Path, facts: IndexFacts) -> Path:
    """Where the pool is: where it was, or, if both have moved together, as far from the index as it was."""
    absolute, relative = Path(facts.root), folder / facts.root_from_here
    return relative if not absolute.is_dir() and relative.is_dir() else absolute


def _read_paths(folder: Path, facts: IndexFacts, root: Path) -> PoolPaths:
    path = folder / PATHS
    try:
        content = path.read_bytes()
    except OSError as error:
        raise damaged(path, error.strerror or str(error)) from error
    if content[-1:] not in (b"", b"\0") or _ESCAPES.search(content):
        raise damaged(path, "it holds paths that lead out of the pool")
    paths = PoolPaths(root, content)
    if len(paths) != facts.images:
        raise damaged(path, f"it holds {counted(len(paths), 'path')} for {counted(facts.images, 'image')}")
    return paths


def _read_array(path: Path, dtype: str, shape: tuple[int, int]) -> NDArray[Any]:
    """Mapped. The header must be the one that this array has: nothing in it is interpreted."""
    kind = np.dtype(dtype).newbyteorder("<")
    expected = f"{{'descr': '{kind.str}', 'fortran_order': False, 'shape': {shape}, }}"
    try:
        with path.open("rb") as file:
            start = file.read(_MAGIC.size)
            magic, length = _MAGIC.unpack(start.ljust(_MAGIC.size, b"\0"))
            header = file.read(length).decode("latin-1").rstrip()
        size = path.stat().st_size
    except FileNotFoundError:
        raise damaged(path, "it is missing") from None
    except OSError as error:
        raise damaged(path, error.strerror or str(error)) from error
    if magic != b"\x93NUMPY\1\0":
        raise damaged(path, "it is not an array")
    if header != expected:
        raise damaged(path, f"it says {header[:120]!r} in place of {expected!r}")
    offset = _MAGIC.size + length
    if size != offset + shape[0] * shape[1] * kind.itemsize:
        raise damaged(path, f"it has {size} bytes, not what {dtype} {shape} takes")
    return np.memmap(path, kind, "r", offset, shape)
