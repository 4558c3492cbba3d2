"""A stream of frames to a denser stream of frames."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import numpy as np

from frameloom.errors import ShapeError
from frameloom.features.lookahead import Step, look_ahead, reach
from frameloom.frame import ArrayPicture, FloatPixels, Frame, Picture
from frameloom.interpolation.between import cascade
from frameloom.media.timeline import Insert, Instant, Interval, Timeline
from frameloom.progress import Stopwatch
from frameloom.roles import Interpolator, WorksAhead

_HALF = Fraction(1, 2)
_Shown = Picture | Iterator[FloatPixels]
"""A picture, or what makes it next."""


@dataclass(slots=True)
class Tally:
    """What went through so far."""

    read: int = 0
    made: int = 0
    written: int = 0
    cuts: int = 0
    held: int = 0
    damaged: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a video that is made on its own: source frames `first` up to, not including, `stop`."""

    first: int
    stop: int
    origin: Fraction  # when the first frame of the whole source is shown, on the source's clock
    end: Fraction  # when the part's last output frame ends, in output time

    def frames(self, cuts: float | None, dedupe: bool) -> range:
        """The source frames that making it needs; it may end beyond the source."""
        back, ahead = reach(cuts, dedupe)
        return range(max(0, self.first - back), self.stop + ahead)


def densify(
    frames: Iterable[Frame],
    model: Interpolator,
    timeline: Timeline,
    *,
    cuts: float | None = None,
    dedupe: bool = False,
    tally: Tally | None = None,
    stopwatch: Stopwatch | None = None,
    span: Span | None = None,
) -> Iterator[Frame]:
    """Yield the output frames of a timeline in order; source frames are passed on as they came.

    Args:
        frames: In order of time.
        model: Makes the frames.
        timeline: When frames are shown and what of.
        cuts: The score, 0..1, above which a new shot begins between two frames; the nearer of them is then shown
            instead of a made frame. None makes frames across cuts.
        dedupe: Whether frames that repeat the one before give way to frames made between the first of them and the one
            that ends the run. Counts and times stay as they are.
        tally: Kept up to date where given.
        stopwatch: Kept up to date where given.
        span: The part that is made; then the frames are those of `span.frames`, as far as there are any, and what comes
            out is exactly what all frames of the source would give there.

    Holds one made frame, the source frames that `look_ahead` needs, and of a model that works ahead what it has begun.
    """
    steps = look_ahead(frames, cuts=cuts, dedupe=dedupe, stopwatch=stopwatch)
    if span is not None:
        before = span.first - span.frames(cuts, dedupe).start
        steps = islice(steps, before, before + span.stop - span.first)
    weaver = _Weaver(model, timeline, tally or Tally(), stopwatch or Stopwatch(), span)
    waiting: tuple[Instant, Picture] | None = None
    for shown in weaver.shown(steps):
        if waiting is not None:
            yield Frame(waiting[1], waiting[0].time, shown[0].time - waiting[0].time)
        waiting = shown
    if waiting is not None:
        end = weaver.duration() if span is None else span.end
        yield Frame(waiting[1], waiting[0].time, end - waiting[0].time)


class _Weaver:
    """Makes the output frames of one run of source frames after the other, converting each to float once.

    A run is a single source frame, or one with its repeats.
    """

    def __init__(
        self, model: Interpolator, timeline: Timeline, tally: Tally, stopwatch: Stopwatch, span: Span | None
    ) -> None:
        self._model = model
        self._timeline = timeline
        self.tally = tally
        self._stopwatch = stopwatch
        self._span = span
        self._index = 0 if span is None else span.first  # of the run that comes next
        self._origin = self._end = Fraction(0) if span is None else span.origin
        self._ahead = 0  # frames
        self._converted: tuple[Frame, FloatPixels] | None = None

    def shown(self, steps: Iterable[Step]) -> Iterator[tuple[Instant, Picture]]:
        """What is shown when, in order; as many frames are begun before the first of them is waited for as help."""
        begun: deque[tuple[Instant, _Shown]] = deque()
        unmade = 0
        for instant, shown in self._weave(steps):
            begun.append((instant, shown))
            unmade += isinstance(shown, Iterator)
            enough = unmade > self._ahead or len(begun) > 2 * (self._ahead + 1)  # not many pictures behind a made one
            while begun and (enough or not isinstance(begun[0][1], Iterator)):
                unmade -= isinstance(begun[0][1], Iterator)
                enough = unmade > self._ahead
                yield self._finished(*begun.popleft())
        while begun:
            yield self._finished(*begun.popleft())

    def _finished(self, instant: Instant, shown: _Shown) -> tuple[Instant, Picture]:
        self.tally.written += 1
        if not isinstance(shown, Iterator):
            return instant, shown
        self.tally.made += 1
        return instant, ArrayPicture(next(shown))

    def _weave(self, steps: Iterable[Step]) -> Iterator[tuple[Instant, _Shown]]:
        """What is shown when, in order."""
        run: list[Step] = []
        for step in steps:
            if self._span is None and self._index == 0 and not run:
                self._origin = step.frame.time
            run.append(step)
            if step.ends_run:
                yield from self._run(run)
                run = []
        if run:  # the stream is a part of a longer one and ends within a run
            yield from self._run(run)

    def duration(self) -> Fraction:
        """How long the output is, once all frames are through."""
        return self._timeline.duration(self.tally.read, self._end - self._origin)

    def _run(self, run: list[Step]) -> Iterator[tuple[Instant, _Shown]]:
        """What is shown from when the first frame of a run is until the next run is."""
        self.tally.read += len(run)
        self.tally.held += sum(step.held for step in run)
        self.tally.damaged += sum(step.frame.damaged for step in run)
        instants = [i for number, step in enumerate(run, self._index) for i in self._instants(number, step)]
        self._index += len(run)
        yield from self._pictures(run[-1], instants)

    def _instants(self, index: int, step: Step) -> Iterator[Instant]:
        """What is shown from when a source frame is until the next one; moments are those of its run."""
        start, following = step.frame.time, step.following
        self._end = start + step.frame.duration if following is None else following.time
        interval = Interval(index, start, self._end, last=following is None)
        for instant in self._timeline.instants(interval, self._origin):
            yield _within_run(instant, interval, step)

    def _pictures(self, step: Step, instants: list[Instant]) -> Iterator[tuple[Instant, _Shown]]:
        """What each instant of the run shows that ends with that step."""
        first, last = step.first, step.last
        if last is None or not any(instant.moment for instant in instants):
            yield from ((instant, first.picture) for instant in instants)
            return
        _check_sizes(first, last)
        if step.cut:
            self.tally.cuts += 1
            yield from ((instant, (first if instant.moment <= _HALF else last).picture) for instant in instants)
            return
        with self._stopwatch.timing("convert"):
            ends = _alike(self._floats(first), self._floats(last))
        with self._stopwatch.timing("interpolate"):
            begun = self._made(*ends, instants, cascaded=step.alone)
        made = self._stopwatch.timed(begun, "interpolate")
        for instant in instants:
            yield instant, made if instant.moment else first.picture

    def _made(
        self, first: FloatPixels, last: FloatPixels, instants: list[Instant], *, cascaded: bool
    ) -> Iterator[FloatPixels]:
        """One image per moment; a run's moments are not those of a cascade, and are made directly."""
        if cascaded and isinstance(self._timeline, Insert) and len(self._timeline.counts) > 1:
            return cascade(self._model, first, last, self._timeline.counts)
        moments = [float(instant.moment) for instant in instants if instant.moment]
        if isinstance(self._model, WorksAhead):
            self._ahead = self._model.ahead((first.shape[0], first.shape[1]))
            return self._model.begin(first, last, moments)
        return self._model.between(first, last, moments)

    def _floats(self, frame: Frame) -> FloatPixels:
        if self._converted is None or self._converted[0] is not frame:
            self._converted = frame, frame.to_float()
        return self._converted[1]


def _within_run(instant: Instant, interval: Interval, step: Step) -> Instant:
    """The instant with its moment between the first frame of the run and the frame that ends it."""
    if step.alone or step.last is None:
        return instant
    shown = interval.start + instant.moment * (interval.end - interval.start)
    return Instant(instant.time, (shown - step.first.time) / (step.last.time - step.first.time))


def _check_sizes(first: Frame, last: Frame) -> None:
    if first.size != last.size:
        (height, width), (rows, columns) = first.size, last.size
        raise ShapeError(f"a frame is {columns}x{rows} after one of {width}x{height}; all frames must have one size")


def _alike(first: FloatPixels, last: FloatPixels) -> tuple[FloatPixels, FloatPixels]:
    """Give both images four channels where one of them has transparency."""
    channels = max(first.shape[2], last.shape[2])
    return _with_channels(first, channels), _with_channels(last, channels)


def _with_channels(image: FloatPixels, channels: int) -> FloatPixels:
    if image.shape[2] == channels:
        return image
    return np.concatenate([image, np.ones_like(image[..., :1])], axis=2)
