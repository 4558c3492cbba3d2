"""What an unfinished build has described: vectors one after another in a file, and a journal of whose they are."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from frameloom.journal import Entry, Journal
from frameloom.retrieval.describing import Described
from frameloom.retrieval.pool import PoolImage

_VECTORS, _JOURNAL = "described", "journal"
_FLOAT = np.dtype("<f4")


class PartialIndex:
    """Vectors of images, by the images' keys, in a folder; each is on the disk when `add` returns."""

    def __init__(self, folder: Path, work: Entry, dims: int) -> None:
        """What lies there counts if it is of this very work.

        Args:
            folder: Of the build; it exists.
            work: All that the vectors depend on, as JSON can hold it.
            dims: Length of vectors.
        """
        self._path = folder / _VECTORS
        self._path.touch()
        self._dims = dims
        self._journal = Journal(folder / _JOURNAL, work)
        self.changed = self._journal.changed
        """What is different from the work of which vectors lie there."""
        self.rows: dict[str, int] = {}
        """Key of each image that was described, and its place in `vectors`."""
        self.failures: dict[str, str] = {}
        """Key of each image that could not be read, and why."""
        self._end = 0
        self._take_in(self._journal.entries)
        self._journal.entries.clear()  # kept in `rows`, which takes less

    def __contains__(self, image: PoolImage) -> bool:
        key = image.key
        return key in self.rows or key in self.failures

    def add(self, images: Sequence[PoolImage], described: Described) -> None:
        """Keep what was found out about a chunk of images."""
        content = np.ascontiguousarray(described.vectors, _FLOAT).tobytes()
        with self._path.open("r+b") as file:
            file.seek(self._end * self._dims * _FLOAT.itemsize)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        keys = [image.key for image in images]
        entry: Entry = {
            "first": self._end,
            "sha256": hashlib.sha256(content).hexdigest(),
            "keys": [key for place, key in enumerate(keys) if place not in described.failures],
            "failures": {keys[place]: why for place, why in described.failures.items()},
        }
        self._journal.add(entry)
        self._journal.entries.clear()  # kept in `rows`, which takes less
        self._count(entry)

    def vectors(self) -> NDArray[np.float32]:
        """(rows, dims), mapped from the file."""
        if not self._end:
            return np.zeros((0, self._dims), np.float32)
        return np.memmap(self._path, _FLOAT, "r", shape=(self._end, self._dims))

    def _take_in(self, entries: Sequence[Entry]) -> None:
        """As far as they are ours and their vectors are there as they were written: a power cut can lose some."""
        row = self._dims * _FLOAT.itemsize
        with self._path.open("rb") as file:
            for entry in entries:
                if not _is_entry(entry) or entry["first"] != self._end:
                    continue
                file.seek(self._end * row)
                content = file.read(len(entry["keys"]) * row)
                if hashlib.sha256(content).hexdigest() == entry["sha256"]:
                    self._count(entry)

    def _count(self, entry: Entry) -> None:
        self.rows |= {key: self._end + place for place, key in enumerate(entry["keys"])}
        self.failures |= entry["failures"]
        self._end += len(entry["keys"])


def _is_entry(entry: Mapping[str, Any]) -> bool:
    if set(entry) != {"first", "sha256", "keys", "failures"} or type(entry["first"]) is not int:
        return False
    if not isinstance(entry["keys"], list) or not isinstance(entry["failures"], dict):
        return False
    keys, failures = cast("list[object]", entry["keys"]), cast("dict[object, object]", entry["failures"])
    return all(isinstance(text, str) for text in (*keys, *failures, *failures.values()))
