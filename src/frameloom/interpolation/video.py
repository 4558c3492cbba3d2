"""A stream of frames to a denser stream of frames."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from frameloom.errors import ShapeError
from frameloom.frame import ArrayPicture, FloatPixels, Frame, Picture
from frameloom.interpolation.between import cascade
from frameloom.interpolation.timeline import Insert, Instant, Interval, Timeline
from frameloom.progress import Stopwatch
from frameloom.roles import Interpolator

_HALF = Fraction(1, 2)


@dataclass(slots=True)
class Tally:
    """What went through so far."""

    read: int = 0
    made: int = 0
    written: int = 0
    cuts: int = 0


CutTest = Callable[[FloatPixels, FloatPixels], bool]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a video that is made on its own: source frames `first` up to, not including, `stop`."""

    first: int
    stop: int
    origin: Fraction  # when the first frame of the whole source is shown, on the source's clock
    end: Fraction  # when the part's last output frame ends, in output time


def never_cut(first: FloatPixels, second: FloatPixels) -> bool:
    """All frames belong to one shot."""
    return False


def densify(
    frames: Iterable[Frame],
    model: Interpolator,
    timeline: Timeline,
    *,
    cuts: CutTest = never_cut,
    tally: Tally | None = None,
    stopwatch: Stopwatch | None = None,
    span: Span | None = None,
) -> Iterator[Frame]:
    """Yield the output frames of a timeline in order; source frames are passed on as they came.

    Where `cuts` says of two consecutive frames that a new shot begins, the nearer of them is shown instead of a made
    frame. Holds two source frames and one made frame at a time. `tally` and `stopwatch` are kept up to date where
    given. With a `span`, the frames are those of the span and, unless the source ends there, the one that follows; what
    comes out is exactly what all frames of the source would give there.
    """
    weaver = _Weaver(model, timeline, cuts, tally or Tally(), stopwatch or Stopwatch(), span)
    waiting: tuple[Instant, Picture] | None = None
    for shown in weaver.weave(frames):
        if waiting is not None:
            yield Frame(waiting[1], waiting[0].time, shown[0].time - waiting[0].time)
        waiting = shown
    if waiting is not None:
        end = weaver.duration() if span is None else span.end
        yield Frame(waiting[1], waiting[0].time, end - waiting[0].time)


class _Weaver:
    """Makes the output frames of one interval after the other, converting each source frame to float once."""

    def __init__(
        self,
        model: Interpolator,
        timeline: Timeline,
        cuts: CutTest,
        tally: Tally,
        stopwatch: Stopwatch,
        span: Span | None,
    ) -> None:
        self._model = model
        self._timeline = timeline
        self._cuts = cuts
        self.tally = tally
        self._stopwatch = stopwatch
        self._span = span
        self._origin = self._end = Fraction(0) if span is None else span.origin
        self._converted: tuple[Frame, FloatPixels] | None = None

    def weave(self, frames: Iterable[Frame]) -> Iterator[tuple[Instant, Picture]]:
        """What is shown when, in order."""
        span = self._span
        index = 0 if span is None else span.first
        previous: Frame | None = None
        for frame in frames:
            if previous is not None:
                yield from self._interval(index, previous, frame)
                index += 1
            elif span is None:
                self._origin = frame.time
            if span is not None and index == span.stop:
                return
            self.tally.read += 1
            previous = frame
        if previous is not None:
            yield from self._interval(index, previous, None)

    def duration(self) -> Fraction:
        """How long the output is, once all frames are through."""
        return self._timeline.duration(self.tally.read, self._end - self._origin)

    def _interval(self, index: int, frame: Frame, following: Frame | None) -> Iterator[tuple[Instant, Picture]]:
        """What is shown from when `frame` is until `following` is."""
        self._end = frame.time + frame.duration if following is None else following.time
        interval = Interval(index, frame.time, self._end, last=following is None)
        for shown in self._pictures(frame, following, list(self._timeline.instants(interval, self._origin))):
            self.tally.written += 1
            yield shown

    def _pictures(
        self, frame: Frame, following: Frame | None, instants: list[Instant]
    ) -> Iterator[tuple[Instant, Picture]]:
        """What each instant shows."""
        if following is None or not any(instant.moment for instant in instants):
            yield from ((instant, frame.picture) for instant in instants)
            return
        with self._stopwatch.timing("convert"):
            first, last = _alike(self._floats(frame), self._floats(following))
        with self._stopwatch.timing("look for cuts"):
            cut = self._cuts(first, last)
        if cut:
            self.tally.cuts += 1
            yield from ((instant, (frame if instant.moment <= _HALF else following).picture) for instant in instants)
            return
        made = self._stopwatch.timed(self._made(first, last, instants), "interpolate")
        for instant in instants:
            self.tally.made += bool(instant.moment)
            yield instant, ArrayPicture(next(made)) if instant.moment else frame.picture

    def _made(self, first: FloatPixels, last: FloatPixels, instants: list[Instant]) -> Iterator[FloatPixels]:
        if isinstance(self._timeline, Insert) and len(self._timeline.counts) > 1:
            return cascade(self._model, first, last, self._timeline.counts)
        return self._model.between(first, last, [float(instant.moment) for instant in instants if instant.moment])

    def _floats(self, frame: Frame) -> FloatPixels:
        if self._converted is None or self._converted[0] is not frame:
            self._converted = frame, frame.to_float()
        return self._converted[1]


def _alike(first: FloatPixels, last: FloatPixels) -> tuple[FloatPixels, FloatPixels]:
    """Give both images four channels where one of them has transparency."""
    if first.shape[:2] != last.shape[:2]:
        raise ShapeError(
            f"a frame is {last.shape[1]}x{last.shape[0]} after one of {first.shape[1]}x{first.shape[0]}; "
            "all frames must have one size"
        )
    channels = max(first.shape[2], last.shape[2])
    return _with_channels(first, channels), _with_channels(last, channels)


def _with_channels(image: FloatPixels, channels: int) -> FloatPixels:
    if image.shape[2] == channels:
        return image
    return np.concatenate([image, np.ones_like(image[..., :1])], axis=2)
