"""Histograms of oriented gradients: the cells, and the encoder whose tokens they are. No weights.

Dalal and Triggs, CVPR 2005, as scikit-image computes them: central differences, unsigned orientations, no vote
between neighbouring bins or cells. The `hog` descriptor takes its blocks from the same cells.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import ShapeError
from frameloom.roles import PatchEncoder

Steps = NDArray[np.signedinteger | np.floating]
"""Differences between pixels on either side, (height, width)."""

ORIENTATIONS = 9
_BYTE = 255
_CLIP = 0.2  # Dalal and Triggs, section 6.4: "L2-Hys"
_FAINT = 0.02  # of full range: edges well below this are grain, and must not look like edges once lengths are equal


def cell_histograms(gray: NDArray[np.floating] | NDArray[np.uint8], cell: int) -> NDArray[np.float64]:
    """How much edge of each orientation there is in each cell.

    Args:
        gray: (height, width); what does not fill a cell at the right and below is left out.
        cell: Side of a cell in pixels.

    Returns:
        (rows, columns, 9): mean over the cell of the gradient's magnitude, in the units of `gray`.
    """
    rows, columns = gray.shape[0] // cell, gray.shape[1] // cell
    whole = np.int16 if gray.dtype == np.uint8 else np.float64
    across, down = np.zeros(gray.shape, whole), np.zeros(gray.shape, whole)
    np.subtract(gray[:, 2:], gray[:, :-2], out=across[:, 1:-1], dtype=whole)
    np.subtract(gray[2:], gray[:-2], out=down[1:-1], dtype=whole)
    within = np.s_[: rows * cell, : columns * cell]
    magnitude, bins = (_looked_up if gray.dtype == np.uint8 else _computed)(down[within], across[within])
    number = np.arange(rows * columns, dtype=np.intp).reshape(rows, columns).repeat(cell, 0).repeat(cell, 1)
    sums = np.bincount(
        (number * ORIENTATIONS + bins).ravel(), magnitude.ravel(), minlength=rows * columns * ORIENTATIONS
    )
    return sums.reshape(rows, columns, ORIENTATIONS) / cell**2


def _computed(down: Steps, across: Steps) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Magnitude of gradients, and in which bin of orientations they fall."""
    degrees = np.rad2deg(np.arctan2(down, across, dtype=np.float64)) % 180.0
    bins = np.minimum((degrees * (ORIENTATIONS / 180.0)).astype(np.intp), ORIENTATIONS - 1)
    return np.hypot(down, across, dtype=np.float64), bins


def _looked_up(down: Steps, across: Steps) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The same of gradients between bytes: there are so few that all are computed once, which saves five sixths."""
    magnitudes, bins = _of_bytes()
    place = (down.astype(np.intp) + _BYTE) * (2 * _BYTE + 1) + across.astype(np.intp) + _BYTE
    return magnitudes[place], bins[place]


@lru_cache(maxsize=1)
def _of_bytes() -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Of every gradient: that of row `down + 255`, column `across + 255`, flat."""
    steps = np.arange(-_BYTE, _BYTE + 1)
    magnitudes, bins = _computed(steps[:, None], steps[None, :])
    return magnitudes.ravel(), bins.ravel()


def block_vectors(cells: NDArray[np.float64], *, floor: float = 1e-5) -> NDArray[np.float64]:
    """Blocks of 2x2 neighbouring cells, made of equal length ("L2-Hys").

    Args:
        cells: (rows, columns, orientations).
        floor: Lengths well below this stay below one.

    Returns:
        (rows - 1, columns - 1, 4 x orientations): upper left, upper right, lower left, lower right cell.
    """
    corners = (cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:])
    blocks = _of_unit_length(np.concatenate(corners, axis=2), floor)
    return _of_unit_length(np.minimum(blocks, _CLIP), floor)


def _of_unit_length(vectors: NDArray[np.float64], floor: float) -> NDArray[np.float64]:
    return vectors / np.sqrt(np.sum(vectors**2, axis=2, keepdims=True) + floor**2)


class HOGCells(PatchEncoder):
    """A token for each cell of 16 pixels: its histogram as each of the four blocks around it sees it, 37 numbers.

    The last number is the same everywhere. Beside edges it does not count; where there are none it makes two empty
    cells alike, which otherwise would be vectors of zeros, like nothing.
    """

    patch = 16
    size = 256

    def encode(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Tokens (batch, rows, columns, 37) of images (batch, height, width, 3) in [0, 1]; raises ShapeError."""
        height, width = images.shape[1:3]
        if height % self.patch or width % self.patch:
            raise ShapeError(f"images are {height}x{width}; hog needs multiples of {self.patch}")
        return np.stack([self._tokens(image) for image in images])

    def _tokens(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        gray = np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), np.float32)
        cells = cell_histograms(gray, self.patch)
        around = np.pad(cells, ((1, 1), (1, 1), (0, 0)), mode="edge")
        blocks = block_vectors(around, floor=_FAINT)  # (rows + 1, columns + 1, 36)
        quarters = np.split(blocks, 4, axis=2)
        seen = (quarters[3][:-1, :-1], quarters[2][:-1, 1:], quarters[1][1:, :-1], quarters[0][1:, 1:])
        same = np.full((*cells.shape[:2], 1), _SAME)
        return np.concatenate((*seen, same), axis=2).astype(np.float32)


_SAME = 0.2  # the length of a token full of edges is near 1
