"""Which frames repeat the one before: animation on twos and threes, pull-down, and frames shown twice.

A repeat differs from its original by what the codec adds: on average over 16 x 16 pixels by a few levels, wherever one
looks. But so does a slow pan, or a still scene. What tells them apart is that repeats end: a run of them is short, and
the frame that ends it changes much more. Limits were set on twos, threes and pull-down made of real clips and encoded
at three qualities, and on slow pans; docs/cuts.md has the measurements.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LONGEST_RUN = 6  # frames, a quarter of a second of film: what stands longer than that was meant to stand
_BLOCK = 16  # pixels
_REPEAT = 5.0  # 8-bit levels by which a block of a repeat may differ
_STRONGER = 3.0  # so many times stronger is the change that ends a run, in its strongest block
_WIDER = 1.5  # and on average over the picture


@dataclass(frozen=True, slots=True)
class Change:
    """By how much a frame differs from the one before, in 8-bit levels."""

    strongest: float  # mean of the block that differs most
    mean: float

    @property
    def repeats(self) -> bool:
        """Whether the frame may be a repeat."""
        return self.strongest <= _REPEAT


def change_between(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Change:
    """Compare two grey pictures `(height, width)`; all is different if their sizes are."""
    if first.shape != second.shape:
        return Change(math.inf, math.inf)
    difference = cv2.absdiff(first, second)
    blocks = cv2.boxFilter(difference, cv2.CV_32F, (_BLOCK, _BLOCK), borderType=cv2.BORDER_REFLECT)
    return Change(float(blocks.max()), float(difference.mean()))


def stands_out(ending: Change, repeats: Sequence[Change]) -> bool:
    """Whether the change that ends a run of repeats is of another kind than those within it."""
    return ending.strongest >= _STRONGER * max(change.strongest for change in repeats) and ending.mean >= _WIDER * max(
        change.mean for change in repeats
    )
