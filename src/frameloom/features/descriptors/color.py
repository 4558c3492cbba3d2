"""Which colours there are: the part `color` of descriptors, a 3-D histogram of hue, saturation and value."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.features.descriptors.composite import roots_of_shares
from frameloom.features.descriptors.view import View, cells

_FINER = 3
_RANGES = (0, 180, 0, 256, 0, 256)


class Colors:
    """Histograms of bins x bins x bins colours in grid x grid parts of an image.

    A colour votes for the nearest bins on either side, by nearness, so that a slight change of light does not move it
    from one bin to the next. Pixels are counted in bins of a third of the width, which are then shared out: all pixels
    of one of these vote alike.
    """

    def __init__(self, bins: int, *, grid: int = 1) -> None:
        self._bins, self._grid = bins, grid
        self.dims = grid * grid * bins**3

    def __call__(self, view: View) -> NDArray[np.float64]:
        """`dims` numbers, length 1: hue slowest, value fastest, part by part, row by row."""
        return roots_of_shares(np.stack([self._counts(view.hsv[part]) for part in cells(view.gray.shape, self._grid)]))

    def _counts(self, hsv: NDArray[np.uint8]) -> NDArray[np.floating]:
        fine = self._bins * _FINER
        counts = np.asarray(cv2.calcHist([np.ascontiguousarray(hsv)], [0, 1, 2], None, [fine] * 3, _RANGES), np.float32)
        hues = _shared_out(self._bins, around=True).T @ counts.reshape(fine, fine * fine)
        levels = _shared_out(self._bins, around=False)
        return levels.T @ hues.reshape(self._bins, fine, fine) @ levels


@lru_cache(maxsize=8)
def _shared_out(bins: int, *, around: bool) -> NDArray[np.float32]:
    """(3 x bins, bins): what a fine bin gives to each; `around`: the last one lies beside the first, as hues do."""
    fine = bins * _FINER
    place = (np.arange(fine) + 0.5) / _FINER - 0.5
    if not around:
        place = np.clip(place, 0, bins - 1)
    lower = np.floor(place).astype(np.intp)
    shares = np.zeros((fine, bins), np.float32)
    shares[np.arange(fine), lower % bins] += (lower + 1 - place).astype(np.float32)
    shares[np.arange(fine), (lower + 1) % bins] += (place - lower).astype(np.float32)
    return shares
