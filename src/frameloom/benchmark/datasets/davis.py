"""DAVIS 2017 (Pont-Tuset et al.) as VFIBenchmark takes it: all sequences of JPEGImages.

Its evaluate_videoDst.py reads `JPEGImages/480p` as it is but for an odd last row or column, and
`JPEGImages/Full-Resolution` stretched to 1920x1080 by areas.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, beneath, sequences_in, there
from frameloom.benchmark.samples import Sample, of_even_size, scaled_to, windows

_FULL_HD = (1080, 1920)


def _small(root: Path, factor: int) -> Iterator[Sample]:
    for name, files in sequences_in(there(root / "JPEGImages" / "480p")):
        yield from windows(name, files, factor, prepare=of_even_size)


def _large(root: Path, factor: int) -> Iterator[Sample]:
    top = beneath(there(root / "JPEGImages"), "1080p", "Full-Resolution")
    for name, files in sequences_in(there(top)):
        yield from windows(name, files, factor, prepare=partial(scaled_to, size=_FULL_HD))


_SOURCE = "https://davischallenge.org"
DATASETS = [
    Dataset(name="davis-480p", title="DAVIS 480p", factor=2, read=_small, source=_SOURCE,
            layout="JPEGImages/480p/bear/00000.jpg and so on"),
    Dataset(name="davis-1080p", title="DAVIS 1080p", factor=2, read=_large, source=_SOURCE,
            layout="JPEGImages/1080p (or Full-Resolution)/bear/00000.jpg and so on, used at 1920x1080"),
]  # fmt: skip
