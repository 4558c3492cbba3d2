"""240 frames a second: GoPro (Nah et al., CVPR 2017) and Adobe240 (Su et al., CVPR 2017), as folders of frames."""

from collections.abc import Iterator
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, beneath, sequences_in
from frameloom.benchmark.samples import Sample, windows


def _samples(root: Path, factor: int) -> Iterator[Sample]:
    for name, files in sequences_in(beneath(root, "test")):
        yield from windows(name, files, factor)


DATASETS = [
    Dataset(name="gopro", title="GoPro", factor=8, read=_samples, source="https://seungjunnah.github.io/Datasets/gopro",
            layout="GOPRO_Large_all: test/GOPR0384_11_00/000001.png and so on"),
    Dataset(name="adobe240", title="Adobe240", factor=8, read=_samples,
            source="https://www.cs.ubc.ca/labs/imager/tr/2017/DeepVideoDeblurring",
            layout="a folder of extracted frames for each test video, test/720p_240fps_1/00001.png and so on"),
]  # fmt: skip
