"""The triplets of UCF101 that Liu et al. (Deep Voxel Flow, ICCV 2017) chose, and those of Xu et al. (QVI).

Layouts as loaders of the published archives have them: triplets `frame_00.png`, `frame_01_gt.png`, `frame_02.png` in
379 numbered folders (RIFE benchmark/UCF101.py, AMT benchmarks/ucf101.py, M2M Test/bench_ucf101.py); 100 folders with
`frame1.png`, `framet.png`, `frame2.png`, and `frame0.png` and `frame3.png` for models that take four (ST-MFNet
data/testsets.py, FLAVR dataset/ucf101_test.py).
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, beneath
from frameloom.benchmark.samples import Sample, only_middle
from frameloom.errors import DatasetError
from frameloom.images import natural_key


def _triplets(root: Path, factor: int, *, name: str, folder: str, files: tuple[str, str, str]) -> Iterator[Sample]:
    only_middle(factor, name)
    folders = sorted((path.parent for path in beneath(root, folder).glob(f"*/{files[0]}")), key=natural_key)
    if not folders:
        raise DatasetError(f"{root} holds no folder with a {files[0]}")
    for each in folders:
        yield Sample(each.name, tuple(each / file for file in files), 0)


_OF_VOXEL_FLOW = ("frame_00.png", "frame_01_gt.png", "frame_02.png")
_OF_QVI = ("frame1.png", "framet.png", "frame2.png")

DATASETS = [
    Dataset(name="ucf101", title="UCF101", factor=2, source="https://liuziwei7.github.io/projects/VoxelFlow",
            read=partial(_triplets, name="ucf101", folder="ucf101_interp_ours", files=_OF_VOXEL_FLOW),
            layout="ucf101_interp_ours/1/frame_00.png, frame_01_gt.png, frame_02.png"),
    Dataset(name="ucf101-qvi", title="UCF101 of QVI", factor=2,
            source="https://sites.google.com/view/xiangyuxu/qvi_nips19",
            read=partial(_triplets, name="ucf101-qvi", folder="ucf101", files=_OF_QVI),
            layout="ucf101/0/frame1.png, framet.png, frame2.png"),
]  # fmt: skip
