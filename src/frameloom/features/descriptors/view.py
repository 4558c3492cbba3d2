"""An image as the parts of descriptors look at it: what several of them need is computed once."""

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray


class View:
    """An image (height, width, 3), uint8, RGB, and what follows from it."""

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        self.rgb = rgb

    @cached_property
    def gray(self) -> NDArray[np.uint8]:
        """(height, width)."""
        return np.asarray(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def hsv(self) -> NDArray[np.uint8]:
        """(height, width, 3): hue in steps of two degrees, 0..179; saturation and value, 0..255."""
        return np.asarray(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2HSV), np.uint8)

    @cached_property
    def gradient(self) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Across and down, (height // 2, width // 2) each: Sobel 3x3 of the gray image at half its size.

        At half the size, slight blur changes less, and it takes a quarter of the time: docs/descriptors.md.
        """
        height, width = self.gray.shape
        half = np.asarray(cv2.resize(self.gray, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        return differences(half)


def differences(gray: NDArray[np.uint8]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Across and down, (height, width) each: Sobel 3x3; beyond the border it goes on as there."""
    across, down = (
        np.asarray(cv2.Sobel(gray, cv2.CV_16S, *order, borderType=cv2.BORDER_REPLICATE), np.int16)
        for order in ((1, 0), (0, 1))
    )
    return across, down


def find_edges(across: NDArray[np.int16], down: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Edges (height, width), 255 where there is one, else 0; thresholds as the original's.

    From gradients, not from the image: given an image with edges in more than half of its pixels (fabric, fences),
    OpenCV 5.0 writes past the end of its memory and the process is aborted (in its IPP part). The edges are the same.
    """
    return np.asarray(cv2.Canny(across, down, 50, 150), np.uint8)


def cells(size: tuple[int, int], grid: int) -> list[tuple[slice, slice]]:
    """Rows and columns of each of grid x grid parts of a (height, width), row by row; together they are all of it."""
    rows, columns = (
        [slice(side * place // grid, side * (place + 1) // grid) for place in range(grid)] for side in size
    )
    return [(row, column) for row in rows for column in columns]
