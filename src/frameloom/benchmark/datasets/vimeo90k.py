"""Vimeo-90K (Xue et al., IJCV 2019): triplets and septuplets of the test lists.

The archives with all data have `sequences`; of triplets there is also one with the test half alone, vimeo_interp_test,
whose frames are in `target` (RIFE benchmark/Vimeo90K.py, VFIBenchmark tools.py). InterpAny-Clearer lays measured
distance maps beside the septuplets' frames: `dis_index_{start}_{middle}_{end}.npy`, indices from 0, at half the size,
on the grid of the start frame.
"""

from collections.abc import Iterator
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, beneath, lines_of
from frameloom.benchmark.samples import Sample, only_middle
from frameloom.errors import RangeError

_SOURCE = "http://toflow.csail.mit.edu"
_LENGTH = 7


def _triplets(root: Path, factor: int) -> Iterator[Sample]:
    only_middle(factor, "vimeo90k-triplet")
    for line in lines_of(root / "tri_testlist.txt"):
        folder = beneath(root, "sequences", "target") / line
        yield Sample(line, tuple(folder / f"im{number}.png" for number in (1, 2, 3)), 0)


def _septuplets(root: Path, factor: int) -> Iterator[Sample]:
    if factor >= _LENGTH:
        raise RangeError(f"vimeo90k-septuplet has seven frames: its factor is at most {_LENGTH - 1}, not {factor}")
    for line in lines_of(root / "sep_testlist.txt"):
        folder = root / "sequences" / line
        for start in range(0, _LENGTH - factor, factor):
            end = start + factor
            files = tuple(folder / f"im{index + 1}.png" for index in range(start, end + 1))
            maps = tuple(folder / f"dis_index_{start}_{middle}_{end}.npy" for middle in range(start + 1, end))
            yield Sample(line, files, start, maps=maps)


DATASETS = [
    Dataset(name="vimeo90k-triplet", title="Vimeo-90K triplet", source=_SOURCE, factor=2, read=_triplets,
            layout="tri_testlist.txt and sequences/00001/0001/im1.png, im2.png, im3.png (or target/)"),
    Dataset(name="vimeo90k-septuplet", title="Vimeo-90K septuplet", source=_SOURCE, factor=6, read=_septuplets,
            layout="sep_testlist.txt and sequences/00001/0001/im1.png to im7.png, with dis_index_0_1_6.npy and so on "
            "beside them unless --uniform is given", maps=True),
]  # fmt: skip
