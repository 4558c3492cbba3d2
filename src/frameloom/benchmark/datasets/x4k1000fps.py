"""X-TEST of X4K1000FPS (Sim et al., XVFI, ICCV 2021): 15 scenes of 33 frames, the first and the last are given.

Layout and factor as in XVFI's README and utils.py (make_2D_dataset_X_Test): at 8x the truths are frames 4, 8, ..., 28,
7 of each scene. The archive holds videos; the authors' mp4_decoding.py makes `0000.png` to `0032.png` of each. Half
size is of M2M Test/bench_xtest.py and EMA-VFI benchmark/XTest_8X.py.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, beneath
from frameloom.benchmark.samples import Image, Sample, halved
from frameloom.counting import counted
from frameloom.errors import DatasetError, RangeError
from frameloom.images import images_in, natural_key

_LENGTH = 33


def _scenes(root: Path, factor: int, *, prepare: Callable[[Image], Image] | None) -> Iterator[Sample]:
    stride, rest = divmod(_LENGTH - 1, factor)
    if rest:
        raise RangeError(f"x4k1000fps: its factor is 2, 4, 8, 16 or 32, not {factor}")
    top = beneath(root, "test")
    folders = sorted(
        (entry for entry in top.glob("Type*/*") if entry.is_dir()), key=lambda entry: (entry.parent, natural_key(entry))
    )
    if not folders:
        raise DatasetError(f"{top} holds no folders Type1 to Type3 with scenes in them")
    for folder in folders:
        frames = images_in(folder)
        if len(frames) != _LENGTH:
            raise DatasetError(f"{folder} has {counted(len(frames), 'frame')} instead of {_LENGTH}")
        yield Sample(f"{folder.parent.name}/{folder.name}", tuple(frames[::stride]), 0, stride, prepare=prepare)


_LAYOUT = "test/Type1/TEST01_003_f0433/0000.png to 0032.png and so on"
_SOURCE = "https://github.com/JihyongOh/XVFI"
DATASETS = [
    Dataset(name="x4k1000fps", title="X4K1000FPS test, 4K", factor=8, read=partial(_scenes, prepare=None),
            layout=_LAYOUT, source=_SOURCE),
    Dataset(name="x4k1000fps-2k", title="X4K1000FPS test at half size", factor=8, read=partial(_scenes, prepare=halved),
            layout=_LAYOUT, source=_SOURCE),
]  # fmt: skip
