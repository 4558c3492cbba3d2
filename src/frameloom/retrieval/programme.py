"""Which frames of a video are replaced, and when what stands in for them is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import groupby

from frameloom.media.reading.schedule import Schedule, nominal_rate, output_unit
from frameloom.media.reading.source import FrameSource
from frameloom.media.timeline import Instant, Multiply, Resample, Timeline, common_unit


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame of the output."""

    number: int
    source: int
    """The frame of the source that it stands for."""
    time: Fraction
    """Seconds from the first frame."""
    duration: Fraction
    """Seconds."""


class Programme:
    """Every frame at its own time; or at an even rate what is on the screen then. The duration stays what it is."""

    def __init__(self, source: FrameSource, *, rate: Fraction | None = None, seconds: Fraction | None = None) -> None:
        """Plan.

        Args:
            source: The video.
            rate: Frames per second of the output; None: each frame at its own time.
            seconds: How much of the video is used, from its beginning; None: all.
        """
        info = source.info
        resampled = rate is not None and info.has_time
        self._timeline: Timeline = Multiply(1)
        if rate is not None and resampled:
            self._timeline = Resample.of_source(rate, info.tick, info.rate)
        self._info = info
        self._schedule = Schedule(source, self._timeline)
        whole = self._schedule.duration
        self.duration = whole if seconds is None else min(whole, seconds)
        """Seconds of output."""
        self.whole = self.duration == whole
        """Whether it goes to the end of the video."""

    @property
    def rate(self) -> Fraction:
        """Nominal frames per second."""
        return nominal_rate(self._timeline, self._info)

    @property
    def unit(self) -> Fraction:
        """Seconds of which all times are whole multiples."""
        unit = output_unit(self._timeline, self._info)
        return unit if self.whole else common_unit(unit, self.duration)

    @cached_property
    def count(self) -> int:
        """How many frames the output has."""
        return sum(1 for _ in self._instants())

    def shown(self, first: int = 0) -> Iterator[Shown]:
        """The frames of the output, from that one on."""
        instants = self._instants()
        current = next(instants, None)
        number = 0
        while current is not None:
            following = next(instants, None)
            end = self.duration if following is None else following[1].time
            index, instant = current
            if number >= first:
                yield Shown(number, index, instant.time, end - instant.time)
            current = following
            number += 1

    def sources(self) -> Iterator[int]:
        """The frames of the source that stand for any frame of the output, in order."""
        for index, _ in groupby(self._instants(), lambda item: item[0]):
            yield index

    def _instants(self) -> Iterator[tuple[int, Instant]]:
        for index in range(self._schedule.count):
            for instant in self._schedule.instants(index, index + 1):
                if instant.time >= self.duration:
                    return
                yield index, instant
