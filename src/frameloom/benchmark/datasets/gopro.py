"""240 frames a second: GoPro (Nah et al., CVPR 2017) and Adobe240 (Su et al., CVPR 2017), as folders of frames.

GOPRO_Large_all has `train` and `test` with a folder of frames for each video; some put all into one folder and name the
11 test videos (IFRNet datasets.py, AMT datasets/gopro_datasets.py, FLAVR dataset/GoPro_test.txt), so they are named
here. Of Adobe240 there are videos only, and no one list of what is tested: Super SloMo names 8
(data/adobe240fps/test_list.txt); AMT (datasets/adobe_datasets.py) takes every tenth of `test_frames` in the order in
which the disk lists them. IFRNet and AMT measure in the middle 512 pixels.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, beneath, sequences_in
from frameloom.benchmark.samples import Image, Sample, middle_square, windows
from frameloom.errors import DatasetError

_GOPRO = (
    "GOPR0384_11_00", "GOPR0384_11_05", "GOPR0385_11_01", "GOPR0396_11_00", "GOPR0410_11_00", "GOPR0854_11_00",
    "GOPR0862_11_00", "GOPR0868_11_00", "GOPR0869_11_00", "GOPR0871_11_00", "GOPR0881_11_01",
)  # fmt: skip
_ADOBE = ("720p_240fps_1", "GOPR9635", "GOPR9637a", "IMG_0004a", "IMG_0015", "IMG_0023", "IMG_0179", "IMG_0183")
_SIDE = 512

Preparation = Callable[[Image], Image] | None


def _gopro(root: Path, factor: int, *, prepare: Preparation) -> Iterator[Sample]:
    top = beneath(root, "test")
    found = dict(sequences_in(top))
    missing = [name for name in _GOPRO if name not in found]
    if missing:
        raise DatasetError(
            f"{top} has {len(_GOPRO) - len(missing)} of the {len(_GOPRO)} test videos: {missing[0]} is missing"
        )
    for name in _GOPRO:
        yield from windows(name, found[name], factor, prepare=prepare)


def _adobe(root: Path, factor: int, *, prepare: Preparation) -> Iterator[Sample]:
    """The test videos of Super SloMo, where any is there; else all."""
    found = sequences_in(beneath(root, "test_frames", "test"))
    listed = [(name, files) for name, files in found if name in _ADOBE]
    for name, files in listed or found:
        yield from windows(name, files, factor, prepare=prepare)


_MIDDLE = partial(middle_square, side=_SIDE)
_GOPRO_LAYOUT = "GOPRO_Large_all: test/GOPR0384_11_00/000001.png and so on for 11 test videos (test/ may be left out)"
_GOPRO_SOURCE = "https://seungjunnah.github.io/Datasets/gopro"
_ADOBE_LAYOUT = (
    "a folder of extracted frames for each video, test_frames/GOPR9635/00001.png and so on (or test/, or neither)"
)
_ADOBE_SOURCE = "https://www.cs.ubc.ca/labs/imager/tr/2017/DeepVideoDeblurring"

DATASETS = [
    Dataset(name="gopro", title="GoPro", factor=8, read=partial(_gopro, prepare=None),
            layout=_GOPRO_LAYOUT, source=_GOPRO_SOURCE),
    Dataset(name="gopro-512", title="GoPro, the middle 512x512", factor=8, read=partial(_gopro, prepare=_MIDDLE),
            layout=_GOPRO_LAYOUT, source=_GOPRO_SOURCE),
    Dataset(name="adobe240", title="Adobe240", factor=8, read=partial(_adobe, prepare=None),
            layout=_ADOBE_LAYOUT, source=_ADOBE_SOURCE),
    Dataset(name="adobe240-512", title="Adobe240, the middle 512x512", factor=8, read=partial(_adobe, prepare=_MIDDLE),
            layout=_ADOBE_LAYOUT, source=_ADOBE_SOURCE),
]  # fmt: skip
