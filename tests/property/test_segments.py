"""A video made in parts is the video made in one go."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from frameloom.frame import ArrayPicture, Frame
from frameloom.interpolation.plan import plan_of
from frameloom.interpolation.video import densify
from frameloom.media.reading.schedule import Schedule
from frameloom.media.timeline import Insert, Multiply, Resample, Timeline
from frameloom.models.interpolators.blend import Blend


@dataclass
class Info:
    frame_count: int
    start: Fraction
    duration: Fraction


class Source:
    """Frames at given times, each of one level."""

    def __init__(self, times: list[Fraction], end: Fraction) -> None:
        self._times = times
        self._end = end
        self.info = Info(len(times), times[0], end - times[0])

    def time_of(self, index: int) -> Fraction:
        return self._times[index]

    def frames(self, start: int = 0) -> Iterator[Frame]:
        ends = [*self._times[1:], self._end]
        for index in range(start, len(self._times)):
            pixels = np.full((2, 2, 3), index / 256, np.float32)
            yield Frame(ArrayPicture(pixels), self._times[index], ends[index] - self._times[index])


steps = st.lists(st.integers(1, 30), min_size=1, max_size=60)
timelines = st.one_of(
    st.builds(Multiply, st.integers(1, 5), st.integers(1, 3)),
    st.builds(Resample, st.fractions(Fraction(1, 2), 90, max_denominator=20), st.fractions(1, 4, max_denominator=8)),
    st.builds(Insert, st.tuples(st.integers(0, 3), st.integers(0, 2)), st.just(Fraction(25))),
)


@settings(deadline=None, max_examples=150)
@given(steps, timelines, st.integers(-5, 5))
def test_segments_give_what_the_whole_gives(steps: list[int], timeline: Timeline, start: int) -> None:
    times = [Fraction(start) + Fraction(sum(steps[:index]), 20) for index in range(len(steps) + 1)]
    source: Any = Source(times[:-1], times[-1])
    whole = list(densify(source.frames(), Blend(), timeline))
    schedule = Schedule(source, timeline)
    plan = plan_of(schedule)
    assert plan.count == len(whole)
    parts = []
    for segment in plan.segments:
        assert segment.before == len(parts)
        span = segment.span
        made = list(densify(source.frames(span.frames(None, False).start), Blend(), timeline, span=span))
        assert len(made) == segment.count
        parts += made
    assert [(frame.time, frame.duration) for frame in parts] == [(frame.time, frame.duration) for frame in whole]
    assert all(np.array_equal(a.to_float(), b.to_float()) for a, b in zip(parts, whole, strict=True))
    shown = list(schedule.frames(iter(parts)))
    assert [(frame.time, frame.duration) for frame in shown] == [(frame.time, frame.duration) for frame in whole]
