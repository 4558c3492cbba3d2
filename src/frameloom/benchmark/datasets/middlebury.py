"""Middlebury's "other" sequences with true frames in the middle (Baker et al., IJCV 2011)."""

from collections.abc import Iterator
from pathlib import Path

from frameloom.benchmark.dataset import Dataset, there
from frameloom.benchmark.samples import Sample, only_middle
from frameloom.errors import DatasetError
from frameloom.images import natural_key


def _triplets(root: Path, factor: int) -> Iterator[Sample]:
    only_middle(factor, "middlebury")
    given, true = there(root / "other-data"), there(root / "other-gt-interp")
    truths = sorted(true.glob("*/frame10i11.png"), key=lambda path: natural_key(path.parent))
    if not truths:
        raise DatasetError(f"{true} holds no folder with a frame10i11.png")
    for truth in truths:
        name = truth.parent.name
        yield Sample(name, (given / name / "frame10.png", truth, given / name / "frame11.png"), 0)


DATASETS = [
    Dataset(name="middlebury", title="Middlebury other", factor=2, read=_triplets,
            source="https://vision.middlebury.edu/flow/data",
            layout="other-data/Beanbags/frame10.png and frame11.png, and other-gt-interp/Beanbags/frame10i11.png")
]  # fmt: skip
