"""The clock of a video stream: when each picture is shown, and whether evenly."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

FALLBACK_RATE = Fraction(25)
_FINE_CLOCK = 8  # ticks per frame; a GIF's hundredths of a second are coarser, and what they say is meant
_STANDARD_RATES = tuple(
    Fraction(rate) for rate in ("24000/1001", 24, 25, "30000/1001", 30, 48, 50, "60000/1001", 60, 120)
)


@dataclass(frozen=True, slots=True)
class Clock:
    """Times of a stream, from one pass over its packets."""

    stamps: NDArray[np.int64]  # presentation times in ticks, ascending
    tick: Fraction
    rate: Fraction
    regular: bool
    last_duration: Fraction  # seconds

    @property
    def start(self) -> Fraction:
        """When the first picture is shown, in seconds."""
        return int(self.stamps[0]) * self.tick

    @property
    def end(self) -> Fraction:
        """When the last picture ends, in seconds."""
        return self.exact(int(self.stamps[-1]) * self.tick) + self.last_duration

    def time(self, index: int) -> Fraction:
        """When a picture is shown, in seconds."""
        return self.exact(int(self.stamps[index]) * self.tick)

    def duration(self, index: int) -> Fraction:
        """For how long a picture is shown, in seconds; always more than nothing."""
        following = self.time(index + 1) if index + 1 < len(self.stamps) else self.end
        lasting = following - self.time(index)
        return lasting if lasting > 0 else 1 / self.rate

    def exact(self, time: Fraction) -> Fraction:
        """Undo the rounding of the file's clock where the frames are evenly spaced."""
        if not self.regular:
            return time
        even = self.start + round((time - self.start) * self.rate) / self.rate
        return even if abs(even - time) <= self.tick else time


def clock_of(stamps: NDArray[np.int64], tick: Fraction, declared: list[Fraction], last_duration: Fraction) -> Clock:
    """Find out whether the stamps are an even rate, rounded to ticks, and at which."""
    for rate in (*map(_standardised, declared), *_STANDARD_RATES):
        if _is_even(stamps, tick, rate):
            if abs(last_duration - 1 / rate) <= tick:
                last_duration = 1 / rate
            return Clock(stamps, tick, rate, True, last_duration or 1 / rate)
    if len(stamps) > 1:
        rate = Fraction(len(stamps) - 1) / (int(stamps[-1] - stamps[0]) * tick)
    else:
        rate = 1 / last_duration if last_duration else (declared[0] if declared else FALLBACK_RATE)
    return Clock(stamps, tick, rate, False, last_duration or 1 / rate)


def _standardised(rate: Fraction) -> Fraction:
    """The standard rate that a declared one comes within a millionth of: files round 60000/1001 to 19001/317."""
    return next((standard for standard in _STANDARD_RATES if abs(rate / standard - 1) < Fraction(1, 10**6)), rate)


def _is_even(stamps: NDArray[np.int64], tick: Fraction, rate: Fraction) -> bool:
    """Whether frame k is shown at k / rate, up to the rounding of a clock that is much finer than the frames."""
    ticks_per_frame = 1 / float(rate * tick)
    even = stamps[0] + np.arange(len(stamps)) * ticks_per_frame
    allowed = 1.0 if ticks_per_frame >= _FINE_CLOCK else 1e-6
    return bool(len(stamps) > 1 and np.abs(stamps - even).max() <= allowed)
