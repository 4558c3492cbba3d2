"""Seams across a picture: a row that differs from the next one more than the rows around it do, across much of it.

What neither neighbour has anywhere near is where one part of a frame does not belong to the other. docs/inspect.md has
the measurements.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.similarity.looks import Look

_GAP = 2  # rows to what a seam is compared with: where the picture was reduced it covers two
_NEAR = 4  # rows within which a neighbour's seam is the same one
_MARGIN = 0.10  # of the height, above and below: there is too little beyond a seam to confirm a tear
_CLEAR = 0.5  # of what rows usually differ by there: a segment of a row with more is part of the seam
_MOST = 4.0  # and no segment counts for more
_REACH = 24  # pixels that a part may have been shifted by
_BAND = 32  # rows beside the seam that are matched
_SMALLEST = 64  # pixels of width and height, below which no shift of that reach can be looked for
_APART = 2  # pixels by which the two sides are shifted differently at least
_NOISE = 2.0  # squared levels that say nothing
FAINTEST_SEAM = 0.10


@dataclass(frozen=True, slots=True)
class Seam:
    """The clearest seam of a frame."""

    row: float
    """Where the part below it begins, as a share of the height."""
    coverage: float
    """The share of the width that it covers."""
    explained: float
    """How much more of one side's difference from the neighbours than of the other's a shift explains, 0..1."""
    below: bool
    """Whether that is the lower side."""


def seam(previous: Look, this: Look, following: Look) -> Seam | None:
    """Look for a seam in the middle one of three consecutive frames."""
    height = this.luma.shape[0]
    if min(this.luma.shape) < _SMALLEST:
        return None
    excess = _excess(previous.edges, this.edges, following.edges)
    seams = excess.mean(axis=1)
    row = int(seams.argmax())  # the last row above the seam
    if float(seams[row]) < FAINTEST_SEAM or not _MARGIN * height < row < (1 - _MARGIN) * height:
        return None
    explained, below = _shift(previous.luma, this.luma, following.luma, row)
    return Seam((row + 1) / height, float((excess[row] > _CLEAR).mean()), explained, below)


def _bands(height: int, row: int) -> tuple[slice, slice]:
    """The rows above and below a seam that are matched."""
    band = min(_BAND, height // 6)
    return slice(max(0, row - band), row - 1), slice(row + 3, row + 3 + band)


def _excess(
    previous: NDArray[np.float32], this: NDArray[np.float32], following: NDArray[np.float32]
) -> NDArray[np.float32]:
    """By how much each segment of each row is a seam, over what is usual there, 0..4; `(height - 1, 16)`."""
    neighbours = np.maximum(_near(_seams(previous)), _near(_seams(following)))
    excess = _seams(this) - np.maximum(neighbours, 0)
    excess[:_NEAR], excess[-_NEAR:] = 0, 0
    usual = np.median(this, axis=0) + 1
    return np.clip(excess / usual, 0, _MOST).astype(np.float32)


def _seams(edges: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much more a row differs from the next than the rows a little above and below do."""
    above = np.concatenate((edges[:1].repeat(_GAP, 0), edges[:-_GAP]))
    below = np.concatenate((edges[_GAP:], edges[-1:].repeat(_GAP, 0)))
    return edges - np.maximum(above, below)


def _near(seams: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.dilate(seams, np.ones((2 * _NEAR + 1, 1), np.uint8)), np.float32)


def _shift(
    previous: NDArray[np.uint8], this: NDArray[np.uint8], following: NDArray[np.uint8], row: int
) -> tuple[float, bool]:
    """How much more of one side than of the other a shift explains, 0..1; whether that is the lower side."""
    middle = (previous.astype(np.float32) + following.astype(np.float32)) / np.float32(2)
    (upper, upper_shift), (lower, lower_shift) = (
        _matched(middle[rows], this[rows].astype(np.float32)) for rows in _bands(this.shape[0], row)
    )
    apart = abs(upper_shift - lower_shift) >= _APART
    return abs(lower - upper) if apart else 0.0, lower > upper


def _matched(middle: NDArray[np.float32], band: NDArray[np.float32]) -> tuple[float, int]:
    """The share of a band's difference from the neighbours' middle that the best shift takes away, and that shift."""
    core = np.ascontiguousarray(band[:, _REACH:-_REACH])
    squares = cv2.matchTemplate(middle, core, cv2.TM_SQDIFF)[0] / core.size + _NOISE
    best = int(squares.argmin())
    return float(1 - squares[best] / squares[_REACH]), _REACH - best
