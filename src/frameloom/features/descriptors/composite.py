"""Descriptors made of parts: edges, texture, colours, each a vector of its own."""

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import ShapeError
from frameloom.features.descriptors.view import View
from frameloom.roles import Descriptor

SMALLEST = 16
"""Least height and width, in pixels, of images that can be described."""


class Part(Protocol):
    """Describes one side of an image."""

    @property
    def dims(self) -> int:
        """Length of its vectors."""
        ...

    def __call__(self, view: View) -> NDArray[np.floating]:
        """Vector (dims,), no number below 0."""
        ...


class Composite(Descriptor):
    """Vectors of several parts, one after another, each times its factor; then made of unit length."""

    def __init__(self, parts: Sequence[Part], factors: Iterable[float]) -> None:
        self._parts = tuple(zip(parts, factors, strict=True))
        self.dims = sum(part.dims for part in parts)

    def describe(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors (batch, dims) of unit length for images (batch, height, width, 3), RGB.

        Raises:
            ShapeError: not such images, or smaller than 16 pixels.
        """
        check_images(images)
        return np.stack([self._described(View(np.ascontiguousarray(image))) for image in images])

    def _described(self, view: View) -> NDArray[np.float32]:
        seen = [np.multiply(part(view), factor, dtype=np.float64) for part, factor in self._parts]
        return even_if_empty(np.concatenate(seen)).astype(np.float32)


def weighted(parts: Sequence[Part], weights: Sequence[float]) -> Composite:
    """A composite whose similarities are the weighted mean of those of its parts.

    Args:
        parts: Vectors of unit length each.
        weights: Their sum is 1. Square roots go into the vectors, because a product takes a factor from either side.
    """
    return Composite(parts, [sqrt(weight) for weight in weights])


def even_if_empty(vector: NDArray[np.floating]) -> NDArray[np.float64]:
    """The vector made of unit length; where it is all zeros, the same number everywhere.

    So what shows nothing (no edge at all) is like whatever else shows nothing, and never NaN.
    """
    length = np.sqrt(np.dot(vector, vector.astype(np.float64)))
    if length > 0:
        return vector / length
    return np.full(vector.shape, 1 / sqrt(vector.size))


def roots_of_shares(counts: NDArray[np.number]) -> NDArray[np.float64]:
    """Square roots of the shares of counts, flat, of unit length: Bhattacharyya's coefficient is their product.

    Without the roots the largest bins alone decide: Arandjelovic and Zisserman, CVPR 2012, section 3.
    """
    return even_if_empty(np.sqrt(counts.ravel()))


def check_images(images: NDArray[np.uint8]) -> None:
    """See that a batch can be described.

    Raises:
        ShapeError: it is no batch of RGB images of 8 bits, or they are too small.
    """
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
        raise ShapeError(f"images are {images.shape} {images.dtype}; expected (batch, height, width, 3) uint8")
    if not len(images):
        raise ShapeError("there are no images to describe")
    if min(images.shape[1:3]) < SMALLEST:
        raise ShapeError(
            f"images are {images.shape[2]}x{images.shape[1]}; descriptors need {SMALLEST} pixels each way: "
            "give a larger --comparison-size"
        )
