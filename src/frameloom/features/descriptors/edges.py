"""Which way edges run, and where: the part `edge` of descriptors."""

from math import pi

import numpy as np
from numpy.typing import NDArray

from frameloom.features.descriptors.composite import roots_of_shares
from frameloom.features.descriptors.view import View, find_edges


class Edges:
    """Histograms of the directions of edges (Canny, 50 and 150) in grid x grid parts of an image at half size.

    An edge votes for the two nearest directions. One vote for everything is added, so that an image with hardly any
    edges is not described by these few alone.
    """

    def __init__(self, *, grid: int, directions: int) -> None:
        self._grid, self._directions = grid, directions
        self.dims = grid * grid * directions

    def __call__(self, view: View) -> NDArray[np.float64]:
        """`dims` numbers, length 1: direction by direction, part by part, row by row."""
        across, down = view.gradient
        height, width = across.shape
        rows, columns = np.nonzero(find_edges(across, down))
        angle = np.arctan2(down[rows, columns], across[rows, columns], dtype=np.float32)
        place = angle * (self._directions / pi) % self._directions
        lower = place.astype(np.intp)
        part = (rows * self._grid // height * self._grid + columns * self._grid // width) * self._directions
        votes = np.ones(self.dims)
        for nearest, share in ((lower, lower + 1 - place), (lower + 1, place - lower)):
            votes += np.bincount(part + nearest % self._directions, share, minlength=self.dims)
        return roots_of_shares(votes)
