"""Making segments: decode, make frames, encode into working files, each in its own thread."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from frameloom.frame import Frame
from frameloom.interpolation.plan import Segment
from frameloom.interpolation.video import Tally, densify
from frameloom.media.choices import OnError
from frameloom.media.prefetch import Behind, prefetch
from frameloom.media.reading.source import FrameSource, open_source
from frameloom.media.timeline import Timeline
from frameloom.media.writing.encoding import VideoSettings
from frameloom.media.writing.image_folder import image_name
from frameloom.media.writing.segment_files import ImageSegment, PacketSegment, SegmentFile
from frameloom.models.choice import ModelChoice
from frameloom.progress import Stopwatch
from frameloom.roles import Interpolator

IMAGES = "images"
"""The folder in which images wait for the last of them."""
_QUEUED_BYTES = 48 * 2**20  # decoded frames that wait, and the same again of made ones


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """All that segments are made from; can be sent to another process."""

    source: Path
    rate: Fraction | None  # playback rate of images
    on_error: OnError
    model: ModelChoice
    timeline: Timeline
    cuts: float | None
    dedupe: bool
    target: VideoSettings | int  # how video is encoded, or the depth of images, 8 or 16
    count: int  # output frames
    shift: Fraction  # seconds by which the picture begins after the output
    folder: Path

    def files(self, segment: Segment) -> list[Path]:
        """What a segment consists of, once it is finished: a file of packets, or images."""
        if isinstance(self.target, int):
            numbers = range(segment.before, segment.before + segment.count)
            return [self.images / image_name(number, self.count) for number in numbers]
        return [self.folder / f"{segment.number:06d}.packets"]

    def size(self, segment: Segment) -> int | None:
        """Bytes of all files of a segment; None if one is missing."""
        files = self.files(segment)
        return sum(file.stat().st_size for file in files) if all(map(Path.is_file, files)) else None

    @property
    def images(self) -> Path:
        """Where images lie."""
        return self.folder / IMAGES

    def begin(self, segment: Segment) -> SegmentFile:
        """What takes the frames of a segment."""
        if isinstance(self.target, int):
            return ImageSegment(self.images, self.target, self.count, segment.before)
        return PacketSegment(self.files(segment)[0], self.target)

    def open(self) -> FrameSource:
        """The source."""
        return open_source(self.source, rate=self.rate, on_error=self.on_error)


@dataclass(frozen=True, slots=True)
class Finished:
    """A segment that is on the disk."""

    number: int
    tally: dict[str, int]
    delay: int  # see `PacketWriter.delay`
    size: int  # bytes of its files
    stages: dict[str, float]  # seconds of work since the one before


class Stepped:
    """One output frame was made."""


def make_segments(
    recipe: Recipe,
    segments: Sequence[Segment],
    *,
    source: FrameSource | None = None,
    model: Interpolator | None = None,
) -> Iterator[Stepped | Finished]:
    """Make consecutive segments, going through their source frames once.

    `source` and `model` are the recipe's, where they are open already; else they stay open for the next call.
    """
    if source is None or model is None:
        source, model = _opened(recipe)
    yield from _Line(recipe, source, model).make(segments)


@lru_cache(maxsize=1)
def _opened(recipe: Recipe) -> tuple[FrameSource, Interpolator]:
    """What a process needs for all segments that it makes, once: a network may take seconds to load."""
    return recipe.open(), recipe.model.load()


@dataclass(frozen=True, slots=True)
class _Border:
    """Between the frames of two segments, in the queue of the encoder."""

    tally: Tally


class _Line:
    """The three threads: this one makes frames, one decodes ahead, one encodes behind."""

    def __init__(self, recipe: Recipe, source: FrameSource, model: Interpolator) -> None:
        self._recipe = recipe
        self._source = source
        self._model = model
        self._stopwatch = Stopwatch()

    def make(self, segments: Sequence[Segment]) -> Iterator[Stepped | Finished]:
        first = segments[0].span.frames(self._recipe.cuts, self._recipe.dedupe).start
        decoded = self._stopwatch.timed(self._source.frames(first), "decode")
        window = _Window(prefetch(decoded, _QUEUED_BYTES, _weight), first)
        writer = _Writer(self._recipe, segments, self._stopwatch)
        try:
            with Behind(writer.take, _QUEUED_BYTES, _weight) as behind:
                for segment in segments:
                    tally = Tally()
                    for frame in self._frames(segment, window, tally):
                        behind.put(frame.shown(frame.time + self._recipe.shift, frame.duration))
                        yield Stepped()
                        yield from writer.finished()
                    behind.put(_Border(tally))
        finally:
            writer.abandon()
        yield from writer.finished()

    def _frames(self, segment: Segment, window: "_Window", tally: Tally) -> Iterator[Frame]:
        span, recipe = segment.span, self._recipe
        following = replace(span, first=span.stop)
        return densify(
            window.frames(span.frames(recipe.cuts, recipe.dedupe), following.frames(recipe.cuts, recipe.dedupe).start),
            self._model,
            recipe.timeline,
            cuts=recipe.cuts,
            dedupe=recipe.dedupe,
            tally=tally,
            stopwatch=self._stopwatch,
            span=span,
        )


def _weight(item: Frame | _Border) -> int:
    return item.picture.nbytes if isinstance(item, Frame) else 1


class _Window:
    """Frames by number out of a stream; those that a range shares with the next one are kept in between."""

    def __init__(self, stream: Iterator[Frame], first: int) -> None:
        self._stream = stream
        self._first = first  # number of the first frame kept
        self._kept: deque[Frame] = deque()

    def frames(self, numbers: range, keep: int) -> Iterator[Frame]:
        """Frames of these numbers, or as far as the stream goes; from `keep` on they can be asked for again."""
        for number in numbers:
            while number - self._first >= len(self._kept):
                frame = next(self._stream, None)
                if frame is None:
                    return
                self._kept.append(frame)
            yield self._kept[number - self._first]
            while self._first < min(number, keep):
                self._kept.popleft()
                self._first += 1


class _Writer:
    """Takes frames, with a border after each segment, and writes a working file for each."""

    def __init__(self, recipe: Recipe, segments: Sequence[Segment], stopwatch: Stopwatch) -> None:
        self._recipe = recipe
        self._segments = iter(segments)
        self._stopwatch = stopwatch
        self._told: dict[str, float] = {}
        self._open: SegmentFile | None = None
        self._segment: Segment | None = None
        self._finished: deque[Finished] = deque()

    def take(self, item: Frame | _Border) -> None:
        """Encode a frame, or finish a segment."""
        with self._stopwatch.timing("encode"):
            if self._open is None:
                self._segment = next(self._segments)
                self._open = self._recipe.begin(self._segment)
            if isinstance(item, Frame):
                self._open.append(item)
                return
            delay = self._open.finish()
        assert self._segment is not None
        tally = {name: int(getattr(item.tally, name)) for name in item.tally.__slots__}
        size = self._recipe.size(self._segment) or 0
        self._finished.append(Finished(self._segment.number, tally, delay, size, self._stages()))
        self._open = None

    def _stages(self) -> dict[str, float]:
        now = dict(self._stopwatch.seconds)
        passed = {name: seconds - self._told.get(name, 0.0) for name, seconds in now.items()}
        self._told = now
        return passed

    def abandon(self) -> None:
        """Let go of a segment that will not be finished."""
        if self._open is not None:
            self._open.abandon()

    def finished(self) -> Iterator[Finished]:
        """What was finished since the last call."""
        while self._finished:
            yield self._finished.popleft()
