"""How the times of a source's other streams become times of the output."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Retiming:
    """Output time = (source time - first picture) * stretch + shift, in seconds."""

    first_picture: Fraction
    """When the first picture is shown, on the source's clock."""
    stretch: Fraction = Fraction(1)
    """Output duration / source duration."""
    shift: Fraction = Fraction(0)
    """When the first picture is shown in the output."""

    @property
    def keeps_duration(self) -> bool:
        """Whether only the beginning moves."""
        return self.stretch == 1

    def time(self, seconds: Fraction) -> Fraction:
        """Output seconds of a time on the source's clock."""
        return (seconds - self.first_picture) * self.stretch + self.shift

    def ticks(self, stamp: int, tick: Fraction) -> int:
        """Output ticks of a source stamp; the beginning is rounded once, so that steps stay what they were."""
        offset = self.shift - self.first_picture * self.stretch
        return round(stamp * self.stretch) + round(offset / tick)
