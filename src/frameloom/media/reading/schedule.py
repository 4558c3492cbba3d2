"""When a source's frames are shown, and what a timeline makes of that."""

from collections.abc import Iterator
from fractions import Fraction

from frameloom.frame import Frame
from frameloom.media.reading.source import FrameSource, SourceInfo
from frameloom.media.timeline import Insert, Instant, Interval, Multiply, Resample, Timeline, common_unit


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

    def count_within(self, first: int, stop: int) -> int:
        """How many `instants` there are, without going over them."""
        return sum(self._timeline.count_within(self.interval(index), self.origin) for index in range(first, stop))

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


def nominal_rate(timeline: Timeline, info: SourceInfo) -> Fraction:
    """Output frames per second, for the header of the file."""
    if isinstance(timeline, Multiply):
        return info.rate * timeline.factor / timeline.stretch
    assert isinstance(timeline, (Resample, Insert))
    return timeline.rate


def output_unit(timeline: Timeline, info: SourceInfo) -> Fraction:
    """Seconds of which all output times are whole multiples."""
    tick = common_unit(info.tick, 1 / info.rate) if info.regular else info.tick
    return timeline.unit(tick)
