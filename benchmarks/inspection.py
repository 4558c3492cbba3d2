"""How well faults are found that are planted in real clips; the tables of docs/inspect.md.

    python benchmarks/inspection.py CLIPS [CLIPS ...] --json benchmarks/results/inspection.json

CLIPS are folders of videos. Every second clip, by name, is held out: the limits in `similarity/` were set on the
others; `--halves tuning` looks at those alone. Faults are planted in frames reduced to 640 columns, as they would be
reduced anyway: at the first place of a clip in all strengths, at the others in the middle ones. A fault counts only
where it can be seen, as `SEEN` says. (The file is not called inspect.py: Python would import it in place of its own
module.)
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from cuts import family
from duplicates import OWN_REPEATS, encoded
from numpy.typing import NDArray

from frameloom.features.patches import grid_size
from frameloom.features.thumbnails import reduced_rgb
from frameloom.frame import ArrayPicture, Frame
from frameloom.media.reading.source import open_source
from frameloom.models.zoo import catalog
from frameloom.results.inspection import Finding, InspectedFrame
from frameloom.similarity.inspect import inspect_frames

Image = NDArray[np.uint8]
Images = list[Image]
AROUND = 6  # frames before and after what is planted
CHANGE = 2.0  # 8-bit levels by which a planted frame must differ on average from the one that belongs there
OUTDONE = 1.5  # times by which the change over a gap must exceed that of the two steps before and after it
SEEN = (
    "a replaced, torn or shifted part differs from what belongs there by 2 levels on average; beside a repeated frame "
    "the picture changes by 2 levels; across a gap it changes 1.5 times as much as in any of the two steps before and "
    "after, and by 2 levels"
)
OWN_CUTS = {"bikes": (30, 76, 137, 187, 242), "nasa_13013": (202,), "car": (352,)}
OWN_STUTTER = {*OWN_REPEATS, "car", "nasa_13013", "cups", "juggle"}
"""Clips that repeat or lose frames of their own: duplicates and jumps in them are no false alarms, nor is any planted.

In `juggle` every fifth frame is lost: in each fourth step the balls move two to three times as far as in the others.
"""
OWN_TEARS = {"baseball": ((15, 16), (290, 291))}
"""Pairs of frames that share their upper part while all else moves: one finding in each pair is true, two are not."""
OWN_NEAR_REPEATS = {"lp_s18": range(1, 160, 6)}
"""Frames that nearly repeat: every sixth step goes about half as far as those beside it, from the first to the last."""
HALVES = ("tuning half", "held-out half")
MIDDLE = ("gain of 6 %", "blur of 2 px", "warp of 4 px", "part shifted by 8 px", "part of a neighbour",
          "frame repeated", "2 frames dropped", "splice")  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """Frames with one fault, or with none that can be seen."""

    kind: str
    variant: str
    clip: str
    images: Images
    at: int
    seen: bool


@dataclass
class Count:
    """What came of all streams of a variant."""

    planted: int = 0
    found: int = 0
    false: int = 0
    """Findings of the same kind at other frames of the same streams."""
    unseen: int = 0
    """Planted where it cannot be seen; in no other number but the next."""
    unseen_found: int = 0
    other_kinds: int = 0
    """Findings of another kind at the planted frame or beside it."""


def difference(first: Image, second: Image) -> float:
    return float(cv2.absdiff(first, second).mean())


def replaced(clip: Images, at: int, image: Image) -> Images:
    return [*clip[:at], image, *clip[at + 1 :]]


def gained(image: Image, gain: float) -> Image:
    return np.clip(np.rint(image * (1 + gain)), 0, 255).astype(np.uint8)


def warped(image: Image, reach: float, seed: int) -> Image:
    """Displaced by smooth noise with a deviation of so many pixels."""
    height, width = image.shape[:2]
    noise = np.random.default_rng(seed).normal(0, reach, (2, 4, 4)).astype(np.float32)
    across, down = (cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) for one in noise)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(image, columns + across, rows + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def torn(image: Image, other: Image, row: int, *, below: bool) -> Image:
    part = slice(row, None) if below else slice(0, row)
    mended = image.copy()
    mended[part] = other[part]
    return mended


def shifted(image: Image, pixels: int) -> Image:
    """Moved to the right, or left where negative; the edge is repeated."""
    columns = np.clip(np.arange(image.shape[1]) - pixels, 0, image.shape[1] - 1)
    return image[:, columns]


def of_frame(name: str, images: Images, at: int, draw: random.Random) -> Iterator[Planted]:
    """One frame spoilt in each way."""
    own, sign = images[at], draw.choice((-1, 1))
    spoilt = {f"gain of {round(100 * gain)} %": gained(own, sign * gain) for gain in (0.03, 0.06, 0.12)}
    spoilt |= {f"blur of {reach} px": cv2.GaussianBlur(own, (0, 0), reach) for reach in (1, 2, 4)}
    spoilt |= {f"warp of {reach} px": warped(own, reach, draw.randrange(10**6)) for reach in (2, 4, 8)}
    for variant, image in spoilt.items():
        yield Planted("flicker", variant, name, replaced(images, at, image), at, difference(own, image) >= CHANGE)
    row, below = round(draw.uniform(0.15, 0.85) * own.shape[0]), draw.random() < 0.5
    others = {f"part shifted by {pixels} px": shifted(own, sign * pixels) for pixels in (4, 8, 16)}
    others["part of a neighbour"] = images[at + sign]
    for variant, other in others.items():
        part = slice(row, None) if below else slice(0, row)
        seen = difference(own[part], other[part]) >= CHANGE
        yield Planted("tearing", variant, name, replaced(images, at, torn(own, other, row, below=below)), at, seen)


def elsewhere(name: str, images: Images, around: Images, at: int, draw: random.Random) -> Planted:
    """A frame replaced by another one of its clip, half a second away at least."""
    far = [place for place in range(len(images)) if abs(place - at) >= 12]
    other = images[draw.choice(far)]
    seen = difference(around[AROUND], other) >= CHANGE
    return Planted("flicker", "frame from elsewhere", name, replaced(around, AROUND, other), AROUND, seen)


def of_stream(name: str, images: Images, at: int) -> Iterator[Planted]:
    """A frame repeated, or lost. `images` has four frames more behind."""
    seen = min(difference(images[at - 1], images[at]), difference(images[at], images[at + 1])) >= CHANGE
    yield Planted("duplicate", "frame repeated", name, [*images[:at], *images[at - 1 :][: AROUND + 2]], at, seen)
    frozen = replaced(images, at, images[at - 1])[: at + AROUND + 1]
    yield Planted("duplicate", "frame in place of the next", name, frozen, at, seen)
    for missing in (1, 2, 4):
        left = [*images[:at], *images[at + missing :]][: at + AROUND + 1]
        steps = [difference(left[place - 1], left[place]) for place in range(at - 2, at + 3)]
        across = steps.pop(2)
        variant = f"{missing} frame{'s' if missing > 1 else ''} dropped"
        seen = across >= CHANGE and across >= OUTDONE * max(steps)
        yield Planted("jump", variant, name, left, at, seen)


def splice(name: str, images: Images, at: int, other: Images, draw: random.Random) -> Planted:
    height, width = images[0].shape[:2]
    begin = draw.randrange(len(other) - AROUND)
    after = [cv2.resize(image, (width, height)) for image in other[begin : begin + AROUND + 1]]
    return Planted("cut", "splice", name, [*images[:at], *after], at, seen=True)


def inspected(
    frames: Iterator[Frame], size: tuple[int, int], encoder: str
) -> tuple[list[InspectedFrame], list[Finding]]:
    model = catalog.build(encoder, "encoder")
    judged = list(inspect_frames(frames, model, grid=grid_size(model, size), size=size))
    return [one.frame for one in judged], [finding for one in judged for finding in one.findings]


def as_frames(images: Images) -> Iterator[Frame]:
    step = Fraction(1, 25)
    return (Frame(ArrayPicture(image), index * step, step) for index, image in enumerate(images))


def all_planted(paths: Sequence[Path], path: Path, per_clip: int, seed: int) -> Iterator[Planted]:
    """Everything that is planted in one clip, at `per_clip` places."""
    draw = random.Random(f"{seed} {path.stem}")
    images = reduced(path)
    cuts = OWN_CUTS.get(path.stem, ())
    places = [at for at in range(AROUND + 1, len(images) - AROUND - 6)
              if not any(abs(at - cut) <= AROUND + 6 for cut in cuts)]  # fmt: skip
    strangers = [other for other in paths if family(other.stem) != family(path.stem)]
    for number, place in enumerate(draw.sample(places, min(per_clip, len(places)))):
        for planted in at_place(path.stem, images[place - AROUND : place + AROUND + 6], strangers, draw):
            if not number or planted.variant in MIDDLE:
                yield planted
        around = images[place - AROUND : place + AROUND + 1]
        yield elsewhere(path.stem, images, around, place, random.Random(f"{seed} {path.stem} {place}"))


def at_place(name: str, images: Images, strangers: Sequence[Path], draw: random.Random) -> Iterator[Planted]:
    """Everything that is planted in the frame that AROUND others precede."""
    around = images[: 2 * AROUND + 1]
    yield from of_frame(name, around, AROUND, draw)
    if name not in OWN_STUTTER:
        yield from of_stream(name, images, AROUND)
    yield splice(name, around, AROUND, reduced(draw.choice(strangers), 40), draw)


def reduced(path: Path, count: int | None = None) -> Images:
    frames = (reduced_rgb(frame.picture) for frame in open_source(path))
    return [image for _, image in zip(range(count or 10**6), frames, strict=False)]


def judged_planted(planted: Planted, encoder: str, crf: int | None) -> tuple[Count, list[float]]:
    """What came of one stream, and the strengths of its kind at the planted frame and of the strongest other."""
    with tempfile.TemporaryDirectory() as folder:
        images = planted.images
        frames = as_frames(images) if crf is None else iter(open_source(encoded(images, crf, Path(folder))))
        rows, findings = inspected(frames, images[0].shape[:2], encoder)
    mine = [finding.frame for finding in findings if finding.kind == planted.kind]
    others = [finding for finding in findings if finding.kind != planted.kind and abs(finding.frame - planted.at) <= 1]
    hit = planted.at in mine
    count = Count(unseen=1, unseen_found=hit) if not planted.seen else Count(
        planted=1, found=hit, false=len(mine) - hit, other_kinds=len(others)
    )  # fmt: skip
    values = [float(getattr(row, planted.kind)) for row in rows]
    return count, [values[planted.at], max(value for at, value in enumerate(values) if at != planted.at)]


def of_clip(task: tuple[Sequence[Path], Path, str, int, int, int | None]) -> dict[str, object]:
    """All of one clip: what was planted and what is found where nothing was. In a process of its own."""
    cv2.setNumThreads(1)
    paths, path, encoder, per_clip, seed, crf = task
    counts: dict[str, Count] = defaultdict(Count)
    strengths: dict[str, list[list[float]]] = defaultdict(list)
    for planted in all_planted(paths, path, per_clip, seed):
        if crf is not None and planted.variant not in MIDDLE:
            continue
        count, values = judged_planted(planted, encoder, crf)
        add(counts[f"{planted.kind}: {planted.variant}"], count)
        if planted.seen:
            strengths[f"{planted.kind}: {planted.variant}"].append([round(value, 3) for value in values])
    record: dict[str, object] = {"clip": path.stem, "counts": {key: asdict(count) for key, count in counts.items()},
                                 "strengths": strengths}  # fmt: skip
    return record if crf is not None else record | untouched(path, encoder)


def known_faults(name: str, findings: Sequence[Finding]) -> list[Finding]:
    """Those that tell a fault that the clip has: of two in one pair of frames the first alone."""
    tears = [finding for finding in findings if finding.kind == "tearing"]
    pairs = [[tear for tear in tears if tear.frame in pair] for pair in OWN_TEARS.get(name, ())]
    repeats = OWN_NEAR_REPEATS.get(name, ())
    told = [finding for finding in findings if finding.kind == "duplicate" and finding.frame in repeats]
    return [*(tears[0] for tears in pairs if tears), *told]


def untouched(path: Path, encoder: str) -> dict[str, object]:
    """The clip as it is, without the findings that are known to be true."""
    source = open_source(path)
    begun = time.process_time()
    rows, findings = inspected(iter(source), source.info.size, encoder)
    passed = time.process_time() - begun
    cuts = OWN_CUTS.get(path.stem, ())
    known = known_faults(path.stem, findings)
    alarms = [
        finding for finding in findings
        if not (finding.kind == "cut" and finding.frame in cuts)
        and not (finding.kind in ("duplicate", "jump") and path.stem in OWN_STUTTER)
        and finding not in known
    ]  # fmt: skip
    top = {kind: sorted(((round(getattr(row, kind), 2), row.index) for row in rows), reverse=True)[:3]
           for kind in ("flicker", "tearing", "jump")}  # fmt: skip
    return {
        "frames": len(rows), "cpu_seconds": round(passed, 3), "size": source.info.size,
        "alarms": [f"{one.kind} at {one.frame} ({one.strength:.2f}): {one.reason}" for one in alarms],
        "known": [f"{one.kind} at {one.frame}" for one in known],
        "alarm_kinds": dict(Counter(one.kind for one in alarms)), "top": top,
    }  # fmt: skip


def add(total: Count, count: Count) -> None:
    for name, value in asdict(count).items():
        setattr(total, name, getattr(total, name) + value)


def f1(count: Count) -> float:
    return 2 * count.found / max(1, 2 * count.found + count.false + count.planted - count.found)


def summed(records: Sequence[dict]) -> dict[str, Count]:
    counts: dict[str, Count] = defaultdict(Count)
    for record in records:
        for key, values in record["counts"].items():
            add(counts[key], Count(**values))
    return counts


def table(halves: dict[str, dict[str, Count]]) -> str:
    """Markdown: of each half found, false and F1."""
    lines = [
        f"| |{'|'.join(f' {name}: found | false | F1 ' for name in halves)}|",
        "|---|" + "---|---|---|" * len(halves),
    ]
    for key in dict.fromkeys(key for half in halves.values() for key in half):
        cells = [
            f" {half[key].found} of {half[key].planted} | {half[key].false} | {f1(half[key]):.3f} "
            for half in halves.values()
        ]
        lines.append(f"| {key} |{'|'.join(cells)}|")
    return "\n".join(lines)


def alarm_lines(halves: dict[str, list[dict]]) -> list[str]:
    lines: list[str] = []
    for name, records in halves.items():
        kinds: Counter[str] = Counter()
        for record in records:
            kinds.update(record["alarm_kinds"])
        frames = sum(record["frames"] for record in records)
        lines.append(f"{name}: {frames} untouched frames, alarms {dict(kinds)}, "
                     f"{1000 * sum(kinds.values()) / frames:.2f} in 1,000")  # fmt: skip
    return lines


def spread(paths: Sequence[Path], options: argparse.Namespace, crf: int | None) -> dict[str, list[dict]]:
    """The records of both halves."""
    halves: dict[str, list[dict]] = {}
    with ProcessPoolExecutor(options.workers) as pool:
        for half in HALVES if options.halves == "both" else (f"{options.halves} half",):
            tasks = [(paths, path, options.encoder, options.per_clip, options.seed, crf)
                     for path in paths[HALVES.index(half) :: len(HALVES)]]  # fmt: skip
            halves[half] = list(pool.map(of_clip, tasks))
    return halves


def measured(paths: Sequence[Path], options: argparse.Namespace, crf: int | None) -> dict[str, object]:
    """Measure, print, and return what is written down."""
    halves = spread(paths, options, crf)
    counts = {name: summed(records) for name, records in halves.items()}
    print(
        f"\nas planted\n\n{table(counts)}" if crf is None else f"\nencoded at crf {crf}\n\n{table(counts)}", flush=True
    )
    if crf is None:
        print(*alarm_lines(halves), sep="\n", flush=True)
    return {"counts": {name: {key: asdict(count) | {"f1": round(f1(count), 4)} for key, count in half.items()}
                       for name, half in counts.items()}, "clips": halves}  # fmt: skip


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--encoder", default="hog")
    parser.add_argument("--per-clip", type=int, default=3)
    parser.add_argument("--halves", choices=("both", "tuning", "held-out"), default="both")
    parser.add_argument("--crf", type=int, help="also encode the middle strengths with x264")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    paths = sorted((path for folder in options.clips for path in folder.glob("*.mp4")), key=lambda path: path.name)
    record: dict[str, object] = {
        "frameloom": version("frameloom"), "opencv": cv2.__version__, "seed": options.seed, "encoder": options.encoder,
        "seen": SEEN, "as planted": measured(paths, options, None),
    }  # fmt: skip
    if options.crf is not None:
        record[f"encoded at crf {options.crf}"] = measured(paths, options, options.crf)
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
