"""When output frames are shown and what they show: pure functions over `Fraction` seconds.

A timeline is asked interval by interval, one per source frame: from when the frame is shown to when the next one is
(or, for the last, to its end). It answers with instants; moment 0 is the source frame itself, anything in (0, 1) is
made. Output times start at 0 with the first source frame.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from frameloom.errors import RangeError

MAX_RATE = Fraction(10_000)
MOST_BETWEEN = 100_000
"""Frames that are put between two; more is a slip of the hand, and their moments would fill the memory."""
# What people type for the rates of NTSC, none of which is a decimal number.
_NTSC = {
    Fraction(text): Fraction(thousands * 1000, 1001)
    for thousands, texts in {
        24: ("23.976", "23.98"), 30: ("29.97",), 48: ("47.952", "47.95"), 60: ("59.94",), 120: ("119.88",),
    }.items()
    for text in texts
}  # fmt: skip


def rate_of(value: str | float | Fraction) -> Fraction:
    """Frames per second as an exact number.

    Accepts 60, 24000/1001, 12.5; 23.976, 29.97, 47.952, 59.94 and 119.88 stand for the NTSC rates n*1000/1001.

    Raises:
        RangeError: not a number, not above 0, or above 10,000.
    """
    text = str(value).strip()
    if not re.fullmatch(r"\d+(\.\d+)?(/\d+)?", text):
        raise RangeError(f"'{value}' is not a frame rate; give a number such as 60 or 24000/1001")
    top, _, bottom = text.partition("/")
    if bottom and int(bottom) == 0:
        raise RangeError(f"'{value}' divides by zero; give a number such as 60 or 24000/1001")
    exact = Fraction(top) / int(bottom or 1)
    rate = _NTSC.get(exact, exact)
    if not 0 < rate <= MAX_RATE:
        raise RangeError(f"{value} frames per second is impossible; give a rate above 0 and up to {MAX_RATE}")
    return rate


@dataclass(frozen=True, slots=True)
class Interval:
    """A source frame's time: from when it is shown to when the next one is, on the source's clock."""

    index: int
    start: Fraction
    end: Fraction
    last: bool  # nothing follows: its end is the end of the video


@dataclass(frozen=True, slots=True)
class Instant:
    """One output frame; it is shown until the next one is."""

    time: Fraction  # seconds from the first output frame
    moment: Fraction  # [0, 1): 0 shows the interval's source frame


class Timeline(Protocol):
    """Where output frames lie; see the table "Time" in the documentation."""

    def instants(self, interval: Interval, origin: Fraction) -> Iterator[Instant]:
        """The output frames that belong to an interval; `origin` is when the first source frame is shown."""
        ...

    def count_within(self, interval: Interval, origin: Fraction) -> int:
        """How many `instants` there are, without going over them."""
        ...

    def count(self, frames: int, duration: Fraction) -> int:
        """How many output frames come of so many source frames lasting so long in all."""
        ...

    def duration(self, frames: int, duration: Fraction) -> Fraction:
        """How long the output is."""
        ...

    def unit(self, tick: Fraction) -> Fraction:
        """Seconds of which all output times are whole multiples, given that all source times are ones of `tick`."""
        ...


def _check_whole(value: int, name: str, least: int) -> None:
    if value < least or int(value) != value:
        raise RangeError(f"{name} is {value}; it must be a whole number from {least} up")


@dataclass(frozen=True, slots=True)
class Multiply:
    """`factor` output frames per source frame, evenly within its interval; `stretch` times longer.

    After the last source frame it is held, so n frames give n * factor.
    """

    factor: int
    stretch: int = 1

    def __post_init__(self) -> None:
        _check_whole(self.factor, "factor", 1)
        _check_whole(self.stretch, "stretch", 1)
        if self.factor > MOST_BETWEEN:
            raise RangeError(f"factor is {self.factor}; it must be at most {MOST_BETWEEN}")

    def instants(self, interval: Interval, origin: Fraction) -> Iterator[Instant]:
        """`factor` of them, evenly spaced."""
        step = (interval.end - interval.start) / self.factor
        for part in range(self.factor):
            moment = Fraction(0) if interval.last else Fraction(part, self.factor)
            time = interval.start - origin + part * step
            yield Instant(time * self.stretch, moment)

    def count_within(self, interval: Interval, origin: Fraction) -> int:
        """`factor`."""
        return self.factor

    def count(self, frames: int, duration: Fraction) -> int:
        """frames * factor."""
        return frames * self.factor

    def duration(self, frames: int, duration: Fraction) -> Fraction:
        """As long as the source, times the stretch."""
        return duration * self.stretch

    def unit(self, tick: Fraction) -> Fraction:
        """A source tick cut in `factor`."""
        return tick * self.stretch / self.factor


@dataclass(frozen=True, slots=True)
class Resample:
    """Output frames at an even rate, `stretch` times longer than the source.

    A source's times are rounded to its tick, so an instant within half a tick of a source frame shows that frame. A
    file whose tick is as long as a frame counts frames: its times are exact, and nothing is rounded.
    """

    rate: Fraction
    stretch: Fraction = Fraction(1)
    tolerance: Fraction = Fraction(0)  # seconds on the source's clock

    def __post_init__(self) -> None:
        if self.stretch <= 0:
            raise RangeError(f"stretch is {self.stretch}; it must be above 0")

    @classmethod
    def of_source(
        cls, rate: Fraction, tick: Fraction, source_rate: Fraction, *, stretch: Fraction = Fraction(1)
    ) -> "Resample":
        """The tolerance that suits a source's clock."""
        frame = 1 / source_rate
        tolerance = Fraction(0) if tick >= frame else min(tick / 2, frame / 8)
        return cls(rate, stretch, tolerance)

    def _first_index(self, boundary: Fraction) -> int:
        """The first output frame not before a boundary, given in source seconds from the origin."""
        return max(0, math.ceil((boundary - self.tolerance) * self.stretch * self.rate))

    def instants(self, interval: Interval, origin: Fraction) -> Iterator[Instant]:
        """The multiples of 1 / rate that fall into the interval."""
        start, end = interval.start - origin, interval.end - origin
        for index in range(self._first_index(start), self._stop(end, interval.last)):
            time = index / self.rate
            within = time / self.stretch - start
            held = interval.last or within <= self.tolerance
            yield Instant(time, Fraction(0) if held else within / (end - start))

    def count_within(self, interval: Interval, origin: Fraction) -> int:
        """From the first index in the interval up to that of the next."""
        return max(0, self._stop(interval.end - origin, interval.last) - self._first_index(interval.start - origin))

    def _stop(self, end: Fraction, last: bool) -> int:
        stop = self._first_index(end)
        return max(stop, 1) if last else stop

    def count(self, frames: int, duration: Fraction) -> int:
        """ceil(duration * stretch * rate), less a rounding of the source's clock."""
        return self._stop(duration, last=True)

    def duration(self, frames: int, duration: Fraction) -> Fraction:
        """As long as the source, times the stretch: the last frame is cut to fit."""
        return duration * self.stretch

    def unit(self, tick: Fraction) -> Fraction:
        """The greatest common measure of output frames and stretched source ticks (the end is one of those)."""
        return common_unit(1 / self.rate, tick * self.stretch)


@dataclass(frozen=True, slots=True)
class Insert:
    """A number of frames between every two, all played at an even rate: n frames give n + inserted * (n - 1).

    `counts` with several numbers is a cascade: each pass puts that many frames between all frames of the pass before.
    """

    counts: tuple[int, ...]
    rate: Fraction

    def __post_init__(self) -> None:
        if not self.counts:
            raise RangeError("num needs at least one number: how many frames to put between every two")
        for count in self.counts:
            _check_whole(count, "num", 0)
        check_between(self.counts)

    @property
    def inserted(self) -> int:
        """Frames between two source frames, all passes together."""
        return passes_total(self.counts)

    def instants(self, interval: Interval, origin: Fraction) -> Iterator[Instant]:
        """The source frame and, unless it is the last, what is inserted after it."""
        parts = self.inserted + 1
        for part in range(1 if interval.last else parts):
            time = (interval.index * parts + part) / self.rate
            yield Instant(time, Fraction(part, parts))

    def count_within(self, interval: Interval, origin: Fraction) -> int:
        """The source frame and what is inserted after it."""
        return 1 if interval.last else self.inserted + 1

    def count(self, frames: int, duration: Fraction) -> int:
        """frames + inserted * (frames - 1)."""
        return frames + self.inserted * (frames - 1)

    def duration(self, frames: int, duration: Fraction) -> Fraction:
        """count / rate."""
        return self.count(frames, duration) / self.rate

    def unit(self, tick: Fraction) -> Fraction:
        """One output frame."""
        return 1 / self.rate


def passes_total(counts: Sequence[int]) -> int:
    """How many images passes put between two: pass i puts `counts[i]` between every two of the pass before."""
    return math.prod(count + 1 for count in counts) - 1


def check_between(counts: Sequence[int]) -> None:
    """Refuse passes that put more than `MOST_BETWEEN` between two.

    Raises:
        RangeError: they do.
    """
    if passes_total(counts) > MOST_BETWEEN:
        which = f", which is {passes_total(counts)}" if len(counts) > 1 else ""
        raise RangeError(f"num is {' '.join(map(str, counts))}{which}; at most {MOST_BETWEEN} are put between two")


def common_unit(first: Fraction, second: Fraction) -> Fraction:
    """The longest time of which both are whole multiples."""
    return Fraction(
        math.gcd(first.numerator * second.denominator, second.numerator * first.denominator),
        first.denominator * second.denominator,
    )
