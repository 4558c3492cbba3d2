"""Whether a new shot begins between two consecutive frames.

All is seen on thumbnails. Two of them are as *dissimilar* as two things together say: how much of what varies within
the blocks of each is explained by no block around that place in the other, whatever their brightness and contrast, and
how far their colours differ. The first alone happens in very fast motion, the second alone in flashes and fades.

A cut is where nothing shortly before resembles anything shortly after, while what is before, or what is after,
resembles itself:

- the pairs that lie across it, up to four frames apart, are all dissimilar: after a flash the frame before it is back;
- the frames on its calmer side change much less from one to the next: in a whip pan, a fade, a dissolve, or a scene
  that moves too fast to be matched, the neighbouring steps are as dissimilar as the one in question;
- or both sides change far less than the step, so that less dissimilarity will do: other people before the same wall.

The score of a step is the least dissimilarity across it, less the greatest on its calmer side; or, if that is more, the
root of what is left of the least when twice the greatest on either side is taken away. docs/cuts.md has the
measurements.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError
from frameloom.features.thumbnails import THUMBNAIL, thumbnail
from frameloom.frame import ArrayPicture, FloatPixels

AUTO = 0.28  # of the scores 0..1
BEFORE = 3  # frames before the two of a step that its score depends on
AFTER = 3  # and after them
_UNSEEN = 0.1  # how much a shot changes from frame to frame where that is not seen
_SPAN = 4  # frames that pairs across a step are apart at most
_OUTDONE = 2  # how many times a step must outdo every one around it, where it says less than cuts to other scenes do
_HELD = 0.003  # as much as encoding changes in a repeated frame (crf 18 to 30)

_BLOCK = 9  # pixels of the thumbnail; 7 x 4 blocks
_REACH = (16, 6)  # pixels that a block may have moved across and down: a whip pan goes a quarter of the width per frame
_NOISE = 4.0  # variance, in squared 8-bit levels, that says nothing
_COLOUR_BINS = 6


def threshold_of(cuts: str | float) -> float | None:
    """The score above which a step is a cut, of what a user gives: auto, off (None), or the score itself.

    Raises:
        InputError: none of these.
    """
    if cuts == "auto":
        return AUTO
    if cuts == "off":
        return None
    if isinstance(cuts, str) or not 0 <= cuts <= 1:
        raise InputError(f"cuts is '{cuts}'; give auto, off, or the score from 0 to 1 above which it is a cut")
    return float(cuts)


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """What comparing a thumbnail with others needs, worked out once."""

    luma: NDArray[np.float32]  # (36, 64)
    around: NDArray[np.float32]  # luma with mirrored edges, as wide as blocks may move
    spread: NDArray[np.float32]  # squared deviation from their mean within the blocks that begin at each place
    colours: NDArray[np.float32]  # histogram, sums to 1


def sketch(pixels: NDArray[np.uint8]) -> Sketch:
    """The sketch of a thumbnail `(36, 64, 3)`, RGB."""
    luma = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)
    across, down = _REACH
    around = np.asarray(cv2.copyMakeBorder(luma, down, down, across, across, cv2.BORDER_REFLECT_101), np.float32)
    size, begins = (_BLOCK, _BLOCK), slice(_BLOCK // 2, -(_BLOCK // 2))
    sums = cv2.boxFilter(around, -1, size, normalize=False)[begins, begins]
    squares = cv2.sqrBoxFilter(around, -1, size, normalize=False)[begins, begins]
    return Sketch(luma, around, np.maximum(squares - sums * sums / _BLOCK**2, _BLOCK**2), _colours(pixels))


def _colours(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    counts = cv2.calcHist([pixels], [0, 1, 2], None, [_COLOUR_BINS] * 3, [0, 256] * 3)
    # neighbouring shades of blue and green count as alike, so that a small shift of tone changes little
    softened = cv2.GaussianBlur(counts.reshape(_COLOUR_BINS, -1), (0, 0), 0.5)
    return (softened / softened.sum()).astype(np.float32)


def dissimilarity(first: Sketch, second: Sketch) -> float:
    """How little two frames have to do with each other, 0..1: the geometric mean of both measures."""
    colours = 0.5 * float(np.abs(first.colours - second.colours).sum())
    if colours == 0:
        return 0.0
    unexplained = (_unexplained(first, second) + _unexplained(second, first)) / 2
    return math.sqrt(unexplained * colours)


def _unexplained(source: Sketch, target: Sketch) -> float:
    """The share of the target's variation within blocks that no block near it in the source explains, 0..1."""
    across, down = 2 * _REACH[0], 2 * _REACH[1]
    width, height = THUMBNAIL
    variation = rest = 0.0
    blocks = 0
    for top in range(0, height - _BLOCK + 1, _BLOCK):
        for left in range(0, width - _BLOCK + 1, _BLOCK):
            block = target.luma[top : top + _BLOCK, left : left + _BLOCK]
            window = source.around[top : top + _BLOCK + down, left : left + _BLOCK + across]
            spread = source.spread[top : top + down + 1, left : left + across + 1]
            own = float(np.square(block - block.mean()).sum())
            variation += own
            rest += max(0.0, own - _best_explained(window, spread, block))
            blocks += 1
    return rest / (variation + _NOISE * _BLOCK * _BLOCK * blocks)


def _best_explained(window: NDArray[np.float32], spread: NDArray[np.float32], block: NDArray[np.float32]) -> float:
    """Squares of the block that the best place in the window explains, by gain and offset."""
    together = cv2.matchTemplate(window, block, cv2.TM_CCOEFF)  # (places down, places across)
    return float(np.where(together > 0, together * together / spread, 0).max())


def is_cut_at(step: int, sketches: Sequence[Sketch], changes: Sequence[float], threshold: float) -> bool:
    """Whether the score of the step from `sketches[step]` to the next is above the threshold.

    Args:
        step: Index of the frame before.
        sketches: Consecutive frames, from BEFORE before the two to AFTER after them where the stream has so many.
        changes: Dissimilarity of each frame to the next.
        threshold: 0..1.
    """
    least = _needed(changes[max(0, step - BEFORE) : step], changes[step + 1 : step + 1 + AFTER], threshold)
    # most steps end here, so that their distant pairs need not be compared
    if changes[step] <= least:
        return False
    return all(
        dissimilarity(sketches[before], sketches[after]) > least
        for before in range(max(0, step - BEFORE), step + 1)
        for after in range(step + 1, min(len(sketches), before + _SPAN + 1))
        if (before, after) != (step, step + 1)
    )


def _needed(before: Sequence[float], after: Sequence[float], threshold: float) -> float:
    """The dissimilarity that takes the score above the threshold, from that of the steps before and after."""
    calmer = min((max(side) for side in (before, after) if side), default=0.0)
    if calmer <= _HELD:
        # a drawing held for longer than can be seen here, or a stalled stream: all of its motion comes in one step
        return _UNSEEN + threshold
    if len(before) < BEFORE or len(after) < AFTER:
        return calmer + threshold
    rougher = max(*before, *after)
    return min(calmer + threshold, _OUTDONE * rougher + threshold**2)


def is_cut(first: FloatPixels, second: FloatPixels) -> bool:
    """Whether two images, of which nothing else is known, belong to different shots; `(height, width, 3 or 4)`."""
    before, after = (sketch(thumbnail(ArrayPicture(image))) for image in (first, second))
    return is_cut_at(0, (before, after), (dissimilarity(before, after),), AUTO)
