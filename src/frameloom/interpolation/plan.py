"""What will be made, decided before any picture is: which source frames make which segment of the output.

A segment is a few seconds of output that can be made on its own, so it is the unit of resuming and of working side by
side. Its frames and its bytes do not depend on what else is made, or when.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from frameloom.frame import Frame
from frameloom.interpolation.timeline import Instant, Interval, Timeline
from frameloom.interpolation.video import Span
from frameloom.media.reading.source import FrameSource

_SECONDS = 4
_MOST_FRAMES = 240


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the output that is made on its own."""

    number: int
    span: Span
    before: int  # output frames before it
    count: int  # output frames in it


@dataclass(frozen=True, slots=True)
class Plan:
    """All segments of an output, in order."""

    segments: tuple[Segment, ...]
    count: int  # output frames
    duration: Fraction  # seconds of output


class Schedule:
    """When a source's frames are shown, known from its packets, and what a timeline makes of that."""

    def __init__(self, source: FrameSource, timeline: Timeline) -> None:
        self._source = source
        self._timeline = timeline
        self.count = source.info.frame_count
        self.origin = source.info.start
        self._end = source.info.start + source.info.duration
        self.duration = timeline.duration(self.count, source.info.duration)
        self.output_count = timeline.count(self.count, source.info.duration)

    def interval(self, index: int) -> Interval:
        """From when a source frame is shown until the next one is."""
        last = index == self.count - 1
        end = self._end if last else self._source.time_of(index + 1)
        return Interval(index, self._source.time_of(index), end, last)

    def instants(self, first: int, stop: int) -> Iterator[Instant]:
        """The output frames of source frames `first` up to `stop`."""
        for index in range(first, stop):
            yield from self._timeline.instants(self.interval(index), self.origin)

    def end_before(self, stop: int) -> Fraction:
        """When the last output frame before source frame `stop` ends: when the next one is shown."""
        following = next(self.instants(stop, self.count), None)
        return self.duration if following is None else following.time

    def frames(self, pictures: Iterator[Frame]) -> Iterator[Frame]:
        """Pictures of all output frames, in order, with their times."""
        instants = self.instants(0, self.count)
        instant = next(instants, None)
        for picture in pictures:
            assert instant is not None, "there are more pictures than output frames"
            following = next(instants, None)
            end = self.duration if following is None else following.time
            yield picture.shown(instant.time, end - instant.time)
            instant = following


def plan_of(schedule: Schedule) -> Plan:
    """Cut the source into spans of a few seconds of output each, at most so many frames."""
    step = _source_frames_per_segment(schedule, schedule.output_count)
    segments: list[Segment] = []
    before = 0
    for number, first in enumerate(range(0, schedule.count, step)):
        stop = min(first + step, schedule.count)
        count = sum(1 for _ in schedule.instants(first, stop))
        span = Span(first, stop, schedule.origin, schedule.end_before(stop))
        segments.append(Segment(number, span, before, count))
        before += count
    return Plan(tuple(segments), before, schedule.duration)


def _source_frames_per_segment(schedule: Schedule, total: int) -> int:
    per_second = total / schedule.duration if schedule.duration > 0 else Fraction(total)
    wanted = min(_SECONDS * per_second, Fraction(_MOST_FRAMES))
    made_of_one = Fraction(max(1, total), schedule.count)
    return max(1, ceil(wanted / made_of_one))
