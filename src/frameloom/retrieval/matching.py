"""The frames of a video to images of a pool, block by block; what is chosen is written down as it is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from frameloom.frame import Frame
from frameloom.journal import Entry, Journal
from frameloom.media.prefetch import prefetch
from frameloom.media.reading.source import FrameSource
from frameloom.progress import Stopwatch
from frameloom.retrieval.selection import Choice, Selector
from frameloom.roles import Descriptor

_FAR = 250  # frames: from here on it is quicker to begin anew near a frame than to decode all before it


@dataclass(frozen=True, kw_only=True)
class Matching:
    """All that is needed to choose images for frames."""

    source: FrameSource
    descriptor: Descriptor
    query: Callable[[Frame], NDArray[np.uint8]]
    """A frame as the descriptor is given it."""
    selector: Selector
    batch: int
    """Frames that are described, searched for and written down at a time."""
    stopwatch: Stopwatch


class Checkpoint:
    """What was chosen so far: a line in a file for each block of frames, so that the cost does not grow."""

    def __init__(self, path: Path, work: Entry, expected: Sequence[int], images: int) -> None:
        """Read what an earlier run of the same work left.

        Args:
            path: The file.
            work: All that the choices depend on, as JSON can hold it.
            expected: The frames that images are chosen for, in order.
            images: How many there are.
        """
        self._begin = partial(Journal, path, work)
        self._path = path
        self._journal = self._begin()
        self.changed = self._journal.changed
        """What is different from the work recorded there."""
        self.choices = _whole(self._journal.entries, expected, images)
        """What is known, in order of frames and without gaps."""
        self.facts: Entry = _facts(self._journal.entries)
        """What is known of the choice as a whole, where it was made as a whole."""
        self.reused = len(self.choices)
        """How much of it an earlier run had left."""
        if sum(map(_count, self._journal.entries)) != self.reused:  # something behind it is no use
            path.unlink()
            self.facts = {}
            self._journal = self._begin()
            if self.choices:
                self._journal.add(_entry(self.choices))
        self._journal.entries.clear()

    def add(self, choices: Sequence[Choice], facts: Entry | None = None) -> None:
        """Write down what was chosen for the frames that follow; it is on the disk when this returns.

        `facts`, of the choice as a whole, go with the last frames.
        """
        self._journal.add(_entry(choices) if facts is None else {**_entry(choices), "facts": facts})
        self.facts = facts or {}
        self._journal.entries.clear()  # `choices` has them
        self.choices += choices

    def forget(self) -> None:
        """Begin anew."""
        self._path.unlink()
        self._journal = self._begin()
        self.choices, self.reused, self.facts = [], 0, {}


def match(matching: Matching, frames: Sequence[int], checkpoint: Checkpoint) -> Iterator[int]:
    """Choose images for the frames that have none yet; yields how many were added."""
    matching.selector.note(checkpoint.choices)
    waiting = iter(frames[len(checkpoint.choices) :])
    decoded = matching.stopwatch.timed(frames_at(matching.source, waiting), "decode")
    queries = prefetch(((index, matching.query(frame)) for index, frame in decoded), 2 * matching.batch)
    while block := list(islice(queries, matching.batch)):
        with matching.stopwatch.timing("describe"):
            vectors = matching.descriptor.describe(np.stack([query for _, query in block]))
        with matching.stopwatch.timing("search"):
            choices = matching.selector.choose([index for index, _ in block], vectors)
        checkpoint.add(choices)
        yield len(choices)


def frames_at(source: FrameSource, wanted: Iterator[int]) -> Iterator[tuple[int, Frame]]:
    """Frames of a source by ascending numbers; what lies between is passed over."""
    stream: Iterator[Frame] = iter(())
    at = -_FAR
    for index in wanted:
        if not 0 <= index - at < _FAR:
            stream, at = source.frames(index), index
        frame = next(islice(stream, index - at, None), None)
        if frame is None:
            return
        at = index + 1
        yield index, frame


def _entry(choices: Sequence[Choice]) -> Entry:
    return {"choices": [choice.to_list() for choice in choices]}


def _facts(entries: Sequence[Entry]) -> Entry:
    facts = entries[-1].get("facts") if entries else None
    return cast(Entry, facts) if isinstance(facts, dict) else {}


def _count(entry: Entry) -> int:
    return len(_stored(entry))


def _stored(entry: Entry) -> list[Any]:
    stored = entry.get("choices")
    return cast("list[Any]", stored) if isinstance(stored, list) else [None]


def _whole(entries: Sequence[Entry], expected: Sequence[int], images: int) -> list[Choice]:
    """The choices of the first frames, as far as they are ones: the file may be damaged, or not ours."""
    found: list[Choice] = []
    for entry in entries:
        for choice in map(Choice.from_list, _stored(entry)):
            if choice is None or len(found) == len(expected) or not _fits(choice, expected[len(found)], images):
                return found
            found.append(choice)
    return found


def _fits(choice: Choice, frame: int, images: int) -> bool:
    ids = [identity for identity, _ in choice.candidates]
    known = ids if choice.selected is None else [*ids, choice.selected]
    return choice.frame == frame and all(0 <= identity < images for identity in known)
