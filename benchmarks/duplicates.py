"""How well repeated frames are told from noise and slow motion; the last table of docs/cuts.md.

    python benchmarks/duplicates.py --clips CLIPS --photos PHOTOS --json benchmarks/results/duplicates.json

Clips without repeats of their own are turned into twos, threes and 3:2 pull-down, and encoded; photos into slow pans.
Every third clip was looked at when the constants of `features/duplicates.py` were chosen; the others are held out.
"""

import argparse
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.features.lookahead import look_ahead
from frameloom.media.reading.source import open_source

Images = list[NDArray[np.uint8]]
PATTERNS = {"no repeats": (1,), "twos": (2,), "threes": (3,), "3:2 pull-down": (2, 3)}
QUALITIES = (18, 24, 30)  # crf of x264
SPEEDS = (0.03, 0.06, 0.12, 0.25, 0.5)  # pixels per frame
LENGTH = 36
OWN_REPEATS = ("asl_book", "asl_yes", "audience", "baseball", "car_overhead", "flowers", "lp_s32", "rabbit")


@dataclass
class Count:
    """What was said of frames that repeat and of frames that do not."""

    repeats: int = 0
    found: int = 0
    distinct: int = 0
    false: int = 0


def encoded(images: Images, crf: int, folder: Path) -> Path:
    path = folder / "clip.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": str(crf), "threads": "1"})
        stream.height, stream.width = (side // 2 * 2 for side in images[0].shape[:2])
        stream.pix_fmt = "yuv420p"
        for image in images:
            even = np.ascontiguousarray(image[: stream.height, : stream.width])
            output.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        output.mux(stream.encode(None))
    return path


def measured(images: Images, repeats: Sequence[bool], crf: int, folder: Path) -> Count:
    """The last run of a stream is not counted: nothing ends it."""
    held = [step.held for step in look_ahead(open_source(encoded(images, crf, folder)), dedupe=True)]
    count, until = Count(), len(held)
    while until > 1 and repeats[until - 1]:
        until -= 1
    for is_held, repeats_before in zip(held[:until], repeats[:until], strict=True):
        count.repeats += repeats_before
        count.found += is_held and repeats_before
        count.distinct += not repeats_before
        count.false += is_held and not repeats_before
    return count


def shown_for(images: Images, pattern: Sequence[int]) -> tuple[Images, list[bool]]:
    times = [(image, index > 0) for image, count in zip(images, cycle(pattern)) for index in range(count)]
    return [image for image, _ in times[:LENGTH]], [repeat for _, repeat in times[:LENGTH]]


def slow_pan(photo: NDArray[np.uint8], speed: float, grain: float) -> Images:
    noise = np.random.default_rng(1)
    height, width = (side - 32 for side in photo.shape[:2])
    images: Images = []
    for index in range(LENGTH):
        shift = np.array([[1, 0, -speed * index], [0, 1, 0]], np.float32)
        moved = cv2.warpAffine(photo.astype(np.float32), shift, (width, height), flags=cv2.INTER_CUBIC)
        images.append(np.clip(np.rint(moved + noise.normal(0, grain, moved.shape)), 0, 255).astype(np.uint8))
    return images


def of_clips(paths: Sequence[Path], folder: Path) -> dict[str, Count]:
    counts: dict[str, Count] = defaultdict(Count)
    for path in paths:
        images = [frame.to_uint8() for frame in islice(open_source(path), LENGTH)]
        for kind, pattern in PATTERNS.items():
            for crf in QUALITIES:
                add(counts[f"{kind}, crf {crf}"], measured(*shown_for(images, pattern), crf, folder))
    return counts


def of_photos(photos: Sequence[Path], folder: Path) -> dict[str, Count]:
    counts: dict[str, Count] = defaultdict(Count)
    for path in photos:
        photo = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        for speed in SPEEDS:
            for crf, grain in ((18, 0.0), (18, 1.5), (24, 0.0), (24, 1.5)):
                images = slow_pan(photo, speed, grain)
                add(counts[f"pan of {speed} pixels a frame"], measured(images, [False] * LENGTH, crf, folder))
    return counts


def add(total: Count, count: Count) -> None:
    for name, value in asdict(count).items():
        setattr(total, name, getattr(total, name) + value)


def table(counts: dict[str, Count]) -> str:
    """Markdown."""
    lines = ["| | repeats found | others taken for repeats |", "|---|---|---|"]
    for kind, count in counts.items():
        share = f" ({count.found / count.repeats:.1%})" if count.repeats else ""
        lines.append(f"| {kind} | {count.found} of {count.repeats}{share} | {count.false} of {count.distinct} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--clip-count", type=int, default=10, help="of the held-out clips")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    draw = random.Random(options.seed)
    held_out = [path for index, path in enumerate(sorted(options.clips.glob("*.mp4"))) if index % 3]
    clips = draw.sample([path for path in held_out if path.stem not in OWN_REPEATS], options.clip_count)
    with tempfile.TemporaryDirectory() as folder:
        counts = of_clips(sorted(clips), Path(folder))
        counts |= of_photos(draw.sample(sorted(options.photos.rglob("*.jpg")), 6), Path(folder))
    print(table(counts))
    if options.json:
        record = {"frameloom": version("frameloom"), "opencv": cv2.__version__, "seed": options.seed,
                  "clips": [path.stem for path in sorted(clips)],
                  "kinds": {kind: asdict(count) for kind, count in counts.items()}}  # fmt: skip
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
