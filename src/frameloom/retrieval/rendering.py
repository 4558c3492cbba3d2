"""Chosen images to a video and to single frames, in segments: what is finished is not made again."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from itertools import groupby, pairwise
from math import ceil
from pathlib import Path
from typing import Any

from frameloom.frame import Frame
from frameloom.journal import Entry, Journal
from frameloom.media.prefetch import Behind
from frameloom.media.reading.source import FrameSource
from frameloom.media.writing.encoding import VideoSettings
from frameloom.media.writing.segment_files import PacketSegment
from frameloom.progress import Stopwatch
from frameloom.retrieval.fitting import Fitted, FittedImages, Fitting, fitted
from frameloom.retrieval.matching import frames_at
from frameloom.retrieval.programme import Programme, Shown
from frameloom.retrieval.selection import Choice

_SECONDS = 4
_MOST_FRAMES = 240
_QUEUED_BYTES = 48 * 2**20  # pictures that wait to be encoded


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """All that segments are made from."""

    source: FrameSource
    programme: Programme
    choices: dict[int, Choice]
    """By frame of the source."""
    paths: Sequence[Path]
    """The images, by id."""
    fitting: Fitting
    settings: VideoSettings
    """How video is encoded."""
    frames: bool
    """Whether each frame becomes a JPEG file too."""
    shift: Fraction
    """Seconds by which the picture begins after the output."""
    folder: Path
    """Where segments lie; single frames in `frames_folder`."""
    workers: int
    stopwatch: Stopwatch

    @property
    def frames_folder(self) -> Path:
        """Where JPEG files lie."""
        return self.folder / "matched_frames"

    @property
    def length(self) -> int:
        """Frames of a segment."""
        return min(_MOST_FRAMES, max(1, ceil(_SECONDS * self.programme.rate)))

    @property
    def segments(self) -> int:
        """How many there are."""
        return -(-self.programme.count // self.length)

    def count(self, number: int) -> int:
        """Frames of that segment."""
        return min(self.length, self.programme.count - number * self.length)

    def packets(self, number: int) -> Path:
        """The working file of a segment."""
        return self.folder / f"{number:06d}.packets"

    def files(self, number: int) -> list[Path]:
        """All files of a segment."""
        singles = self._sources[number] if self.frames else ()
        return [self.packets(number), *(self.frames_folder / frame_name(source) for source in singles)]

    @cached_property
    def _sources(self) -> dict[int, list[int]]:
        """Frames of the source by segment."""
        groups = groupby(self.programme.shown(), lambda shown: shown.number // self.length)
        return {number: list(dict.fromkeys(shown.source for shown in group)) for number, group in groups}

    def size(self, number: int) -> int | None:
        """Bytes of all files of a segment; None if one is missing."""
        files = self.files(number)
        return sum(file.stat().st_size for file in files) if all(map(Path.is_file, files)) else None

    def settings_of_output(self) -> Entry:
        """What the segments depend on besides the choices and the images."""
        return {"encoding": repr(self.settings), "frames": self.frames, "shift": str(self.shift)}


@dataclass(frozen=True, slots=True)
class _Border:
    """Between the frames of two segments."""

    number: int


def frame_name(index: int) -> str:
    """What a frame of the source is called."""
    return f"frame_{index:06d}.jpg"


def mostly_changes(selected: Sequence[int | None]) -> bool:
    """Whether more than half of the frames show another image than the one before; None is a frame of the source."""
    changes = sum(after is not None and after != before for before, after in pairwise(selected))
    return 2 * changes > len(selected) - 1


def open_segments(rendering: Rendering, path: Path, work: Entry) -> Journal:
    """What is finished of this very output and lies there whole; other parts go."""
    journal = Journal(path, work)
    whole = {entry["number"]: entry for entry in journal.entries if _is_whole(rendering, entry)}
    journal.entries = [whole[number] for number in sorted(whole)]
    needed = {file.name for number in whole for file in rendering.files(number)}
    for file in [
        *rendering.folder.glob("*.packets"),
        *rendering.folder.glob("*.part"),
        *rendering.frames_folder.glob("*"),
    ]:
        if file.name not in needed:
            file.unlink()
    return journal


def _is_whole(rendering: Rendering, entry: Entry) -> bool:
    """A power cut can leave a file empty that was finished before it."""
    counts: list[Any] = [entry.get(name) for name in ("number", "delay", "size")]
    if not all(type(count) is int and count >= 0 for count in counts) or counts[0] >= rendering.segments:
        return False
    return rendering.size(entry["number"]) == entry["size"]


def render_segments(rendering: Rendering, journal: Journal) -> Iterator[None]:
    """Make the segments that are not finished and write each down as it is; yields once for every frame made."""
    finished = {entry["number"] for entry in journal.entries}
    missing = [shown for shown in rendering.programme.shown() if shown.number // rendering.length not in finished]
    if not missing:
        return
    if rendering.frames:
        rendering.frames_folder.mkdir(exist_ok=True)
    writer = _Writer(rendering)
    try:
        with Behind(writer.take, _QUEUED_BYTES, _weight) as behind:
            for shown, picture in _pictures(rendering, missing):
                behind.put((shown, picture))
                if shown.number + 1 == rendering.programme.count or (shown.number + 1) % rendering.length == 0:
                    behind.put(_Border(shown.number // rendering.length))
                writer.write_down(journal)
                yield
    finally:
        writer.abandon()
    writer.write_down(journal)


def _pictures(rendering: Rendering, missing: Sequence[Shown]) -> Iterator[tuple[Shown, Fitted]]:
    """What each frame of the output shows."""
    selected = [rendering.choices[shown.source].selected for shown in missing]
    left = (shown.source for shown, image in zip(missing, selected, strict=True) if image is None)
    kept = frames_at(rendering.source, (source for source, _ in groupby(left)))
    images = FittedImages(partial(_image, rendering), rendering.workers).through(selected)
    current: tuple[int, Fitted] | None = None
    for shown, image in zip(missing, images, strict=True):
        if image is None:
            if current is None or current[0] != shown.source:
                index, frame = next(kept)
                current = index, _source_frame(rendering, frame)
            image = current[1]
        yield shown, image


def _image(rendering: Rendering, identity: int) -> Fitted:
    with rendering.stopwatch.timing("images"):
        return fitted(
            rendering.fitting.read_middle(rendering.paths[identity]), rendering.settings, jpeg=rendering.frames
        )


def _source_frame(rendering: Rendering, frame: Frame) -> Fitted:
    return fitted(frame.to_uint8()[..., :3], rendering.settings, jpeg=rendering.frames)


def _weight(item: tuple[Shown, Fitted] | _Border) -> int:
    return 1 if isinstance(item, _Border) else item[1].nbytes


class _Writer:
    """Takes frames, with a border after each segment, and writes its files."""

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering
        self._open: PacketSegment | None = None
        self._finished: deque[Entry] = deque()

    def take(self, item: tuple[Shown, Fitted] | _Border) -> None:
        """Write a frame, or finish a segment."""
        with self._rendering.stopwatch.timing("encode"):
            if isinstance(item, _Border):
                self._finish(item.number)
            else:
                self._append(*item)

    def _append(self, shown: Shown, image: Fitted) -> None:
        rendering = self._rendering
        if image.jpeg is not None:
            (rendering.frames_folder / frame_name(shown.source)).write_bytes(image.jpeg)
        if self._open is None:
            self._open = PacketSegment(rendering.packets(shown.number // rendering.length), rendering.settings)
        self._open.append(Frame(image.picture, shown.time + rendering.shift, shown.duration))

    def _finish(self, number: int) -> None:
        assert self._open is not None, "a segment has at least one frame"
        delay = self._open.finish()
        self._open = None
        self._finished.append({"number": number, "delay": delay, "size": self._rendering.size(number)})

    def write_down(self, journal: Journal) -> None:
        """Record what was finished since the last call."""
        while self._finished:
            journal.add(self._finished.popleft())

    def abandon(self) -> None:
        """Let go of a segment that will not be finished."""
        if self._open is not None:
            self._open.abandon()
