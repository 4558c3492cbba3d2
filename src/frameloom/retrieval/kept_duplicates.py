"""Groups of near-duplicates, kept in the folder of the index they were found in, so that they are looked for once.

A file for each similarity: a line of JSON that says what the groups belong to, a row for each image that is left out,
and the SHA-256 of all of it. It counts if it is whole and its first line is the very one that this run would write:
the same vectors, which the groups follow from, the same similarity and the same versions of what finds them. An index
that is built again or brought up to date is another folder, without such files.
"""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import CannotOpen, CannotWrite
from frameloom.media.writing.target import staged_file
from frameloom.progress import Notices
from frameloom.retrieval.duplicates import DuplicateGroup, near_duplicates
from frameloom.retrieval.facts import IndexFacts, read_facts
from frameloom.retrieval.store import FACTS, NEAR_DUPLICATES, VECTORS, StoredIndex

_FORMAT, _VERSION = "frameloom near-duplicates", 1
_DECIDE = ("frameloom", "numpy", "scipy")
_ROW = np.dtype([("first", "<i8"), ("other", "<i8"), ("similarity", "<f4")])
_HASH = hashlib.sha256().digest_size
_ANEW = "near-duplicates are looked for anew"


@dataclass(frozen=True, slots=True)
class FoundDuplicates:
    """Groups of images that are nearly the same, and where they came from."""

    groups: list[DuplicateGroup]
    reused: bool
    """Whether an earlier run had found them."""


def find_duplicates(
    stored: StoredIndex, similarity: float, notices: Notices, *, first: int | None = None
) -> FoundDuplicates:
    """The groups that `near_duplicates` finds: those that an earlier run has kept, or else found now and kept.

    Groups of the first images follow from those of all, because whether an image is left out depends on those before it
    alone; where only they were looked at, groups are not kept. Groups of a larger similarity do not follow.

    Args:
        stored: An index whose vectors were compared with their hash.
        similarity: The least inner product.
        notices: Gets what became of the file.
        first: Look at so many images alone, the first ones.
    """
    images = stored.facts.images if first is None else min(first, stored.facts.images)
    path, header = stored.folder / kept_name(similarity), _header(stored.facts, similarity)
    rows = _read(path, header, stored.facts.images, similarity, notices)
    if rows is not None:
        notices.add(f"{stored.paths.root}: the near-duplicates are those that an earlier run has found")
        return FoundDuplicates(_groups(rows[rows["other"] < images]), reused=True)
    whole = images == stored.facts.images
    among = None if whole else np.arange(stored.facts.images) < images
    groups = near_duplicates(stored.vectors, similarity, among=among)
    if whole:
        _keep(stored, path, header + _rows(groups).tobytes(), notices)
    return FoundDuplicates(groups, reused=False)


def kept_name(similarity: float) -> str:
    """Of the file for a similarity."""
    return NEAR_DUPLICATES.replace("*", repr(float(similarity)))


def _header(facts: IndexFacts, similarity: float) -> bytes:
    """What the groups depend on, in a line."""
    entry = {
        "format": _FORMAT,
        "version": _VERSION,
        "similarity": float(similarity),
        "vectors_sha256": facts.files[VECTORS],
        "found_with": {name: version(name) for name in _DECIDE},
    }
    return json.dumps(entry).encode() + b"\n"


def _read(path: Path, header: bytes, images: int, similarity: float, notices: Notices) -> NDArray[np.void] | None:
    """Rows of a file that is whole and of this very header; None: there is none, and why is told."""
    try:
        with path.open("rb") as file:
            content = file.read(len(header) + images * _ROW.itemsize + _HASH)  # one image stays, so more is wrong
    except FileNotFoundError:
        return None
    except OSError as error:
        notices.add(f"{path} cannot be read: {error.strerror or error}; {_ANEW}")
        return None
    written, total = content[:-_HASH], content[-_HASH:]
    whole = hashlib.sha256(written).digest() == total
    if whole and not written.startswith(header):
        notices.add(f"{path} is of other images, another similarity or version; {_ANEW}")
        return None
    body = written[len(header) :]
    if whole and len(body) % _ROW.itemsize == 0:
        rows = np.frombuffer(body, _ROW)
        if _are_groups(rows, images, similarity):
            return rows
    notices.add(f"{path} is damaged; {_ANEW}")
    return None


def _are_groups(rows: NDArray[np.void], images: int, similarity: float) -> bool:
    """Whether they can be what was found: whoever wrote the file could give it any hash."""
    first, other = rows["first"], rows["other"]
    ascending = (np.diff(first) > 0) | ((np.diff(first) == 0) & (np.diff(other) > 0))
    within = (first >= 0) & (first < other) & (other < images)
    once = len(np.unique(other)) == len(other) and not np.isin(first, other).any()
    alike = rows["similarity"] >= np.float32(similarity)  # NaN is not
    return bool(ascending.all() and within.all() and once and alike.all())


def _keep(stored: StoredIndex, path: Path, written: bytes, notices: Notices) -> None:
    """Write a file beside those of the index, if it may be and the index is still what was searched."""
    try:
        if read_facts(stored.folder / FACTS) != stored.facts:
            notices.add(f"{stored.folder} was built again meanwhile; near-duplicates are not kept for the next run")
            return
        with staged_file(path, overwrite=True) as working:
            working.write_bytes(written + hashlib.sha256(written).digest())
    except (CannotOpen, CannotWrite) as error:
        notices.add(f"near-duplicates are not kept for the next run: {error}")


def _rows(groups: list[DuplicateGroup]) -> NDArray[np.void]:
    pairs = (
        (group.first, other, similarity)
        for group in groups
        for other, similarity in zip(group.others, group.similarities, strict=True)
    )
    return np.fromiter(pairs, _ROW)


def _groups(rows: NDArray[np.void]) -> list[DuplicateGroup]:
    firsts, starts = np.unique(rows["first"], return_index=True)
    ends = pairwise([*starts.tolist(), len(rows)])
    return [
        DuplicateGroup(first, tuple(rows["other"][start:end].tolist()), tuple(rows["similarity"][start:end].tolist()))
        for first, (start, end) in zip(firsts.tolist(), ends, strict=True)
    ]
