"""Folders of consecutive frames, of anybody's own."""

from collections.abc import Iterator
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, sequences_in
from frameloom.benchmark.samples import Sample, windows
from frameloom.errors import DatasetError

MIN_FRAMES = 3


def folder_samples(root: Path, factor: int) -> Iterator[Sample]:
    """Samples of a folder of sequences (or of one sequence): every `factor`-th frame is given, the rest is truth.

    Sequences too short for the factor are passed over.

    Raises:
        DatasetError: no sequence of at least three frames is there.
    """
    sequences = sequences_in(root)
    if not any(len(files) >= MIN_FRAMES for _, files in sequences):
        raise DatasetError(
            f"{root} holds no sequence: expected folders of at least {MIN_FRAMES} images each, "
            f"such as {root}/street/00000.png, 00001.png, ..."
        )
    for name, files in sequences:
        yield from windows(name, files, factor)


DATASETS = [
    Dataset(name="folder", title="Folders of frames", layout="folders of images in natural order", source="",
            factor=2, read=folder_samples)
]  # fmt: skip
