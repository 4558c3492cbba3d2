"""What a user asks of time, turned into a timeline; the table "Time" of the documentation."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from frameloom.errors import InputError, RangeError
from frameloom.media.reading.source import ImageSource, SourceInfo
from frameloom.media.timeline import MAX_RATE, Insert, Multiply, Resample, Timeline, rate_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How many frames, and how fast. At most one of factor, slow and num; fps goes with slow and num."""

    factor: int | None = None
    fps: str | float | Fraction | None = None
    slow: str | float | Fraction | None = None
    num: Sequence[int] | None = None

    def __post_init__(self) -> None:
        given = [f"--{name}" for name in ("factor", "slow", "num") if getattr(self, name) is not None]
        if len(given) > 1:
            raise InputError(f"{' and '.join(given)} contradict each other; give one of them")
        self._check_values()

    def _check_values(self) -> None:
        """Refuse impossible values before any input is opened."""
        rate = self.rate or ImageSource.DEFAULT_RATE
        if self.factor is not None:
            Multiply(self.factor)
        if self.num is not None:
            Insert(tuple(self.num), rate)
        if self.slow is not None:
            _ = self._slow_down

    @property
    def rate(self) -> Fraction | None:
        """Output frames per second, where given."""
        return None if self.fps is None else rate_of(self.fps)

    def timeline(self, info: SourceInfo) -> Timeline:
        """The timeline for a source.

        Raises:
            InputError: options that contradict each other for this source.
            RangeError: impossible values.
        """
        if info.frame_count == 1:
            return Multiply(1)  # nothing to put between: the frame is shown as long as it was
        return self._of_video(info) if info.has_time else self._of_images()

    def _of_images(self) -> Timeline:
        """Images have no time: fps is the playback rate, the others give the count."""
        rate = self.rate or ImageSource.DEFAULT_RATE
        if self.num is not None:
            return Insert(tuple(self.num), rate)
        count = self._slow_down if self.slow is not None else Fraction(2 if self.factor is None else self.factor)
        if count.denominator != 1:
            raise RangeError(f"slow is {self.slow}; images have no time, so it must be a whole number")
        return Multiply(int(count), stretch=int(count))

    def _of_video(self, info: SourceInfo) -> Timeline:
        if self.num is not None:
            return Insert(tuple(self.num), self.rate or info.rate)
        if self.slow is not None:
            return self._slowed(info)
        if self.rate is None:
            return self._multiplied(info)
        if self.factor is not None:
            raise InputError("--factor and --fps contradict each other for a video; give one of them")
        return Resample.of_source(self.rate, info.tick, info.rate)

    def _multiplied(self, info: SourceInfo) -> Timeline:
        factor = 2 if self.factor is None else self.factor
        fastest = max(MAX_RATE, 2 * info.rate)  # a source that is so fast itself is doubled all the same
        if factor * info.rate > fastest:
            raise RangeError(
                f"factor is {factor}, which makes {float(factor * info.rate):g} frames per second of "
                f"{float(info.rate):g}; give at most {int(fastest / info.rate)}"
            )
        return Multiply(factor)

    @property
    def _slow_down(self) -> Fraction:
        try:
            times = Fraction(str(self.slow))
        except (ValueError, ZeroDivisionError):
            raise RangeError(f"slow is '{self.slow}'; give a number such as 4 or 2.5") from None
        if not 1 <= times <= 1000:
            raise RangeError(f"slow is {self.slow}; it must be from 1 to 1000")
        return times

    def _slowed(self, info: SourceInfo) -> Timeline:
        times = self._slow_down
        if self.rate is None and times.denominator == 1:
            return Multiply(int(times), stretch=int(times))
        return Resample.of_source(self.rate or info.rate, info.tick, info.rate, stretch=times)
