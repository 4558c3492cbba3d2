"""The descriptors as the original tool computed them, whatever it documented: same numbers, less work.

What it documented and what it did differ; docs/descriptors.md says how. Images are RGB here; it took BGR.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.descriptor_options import DescriptorOptions
from frameloom.errors import RangeError
from frameloom.features.descriptors.blocks import block_dims, check_size
from frameloom.features.descriptors.composite import Composite, Part
from frameloom.features.descriptors.projection import Projected
from frameloom.features.descriptors.view import View, differences, find_edges
from frameloom.models.encoders.hog import block_vectors, cell_histograms

_EDGE_BINS, _CELL_BINS, _TEXTURE_BINS, _COLOR_BINS = 128, 32, 32, 6
_GRID, _CELL = 4, 32
_SHARE_BINS = 8


class EdgeDensity:
    """The histogram of a picture of edges: 128 bins, all empty but the first (no edge) and the last (edge)."""

    dims = _EDGE_BINS

    def __call__(self, view: View) -> NDArray[np.float32]:
        """128 shares, sum 1."""
        return _black_and_white(find_edges(*differences(view.gray)), _EDGE_BINS)


class EdgeDensities:
    """The same of each of 4 x 4 parts, 32 bins each; edges are looked for in each part by itself."""

    dims = _GRID * _GRID * _CELL_BINS

    def __call__(self, view: View) -> NDArray[np.float32]:
        """512 numbers: for each part, row by row, shares of sum 1."""
        parts = _parts(view.gray)
        return np.concatenate([_black_and_white(find_edges(*differences(part)), _CELL_BINS) for part in parts])


class RelativeTexture:
    """Gradients relative to the largest one: 32 bins."""

    dims = _TEXTURE_BINS

    def __call__(self, view: View) -> NDArray[np.float32]:
        """32 shares, sum 1."""
        across, down = (cv2.Sobel(view.gray, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
        magnitude = np.sqrt(np.asarray(across, np.float32) ** 2 + np.asarray(down, np.float32) ** 2)
        largest = cv2.minMaxLoc(magnitude)[1]
        if largest > 0:
            magnitude = magnitude * np.float32(255) / np.float32(largest)
        counts = cv2.calcHist([magnitude], [0], None, [_TEXTURE_BINS], [0, 256]).ravel()
        return (counts / magnitude.size).astype(np.float32)


class HardColors:
    """Colours in 6 x 6 x 6 bins of hue, saturation and value."""

    dims = _COLOR_BINS**3

    def __call__(self, view: View) -> NDArray[np.float32]:
        """216 numbers, length 1: hue slowest, value fastest."""
        counts = cv2.calcHist([view.hsv], [0, 1, 2], None, [_COLOR_BINS] * 3, [0, 180, 0, 256, 0, 256])
        return np.asarray(cv2.normalize(counts, counts), np.float32).ravel()


class BlueGreenRed:
    """Colours of each of 4 x 4 parts in 8 x 8 x 8 bins."""

    dims = _GRID * _GRID * _SHARE_BINS**3

    def __call__(self, view: View) -> NDArray[np.float32]:
        """8192 numbers: for each part, row by row, shares of sum 1, blue slowest, red fastest."""
        return np.concatenate([_shares(part) for part in _parts(view.rgb)])


class OriginalBlocks:
    """Histograms of oriented gradients in cells of 32 pixels; what does not fill one is not looked at."""

    def __init__(self, size: tuple[int, int]) -> None:
        """Args: (height, width) of the images. Raises RangeError: there are no blocks of 2 x 2 cells in them."""
        self._size = size
        rows, columns = (side // _CELL for side in size)
        if rows < 2 or columns < 2:
            raise RangeError(
                f"the original's hog compares images of {2 * _CELL} pixels each way or more, not {size[1]}x{size[0]}: "
                "give a larger --comparison-size"
            )
        self.dims = block_dims((rows, columns))

    def __call__(self, view: View) -> NDArray[np.float64]:
        """`dims` numbers, length 1 for each block of 36."""
        check_size(view, self._size)
        return block_vectors(cell_histograms(view.gray, _CELL)).ravel()


def canny(options: DescriptorOptions) -> Composite:
    """376 numbers: how much edge there is, texture, colour."""
    return _weighted(options, EdgeDensity())


def spatial_pyramid(options: DescriptorOptions) -> Composite:
    """760 numbers: how much edge there is in each of 16 parts, texture, colour. `spatial_grid` has no meaning."""
    return _weighted(options, EdgeDensities())


def hog(options: DescriptorOptions) -> Composite:
    """1004 numbers at 256x144: histograms of oriented gradients, texture, colour."""
    return _weighted(options, OriginalBlocks(options.size))


def spatial_color() -> Composite:
    """256 numbers: colours of 16 parts, projected."""
    return Composite([Projected(BlueGreenRed())], [1])


def _weighted(options: DescriptorOptions, edge: Part) -> Composite:
    return Composite((edge, RelativeTexture(), HardColors()), options.weights)


def _parts(image: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """4 x 4 equal parts, row by row; what is left over at the right and below is not looked at."""
    height, width = image.shape[0] // _GRID, image.shape[1] // _GRID
    return [
        np.ascontiguousarray(image[row * height : (row + 1) * height, column * width : (column + 1) * width])
        for row in range(_GRID)
        for column in range(_GRID)
    ]


def _black_and_white(edges: NDArray[np.uint8], bins: int) -> NDArray[np.float32]:
    counts = np.zeros(bins)
    counts[-1] = cv2.countNonZero(edges)
    counts[0] = edges.size - counts[-1]
    return (counts / edges.size).astype(np.float32)


def _shares(part: NDArray[np.uint8]) -> NDArray[np.float32]:
    counts = cv2.calcHist([part], [2, 1, 0], None, [_SHARE_BINS] * 3, [0, 256] * 3).ravel()
    return counts / np.float32(part.shape[0] * part.shape[1])
