"""Frames as vectors, written down as they are described: an interrupted run goes on with those that are missing."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError
from frameloom.journal import Entry, Journal
from frameloom.retrieval.matching import Matching, described

_STORED = np.dtype("<f4")


class DescribedFrames:
    """The vectors of the first frames: a line in a file for each block of them."""

    def __init__(self, path: Path, work: Entry, expected: Sequence[int], dims: int) -> None:
        """Read what an earlier run of the same work left.

        Args:
            path: The file.
            work: All that the vectors depend on, as JSON can hold it.
            expected: The frames that are described, in order.
            dims: Length of their vectors.
        """
        self._expected = expected
        self._journal = Journal(path, work)
        self._blocks: list[NDArray[np.float32]] = []
        self.reused = 0
        """How many frames an earlier run had described."""
        for entry in self._journal.entries:
            block = _block(entry, expected[self.reused :], dims)
            if block is None:  # the file may be damaged: what follows it cannot be placed
                self._restart(path, work)
                return
            self._blocks.append(block)
            self.reused += len(block)
        self._journal.entries.clear()

    def complete(self, matching: Matching) -> Iterator[int]:
        """Describe the frames that are missing; yields how many were added.

        Raises:
            InputError: a frame has no vector that could be compared.
        """
        name = matching.source.info.path.name
        for frames, vectors in described(matching, self._expected[self.reused :]):
            wrong = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
            if len(wrong):
                raise InputError(
                    f"{name}: frame {frames[wrong[0]]} cannot be compared, for its vector holds what is no number; "
                    "choose another --descriptor"
                )
            stored = base64.b64encode(vectors.astype(_STORED).tobytes()).decode()
            self._journal.add({"frames": list(frames), "vectors": stored})
            self._journal.entries.clear()
            self._blocks.append(vectors)
            yield len(vectors)

    def vectors(self) -> NDArray[np.float32]:
        """All of them, `(frames, dims)`."""
        return np.concatenate(self._blocks)

    def _restart(self, path: Path, work: Entry) -> None:
        path.unlink()
        self._journal = Journal(path, work)
        self._blocks.clear()
        self.reused = 0


def _block(entry: Entry, expected: Sequence[int], dims: int) -> NDArray[np.float32] | None:
    """The vectors of a line, if they are those of the frames that come next."""
    frames: Any = entry.get("frames")
    if not isinstance(frames, list) or not frames or frames != list(expected[: len(frames)]):  # pyright: ignore[reportUnknownArgumentType]
        return None
    try:
        stored = base64.b64decode(entry.get("vectors", ""), validate=True)
        block = np.frombuffer(stored, _STORED).reshape(-1, dims)
    except (TypeError, ValueError, binascii.Error):
        return None
    whole = len(block) == len(frames) and bool(np.isfinite(block).all())  # pyright: ignore[reportUnknownArgumentType]
    return block.astype(np.float32) if whole else None
