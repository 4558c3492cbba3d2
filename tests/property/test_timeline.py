"""Where output frames lie, for any source clock and any wish."""

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from frameloom.frame import ArrayPicture, Frame
from frameloom.interpolation.video import densify
from frameloom.media.timeline import Insert, Instant, Interval, Multiply, Resample, Timeline, common_unit
from frameloom.models.interpolators.blend import Blend

MANY = settings(max_examples=300)
PIXEL = ArrayPicture(np.zeros((1, 1, 3), np.float32))
RATES = [
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(60000, 1001),
    Fraction(7, 3),
]
TICKS = [Fraction(1, 1000), Fraction(1, 90000), Fraction(1, 600), Fraction(1, 12800)]


@dataclass(frozen=True)
class Clock:
    """When the frames of a source are shown."""

    times: list[Fraction]
    end: Fraction
    tick: Fraction

    @property
    def duration(self) -> Fraction:
        return self.end - self.times[0]

    @property
    def rate(self) -> Fraction:
        return len(self.times) / self.duration


def intervals(clock: Clock) -> list[Interval]:
    ends = [*clock.times[1:], clock.end]
    lasts = [False] * (len(ends) - 1) + [True]
    return [Interval(*each) for each in zip(range(len(ends)), clock.times, ends, lasts, strict=True)]


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    """Even, uneven, shifted, one frame, two frames."""
    count = draw(st.sampled_from([1, 2, 3, 5, 12, 30]))
    start = draw(st.sampled_from([0, 0, 1, 77, 90001]))
    if draw(st.booleans()):
        rate = draw(st.sampled_from(RATES))
        tick = draw(st.sampled_from([1 / rate, 1 / rate / 512]))
        return Clock([start * tick + k / rate for k in range(count)], start * tick + count / rate, tick)
    tick = draw(st.sampled_from(TICKS))
    steps = draw(st.lists(st.integers(1, 9000), min_size=count, max_size=count))
    stamps = [start + sum(steps[:k]) for k in range(count + 1)]
    return Clock([stamp * tick for stamp in stamps[:-1]], stamps[-1] * tick, tick)


counts = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple)
multiplies = st.builds(Multiply, st.integers(1, 9), st.integers(1, 5))
inserts = st.builds(Insert, counts, st.sampled_from(RATES))


@st.composite
def resampled(draw: st.DrawFn) -> tuple[Clock, Timeline]:
    clock = draw(clocks())
    rate = draw(st.sampled_from([*RATES, Fraction(60), Fraction(10), Fraction(1, 2), Fraction(120000, 1001)]))
    stretch = draw(st.sampled_from([Fraction(1), Fraction(1), Fraction(5, 2), Fraction(4)]))
    assume(clock.duration * stretch * rate < 3000)
    return clock, Resample.of_source(rate, clock.tick, clock.rate, stretch=stretch)


plans = st.one_of(st.tuples(clocks(), multiplies), st.tuples(clocks(), inserts), resampled())


def instants_of(clock: Clock, timeline: Timeline) -> list[Instant]:
    return [instant for interval in intervals(clock) for instant in timeline.instants(interval, clock.times[0])]


def frames_of(clock: Clock, timeline: Timeline) -> list[Frame]:
    """What is shown when, once frames have gone through: one pixel is enough."""
    ends = [*clock.times[1:], clock.end]
    source = [Frame(PIXEL, time, end - time) for time, end in zip(clock.times, ends, strict=True)]
    return list(densify(source, Blend(), timeline))


@MANY
@given(plans)
def test_output_starts_at_zero_and_every_frame_lasts_until_the_next(plan: tuple[Clock, Timeline]) -> None:
    shown = frames_of(*plan)
    assert shown[0].time == 0
    for earlier, later in pairwise(shown):
        assert earlier.time + earlier.duration == later.time
    assert all(frame.duration > 0 for frame in shown)


@MANY
@given(plans)
def test_frames_fill_exactly_the_promised_duration(plan: tuple[Clock, Timeline]) -> None:
    clock, timeline = plan
    total = sum(frame.duration for frame in frames_of(clock, timeline))
    assert total == timeline.duration(len(clock.times), clock.duration)


@MANY
@given(plans)
def test_count_is_known_before_any_frame_is_made(plan: tuple[Clock, Timeline]) -> None:
    clock, timeline = plan
    assert len(instants_of(clock, timeline)) == timeline.count(len(clock.times), clock.duration)
    for interval in intervals(clock):
        there = len(list(timeline.instants(interval, clock.times[0])))
        assert timeline.count_within(interval, clock.times[0]) == there


@given(plans)
def test_moments_lie_from_zero_up_to_but_not_including_one(plan: tuple[Clock, Timeline]) -> None:
    assert all(0 <= instant.moment < 1 for instant in instants_of(*plan))


@MANY
@given(plans)
def test_times_and_durations_are_whole_units(plan: tuple[Clock, Timeline]) -> None:
    clock, timeline = plan
    source_tick = common_unit(clock.tick, 1 / clock.rate)
    for time in (*clock.times, clock.end):
        source_tick = common_unit(source_tick, time - clock.times[0]) if time != clock.times[0] else source_tick
    unit = timeline.unit(source_tick)
    assert unit > 0
    for frame in frames_of(clock, timeline):
        assert (frame.time / unit).denominator == 1
        assert (frame.duration / unit).denominator == 1


@given(clocks(), st.one_of(multiplies, inserts))
def test_multiply_and_insert_show_every_source_frame_once_and_when_it_is_due(clock: Clock, timeline: Timeline) -> None:
    for interval in intervals(clock):
        shown = list(timeline.instants(interval, clock.times[0]))
        assert shown[0].moment == 0
        if not interval.last:
            assert all(instant.moment > 0 for instant in shown[1:])
        if isinstance(timeline, Multiply):
            assert shown[0].time == (interval.start - clock.times[0]) * timeline.stretch


@given(clocks(), st.integers(1, 9))
def test_multiply_gives_n_times_the_frames_and_holds_the_last(clock: Clock, factor: int) -> None:
    shown = instants_of(clock, Multiply(factor))
    assert len(shown) == factor * len(clock.times)
    assert all(instant.moment == 0 for instant in shown[-factor:])
    if len(clock.times) > 1:
        assert [instant.moment for instant in shown[:factor]] == [Fraction(k, factor) for k in range(factor)]


@given(clocks(), counts, st.sampled_from(RATES))
def test_insert_puts_product_of_passes_between_every_two(clock: Clock, counts: tuple[int, ...], rate: Fraction) -> None:
    inserted = math.prod(count + 1 for count in counts) - 1
    shown = instants_of(clock, Insert(counts, rate))
    assert len(shown) == len(clock.times) + inserted * (len(clock.times) - 1)
    assert [instant.time for instant in shown] == [index / rate for index in range(len(shown))]
    if len(clock.times) > 1:
        assert [i.moment for i in shown[: inserted + 1]] == [Fraction(k, inserted + 1) for k in range(inserted + 1)]


@given(resampled())
def test_resample_shows_the_source_as_it_is_at_each_instant(plan: tuple[Clock, Resample]) -> None:
    clock, timeline = plan
    shown = instants_of(clock, timeline)
    assert [instant.time for instant in shown] == [k / timeline.rate for k in range(len(shown))]
    for interval in intervals(clock):
        for instant in timeline.instants(interval, clock.times[0]):
            at = instant.time / timeline.stretch + clock.times[0]  # on the source's clock
            shown_at = interval.start + instant.moment * (interval.end - interval.start)
            if instant.moment or not interval.last:
                assert abs(shown_at - at) <= clock.tick / 2
            else:
                assert at >= interval.start - clock.tick / 2


@pytest.mark.parametrize("rate", ["24000/1001", "30000/1001"])
def test_doubling_ntsc_with_a_millisecond_clock_keeps_every_source_frame(rate: str) -> None:
    """Stamps of .mkv are rounded to milliseconds: frame k of 29.97 is at 33, 67, 100 ..., off the grid."""
    source = Fraction(rate)
    tick = Fraction(1, 1000)
    times = [round(k / source / tick) * tick for k in range(200)]
    clock = Clock(times, times[-1] + round(1 / source / tick) * tick, tick)
    timeline = Resample.of_source(source * 2, tick, source)
    kept = [
        instant
        for interval in intervals(clock)
        for instant in timeline.instants(interval, clock.times[0])
        if instant.moment == 0 and instant.time == interval.index / source
    ]
    assert len(kept) == 200


def test_resampling_to_the_same_rate_changes_nothing() -> None:
    clock = Clock([Fraction(k, 25) for k in range(20)], Fraction(20, 25), Fraction(1, 12800))
    shown = instants_of(clock, Resample.of_source(Fraction(25), clock.tick, Fraction(25)))
    assert [instant.moment for instant in shown] == [0] * 20
    assert [instant.time for instant in shown] == clock.times


def test_24_to_60_shows_the_moments_of_pulldown() -> None:
    clock = Clock([Fraction(k, 24) for k in range(3)], Fraction(3, 24), Fraction(1, 24))
    shown = instants_of(clock, Resample.of_source(Fraction(60), clock.tick, Fraction(24)))
    expected = [Fraction(0), Fraction(2, 5), Fraction(4, 5), Fraction(1, 5), Fraction(3, 5), 0, 0, 0]
    assert [instant.moment for instant in shown] == expected


def test_the_last_frame_is_cut_to_fit_also_when_it_shows_an_earlier_interval() -> None:
    """25 to 12 fps: nothing falls into the last source frame, and the file was 1/60 s too long."""
    clock = Clock([Fraction(k, 25) for k in range(10)], Fraction(10, 25), Fraction(1, 12800))
    shown = frames_of(clock, Resample.of_source(Fraction(12), clock.tick, Fraction(25)))
    assert [frame.duration for frame in shown] == [Fraction(1, 12)] * 4 + [Fraction(10, 25) - Fraction(4, 12)]


@given(
    st.fractions(min_value=Fraction(1, 10**6), max_value=10), st.fractions(min_value=Fraction(1, 10**6), max_value=10)
)
def test_common_unit_is_the_longest_that_divides_both(first: Fraction, second: Fraction) -> None:
    unit = common_unit(first, second)
    ratios = first / unit, second / unit
    assert all(ratio.denominator == 1 for ratio in ratios)
    assert math.gcd(*(ratio.numerator for ratio in ratios)) == 1
