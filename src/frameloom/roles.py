"""What each kind of model promises. Roles speak NumPy; what is behind them is theirs.

Arrays follow `frameloom.frame`: `(height, width, 3 or 4)` float32, nominally [0, 1].
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from frameloom.frame import FloatPixels

Moment = float | NDArray[np.float32]
"""When to look between two frames: a number in (0, 1), or a distance map `(height, width)` in [0, 1] that says how far
along its path everything is (0 as in the first frame, 1 as in the last). A map lies on the grid of the first frame: it
speaks of what is seen there, wherever that has gone by then. So do the maps that any-time networks are trained on."""


class Interpolator(Protocol):
    """Makes the frames between two frames."""

    def between(self, first: FloatPixels, last: FloatPixels, moments: Sequence[Moment]) -> Iterator[FloatPixels]:
        """Yield one frame per moment, in the order given.

        What does not depend on the moment is computed once per call, and frames are made one at a time.
        Both frames have the same shape, `(height, width, 3 or 4)`; so have the results.
        """
        ...


@runtime_checkable
class WorksAhead(Protocol):
    """An `Interpolator` that is faster where it is given work before the result is waited for."""

    def ahead(self, size: tuple[int, int]) -> int:
        """How many frames of one (height, width) to have begun, beyond the one that is waited for."""
        ...

    def begin(self, first: FloatPixels, last: FloatPixels, moments: Sequence[Moment]) -> Iterator[FloatPixels]:
        """What `between` yields, and begin with it now."""
        ...


class FlowEstimator(Protocol):
    """Says where every pixel went. A class that inherits from this one needs `estimate` alone."""

    def estimate(self, first: FloatPixels, second: FloatPixels) -> NDArray[np.float32]:
        """Flow `(height, width, 2)` in pixels, x right then y down, with `second(x + flow(x)) ~ first(x)`."""
        ...

    def estimate_both(self, first: FloatPixels, second: FloatPixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """`estimate(first, second)` and `estimate(second, first)`; better, where work that serves both is done once."""
        return self.estimate(first, second), self.estimate(second, first)


class PatchEncoder(Protocol):
    """Turns images into grids of feature tokens, one for each square patch.

    A class that inherits from this one needs `patch`, `size` and `encode` alone.
    """

    patch: int
    """Side of a patch in pixels. Images have sides that are multiples of it: `features.patches.prepare` sees to it."""
    size: int
    """Images are squares of this side unless a user asks for others."""

    def encode(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Tokens `(batch, rows, columns, channels)`, row by row, of images `(batch, height, width, 3)` in [0, 1].

        `rows = height / patch`, `columns = width / patch`. Tokens are not of unit length; no token stands for a whole
        image. What a network wants its images to be like (mean, deviation, order of channels) is its own affair.

        Raises:
            ShapeError: a side is not a multiple of `patch`.
        """
        ...

    def encode_all(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """`encode(images)`, and the tokens of no patch (class, registers): `(batch, count, channels)`, here none."""
        tokens = self.encode(images)
        return tokens, np.zeros((tokens.shape[0], 0, tokens.shape[3]), np.float32)


class Descriptor(Protocol):
    """Turns images into unit vectors whose inner product says how alike they are."""

    dims: int
    """Length of its vectors."""

    def describe(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors `(batch, dims)` of unit length for images `(batch, height, width, 3)`, RGB, all of one size."""
        ...


class ImageIndex(Protocol):
    """The vectors of a pool of images, searchable."""

    paths: Sequence[Path]
    """The images; an id is a place in this list."""

    def search(
        self, queries: NDArray[np.float32], count: int, *, excluded: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The most similar images of each query, best first.

        Args:
            queries: `(batch, dims)`, unit length.
            count: How many to find.
            excluded: `(len(paths),)`: images that must not be found.

        Returns:
            Ids and inner products, `(batch, count)` each; equal products in the order of ids. Where fewer are left, ids
            are -1 and products -inf.
        """
        ...
