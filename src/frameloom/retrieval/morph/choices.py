"""The words that options take, apart from what they mean: signatures need them before anything heavy is imported."""

from typing import Literal

Grade = Literal["histogram", "reinhard", "lut"]
"""How colours follow those of the picture before: the spread of each channel in 256 steps, mean and deviation in Lab,
or the spread of each channel in 64 steps."""
