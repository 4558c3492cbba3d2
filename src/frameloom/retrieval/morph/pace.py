"""When a film shows which picture of its path, and when what lies between two."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from frameloom.errors import InputError, RangeError

_LONGEST = 24 * 3600  # seconds
_SECONDS, _MOST_FRAMES = 4, 240  # of a segment


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """Pictures one after another at an even rate, each held, with made frames between them.

    Raises:
        RangeError: a value outside what is allowed.
        InputError: a film that shows one picture.
    """

    rate: Fraction
    """Frames per second."""
    seconds: Fraction
    """How long the film is to last; it is made of whole frames."""
    hold: int = 1
    """Frames that show each picture."""
    between: int = 0
    """Frames made between every two pictures."""

    def __post_init__(self) -> None:
        if self.hold < 1:
            raise RangeError(f"hold is {self.hold}; it must be a whole number from 1 up")
        if self.between < 0:
            raise RangeError(f"between is {self.between}; it must be a whole number from 0 up")
        if not 0 < self.seconds <= _LONGEST:
            raise RangeError(f"duration is {float(self.seconds):g}; give seconds above 0, at most {_LONGEST}")
        if self.pictures < 2:
            raise InputError(
                f"{float(self.seconds):g} s at {float(self.rate):g} frames a second show one picture, and a morph goes "
                "from picture to picture; give a longer --duration"
            )

    @property
    def count(self) -> int:
        """Frames of the film."""
        return max(1, round(self.seconds * self.rate))

    @property
    def duration(self) -> Fraction:
        """Seconds of the film."""
        return self.count / self.rate

    @property
    def pictures(self) -> int:
        """Pictures that it takes."""
        return ceil(Fraction(self.count + self.between, self.hold + self.between))

    def shown(self, number: int) -> tuple[int, int]:
        """The picture of a frame by its place in the path, and 0; or k for the k-th frame made behind that picture."""
        place, step = divmod(number, self.hold + self.between)
        return place, max(0, step - self.hold + 1)

    def moment(self, step: int) -> float:
        """How far a made frame is from its picture to the next."""
        return float(Fraction(step, self.between + 1))

    @property
    def length(self) -> int:
        """Frames of a segment."""
        return min(_MOST_FRAMES, max(1, ceil(_SECONDS * self.rate)))

    @property
    def segments(self) -> int:
        """How many there are."""
        return -(-self.count // self.length)

    def frames(self, segment: int) -> range:
        """The frames of a segment."""
        return range(segment * self.length, min(self.count, (segment + 1) * self.length))

    def time_of(self, place: int) -> Fraction:
        """When a picture of the path is shown, in seconds."""
        return place * (self.hold + self.between) / self.rate


def there_and_back(path: list[int], count: int) -> list[int]:
    """So many pictures: along the path, and where it is too short back again the way it came."""
    turn = len(path) - 1
    return [path[turn - abs(turn - place % (2 * turn))] for place in range(count)]
