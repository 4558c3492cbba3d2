"""How well faults are found that are planted in real clips; the tables of docs/inspect.md.

    python benchmarks/inspection.py CLIPS [CLIPS ...] --json benchmarks/results/inspection.json

CLIPS are folders of videos. Every second clip, by name, is held out: the limits in `similarity/` were set on the
others; `--halves tuning` looks at those alone. Faults are planted (planting.py) at the first place of a clip in all
strengths, at the others in the middle ones. More of one kind, at more places:

    python benchmarks/inspection.py CLIPS --halves tuning --only jump --per-clip 12 --seed 5

(The file is not called inspect.py: Python would import it in place of its own module.)
"""

import argparse
import json
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
from duplicates import encoded
from planting import KINDS, MIDDLE, OWN_CUTS, OWN_STUTTER, SEEN, Images, Planted, all_planted

from frameloom.features.patches import grid_size
from frameloom.frame import ArrayPicture, Frame
from frameloom.media.reading.source import open_source
from frameloom.models.zoo import catalog
from frameloom.results.inspection import Finding, InspectedFrame
from frameloom.similarity.inspect import inspect_frames

OWN_TEARS = {"baseball": ((15, 16), (290, 291))}
"""Pairs of frames that share their upper part while all else moves: one finding in each pair is true, two are not."""
OWN_NEAR_REPEATS = {"lp_s18": range(1, 160, 6)}
"""Frames that nearly repeat: every sixth step goes about half as far as those beside it, from the first to the last."""
OWN_GAPS = {"cat_play": (59, 118)}
"""Frames before which one is missing: of all steps these two alone go twice as far as those beside them."""
HALVES = ("tuning half", "held-out half")


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


def inspected(
    frames: Iterator[Frame], size: tuple[int, int], encoder: str
) -> tuple[list[InspectedFrame], list[Finding]]:
    model = catalog.build(encoder, "encoder")
    judged = list(inspect_frames(frames, model, grid=grid_size(model, size), size=size))
    return [one.frame for one in judged], [finding for one in judged for finding in one.findings]


def as_frames(images: Images) -> Iterator[Frame]:
    step = Fraction(1, 25)
    return (Frame(ArrayPicture(image), index * step, step) for index, image in enumerate(images))


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


def of_clip(task: tuple[Sequence[Path], Path, argparse.Namespace, int | None]) -> dict[str, object]:
    """All of one clip: what was planted and what is found where nothing was. In a process of its own."""
    cv2.setNumThreads(1)
    paths, path, options, crf = task
    counts: dict[str, Count] = defaultdict(Count)
    strengths: dict[str, list[list[float]]] = defaultdict(list)
    kinds = KINDS if options.only is None else (options.only,)
    for planted in all_planted(paths, path, options.per_clip, options.seed, kinds):
        if crf is not None and planted.variant not in MIDDLE:
            continue
        count, values = judged_planted(planted, options.encoder, crf)
        add(counts[f"{planted.kind}: {planted.variant}"], count)
        if planted.seen:
            strengths[f"{planted.kind}: {planted.variant}"].append([round(value, 3) for value in values])
    record: dict[str, object] = {"clip": path.stem, "counts": {key: asdict(count) for key, count in counts.items()},
                                 "strengths": strengths}  # fmt: skip
    return record if crf is not None else record | untouched(path, options.encoder)


def known_faults(name: str, findings: Sequence[Finding]) -> list[Finding]:
    """Those that tell a fault that the clip has: of two in one pair of frames the first alone."""
    tears = [finding for finding in findings if finding.kind == "tearing"]
    pairs = [[tear for tear in tears if tear.frame in pair] for pair in OWN_TEARS.get(name, ())]
    repeats = OWN_NEAR_REPEATS.get(name, ())
    told = [finding for finding in findings if finding.kind == "duplicate" and finding.frame in repeats]
    gaps = OWN_GAPS.get(name, ())
    told += [finding for finding in findings if finding.kind == "jump" and finding.frame in gaps]
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
        alarms, known = sum(kinds.values()), sum(len(record["known"]) for record in records)
        lines.append(f"{name}: {frames} untouched frames, alarms {dict(kinds)}, {1000 * alarms / frames:.2f} in 1,000, "
                     f"{1000 * (alarms + known) / frames:.2f} with faults of the clips' own")  # fmt: skip
    return lines


def spread(paths: Sequence[Path], options: argparse.Namespace, crf: int | None) -> dict[str, list[dict]]:
    """The records of both halves."""
    halves: dict[str, list[dict]] = {}
    with ProcessPoolExecutor(options.workers) as pool:
        for half in HALVES if options.halves == "both" else (f"{options.halves} half",):
            tasks = [(paths, path, options, crf) for path in paths[HALVES.index(half) :: len(HALVES)]]
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
    parser.add_argument("--only", choices=KINDS, help="plant faults of this kind alone")
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
