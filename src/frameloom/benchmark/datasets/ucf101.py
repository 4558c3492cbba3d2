"""The triplets of UCF101 that Liu et al. (Deep Voxel Flow, ICCV 2017) chose."""

from collections.abc import Iterator
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, beneath
from frameloom.benchmark.samples import Sample, only_middle
from frameloom.errors import DatasetError
from frameloom.images import natural_key


def _triplets(root: Path, factor: int) -> Iterator[Sample]:
    only_middle(factor, "ucf101")
    folders = sorted(
        (path.parent for path in beneath(root, "ucf101_interp_ours").glob("*/frame_00.png")), key=natural_key
    )
    if not folders:
        raise DatasetError(f"{root} holds no folder with a frame_00.png")
    for folder in folders:
        files = (folder / "frame_00.png", folder / "frame_01_gt.png", folder / "frame_02.png")
        yield Sample(folder.name, files, 0)


DATASETS = [
    Dataset(name="ucf101", title="UCF101", factor=2, read=_triplets, source="https://github.com/liuziwei7/voxel-flow",
            layout="ucf101_interp_ours/1/frame_00.png, frame_01_gt.png, frame_02.png")
]  # fmt: skip
