"""Weight-free optical flow: dense inverse search, with block search for what it overlooks.

DIS (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016) works from coarse to fine, so something
small that moves far has vanished on the level where its motion would be found. A full search over blocks at a small
size starts a second inverse search, and each neighbourhood keeps whichever of the two matches better (the idea of
Brox and Malik, "Large Displacement Optical Flow", PAMI 2011, with blocks for descriptors).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.models.layers.sampling import (
    Motion,
    Picture,
    Plane,
    as_float32,
    fetch,
    grey_with_slopes,
    resize,
    sum_of_channels,
)

# dB are of the mean PSNR of interpolated frames on the tuning half of the development set (see docs/dis.md).

# Finest pyramid level that is searched, 1 = half the size. At 854x480 level 0 gains 0.03 dB for 0.2 CPU seconds more,
# level 2 loses 0.23 dB. Small pictures have more to gain and less to pay: level 0 gains 0.05 dB at 604x340, 0.2 at
# 427x240 and 0.3 at 256x144 (the development set, shrunk).
_FINEST_LEVEL, _FINEST_LEVEL_OF_SMALL = 1, 0
_SMALL_PIXELS = 200_000
# Rounds of variational refinement per level (paper section 2.3): 10 lose 0.03 dB against 5, 2 lose 0.02 dB; in the
# second search 2 or 3 are better than 5 by 0.01 dB.
_REFINEMENT_ROUNDS = 5
_REFINEMENT_ROUNDS_FROM_BLOCKS = 2
# OpenCV refuses pictures that do not hold a few 8-pixel patches on the finest level; smaller ones grow to this.
_SMALLEST_SIDE = 32

# Blocks are searched where the longer side is about this, at most an eighth of the size: every shift of up to 10 small
# pixels in a few milliseconds. A quarter of the size gains no more and takes longer.
_BLOCK_SEARCH_SIDE = 160
_BLOCK_SEARCH_SHRINK = 8
_BLOCK_SEARCH_REACH = 10
_BLOCK_SIDE = 5
# Grey levels that a shift costs per small pixel, so that flat areas stay.
_SHIFT_COST = 0.02
# Grey levels, at small size, by which a block must be matched better for the second search to be run: of 3 to 14 the
# best on the tuning half (3 to 6 and 10 lose 0.03 dB, 14 0.07), and level with them on the other. Half of the pairs do
# without it.
_SECOND_SEARCH_GAIN = 8.0
# Level at which the search from blocks starts: 8 px, what a block shift is known to.
_LEVEL_FROM_BLOCKS = 3
# Below this there is nothing for the start level to hold.
_SMALLEST_SIDE_FOR_BLOCKS = 64

# Side of the box, in half-size pixels, over which the two flows are compared; 11 and 31 gain half as much.
_CHOICE_WINDOW = 21
# Grey levels by which the flow from blocks must match better to be taken; 4 lose 0.02 dB.
_CHOICE_MARGIN = 6.0


class DISFlow:
    """Dense optical flow by inverse search, on the CPU and without weights.

    Holds nothing between calls, so one instance serves any number of threads and picture sizes.
    """

    def estimate(self, first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where each pixel of `first` is found in `second`.

        Args:
            first, second: float32 in [0, 1], both (height, width) grey or both (height, width, 3 or 4) RGB(A) of one
                size, from 1x1 up. Alpha is not looked at.

        Returns:
            (height, width, 2) float32, pixels; channel 0 = x right, 1 = y down; `second(x + flow(x)) ~ first(x)`.
        """
        return _flow(_grey_levels(first), _grey_levels(second), (first.shape[0], first.shape[1]))

    def estimate_both(
        self, first: NDArray[np.float32], second: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """`estimate(first, second)` and `estimate(second, first)`."""
        here, there = _grey_levels(first), _grey_levels(second)
        size = (first.shape[0], first.shape[1])
        return _flow(here, there, size), _flow(there, here, size)


def _flow(first: NDArray[np.uint8], second: NDArray[np.uint8], size: tuple[int, int]) -> Motion:
    """From grey levels, perhaps grown to the right and below, of pictures of one (height, width)."""
    height, width = size
    flow = _search(first, second)
    if min(height, width) >= _SMALLEST_SIDE_FOR_BLOCKS:
        overlooked = _overlooked(flow, *_thumbnails(first, second))
        if overlooked is not None:
            part, start = overlooked
            here, there = np.ascontiguousarray(first[part]), np.ascontiguousarray(second[part])
            from_blocks = _search_from(np.ascontiguousarray(start), here, there)
            share = _share_of_second(here, there, flow[part], from_blocks)
            flow[part] += share[..., None] * (from_blocks - flow[part])
    flow = flow[:height, :width]
    # The search may run off in a flat picture; a motion longer than the picture says nothing
    limit = np.float32(height + width)
    if not np.isfinite(flow).all():
        flow = np.nan_to_num(flow, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(flow, -limit, limit)


def _grey_levels(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The uint8 grey picture that is searched, edges repeated to the right and below if it is too small."""
    grey = image
    if image.ndim == 3:
        grey = as_float32(cv2.cvtColor(image, cv2.COLOR_RGBA2GRAY if image.shape[2] == 4 else cv2.COLOR_RGB2GRAY))
    height, width = grey.shape
    levels = np.rint(grey * np.float32(255.0)).clip(0, 255).astype(np.uint8)
    below, right = max(0, _SMALLEST_SIDE - height), max(0, _SMALLEST_SIDE - width)
    return np.pad(levels, ((0, below), (0, right)), mode="edge") if below or right else levels


def _search(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Motion:
    """Inverse search from nothing."""
    # A fresh object per call: OpenCV's keeps its pyramids inside and would mix up two threads
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    search.setFinestScale(_finest_level(first))
    search.setVariationalRefinementIterations(_REFINEMENT_ROUNDS)
    return as_float32(search.calc(first, second, np.empty(0)))


def _finest_level(picture: NDArray[np.uint8]) -> int:
    return _FINEST_LEVEL_OF_SMALL if picture.size <= _SMALL_PIXELS else _FINEST_LEVEL


def _search_from(start: Motion, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Motion:
    """Inverse search that begins, on a middle level, with a given flow (height, width, 2)."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    search.setCoarsestScale(_LEVEL_FROM_BLOCKS)
    search.setFinestScale(_finest_level(first))
    search.setVariationalRefinementIterations(_REFINEMENT_ROUNDS_FROM_BLOCKS)
    return as_float32(search.calc(first, second, start))


def _thumbnails(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> tuple[Plane, Plane]:
    """Both grey pictures at the size of the block search."""
    height, width = first.shape
    shrink = max(_BLOCK_SEARCH_SHRINK, -(-max(height, width) // _BLOCK_SEARCH_SIDE))
    size = (width // shrink, height // shrink)
    here, there = (as_float32(cv2.resize(grey, size, interpolation=cv2.INTER_AREA)) for grey in (first, second))
    return here, there


def _block_shifts(here: Plane, there: Plane) -> Motion:
    """(height, width, 2), pixels: for each block of `here` the whole shift to where `there` matches it best."""
    height, width = here.shape
    reach = _BLOCK_SEARCH_REACH
    other = np.pad(there, reach, mode="edge")
    shifts = [(x, y) for y in range(-reach, reach + 1) for x in range(-reach, reach + 1)]
    shifts.sort(key=lambda shift: (shift[0] ** 2 + shift[1] ** 2, shift))  # of equal matches the shortest is kept
    least = np.full(here.shape, np.inf, np.float32)
    best = np.zeros(here.shape, np.int32)
    for index, (x, y) in enumerate(shifts):
        shifted = other[reach + y : reach + y + height, reach + x : reach + x + width]
        cost = _block_mean(as_float32(cv2.absdiff(here, shifted)))
        cost += np.float32(_SHIFT_COST * np.hypot(x, y))
        better = cost < least
        np.copyto(least, cost, where=better)
        np.copyto(best, np.int32(index), where=better)
    chosen = np.array(shifts, np.float32)[best]  # (height, width, 2)
    # A block that moves alone is chance; the median of 3x3 keeps what a neighbour shares
    return as_float32(cv2.merge([cv2.medianBlur(np.ascontiguousarray(chosen[..., axis]), 3) for axis in (0, 1)]))


def _block_mean(picture: Plane) -> Plane:
    return as_float32(cv2.blur(picture, (_BLOCK_SIDE, _BLOCK_SIDE)))


def _overlooked(flow: Motion, here: Plane, there: Plane) -> tuple[tuple[slice, slice], Motion] | None:
    """The part of the picture where blocks are matched much better by a shift, and those shifts as a flow in pixels."""
    height, width = here.shape
    full_height, full_width = flow.shape[:2]
    per_pixel = np.array([width / full_width, height / full_height], np.float32)
    by_flow = _block_mismatch(here, there, resize(flow, (width, height)) * per_pixel)
    if by_flow.max() <= _SECOND_SEARCH_GAIN:
        return None  # no shift can gain that much
    shifts = _block_shifts(here, there)
    gain = by_flow - _block_mismatch(here, there, shifts)
    if gain.max() <= _SECOND_SEARCH_GAIN:
        return None
    found = gain > _CHOICE_MARGIN / 2
    rows, columns = np.nonzero(found)
    reach = int(np.abs(shifts[found]).max()) + _BLOCK_SIDE  # as far as what is found there moves, and a block more
    part = (
        _stretch(rows, reach, height, full_height),
        _stretch(columns, reach, width, full_width),
    )
    return part, _enlarged(shifts, (full_height, full_width), part)


def _stretch(places: NDArray[np.intp], reach: int, small_side: int, side: int) -> slice:
    """From the first place to the last, `reach` further both ways, in full-size pixels."""
    first = max(0, int(places.min()) - reach) * side // small_side
    last = min(small_side, int(places.max()) + 1 + reach) * side // small_side
    return slice(first, last)


def _block_mismatch(here: Plane, there: Plane, motion: Motion) -> Plane:
    return _block_mean(as_float32(cv2.absdiff(here, fetch(there, motion, 1.0, cubic=False))))


def _enlarged(shifts: Motion, size: tuple[int, int], part: tuple[slice, slice]) -> Motion:
    """Shifts of blocks as a flow of a (height, width), in its pixels, of which a part is kept."""
    height, width = size
    grown = cv2.resize(shifts, (width, height), interpolation=cv2.INTER_NEAREST)[part]  # between two lies neither
    return as_float32(grown) * np.array([width / shifts.shape[1], height / shifts.shape[0]], np.float32)


def _share_of_second(first: NDArray[np.uint8], second: NDArray[np.uint8], flow: Motion, contender: Motion) -> Plane:
    """(height, width), in [0, 1]: how far to take the contender instead of the flow."""
    height, width = first.shape
    size = (-(-width // 2), -(-height // 2))
    here, there = (
        grey_with_slopes(as_float32(cv2.resize(levels, size, interpolation=cv2.INTER_AREA)))
        for levels in (first, second)
    )
    per_pixel = np.array([size[0] / width, size[1] / height], np.float32)
    advantage = _mismatch(here, there, resize(flow, size) * per_pixel)
    advantage -= _mismatch(here, there, resize(contender, size) * per_pixel)
    share = 1.0 / (1.0 + np.exp(np.clip(_CHOICE_MARGIN - advantage, -30.0, 30.0)))
    return resize(as_float32(share), (width, height))


def _mismatch(here: Picture, there: Picture, flow: Motion) -> Plane:
    """(height, width), grey levels: mean difference, over a window, of `here` and what the flow leads to."""
    difference = sum_of_channels(as_float32(cv2.absdiff(here, fetch(there, flow, 1.0, cubic=False))))
    return as_float32(cv2.blur(difference, (_CHOICE_WINDOW, _CHOICE_WINDOW)))
