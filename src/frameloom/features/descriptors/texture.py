"""How strong gradients are: the part `texture` of descriptors."""

from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.features.descriptors.composite import roots_of_shares
from frameloom.features.descriptors.view import View, cells

_STRONGEST = 4 * 255 * sqrt(2)  # Sobel 3x3 of 8 bits


class Texture:
    """Histograms of the strength of gradients (Sobel) in grid x grid parts of an image.

    Bins are narrow for faint gradients and wide for strong ones (equal steps of the square root), and the same for all
    images: relative to the strongest gradient of each, one bright spot would change everything.
    """

    def __init__(self, bins: int, *, grid: int = 1) -> None:
        self._bins, self._grid = bins, grid
        self.dims = grid * grid * bins

    def __call__(self, view: View) -> NDArray[np.float64]:
        """`dims` numbers, length 1: from faint to strong, part by part, row by row."""
        across, down = (side.astype(np.float32) for side in view.gradient)
        root = cv2.sqrt(cv2.magnitude(across, down))
        top = sqrt(_STRONGEST) + 1e-3  # the upper end of the range is not in it
        counts = [
            cv2.calcHist([np.ascontiguousarray(root[part])], [0], None, [self._bins], [0, top]).ravel()
            for part in cells(root.shape[:2], self._grid)
        ]
        return roots_of_shares(np.concatenate(counts))
