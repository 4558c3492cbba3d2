"""Data sets: sequences of which some frames are given to a model and the others are the truth."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import CannotOpen, DatasetError, InputError, ShapeError
from frameloom.frame import ArrayPicture
from frameloom.images import images_in, natural_key, read_image

MIN_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """Two frames of a sequence and the true frames between them."""

    sequence: str
    files: tuple[Path, ...]
    """First, truths in order, last."""
    first_index: int

    @property
    def factor(self) -> int:
        """Steps from first to last."""
        return len(self.files) - 1

    def load(self) -> list[NDArray[np.uint8]]:
        """All frames as `(height, width, 3)` uint8 RGB.

        Raises:
            ShapeError: they are not all of one size.
        """
        frames = [ArrayPicture(read_image(file)).to_integer(8)[..., :3].astype(np.uint8) for file in self.files]
        for file, frame in zip(self.files, frames, strict=True):
            if frame.shape != frames[0].shape:
                raise ShapeError(
                    f"{file} is {frame.shape[1]}x{frame.shape[0]}, {self.files[0].name} is "
                    f"{frames[0].shape[1]}x{frames[0].shape[0]}; all frames of a sequence must have one size"
                )
        return frames


def folder_samples(root: Path, factor: int) -> Iterator[Sample]:
    """Samples of a folder of sequences (or of one sequence): every `factor`-th frame is given, the rest is truth.

    Sequences too short for the factor are passed over.

    Raises:
        DatasetError: no sequence of at least three frames is there.
    """
    sequences = _sequences(root)
    if not any(len(files) >= MIN_FRAMES for _, files in sequences):
        raise DatasetError(
            f"{root} holds no sequence: expected folders of at least {MIN_FRAMES} images each, "
            f"such as {root}/street/00000.png, 00001.png, ..."
        )
    for name, files in sequences:
        for start in range(0, len(files) - factor, factor):
            yield Sample(name, tuple(files[start : start + factor + 1]), start)


def _sequences(root: Path) -> list[tuple[str, list[Path]]]:
    if not root.is_dir():
        raise CannotOpen(f"{root} is not a folder" if root.exists() else f"{root} does not exist")
    own = images_in(root)
    if own:
        return [(root.name, own)]
    folders = sorted((entry for entry in root.iterdir() if entry.is_dir()), key=natural_key)
    return [(folder.name, images_in(folder)) for folder in folders]


DATASETS: dict[str, Callable[[Path, int], Iterator[Sample]]] = {"folder": folder_samples}


def find_dataset(name: str) -> Callable[[Path, int], Iterator[Sample]]:
    """The reader of a data set's layout.

    Raises:
        InputError: there is none of that name.
    """
    reader = DATASETS.get(name.lower())
    if reader is None:
        raise InputError(f"no data set layout is called '{name}'; there are: {', '.join(DATASETS)}")
    return reader
