"""Similarities of every frame of a video to every image of a pool, a row at a time, the same in whatever company."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_VECTOR_STEP = 2.0**-26
_SIMILARITY_STEP = 2.0**-23  # float32 holds its multiples up to 2
COST_STEP = 2.0**-30
"""Costs are its multiples, so that float64 holds sums of costs and similarities of millions of frames exactly."""

_FRAMES = 64  # at a time: converting a block of images costs as much as multiplying it with a few frames
_IMAGES = 4096
_KEPT_BYTES = 64 * 2**20


class Similarities:
    """Rows of similarities, computed as they are read; reading them again gives the same numbers.

    Vectors are rounded to multiples of 2^-26. Their products are then multiples of 2^-52, and those of unit vectors sum
    up exactly in float64, in whatever order a processor adds: neither threads nor blocks change a digit. To the
    similarity of the vectors as they were this is the same within 2^-26 times the square root of their length, 4e-7 for
    canny. Rows are rounded to multiples of 2^-23, so that their sums over frames are exact too.
    """

    def __init__(
        self, vectors: NDArray[np.floating], queries: NDArray[np.float32], ids: NDArray[np.int64] | None = None
    ) -> None:
        """Args: vectors (images, dims) and queries (frames, dims), of unit length; the images that count, or all."""
        self._vectors = vectors
        self._queries = _rounded(queries)
        self._ids = ids
        self.images = len(vectors) if ids is None else len(ids)
        """Length of a row."""
        self.frames = len(queries)
        """How many rows there are."""
        self._kept: OrderedDict[int, NDArray[np.float32]] = OrderedDict()

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """A row (images,) for each frame in order. Two readers a few frames apart share what is computed."""
        length = min(_FRAMES, max(1, _KEPT_BYTES // (8 * max(1, self.images))))
        for start in range(0, self.frames, length):
            yield from self._block(start, min(start + length, self.frames))

    def matrix(self) -> NDArray[np.float32]:
        """All rows, (frames, images)."""
        rows = np.empty((self.frames, self.images), np.float32)
        for place, row in enumerate(self):
            rows[place] = row
        return rows

    def _block(self, start: int, stop: int) -> NDArray[np.float32]:
        block = self._kept.pop(start, None)
        if block is None:
            block = self._computed(self._queries[start:stop])
        self._kept[start] = block
        while len(self._kept) > 1 and sum(kept.nbytes for kept in self._kept.values()) > _KEPT_BYTES:
            self._kept.popitem(last=False)
        return block

    def _computed(self, queries: NDArray[np.float64]) -> NDArray[np.float32]:
        block = np.empty((len(queries), self.images), np.float32)
        for start in range(0, self.images, _IMAGES):
            part = slice(start, min(start + _IMAGES, self.images))
            vectors = self._vectors[part] if self._ids is None else self._vectors[self._ids[part]]
            products = queries @ _rounded(vectors).T
            block[:, part] = np.rint(products / _SIMILARITY_STEP) * _SIMILARITY_STEP
        return block


def on_grid(similarities: NDArray[np.floating] | Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """Similarities (frames, images) of any origin, rounded as rows are."""
    return (np.rint(np.asarray(similarities, np.float64) / _SIMILARITY_STEP) * _SIMILARITY_STEP).astype(np.float32)


def cost_on_grid(cost: float) -> float:
    """A cost, rounded so that sums with it are exact."""
    return float(np.rint(cost / COST_STEP) * COST_STEP)


def _rounded(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.rint(np.asarray(vectors, np.float64) / _VECTOR_STEP) * _VECTOR_STEP
