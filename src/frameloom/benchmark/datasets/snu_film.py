"""SNU-FILM (Choi et al., CAIN, AAAI 2020): four lists of 310 triplets, the further apart the harder.

A line of a list is three paths as they are from where CAIN is run:
`data/SNU-FILM/test/GOPRO_test/GOPR0384_11_00/000016.png` or `data/SNU-FILM/test/YouTube_test/0001/01651.png` (CAIN
data/snufilm.py and the lists themselves). Others keep the same paths below their root (IFRNet, EMA-VFI, ST-MFNet) or
put both folders right into it (AMT benchmarks/snu_film.py).
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from frameloom.benchmark.dataset import Dataset, beneath, lines_of
from frameloom.benchmark.samples import Sample
from frameloom.errors import DatasetError, RangeError

_DISTANCES = {"easy": 2, "medium": 4, "hard": 8, "extreme": 16}
"""Frames from the first of a triplet to its last."""


def _triplets(root: Path, factor: int, *, level: str) -> Iterator[Sample]:
    """The middle frame at factor 2; at the level's distance, all frames between."""
    distance = _DISTANCES[level]
    if factor not in (2, distance):
        also = f" or {distance}, all frames between" if distance > 2 else ""
        raise RangeError(f"snu-film-{level}: its factor is 2, the middle frame{also}; not {factor}")
    path = beneath(root, "eval_modes") / f"test-{level}.txt"
    folder = beneath(root, "test", "data/SNU-FILM/test")
    for line in lines_of(path):
        first, middle, last = _listed(folder, line, path)
        files = (first, middle, last) if factor == 2 else _between(first, last)
        stride = (int(last.stem) - int(first.stem)) // factor
        yield Sample(first.parent.name, files, int(first.stem), stride)


def _listed(folder: Path, line: str, source: Path) -> list[Path]:
    """Three files in the folder that holds GOPRO_test and YouTube_test."""
    found: list[Path] = []
    for word in line.split():
        parts = PurePosixPath(word).parts
        inside = parts[parts.index("test") + 1 :] if "test" in parts else parts
        found.append(folder.joinpath(*inside))
    if len(found) != 3 or not all(file.stem.isdecimal() and ".." not in file.parts for file in found):
        raise DatasetError(f"{source} has a line that is not three numbered frames: '{line}'")
    return found


def _between(first: Path, last: Path) -> tuple[Path, ...]:
    """All frames from the first to the last, by their numbers."""
    digits = len(first.stem)
    return tuple(
        first.with_name(f"{number:0{digits}d}{first.suffix}") for number in range(int(first.stem), int(last.stem) + 1)
    )


DATASETS = [
    Dataset(name=f"snu-film-{level}", title=f"SNU-FILM {level}", factor=2, read=partial(_triplets, level=level),
            source="https://myungsub.github.io/CAIN",
            layout=f"test-{level}.txt (or eval_modes/test-{level}.txt), and test/GOPRO_test/GOPR0384_11_00/000016.png "
            "and test/YouTube_test/0001/01651.png and so on (test/ may be left out, or be data/SNU-FILM/test)")
    for level in _DISTANCES
]  # fmt: skip
