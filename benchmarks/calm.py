"""What --hold and --smooth do to a collage; the tables of docs/calm.md.

    python benchmarks/calm.py --photos PHOTOS --clips CLIP [CLIP ...] --json benchmarks/results/calm.json

Each clip is looked at once with the default descriptor; then pictures are chosen in each way. Changes a second, the mean
difference of each picture to the one before (of small pictures, 0 to 1, as results.json has it) against that of the
video's own frames, the mean similarity of frames and pictures, and CPU milliseconds (user and system) for the choice.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.thumbnails import THUMBNAIL
from frameloom.media.reading.source import open_source
from frameloom.progress import Stopwatch
from frameloom.retrieval.calm_candidates import Candidates
from frameloom.retrieval.calm_looking import Sightings, difference, look
from frameloom.retrieval.calm_wishes import Calmness
from frameloom.retrieval.fitting import Fitting
from frameloom.retrieval.matching import Matching
from frameloom.retrieval.queries import query_of, shown_aspect
from frameloom.retrieval.searching import PoolWish
from frameloom.retrieval.selection import Choice, Rules, Selector
from frameloom.retrieval.structures import EXACT
from frameloom.runtime import Runtime

PLAIN = {
    "drawn from ten (the default)": Rules(),
    "most similar (`--search-depth 1`)": Rules(depth=1),
    "`--no-repeat`": Rules(repeat=False),
}
CALM = {
    "`--hold 5`": Calmness(hold=5),
    "`--hold 12`": Calmness(hold=12),
    "`--smooth 0.02`": Calmness(switch_cost=0.02),
    "`--smooth 0.05`": Calmness(switch_cost=0.05),
    "`--smooth 0.1`": Calmness(switch_cost=0.1),
    "`--smooth 0.5`": Calmness(switch_cost=0.5),
    "`--hold 5 --smooth 0.05`": Calmness(hold=5, switch_cost=0.05),
}


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to choose, on one clip."""

    name: str
    changes_per_second: float
    distinct: int
    comes_back: int
    """Changes to a picture that was shown before."""
    mean_similarity: float
    difference: float
    gap: float | None
    milliseconds: float


class Looked:
    """A clip and a pool, described."""

    def __init__(self, clip: Path, photos: Path) -> None:
        pool = PoolWish(
            place=photos, descriptor="canny", options=DescriptorOptions(), structure=EXACT, runtime=Runtime(), workers=1
        )
        self.source = open_source(clip)
        self.aspect = shown_aspect(self.source.info)
        self.searched = pool.open(self.aspect)
        self.frames = list(range(self.source.info.frame_count or 0))
        query = partial(query_of, framing=self.searched.framing, aspect=self.aspect, smallest=self.searched.smallest)
        matching = Matching(
            source=self.source,
            descriptor=self.searched.descriptor,
            query=query,
            selector=Selector(self.searched.index, Rules()),
            batch=10,
            stopwatch=Stopwatch(),
        )
        with tempfile.TemporaryDirectory() as folder:
            sightings = Sightings(Path(folder) / "seen", {}, self.frames, self.searched.descriptor.dims)
            for _ in look(matching, self.frames, sightings):
                pass
            self.queries, self.motion = sightings.vectors, sightings.motion

    @cached_property
    def seconds(self) -> float:
        return float(self.source.info.duration or Fraction(1))

    @lru_cache(1024)  # noqa: B019  # as many as there are clips
    def small(self, image: int) -> NDArray[np.uint8]:
        fitting = Fitting(size=(THUMBNAIL[1], THUMBNAIL[0]), aspect=self.aspect)
        return fitting.read(self.searched.index.paths[image])

    def measured(self, name: str, images: Sequence[int], gap: float | None, spent: float) -> Way:
        changes = [(before, after) for before, after in pairwise(images) if before != after]
        moved = sum(difference(self.small(before), self.small(after)) for before, after in changes)
        similar = (self.queries.astype(np.float64) * self.searched.vectors[list(images)]).sum(axis=1)
        return Way(
            name=name,
            changes_per_second=len(changes) / self.seconds,
            distinct=len(set(images)),
            comes_back=len(changes) + 1 - len(set(images)),
            mean_similarity=float(similar.mean()),
            difference=moved / (len(images) - 1),
            gap=gap,
            milliseconds=1000 * spent,
        )


def plain_way(looked: Looked, name: str, rules: Rules) -> Way:
    started = time.process_time()
    choices: list[Choice] = Selector(looked.searched.index, rules).choose(looked.frames, looked.queries)
    spent = time.process_time() - started
    return looked.measured(name, [choice.selected or 0 for choice in choices], None, spent)


def calm_way(looked: Looked, name: str, calmness: Calmness, *, repeat: bool) -> Way:
    index = looked.searched.index
    candidates = Candidates(
        vectors=looked.searched.vectors,
        queries=looked.queries,
        search=lambda queries, count: index.search(queries, min(count, len(index.paths)))[0],
    )
    started = time.process_time()
    best = candidates.choose(calmness, repeat=repeat)
    spent = time.process_time() - started
    return looked.measured(name, best.images.tolist(), best.bound - best.objective, spent)


def table(looked: Looked, ways: Sequence[Way]) -> str:
    lines = [
        "| way | changes a second | pictures | come back | mean similarity | difference | gap | CPU ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for way in ways:
        gap = "" if way.gap is None else "0" if way.gap == 0 else f"{way.gap:.2g}"
        lines.append(
            f"| {way.name} | {way.changes_per_second:.2f} | {way.distinct} | {way.comes_back} | "
            f"{way.mean_similarity:.4f} | {way.difference:.4f} | {gap} | {way.milliseconds:.0f} |"
        )
    return "\n".join([*lines, f"\nThe video's own frames differ by {looked.motion:.4f}."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--clips", type=Path, nargs="+", required=True)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    found: dict[str, object] = {"versions": {name: version(name) for name in ("numpy", "scipy", "faiss-cpu")}}
    for clip in given.clips:
        looked = Looked(clip, given.photos)
        ways = [plain_way(looked, name, rules) for name, rules in PLAIN.items()]
        for repeat, after in ((True, ""), (False, ", `--no-repeat`")):
            ways += [calm_way(looked, name + after, calmness, repeat=repeat) for name, calmness in CALM.items()]
        print(f"\n{clip.name}: {len(looked.frames)} frames, {looked.searched.pool} photos\n\n{table(looked, ways)}")
        found[clip.name] = {
            "frames": len(looked.frames),
            "seconds": looked.seconds,
            "photos": looked.searched.pool,
            "source_difference": looked.motion,
            "ways": [vars(way) for way in ways],
        }
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
