"""Blocks of oriented gradients over the whole image: what the descriptor `hog` has in place of edges.

Its cells and blocks are those of the encoder `hog`.
"""

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import RangeError, ShapeError
from frameloom.features.descriptors.composite import even_if_empty
from frameloom.features.descriptors.view import View
from frameloom.models.encoders.hog import ORIENTATIONS, block_vectors, cell_histograms

_CELL = 32  # pixels
_SMALLEST_CELL = 8
_BLOCK = 4 * ORIENTATIONS


class Blocks:
    """Blocks of 2 x 2 cells of 32 pixels, smaller ones where an image is too low or narrow for two of them."""

    def __init__(self, size: tuple[int, int]) -> None:
        """Args: (height, width) of the images.

        Raises:
            RangeError: cells would be smaller than 8 pixels.
        """
        self._size = size
        self._cell = min(_CELL, min(size) // 2)
        if self._cell < _SMALLEST_CELL:
            raise RangeError(
                f"hog compares images of {2 * _SMALLEST_CELL} pixels each way or more, not {size[1]}x{size[0]}: "
                "give a larger --comparison-size"
            )
        self.dims = block_dims((size[0] // self._cell, size[1] // self._cell))

    def __call__(self, view: View) -> NDArray[np.float64]:
        """`dims` numbers, length 1: block by block, row by row."""
        check_size(view, self._size)
        # What fills no cell is left out on all sides
        top, left = (side % self._cell // 2 for side in self._size)
        return even_if_empty(block_vectors(cell_histograms(view.gray[top:, left:], self._cell)).ravel())


def block_dims(cells: tuple[int, int]) -> int:
    """Numbers in the blocks of so many rows and columns of cells."""
    return (cells[0] - 1) * (cells[1] - 1) * _BLOCK


def check_size(view: View, size: tuple[int, int]) -> None:
    """See that an image has the size for which a descriptor was made.

    Raises:
        ShapeError: it has another.
    """
    if view.gray.shape != size:
        height, width = view.gray.shape
        raise ShapeError(f"this hog describes images of {size[1]}x{size[0]}, not {width}x{height}; frame them first")
