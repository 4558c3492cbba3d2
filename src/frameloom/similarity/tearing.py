"""Frames that are torn: above or below some row lies a part of a neighbouring frame, or the frame itself, shifted.

A tear leaves a seam: a row that differs from the next one more than the rows around it do, across much of the width,
and that neither neighbour has anywhere near. What confirms it is that one side of the seam, alone, lies beside where
the middle of the neighbours has it, or is one neighbour while the other side moves on. docs/inspect.md has the
measurements.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.similarity.looks import Look

_GAP = 2  # rows to what a seam is compared with: where the picture was reduced it covers two
_NEAR = 4  # rows within which a neighbour's seam is the same one
# Of the height, above and below: there is too little beyond a seam to confirm a tear. 0.06 gives 6 alarms in 3,495
# untouched frames of the tuning half, 0.10 two.
_MARGIN = 0.10
_CLEAR = 0.5  # of what rows usually differ by there: a segment of a row with more is part of the seam
_MOST = 4.0  # and no segment counts for more
_REACH = 24  # pixels that a part may have been shifted by
_BAND = 32  # rows beside the seam that are matched
_SMALLEST = 64  # pixels of width and height, below which no shift of that reach can be looked for
_APART = 2  # pixels by which the two sides are shifted differently at least
_NOISE = 2.0  # squared levels that say nothing

# Limits: of coverage plus half of what the shift explains; of the seam and the repeat that confirm each other. With
# them 20 of 24 parts shifted by 8 pixels are found in the tuning half, and 14 of 19 parts of a neighbour.
SHIFTED = 0.47
FAINTEST_SEAM, REPEATED = 0.10, 3.2


@dataclass(frozen=True, slots=True)
class Tear:
    """The likeliest tear of a frame."""

    strength: float
    """1 at the limit."""
    row: float
    """Where the lower part begins, as a share of the height."""
    below: bool
    """Whether the torn side is the lower one."""
    shift: int
    """How far it lies to the right of its place, in pixels of the reduced frame."""
    explained: float
    """How much of the torn side's difference from its neighbours that shift explains, 0..1."""
    neighbour: str
    """The frame that the torn side belongs to: "previous" or "next"; "" where it is this one, shifted."""


NO_TEAR = Tear(0.0, 0.0, False, 0, 0.0, "")


def tear(previous: Look, this: Look, following: Look) -> Tear:
    """Look for a tear in the middle one of three consecutive frames."""
    height = this.luma.shape[0]
    if min(this.luma.shape) < _SMALLEST:
        return NO_TEAR
    excess = _excess(previous.edges, this.edges, following.edges)
    seams = excess.mean(axis=1)
    row = int(seams.argmax())  # the last row above the seam
    seam, coverage = float(seams[row]), float((excess[row] > _CLEAR).mean())
    if seam < FAINTEST_SEAM or not _MARGIN * height < row < (1 - _MARGIN) * height:
        return NO_TEAR
    place = (row + 1) / height
    explained, below = _shift(previous.luma, this.luma, following.luma, row)
    by_shift = (coverage + explained / 2) / SHIFTED
    one_sided, neighbour, of_neighbour = _repeated(previous.luma, this.luma, following.luma, row)
    by_repeat = min(one_sided / REPEATED, seam / FAINTEST_SEAM)
    if by_repeat > by_shift:
        return Tear(by_repeat, place, of_neighbour == "below", 0, 0.0, neighbour)
    if by_shift < 1:
        return Tear(by_shift, place, below, 0, 0.0, "")
    rows = _bands(this.luma.shape[0], row)[below]
    pairs = [_matched(other.luma[rows].astype(np.float32), this.luma[rows].astype(np.float32))
             for other in (previous, following)]  # fmt: skip
    # from the previous frame it has also moved, and to the next it will as much: that cancels out
    return Tear(by_shift, place, below, round(sum(shift for _, shift in pairs) / 2), min(pairs)[0], "")


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


def _repeated(
    previous: NDArray[np.uint8], this: NDArray[np.uint8], following: NDArray[np.uint8], row: int
) -> tuple[float, str, str]:
    """How one-sidedly one side is like one neighbour and unlike the other, while the other side is like both.

    Also which neighbour that is, and whether it is the side above or below.
    """
    before, after = (cv2.absdiff(this, other).mean(axis=1) for other in (previous, following))
    above, below = slice(0, row - 1), slice(row + 4, None)
    found = (0.0, "", "")
    for side, torn, rest in (("above", above, below), ("below", below, above)):
        to_previous, to_next = float(before[torn].mean()), float(after[torn].mean())
        calm, lively = sorted((float(before[rest].mean()), float(after[rest].mean())))
        one_sided = abs(to_previous - to_next) / (min(to_previous, to_next) + 1) * calm / max(lively, 0.1)
        found = max(found, (one_sided, "previous" if to_previous < to_next else "next", side))
    return found
