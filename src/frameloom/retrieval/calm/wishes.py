"""How calm a collage is asked to be."""

from dataclasses import dataclass
from typing import Any

from frameloom.errors import RangeError

_MOST_COST = 1e6  # sums with larger ones would be rounded


@dataclass(frozen=True, kw_only=True, slots=True)
class Calmness:
    """How long a picture stays, and what a change costs.

    Raises:
        RangeError: a value outside what is allowed.
    """

    hold: int = 1
    """The least number of frames that a picture stays."""
    switch_cost: float = 0.0
    """What each change of the picture must gain, in sums of similarities over frames."""

    def __post_init__(self) -> None:
        if self.hold < 1:
            raise RangeError(f"hold is {self.hold}; it must be a whole number of frames from 1 up")
        if not 0 <= self.switch_cost <= _MOST_COST:  # NaN is not either
            raise RangeError(
                f"smooth is {self.switch_cost:g}; it must be a number from 0 to {_MOST_COST:g}, such as 0.05"
            )

    @property
    def asked(self) -> bool:
        """Whether anything is asked at all."""
        return self.hold > 1 or self.switch_cost > 0

    def settings(self) -> dict[str, Any]:
        """What the choice depends on, as JSON can hold it; what has no effect is None."""
        return {
            "hold": self.hold if self.hold > 1 else None,
            "smooth": self.switch_cost if self.switch_cost > 0 else None,
        }


ANY = Calmness()
"""Each frame by itself."""
