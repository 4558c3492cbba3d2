"""A path of pictures to encoded frames in one or several sizes, in segments: what is finished is not made again."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.frame import Frame, float_pixels, quantise
from frameloom.journal import Entry, Journal
from frameloom.media.pictures.colour import VideoPicture
from frameloom.media.prefetch import Behind
from frameloom.media.writing.encoding import VideoSettings
from frameloom.media.writing.segment_files import PacketSegment
from frameloom.progress import Stopwatch
from frameloom.retrieval.fitting import FittedImages, Fitting, fitted
from frameloom.retrieval.morph.choices import Grade
from frameloom.retrieval.morph.grading import Table, graded
from frameloom.retrieval.morph.pace import Pace
from frameloom.retrieval.pictures import read_picture
from frameloom.roles import Interpolator

_QUEUED_BYTES = 48 * 2**20  # pictures that wait to be encoded


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """All that segments are made from."""

    pace: Pace
    pictures: Sequence[Path]
    """In the order of the film."""
    tables: Sequence[Table] | None
    """How each one's colours change; None: they stay."""
    grade: Grade | None
    fittings: tuple[Fitting, ...]
    """One for each size."""
    settings: tuple[VideoSettings, ...]
    """How each is encoded."""
    models: tuple[Interpolator, ...]
    """What makes frames between pictures of each size; empty where there are none."""
    folder: Path
    """Where segments lie."""
    workers: int
    """Threads that read images."""
    stopwatch: Stopwatch

    def packets(self, size: int, number: int) -> Path:
        """The working file of a segment, in that of the sizes."""
        return self.folder / f"{size}-{number:06d}.packets"

    def files(self, number: int) -> list[Path]:
        """All files of a segment."""
        return [self.packets(size, number) for size in range(len(self.settings))]

    def bytes_of(self, number: int) -> int | None:
        """Of all files of a segment; None if one is missing."""
        files = self.files(number)
        return sum(file.stat().st_size for file in files) if all(map(Path.is_file, files)) else None


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """A picture of the path, ready to be written in each size."""

    pictures: tuple[VideoPicture, ...]
    pixels: tuple[NDArray[np.uint8], ...]
    """The same as RGB, (height, width, 3), where frames are made of them; else empty."""

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return sum(picture.nbytes for picture in self.pictures) + sum(pixels.nbytes for pixels in self.pixels)


@dataclass(frozen=True, slots=True)
class _Border:
    """Behind the last frame of a segment."""

    number: int


_Item = tuple[int, tuple[VideoPicture, ...]] | _Border


def open_segments(rendering: Rendering, path: Path, work: Entry) -> Journal:
    """What is finished of this very film and lies there whole; other parts go."""
    journal = Journal(path, work)
    whole = {entry["number"]: entry for entry in journal.entries if _is_whole(rendering, entry)}
    journal.entries = [whole[number] for number in sorted(whole)]
    needed = {file.name for number in whole for file in rendering.files(number)}
    for file in [*rendering.folder.glob("*.packets"), *rendering.folder.glob("*.part")]:
        if file.name not in needed:
            file.unlink()
    return journal


def _is_whole(rendering: Rendering, entry: Entry) -> bool:
    """A power cut can leave a file empty that was finished before it."""
    numbers: list[Any] = [entry.get(name) for name in ("number", "delay", "size")]
    if not all(type(number) is int and number >= 0 for number in numbers) or numbers[0] >= rendering.pace.segments:
        return False
    return rendering.bytes_of(entry["number"]) == entry["size"]


def render_segments(rendering: Rendering, journal: Journal) -> Iterator[None]:
    """Make the segments that are not finished and write each down as it is; yields once for every frame made."""
    finished = {entry["number"] for entry in journal.entries}
    missing = [number for number in range(rendering.pace.segments) if number not in finished]
    last_frames = {rendering.pace.frames(number)[-1]: number for number in missing}
    writer = _Writer(rendering)
    try:
        with Behind(writer.take, _QUEUED_BYTES, _weight) as behind:
            for number, pictures in _frames(rendering, missing):
                behind.put((number, pictures))
                if number in last_frames:
                    behind.put(_Border(last_frames[number]))
                writer.write_down(journal)
                yield
    finally:
        writer.abandon()
    writer.write_down(journal)


def _frames(rendering: Rendering, segments: Sequence[int]) -> Iterator[tuple[int, tuple[VideoPicture, ...]]]:
    """What each frame of these segments shows, in each size."""
    pace = rendering.pace
    groups = [group for segment in segments for group in _groups(pace, pace.frames(segment))]
    wanted = [place + behind for place, group in groups for behind in range(1 + _leads_on(pace, group))]
    ready = FittedImages(lambda place: _shown(rendering, place), rendering.workers).through(wanted)
    for _, group in groups:
        first = _there(next(ready))
        steps = {number: pace.shown(number)[1] for number in group}
        yield from ((number, first.pictures) for number, step in steps.items() if not step)
        between = {number: pace.moment(step) for number, step in steps.items() if step}
        if between:
            made = _made(rendering, first, _there(next(ready)), list(between.values()))
            yield from zip(between, rendering.stopwatch.timed(made, "interpolate"), strict=True)
    next(ready, None)  # lets go of its threads


def _groups(pace: Pace, frames: Sequence[int]) -> list[tuple[int, list[int]]]:
    """The frames of a segment by the picture that they show or lie behind, by its place in the film."""
    return [(place, list(group)) for place, group in groupby(frames, lambda number: pace.shown(number)[0])]


def _leads_on(pace: Pace, group: list[int]) -> bool:
    """Whether some of these frames, all behind one picture, need the next one too."""
    return pace.shown(group[-1])[1] > 0


def _there(shown: _Shown | None) -> _Shown:
    assert shown is not None, "no place was asked for that is None"
    return shown


def _shown(rendering: Rendering, place: int) -> _Shown:
    """A picture by its place in the film."""
    with rendering.stopwatch.timing("images"):
        side = max(side for fitting in rendering.fittings for side in fitting.size)
        image = read_picture(rendering.pictures[place], smallest=(side, side))
        pixels = [fitting.fit(image) for fitting in rendering.fittings]
        if rendering.tables is not None and rendering.grade is not None:
            pixels = [graded(picture, rendering.tables[place], rendering.grade) for picture in pixels]
        pictures = [fitted(*pair, jpeg=False).picture for pair in zip(pixels, rendering.settings, strict=True)]
        return _Shown(tuple(pictures), tuple(pixels) if rendering.models else ())


def _made(
    rendering: Rendering, first: _Shown, last: _Shown, moments: list[float]
) -> Iterator[tuple[VideoPicture, ...]]:
    """The frames between two pictures, each in all sizes."""
    of_sizes = [
        model.between(float_pixels(start), float_pixels(end), moments)
        for model, start, end in zip(rendering.models, first.pixels, last.pixels, strict=True)
    ]
    for frames in zip(*of_sizes, strict=True):
        rounded = [quantise(frame, 8).astype(np.uint8, copy=False) for frame in frames]
        yield tuple(fitted(*pair, jpeg=False).picture for pair in zip(rounded, rendering.settings, strict=True))


def _weight(item: _Item) -> int:
    return 1 if isinstance(item, _Border) else sum(picture.nbytes for picture in item[1])


class _Writer:
    """Takes frames, with a border after each segment, and writes its files, one for each size."""

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering
        self._open: list[PacketSegment] = []
        self._finished: deque[Entry] = deque()

    def take(self, item: _Item) -> None:
        """Write a frame, or finish a segment."""
        with self._rendering.stopwatch.timing("encode"):
            if isinstance(item, _Border):
                self._finish(item.number)
            else:
                self._append(*item)

    def _append(self, number: int, pictures: tuple[VideoPicture, ...]) -> None:
        rendering, rate = self._rendering, self._rendering.pace.rate
        if not self._open:
            paths = rendering.files(number // rendering.pace.length)
            self._open = [PacketSegment(*pair) for pair in zip(paths, rendering.settings, strict=True)]
        for segment, picture in zip(self._open, pictures, strict=True):
            segment.append(Frame(picture, number / rate, 1 / rate))

    def _finish(self, number: int) -> None:
        delay = max(segment.finish() for segment in self._open)
        self._open = []
        self._finished.append({"number": number, "delay": delay, "size": self._rendering.bytes_of(number)})

    def write_down(self, journal: Journal) -> None:
        """Record what was finished since the last call."""
        while self._finished:
            journal.add(self._finished.popleft())

    def abandon(self) -> None:
        """Let go of a segment that will not be finished."""
        for segment in self._open:
            segment.abandon()
