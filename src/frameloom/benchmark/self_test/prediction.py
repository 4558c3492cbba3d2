"""How well frames between the clip's own frames will be, from how well the clip's frames were restored.

What is left out of a clip lies between frames twice as far apart as those that a model will be given later, so its
score is pessimistic. By how much says the step before: restored from four times as far apart, frames are worse again.
docs/selftest.md has how this was fitted, on which clips, and how far it was off on others.
"""

from dataclasses import dataclass

from frameloom.results.self_test import Prediction


@dataclass(frozen=True, slots=True)
class Law:
    """Score = near + offset + slope * (near - wider), and how far it was off."""

    offset: float
    slope: float
    below: float
    above: float
    """Nine of ten scores were from so much below to so much above it."""

    def predict(self, near: float, wider: float) -> Prediction:
        """The score at the clip's own rate.

        Args:
            near: Mean score of frames restored from their neighbours.
            wider: Mean score of the same frames restored from two steps away.
        """
        value = near + self.offset + self.slope * (near - wider)
        return Prediction(value=value, low=value - self.below, high=value + self.above)


LAWS = {"psnr": Law(offset=1.9, slope=0.51, below=2.3, above=2.3)}
"""Metric -> its law; others were not validated."""
