"""What --hold and --smooth do to a collage; the tables of docs/calm.md.

    python benchmarks/calm.py --photos PHOTOS --clips CLIP [CLIP ...] --json benchmarks/results/calm.json
    python benchmarks/calm.py --drawn 4000 6000

Each clip is looked at once with the default descriptor; then pictures are chosen in each way. Changes a second, the
mean difference of each picture to the one before (of small pictures, 0 to 1, as results.json has it) against that of
the video's own frames, the mean similarity of frames and pictures, and CPU milliseconds (user and system) for the
choice. --picture draws which picture each frame of the first clip shows.

--drawn FRAMES IMAGES: what the choice costs at that size, with drawn vectors (128 numbers; images around 400 centres,
shots of 20 to 120 frames that wander around 40 of them and come back).
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
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from frameloom.descriptor_options import DescriptorOptions
from frameloom.features.thumbnails import THUMBNAIL
from frameloom.media.reading.source import open_source
from frameloom.progress import Stopwatch
from frameloom.retrieval.calm.candidates import Candidates
from frameloom.retrieval.calm.wishes import Calmness
from frameloom.retrieval.described_frames import DescribedFrames, difference
from frameloom.retrieval.exact import search_exactly
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

PICTURED = (
    "drawn from ten (the default)",
    "most similar (`--search-depth 1`)",
    "`--hold 5`",
    "`--hold 5 --smooth 0.05`",
    "`--no-repeat`",
    "`--hold 5 --smooth 0.05`, `--no-repeat`",
)


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
    images: tuple[int, ...]


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
            described = DescribedFrames(Path(folder) / "described", {}, self.frames, self.searched.descriptor.dims)
            for _ in described.complete(matching):
                pass
            self.queries, self.motion = described.vectors, described.motion

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
            images=tuple(images),
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


def summary(found: dict[str, list[Way]], seconds: dict[str, float]) -> str:
    """Changes of all clips together."""
    lines = ["| way | changes in all | largest loss of mean similarity |", "|---|---|---|"]
    for place, way in enumerate(next(iter(found.values()))):
        changes = sum(round(ways[place].changes_per_second * seconds[name]) for name, ways in found.items())
        loss = max(ways[1].mean_similarity - ways[place].mean_similarity for ways in found.values())
        lines.append(f"| {way.name} | {changes} | {loss:.4f} |")
    return "\n".join(lines)


def draw(shown: dict[str, Sequence[int]], path: Path) -> None:
    """A bar for each way, a colour for each picture; the calmest ways have the most distinct ones."""
    order = list(dict.fromkeys(image for images in reversed(shown.values()) for image in images))
    golden = 0.618
    others = [plt.colormaps["hsv"](place * golden % 1) for place in range(len(order))]
    known = dict(zip(order, [*plt.colormaps["tab20"](range(20)), *others], strict=False))
    figure, axes = plt.subplots(len(shown), 1, figsize=(9, 0.62 * len(shown)), sharex=True, layout="constrained")
    for axis, (name, images) in zip(axes, shown.items(), strict=True):
        axis.imshow([[known[image] for image in images]], aspect="auto", interpolation="nearest")
        axis.set_yticks([])
        axis.set_title(name, loc="left", fontsize=8, pad=2)
    axes[-1].set_xlabel("frame", fontsize=8)
    figure.savefig(path, dpi=100, pil_kwargs={"quality": 90})


def drawn(frames: int, images: int) -> Candidates:
    """Vectors of so many frames and images."""
    random = np.random.default_rng(3)
    centres = random.normal(size=(400, 128))
    vectors = centres[random.integers(0, 400, images)] + 1.2 * random.normal(size=(images, 128))
    shots: list[NDArray[np.float64]] = []
    while sum(map(len, shots)) < frames:
        length = int(random.integers(20, 120))
        path = np.cumsum(0.12 * random.normal(size=(length, 128)), axis=0) + 0.5 * random.normal(size=128)
        shots.append(centres[random.integers(0, 40)] + path + 0.6 * random.normal(size=(length, 128)))
    queries = np.concatenate(shots)[:frames]
    pool, asked = (
        (given / np.linalg.norm(given, axis=1, keepdims=True)).astype(np.float32) for given in (vectors, queries)
    )
    return Candidates(vectors=pool, queries=asked, search=lambda given, count: search_exactly(pool, given, count)[0])


def time_drawn(frames: int, images: int) -> None:
    candidates = drawn(frames, images)
    for repeat in (True, False):
        for calmness in (Calmness(hold=2), Calmness(hold=5, switch_cost=0.05)):
            started = time.process_time()
            best = candidates.choose(calmness, repeat=repeat)
            spent = time.process_time() - started
            gap = (best.bound - best.objective) / best.bound
            print(
                f"{frames} x {images} repeat {repeat} hold {calmness.hold} smooth {calmness.switch_cost}: "
                f"{spent:.1f} s CPU, {len(set(best.images.tolist()))} images, gap {100 * gap:.4f} %",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--clips", type=Path, nargs="+", default=[])
    parser.add_argument("--drawn", type=int, nargs=2)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    if given.drawn is not None:
        time_drawn(*given.drawn)
    found: dict[str, object] = {"versions": {name: version(name) for name in ("numpy", "scipy", "faiss-cpu")}}
    all_ways: dict[str, list[Way]] = {}
    seconds: dict[str, float] = {}
    for clip in given.clips:
        looked = Looked(clip, given.photos)
        ways = [plain_way(looked, name, rules) for name, rules in PLAIN.items()]
        for repeat, after in ((True, ""), (False, ", `--no-repeat`")):
            ways += [calm_way(looked, name + after, calmness, repeat=repeat) for name, calmness in CALM.items()]
        print(f"\n{clip.name}: {len(looked.frames)} frames, {looked.searched.pool} photos\n\n{table(looked, ways)}")
        all_ways[clip.name], seconds[clip.name] = ways, looked.seconds
        if given.picture is not None and clip == given.clips[0]:
            draw({way.name.replace("`", ""): way.images for way in ways if way.name in PICTURED}, given.picture)
        found[clip.name] = {
            "frames": len(looked.frames),
            "seconds": looked.seconds,
            "photos": looked.searched.pool,
            "source_difference": looked.motion,
            "ways": [{name: value for name, value in vars(way).items() if name != "images"} for way in ways],
        }
    if all_ways:
        print(f"\nAll clips\n\n{summary(all_ways, seconds)}")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
