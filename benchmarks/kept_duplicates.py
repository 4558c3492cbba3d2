"""What it gains that near-duplicates are kept with an index; the numbers in docs/scale.md.

    OMP_NUM_THREADS=1 python benchmarks/kept_duplicates.py --count 50000 --json benchmarks/results/kept_duplicates.json

The vectors are made, not measured: drawn as `clustered_vectors.py` draws them, about a mean and with a variance and a
spread of scenes as photos and clips have by `canny` (docs/scale.md), their directions as wide as 1 / k ** 0.7. Seconds
of processor time with one thread: to open the index, which compares all hashes; to look for near-duplicates and keep
them; and to take them from the file.
"""

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from clustered_vectors import BLOCK, Images, Likeness

from frameloom.progress import Notices
from frameloom.retrieval.duplicates import SIMILARITIES
from frameloom.retrieval.facts import IndexFacts
from frameloom.retrieval.index import open_index
from frameloom.retrieval.kept_duplicates import find_duplicates, kept_name
from frameloom.retrieval.pool import PoolImage, digest
from frameloom.retrieval.store import new_vectors, write_index

Made = TypeVar("Made")
DIMS, VARIANCE, SPREAD = 376, 0.279, (math.log(0.0177), math.log(2.8))
LEAST = SIMILARITIES["canny"]


def likeness() -> Likeness:
    """Of no pictures, but as wide as that of some."""
    widths = np.arange(1, DIMS + 1, dtype=np.float32) ** -0.7
    factor = np.diag(widths / np.linalg.norm(widths)).astype(np.float32)
    mean = np.random.default_rng(0).permutation(widths)
    mean *= math.sqrt(1 - VARIANCE) / np.linalg.norm(mean)
    none = np.zeros((0, DIMS), np.float32)
    return Likeness(
        photos=none, frames=none, mean=mean, of_photos=factor * math.sqrt(VARIANCE), of_frames=factor, spread=SPREAD
    )


def write(folder: Path, count: int) -> None:
    """An index of images that are nowhere."""
    vectors = new_vectors(folder, count, DIMS, "float32")
    for start, block in Images(likeness(), count).blocks(count):
        vectors[start : start + BLOCK] = block
    vectors.flush()  # type: ignore[attr-defined]  # it is a memory map
    images = [PoolImage(f"{number:08d}.jpg", 1, 1) for number in range(count)]
    facts = IndexFacts(
        parameters={"descriptor": "canny"}, root=str(folder), root_from_here=".", images=count, dims=DIMS,
        dtype="float32", pool_sha256=digest(images), skipped=(), structure=None, asked={}, made_with={},
    )  # fmt: skip
    write_index(folder, facts, images)


def timed(work: Callable[[], Made]) -> tuple[Made, float]:
    """What it makes, and seconds of processor time."""
    started = time.process_time()
    made = work()
    return made, round(time.process_time() - started, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--json", type=Path, required=True)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, chosen.count)
        index, opening = timed(lambda: open_index(folder))
        found, first = timed(lambda: find_duplicates(index.stored, LEAST, Notices()))
        again, second = timed(lambda: find_duplicates(index.stored, LEAST, Notices()))
        if (found.reused, again.reused) != (False, True) or found.groups != again.groups:
            raise SystemExit("the second run did not take what the first has found")
        row = {
            "vectors": chosen.count,
            "dims": DIMS,
            "similarity": LEAST,
            "groups": len(found.groups),
            "left_out": sum(len(group.others) for group in found.groups),
            "bytes": (folder / kept_name(LEAST)).stat().st_size,
            "unit": "CPU seconds",
            "opening": opening,
            "first_run": first,
            "second_run": second,
        }
    print(row, flush=True)
    chosen.json.write_text(json.dumps(row, indent=1) + "\n")


if __name__ == "__main__":
    main()
