"""Colours of cells: an encoder without weights."""

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import ShapeError
from frameloom.roles import PatchEncoder

# CIELAB: lightness in [0, 100]; a and b of sRGB lie within -86..98 and -108..94, most pictures' within half of that.
_LOWEST = (0.0, -80.0, -80.0)
_HIGHEST = (100.0, 80.0, 80.0)
_BINS = (6, 7, 7)
_DIMS = _BINS[0] * _BINS[1] * _BINS[2]


class ColorCells(PatchEncoder):
    """A token for each cell of 16 pixels: the histogram of its colours in CIELAB, 6 x 7 x 7 bins.

    Each pixel votes for the eight bins around its colour by nearness, so a slight change of colour is a slight change
    of the token. Tokens hold the square roots of shares: their inner product is Bhattacharyya's coefficient, and each
    has unit length.
    """

    patch = 16
    size = 256

    def encode(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Tokens (batch, rows, columns, 294) of images (batch, height, width, 3) in [0, 1]; raises ShapeError."""
        height, width = images.shape[1:3]
        if height % self.patch or width % self.patch:
            raise ShapeError(f"images are {height}x{width}; color needs multiples of {self.patch}")
        return np.stack([self._tokens(image) for image in images])

    def _tokens(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        rows, columns = image.shape[0] // self.patch, image.shape[1] // self.patch
        lab = np.asarray(cv2.cvtColor(np.ascontiguousarray(np.clip(image, 0, 1)), cv2.COLOR_RGB2LAB), np.float32)
        number = np.arange(rows * columns, dtype=np.intp).reshape(rows, columns)
        cell = number.repeat(self.patch, 0).repeat(self.patch, 1) * _DIMS
        votes = np.zeros(rows * columns * _DIMS)
        for bins, weight in _nearest_bins(lab):
            votes += np.bincount((cell + bins).ravel(), weight.ravel(), minlength=votes.size)
        return np.sqrt(votes.reshape(rows, columns, _DIMS) / self.patch**2).astype(np.float32)


def _nearest_bins(lab: NDArray[np.float32]) -> list[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """The eight bins around each pixel's colour, (height, width) each, with the pixel's vote for it."""
    lower: list[NDArray[np.intp]] = []
    upper_share: list[NDArray[np.float64]] = []
    for channel, (lowest, highest, count) in enumerate(zip(_LOWEST, _HIGHEST, _BINS, strict=True)):
        place = (lab[..., channel].astype(np.float64) - lowest) * ((count - 1) / (highest - lowest))
        place = np.clip(place, 0, count - 1)
        floor = np.minimum(place.astype(np.intp), count - 2)
        lower.append(floor)
        upper_share.append(place - floor)
    found: list[tuple[NDArray[np.intp], NDArray[np.float64]]] = []
    for corner in itertools.product((0, 1), repeat=3):
        bins = np.zeros(lab.shape[:2], np.intp)
        weight = np.ones(lab.shape[:2])
        for side, floor, share, count in zip(corner, lower, upper_share, _BINS, strict=True):
            bins = bins * count + floor + side
            weight = weight * (share if side else 1 - share)
        found.append((bins, weight))
    return found
