"""Frames as vectors, written down as they are described: an interrupted run goes on with those that are missing."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError
from frameloom.features.thumbnails import THUMBNAIL, thumbnail
from frameloom.journal import Entry, Journal
from frameloom.media.prefetch import prefetch
from frameloom.retrieval.matching import Matching, frames_at

DESCRIBED = "described.jsonl"
_STORED = np.dtype("<f4")
_THUMBNAIL_SHAPE = (THUMBNAIL[1], THUMBNAIL[0], 3)


@dataclass(frozen=True, slots=True)
class Block:
    """Some frames in order."""

    frames: tuple[int, ...]
    vectors: NDArray[np.float32]
    """(frames, dims), unit length."""
    differences: tuple[float, ...]
    """Of each frame to the one before: mean over pixels, 0 to 1; 0 for the first of all."""
    last: NDArray[np.uint8]
    """(36, 64, 3): the last frame, to compare the next one with."""

    def to_entry(self) -> Entry:
        """As a journal holds it."""
        return {
            "frames": list(self.frames),
            "vectors": _text(self.vectors.astype(_STORED)),
            "differences": list(self.differences),
            "last": _text(self.last),
        }

    @classmethod
    def from_entry(cls, entry: Entry, dims: int) -> "Block | None":
        """What `to_entry` gave; None if it is something else: the file may be damaged."""
        try:
            frames = tuple(int(frame) for frame in entry["frames"])
            vectors = np.frombuffer(base64.b64decode(entry["vectors"], validate=True), _STORED)
            vectors = vectors.reshape(len(frames), dims)
            differences = tuple(float(difference) for difference in entry["differences"])
            last = np.frombuffer(base64.b64decode(entry["last"], validate=True), np.uint8).reshape(_THUMBNAIL_SHAPE)
        except (KeyError, TypeError, ValueError):
            return None
        if len(differences) != len(frames) or not frames or not np.isfinite(vectors).all():
            return None
        return cls(frames, vectors.astype(np.float32), differences, last)


class DescribedFrames:
    """Vectors of the first frames, and how far each is from the one before it: a line in a file for each block."""

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
        self._blocks = _whole(self._journal.entries, expected, dims)
        if len(self._blocks) != len(self._journal.entries):  # something behind them is no use
            path.unlink()
            self._journal = Journal(path, work)
            for block in self._blocks:
                self._journal.add(block.to_entry())
        self._journal.entries.clear()  # `_blocks` has them
        self.reused = self._count
        """How many frames an earlier run had described."""

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(frames, dims), unit length."""
        return np.concatenate([block.vectors for block in self._blocks])

    @property
    def motion(self) -> float:
        """The mean difference from frame to frame, 0 to 1."""
        differences = [difference for block in self._blocks for difference in block.differences]
        return float(np.mean(differences[1:])) if len(differences) > 1 else 0.0

    @property
    def _count(self) -> int:
        return sum(len(block.frames) for block in self._blocks)

    def complete(self, matching: Matching) -> Iterator[int]:
        """Describe the frames that are missing; yields how many were added.

        Raises:
            InputError: a frame has no vector that could be compared.
            MediaError: a frame cannot be read.
        """
        before = self._blocks[-1].last if self._blocks else None
        decoded = matching.stopwatch.timed(frames_at(matching.source, iter(self._expected[self._count :])), "decode")
        seen = ((index, matching.query(frame), thumbnail(frame.picture)) for index, frame in decoded)
        pictures = prefetch(seen, 2 * matching.batch)
        while read := list(islice(pictures, matching.batch)):
            with matching.stopwatch.timing("describe"):
                vectors = matching.descriptor.describe(np.stack([query for _, query, _ in read]))
            frames = tuple(index for index, _, _ in read)
            _check(vectors, frames, matching)
            differences: list[float] = []
            for _, _, small in read:
                differences.append(0.0 if before is None else difference(before, small))
                before = small
            self._add(Block(frames, vectors, tuple(differences), read[-1][2]))
            yield len(read)

    def _add(self, block: Block) -> None:
        self._journal.add(block.to_entry())
        self._journal.entries.clear()
        self._blocks.append(block)


def difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Of two pictures of one shape: mean over their values of how far they differ, 0 to 1."""
    return float(np.abs(first.astype(np.int16) - second).mean() / 255)


def _check(vectors: NDArray[np.float32], frames: Sequence[int], matching: Matching) -> None:
    wrong = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(wrong):
        raise InputError(
            f"{matching.source.info.path.name}: frame {frames[wrong[0]]} cannot be compared, for its vector holds what "
            "is no number; choose another --descriptor"
        )


def _text(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _whole(entries: Sequence[Entry], expected: Sequence[int], dims: int) -> list[Block]:
    """The first frames, as far as they were written down."""
    found: list[Block] = []
    at = 0
    for entry in entries:
        block = Block.from_entry(entry, dims)
        if block is None or list(block.frames) != list(expected[at : at + len(block.frames)]):
            return found
        found.append(block)
        at += len(block.frames)
    return found
