"""Middlebury's "other" sequences with true frames in the middle (Baker et al., IJCV 2011): 12 of them.

Unpacked, other-color-twoframes.zip or -allframes.zip is `other-data`, and other-gt-interp.zip is `other-gt-interp`
(DAIN README, RIFE benchmark/MiddleBury_Other.py). Softmax splatting's benchmark_middlebury.py has all three in one
folder.
"""

from collections.abc import Iterator
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, there
from frameloom.benchmark.samples import Sample, only_middle
from frameloom.errors import DatasetError
from frameloom.images import natural_key

_TRUTH = "frame10i11.png"


def _triplets(root: Path, factor: int) -> Iterator[Sample]:
    only_middle(factor, "middlebury")
    together = next(root.glob(f"*/{_TRUTH}"), None) is not None
    given, true = (root, root) if together else (there(root / "other-data"), there(root / "other-gt-interp"))
    truths = sorted(true.glob(f"*/{_TRUTH}"), key=lambda path: natural_key(path.parent))
    if not truths:
        raise DatasetError(f"{true} holds no folder with a {_TRUTH}")
    for truth in truths:
        name = truth.parent.name
        yield Sample(name, (given / name / "frame10.png", truth, given / name / "frame11.png"), 0)


DATASETS = [
    Dataset(name="middlebury", title="Middlebury other", factor=2, read=_triplets,
            source="https://vision.middlebury.edu/flow/data",
            layout="other-data/Beanbags/frame10.png and frame11.png, and other-gt-interp/Beanbags/frame10i11.png "
            "(or all three in Beanbags)")
]  # fmt: skip
