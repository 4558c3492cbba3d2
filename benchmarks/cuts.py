"""How well cuts are told from what looks like them; the first tables of docs/cuts.md.

    python benchmarks/cuts.py --clips CLIPS --photos PHOTOS --json benchmarks/results/cuts.json

CLIPS holds videos without cuts, PHOTOS pictures for whip pans. Every second clip and photo, by name, is held out: the
constants of `features/cuts.py` were chosen on the others. Streams of eight frames and more go through the same
look-ahead as a video does; splices, flashes, fades and dissolves are put together from thumbnails of the clips.
"""

import argparse
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.features.cuts import AUTO
from frameloom.features.lookahead import look_ahead
from frameloom.features.thumbnails import thumbnail
from frameloom.frame import ArrayPicture, Frame
from frameloom.media.reading.source import open_source

Images = list[NDArray[np.uint8]]
Clips = dict[str, Images]
SHOT = 8  # frames on either side of a splice
APART = 60  # frames between the two sides of a jump cut
NEGATIVES = (
    "consecutive frames", "flashes", "dissolves", "fades", "whip pans", "on twos and threes", "on fours to sixes",
    "stalls", "a quarter of the rate",
)  # fmt: skip


SUMS = {  # what is summed up -> what is left out; in jump cuts the shot goes on, and most of its picture with it
    "all but related clips": ("jump cuts within a clip", "splices of related clips"),
    "with related clips": ("jump cuts within a clip",),
}


@dataclass(frozen=True)
class Stream:
    """Images in order, and which of them begin a shot."""

    kind: str
    images: Images
    cuts: frozenset[int] = frozenset()


@dataclass
class Count:
    """What came of all streams of a kind."""

    streams: int = 0
    steps: int = 0
    found: int = 0
    missed: int = 0
    false: int = 0

    def add(self, other: "Count") -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


def seen(path: Path) -> Images:
    """Thumbnails of all frames of a clip."""
    return [thumbnail(frame.picture) for frame in open_source(path)]


def part_of(clip: Images, count: int, draw: random.Random) -> Images:
    begin = draw.randrange(len(clip) - count + 1)
    return clip[begin : begin + count]


def family(name: str) -> str:
    """Clips of one family were filmed together: asl_walk and asl_book, drive_day and drive_day2."""
    return re.split(r"[_\d]", name)[0]


def splices(clips: Clips, count: int, draw: random.Random) -> Iterator[Stream]:
    names = list(clips)
    related = [(a, b) for a in names for b in names if a != b and family(a) == family(b)]
    for number in range(count):
        first, second = draw.choice(related) if number % 8 == 0 and related else draw.sample(names, 2)
        kind = "splices of related clips" if family(first) == family(second) else "splices"
        yield Stream(kind, part_of(clips[first], SHOT, draw) + part_of(clips[second], SHOT, draw), frozenset({SHOT}))


def jump_cuts(clips: Clips, count: int, draw: random.Random) -> Iterator[Stream]:
    long = [clip for clip in clips.values() if len(clip) >= APART + 2 * SHOT]
    for _ in range(count):
        whole = part_of(clip := draw.choice(long), draw.randint(APART + 2 * SHOT, len(clip)), draw)
        yield Stream("jump cuts within a clip", whole[:SHOT] + whole[-SHOT:], frozenset({SHOT}))


def flashes(clips: Clips, count: int, draw: random.Random) -> Iterator[Stream]:
    """One to three frames lit otherwise, all over or from one side; a quarter of them nearly white."""
    for _ in range(count):
        images, length = list(part_of(draw.choice(list(clips.values())), 2 * SHOT + 1, draw)), draw.choice((1, 1, 2, 3))
        gain, offset = draw.choice((1.6, 2.2, 4, 0.5, 0.3)), draw.choice((0, 40, 90))
        if draw.random() < 0.25:
            gain, offset = 0.05, 235
        share = np.linspace(0, 1, 64)[:, None] if draw.random() < 0.3 else 1.0
        for index in range(SHOT, SHOT + length):
            lit = np.clip(images[index] * gain + offset, 0, 255)
            images[index] = (images[index] * (1 - share) + lit * share).astype(np.uint8)
        yield Stream("flashes", images)


def mixed(before: Images, after: Images, length: int) -> Images:
    """Dissolve one shot into another within so many frames, both going on; SHOT frames stay as they are."""
    shares = [min(1.0, max(0.0, (index - SHOT + 1) / (length + 1))) for index in range(length + 2 * SHOT)]
    return [(a * (1 - share) + b * share).astype(np.uint8) for share, a, b in zip(shares, before, after, strict=True)]


def fades(clips: Clips, count: int, draw: random.Random) -> Iterator[Stream]:
    """Dissolves of 6 to 24 frames, and as many fades to black or from it."""
    for number in range(2 * count):
        length = draw.choice((6, 8, 12, 24))
        long = [clip for clip in clips.values() if len(clip) >= length + 2 * SHOT]
        first, second = (part_of(clip, length + 2 * SHOT, draw) for clip in draw.sample(long, 2))
        if number % 2:
            yield Stream("dissolves", mixed(first, second, length))
        else:
            dark = mixed(first, [np.zeros_like(image) for image in first], length)
            yield Stream("fades", dark if draw.random() < 0.5 else dark[::-1])


def whip_pans(photos: Sequence[Path], count: int, draw: random.Random) -> Iterator[Stream]:
    """0.6 to 1 picture width in 6 to 8 frames, from standstill to standstill, the shutter open half the time."""
    for _ in range(count):
        photo = cv2.cvtColor(cv2.imread(str(draw.choice(photos))), cv2.COLOR_BGR2RGB)
        photo = photo if photo.shape[1] >= photo.shape[0] else cv2.rotate(photo, cv2.ROTATE_90_CLOCKWISE)
        width = photo.shape[1] // 2
        height = width * 9 // 16
        top, frames = draw.randrange(photo.shape[0] - height), draw.choice((6, 7, 8))
        images = _panned(photo[top : top + height], width, draw.uniform(0.6, 1) * width, frames)
        grain = np.random.default_rng(draw.randrange(10**6)).normal(0, 0.7, (len(images), 36, 64, 3))
        images = [np.clip(image + one, 0, 255).astype(np.uint8) for image, one in zip(images, grain, strict=True)]
        yield Stream("whip pans", images if draw.random() < 0.5 else images[::-1])


def _panned(photo: NDArray[np.uint8], width: int, way: float, frames: int) -> Images:
    def at(time: float) -> NDArray[np.float32]:
        left = (1 - np.cos(np.pi * min(1.0, max(0.0, time / frames)))) / 2 * way
        shift = np.array([[1, 0, -left], [0, 1, 0]], np.float32)
        moved = cv2.warpAffine(photo, shift, (width, photo.shape[0]), flags=cv2.INTER_LINEAR)
        return cv2.resize(moved.astype(np.float32), (64, 36), interpolation=cv2.INTER_AREA)

    exposed = [[at(index + part / 32) for part in range(16)] for index in range(-SHOT, frames + SHOT)]
    return [np.rint(np.mean(parts, axis=0)).astype(np.uint8) for parts in exposed]


def whole_clips(clips: Clips) -> Iterator[Stream]:
    for clip in clips.values():
        yield Stream("consecutive frames", clip)
        yield Stream("a quarter of the rate", clip[::4])
        for times in range(2, 7):
            kind = "on twos and threes" if times < 4 else "on fours to sixes"
            yield Stream(kind, [image for image in clip[::times] for _ in range(times)])


def stalls(clips: Clips, count: int, draw: random.Random) -> Iterator[Stream]:
    """Three to eight frames lost, and the one before them shown instead."""
    for _ in range(count):
        length = draw.randint(3, 8)
        images = part_of(draw.choice(list(clips.values())), length + 2 * SHOT, draw)
        yield Stream("stalls", images[:SHOT] + [images[SHOT - 1]] * length + images[SHOT + length :])


def counted(stream: Stream, threshold: float) -> Count:
    step = Fraction(1, 25)
    frames = (Frame(ArrayPicture(image), index * step, step) for index, image in enumerate(stream.images))
    cuts = {index for index, one in enumerate(look_ahead(frames, cuts=threshold), start=1) if one.cut}
    return Count(
        streams=1, steps=len(stream.images) - 1, found=len(cuts & stream.cuts), missed=len(stream.cuts - cuts),
        false=len(cuts - stream.cuts),
    )  # fmt: skip


def counts_of(streams: Iterator[Stream], threshold: float) -> dict[str, Count]:
    counts: dict[str, Count] = defaultdict(Count)
    for stream in streams:
        counts[stream.kind].add(counted(stream, threshold))
    return counts


def all_streams(clips: Clips, photos: Sequence[Path], seed: int) -> Iterator[Stream]:
    draw = random.Random(seed)
    yield from splices(clips, 240, draw)
    yield from jump_cuts(clips, 100, draw)
    yield from flashes(clips, 200, draw)
    yield from fades(clips, 100, draw)
    yield from whip_pans(photos, 150, draw)
    yield from whole_clips(clips)
    yield from stalls(clips, 150, draw)


def summed(counts: dict[str, Count], *without: str) -> dict[str, float]:
    """All kinds together, but for some."""
    total = Count()
    for kind, count in counts.items():
        if kind not in without:
            total.add(count)
    precision, recall = (total.found / max(1, total.found + wrong) for wrong in (total.false, total.missed))
    return {
        "precision": round(precision, 4), "recall": round(recall, 4),
        "f1": round(2 * precision * recall / max(1e-9, precision + recall), 4),
        "false_per_1000": round(1000 * total.false / total.steps, 3),
    }  # fmt: skip


def recorded(counts: dict[str, Count]) -> dict[str, object]:
    return {
        "sums": {title: summed(counts, *without) for title, without in SUMS.items()},
        "kinds": {kind: asdict(count) for kind, count in counts.items()},
    }


def table(halves: dict[str, dict[str, Count]]) -> str:
    """Markdown."""
    lines = [f"| | {' | '.join(halves)} |", "|---|" + "---|" * len(halves)]
    for kind in ("splices", "splices of related clips", "jump cuts within a clip"):
        cells = [f"{count.found} of {count.found + count.missed}" for count in (half[kind] for half in halves.values())]
        lines.append(f"| {kind}, found | {' | '.join(cells)} |")
    for kind in NEGATIVES:
        cells = [
            f"{count.false} in {count.steps} ({1000 * count.false / count.steps:.2f})"
            for count in (half[kind] for half in halves.values())
        ]
        lines.append(f"| {kind}, false cuts (per 1,000 frames) | {' | '.join(cells)} |")
    for title, without in SUMS.items():
        for name in ("precision", "recall", "f1", "false_per_1000"):
            cells = [f"{summed(half, *without)[name]:.3f}" for half in halves.values()]
            lines.append(f"| {title}: {name.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--threshold", type=float, default=AUTO)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    clips = {path.stem: seen(path) for path in sorted(options.clips.glob("*.mp4"))}
    photos = sorted(options.photos.rglob("*.jpg"))
    halves = {
        name: counts_of(
            all_streams({key: clips[key] for key in list(clips)[half::2]}, photos[half::2], options.seed + half),
            options.threshold,
        )
        for half, name in enumerate(("tuning half", "held-out half"))
    }
    print(table(halves))
    if options.json:
        record = {
            "frameloom": version("frameloom"),
            "opencv": cv2.__version__,
            "seed": options.seed,
            "threshold": options.threshold,
            "halves": {name: recorded(counts) for name, counts in halves.items()},
        }
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
