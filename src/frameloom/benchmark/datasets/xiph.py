"""Eight 4K clips of Xiph, 100 frames each, as Niklaus and Liu (softmax splatting, CVPR 2020) took them.

"2K" is every frame at half the size; "4K" is the middle half of it at full size. Softmax splatting's benchmark_xiph.py
writes `netflix/BoxingPractice-001.png` to `-100.png` by FFmpeg from the .y4m files; AMT benchmarks/xiph.py and
VFIBenchmark have a folder of `001.png` to `100.png` for each clip. Frames 2, 4, ..., 98 are the truth: 49 of each clip.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, beneath, sequences_in
from frameloom.benchmark.samples import Sample, centre, halved, windows
from frameloom.images import images_in

_NAME = re.compile(r"(.+?)-([0-9]+)")
_PREPARE = {"2k": halved, "4k": centre}


def _samples(root: Path, factor: int, *, kind: str) -> Iterator[Sample]:
    folder = beneath(root, "netflix")
    clips: dict[str, list[Path]] = defaultdict(list)
    for image in images_in(folder):
        named = _NAME.fullmatch(image.stem)
        clips[named[1] if named else folder.name].append(image)
    for name, files in sorted(clips.items()) or sequences_in(folder):
        yield from windows(name, files, factor, prepare=_PREPARE[kind])


DATASETS = [
    Dataset(name=f"xiph-{kind}", title=f"Xiph {kind.upper()}", factor=2, read=partial(_samples, kind=kind),
            source="https://media.xiph.org/video/derf",
            layout="4096x2160 frames netflix/BoxingPractice-001.png to -100.png and so on (or BoxingPractice/001.png)")
    for kind in _PREPARE
]  # fmt: skip
