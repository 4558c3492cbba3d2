"""A descriptor and an index that are easy to see through, and a pool to use them on."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from factories import write_png
from frameloom.retrieval.collage_wishes import Searched
from frameloom.roles import Descriptor, ImageIndex

SMALLEST = (9, 16)


class Thumbnails(Descriptor):
    """Colours of 9 x 16 parts, as seen from mid grey."""

    dims = 9 * 16 * 3

    def describe(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        vectors = images.reshape(len(images), -1).astype(np.float32) - 127.3
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def thumbnail(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.resize(image, SMALLEST[::-1], interpolation=cv2.INTER_AREA)


class PlainIndex(ImageIndex):
    """Every product is computed; counts how often it is asked."""

    def __init__(self, paths: Sequence[Path], vectors: NDArray[np.float32]) -> None:
        self.paths = paths
        self.vectors = vectors
        self.searches = 0

    def search(
        self, queries: NDArray[np.float32], count: int, *, excluded: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        self.searches += 1
        products = np.stack([(self.vectors * query).sum(axis=1) for query in queries])
        if excluded is not None:
            products[:, excluded] = -np.inf
        ids = np.argsort(-products, axis=1, kind="stable")[:, :count].astype(np.int64)
        found = np.take_along_axis(products, ids, axis=1)
        return np.where(np.isfinite(found), ids, -1), found


def coloured(number: int, size: tuple[int, int] = (90, 160)) -> NDArray[np.uint8]:
    """A picture that no other number gives."""
    random = np.random.default_rng(number)
    coarse = random.integers(0, 256, (3, 4, 3), np.uint8)
    return cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)


@dataclass(frozen=True)
class ImageFiles:
    """A pool of image files, searched by their thumbnails."""

    place: Path
    paths: Sequence[Path]

    def count(self) -> int:
        return len(self.paths)

    def open(self, aspect: Fraction) -> Searched:
        return searched(self.paths)


def pool_of(folder: Path, count: int, size: tuple[int, int] = (90, 160)) -> ImageFiles:
    """So many images in a folder."""
    paths = [write_png(folder / f"{number:03d}.png", coloured(number, size)) for number in range(count)]
    return ImageFiles(folder, paths)


def searched(paths: Sequence[Path]) -> Searched:
    """Image files, searched by their thumbnails."""
    images = [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths]
    vectors = Thumbnails().describe(np.stack([thumbnail(image) for image in images]))
    return Searched(
        index=PlainIndex(paths, vectors),
        vectors=vectors,
        name=paths[0].parent,
        images=[path.name for path in paths],
        descriptor=Thumbnails(),
        descriptor_name="thumbnails",
        settings={"size": SMALLEST},
        framing=thumbnail,
        smallest=SMALLEST,
    )
