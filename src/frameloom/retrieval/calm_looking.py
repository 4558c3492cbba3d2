"""The frames of a video as a calm choice needs them: all are looked at before the first is chosen for.

What was seen is written down block by block, for it is most of the work; the choice itself begins anew in each run.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.features.thumbnails import THUMBNAIL, thumbnail
from frameloom.journal import Entry, Journal
from frameloom.media.prefetch import prefetch
from frameloom.retrieval.matching import Matching, frames_at

_THUMBNAIL_SHAPE = (THUMBNAIL[1], THUMBNAIL[0], 3)


@dataclass(frozen=True, slots=True)
class Seen:
    """A block of frames."""

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
            "vectors": _text(self.vectors.astype("<f4")),
            "differences": list(self.differences),
            "last": _text(self.last),
        }

    @classmethod
    def from_entry(cls, entry: Entry, dims: int) -> "Seen | None":
        """What `to_entry` gave; None if it is something else: the file may be damaged."""
        try:
            frames = tuple(int(frame) for frame in entry["frames"])
            vectors = np.frombuffer(base64.b64decode(entry["vectors"], validate=True), "<f4").reshape(len(frames), dims)
            differences = tuple(float(difference) for difference in entry["differences"])
            last = np.frombuffer(base64.b64decode(entry["last"], validate=True), np.uint8).reshape(_THUMBNAIL_SHAPE)
        except (KeyError, TypeError, ValueError):
            return None
        if len(differences) != len(frames) or not frames or not np.isfinite(vectors).all():
            return None
        return cls(frames, vectors.astype(np.float32), differences, last)


class Sightings:
    """What was seen so far, on the disk as soon as it is added."""

    def __init__(self, path: Path, work: Entry, expected: Sequence[int], dims: int) -> None:
        """Read what an earlier run of the same work left.

        Args:
            path: The file.
            work: All that the choice depends on, as JSON can hold it.
            expected: The frames that are looked at, in order.
            dims: Length of a descriptor's vectors.
        """
        self._journal = Journal(path, work)
        self.blocks = _whole(self._journal.entries, expected, dims)
        if len(self.blocks) != len(self._journal.entries):  # something behind them is no use
            path.unlink()
            self._journal = Journal(path, work)
            for block in self.blocks:
                self._journal.add(block.to_entry())
        self._journal.entries.clear()  # `blocks` has them
        self.reused = self.count
        """Frames that an earlier run has looked at."""

    @property
    def count(self) -> int:
        """How many frames were looked at."""
        return sum(len(block.frames) for block in self.blocks)

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(frames, dims), unit length."""
        return np.concatenate([block.vectors for block in self.blocks])

    @property
    def motion(self) -> float:
        """The mean difference from frame to frame, 0 to 1."""
        differences = [difference for block in self.blocks for difference in block.differences]
        return float(np.mean(differences[1:])) if len(differences) > 1 else 0.0

    def add(self, block: Seen) -> None:
        """Write down what was seen next."""
        self._journal.add(block.to_entry())
        self._journal.entries.clear()
        self.blocks.append(block)


def look(matching: Matching, frames: Sequence[int], sightings: Sightings) -> Iterator[int]:
    """Describe the frames that were not looked at yet; yields how many were added."""
    waiting = iter(frames[sightings.count :])
    before = sightings.blocks[-1].last if sightings.blocks else None
    decoded = matching.stopwatch.timed(frames_at(matching.source, waiting), "decode")
    seen = ((index, matching.query(frame), thumbnail(frame.picture)) for index, frame in decoded)
    pictures = prefetch(seen, 2 * matching.batch)
    while block := list(islice(pictures, matching.batch)):
        with matching.stopwatch.timing("describe"):
            vectors = matching.descriptor.describe(np.stack([query for _, query, _ in block]))
        differences: list[float] = []
        for _, _, small in block:
            differences.append(0.0 if before is None else difference(before, small))
            before = small
        sightings.add(Seen(tuple(index for index, _, _ in block), vectors, tuple(differences), block[-1][2]))
        yield len(block)


def difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Of two pictures of one shape: mean over their values of how far they differ, 0 to 1."""
    return float(np.abs(first.astype(np.int16) - second).mean() / 255)


def _text(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _whole(entries: Sequence[Entry], expected: Sequence[int], dims: int) -> list[Seen]:
    """The first frames, as far as they were written down."""
    found: list[Seen] = []
    at = 0
    for entry in entries:
        block = Seen.from_entry(entry, dims)
        if block is None or list(block.frames) != list(expected[at : at + len(block.frames)]):
            return found
        found.append(block)
        at += len(block.frames)
    return found
