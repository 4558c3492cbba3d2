"""Small pools of drawn images, and a descriptor that is quick and sees colours."""

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from factories import noise, write_png
from frameloom.catalog import ModelCard
from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.descriptors.choice import DescriptorChoice
from frameloom.retrieval.build import IndexPlan
from frameloom.retrieval.describing import Describing
from frameloom.retrieval.structures import EXACT, StructureWish
from frameloom.runtime import Runtime

SIZE = (36, 64)


class Tiny:
    """The image itself, 4 x 8 pixels, as a vector."""

    dims = 96

    def __init__(self, options: DescriptorOptions) -> None:
        self._options = options

    def describe(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit vectors (batch, 96)."""
        small = [cv2.resize(image, (8, 4), interpolation=cv2.INTER_AREA) for image in images]
        vectors = np.stack(small).reshape(len(images), -1).astype(np.float32) - 127.5
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


TINY = ModelCard(name="tiny", role="descriptor", build="pools:Tiny")


def picture(number: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """Each number has one of its own."""
    return noise(size, seed=number)


def draw_pool(root: Path, count: int = 12) -> Path:
    """Images in two nested folders and above them."""
    for number in range(count):
        write_png(root / ("", "a", "a/b")[number % 3] / f"{number:03d}.png", picture(number))
    return root


def plan(
    *,
    size: int = 64,
    dtype: str = "float32",
    structure: StructureWish = EXACT,
    workers: int | None = 1,
    overwrite: bool = False,
    exact_decode: bool = False,
) -> IndexPlan:
    """An index by `Tiny`."""
    choice = DescriptorChoice(TINY, DescriptorOptions(comparison_size=size), Runtime())
    return IndexPlan(
        describing=Describing(choice=choice, exact_decode=exact_decode),
        dtype=dtype,
        structure=structure,
        workers=workers,
        overwrite=overwrite,
    )


def files_of(index: Path) -> dict[str, bytes]:
    """Name -> content."""
    return {file.name: file.read_bytes() for file in sorted(index.iterdir())}


def set_time(path: Path, nanoseconds: int) -> None:
    """Of the last change."""
    os.utime(path, ns=(nanoseconds, nanoseconds))
