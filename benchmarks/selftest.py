"""Whether a few frames of a clip say which model restores all of it best, and how well it does at the next rate.

    python benchmarks/selftest.py CLIPS --tune TRAIN_CLIPS --json benchmarks/results/selftest.json

CLIPS and TRAIN_CLIPS are folders of videos. Of each, the middle frames are taken, scaled to a height of 240 and kept
as PNG files, so that what is measured is restoring and not decoding. Methods are `dis`, `blend`, `nearest` and FFmpeg's
minterpolate at its best mode (docs/benchmarks.md).

Of a clip of CLIPS every frame that can be tested is left out and restored from its neighbours: the whole clip. Samples
are what `frameloom.selftest` would draw of these frames, for 50 seeds. Then the clip is halved: the self-test of its
even frames (from frames 4 and 8 apart) predicts how well the odd ones are restored from even ones, which is known.
The two numbers of the law of that prediction are fitted on TRAIN_CLIPS alone.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from peers import minterpolate
from scipy.stats import pearsonr, spearmanr

import frameloom as fl
from frameloom.benchmark.evaluate import environment
from frameloom.benchmark.self_test.prediction import LAWS
from frameloom.benchmark.self_test.ranking import rank
from frameloom.benchmark.self_test.sampling import Place, sort_out, stratified
from frameloom.benchmark.self_test.survey import survey
from frameloom.benchmark.self_test.trial import restored
from frameloom.benchmark.self_test.windows import windows
from frameloom.frame import float_pixels, quantise
from frameloom.metrics.psnr import METRIC as PSNR

HEIGHT = 240
FRAMES, TUNING_FRAMES = 65, 65
SAMPLES = (8, 12, 24)
SEEDS = 50
HALF_SAMPLES, TUNING_SAMPLES = 16, 12
MODES = {"minterpolate": "bilat+obmc"}


class Minterpolate:
    """FFmpeg's filter as an interpolator: of its output frames the one that is farthest from both given ones.

    It repeats the given frames around the made one, and what it puts where differs between versions.
    """

    def __init__(self, mode: str) -> None:
        self._mode = mode

    def between(self, first: np.ndarray, last: np.ndarray, moments: Sequence[Any]) -> Iterator[np.ndarray]:
        given = [quantise(image, 8).astype(np.uint8) for image in (first, last)]
        for _ in moments:
            outputs = minterpolate(*given, count=1, mode=self._mode)
            yield float_pixels(max(outputs, key=lambda image: min(_distance(image, one) for one in given)))


def _distance(image: np.ndarray, other: np.ndarray) -> float:
    return float(np.mean(cv2.absdiff(image, other).astype(np.float32) ** 2))


def models() -> dict[str, Any]:
    own = {name: fl.load(name) for name in ("dis", "blend", "nearest")}
    return own | {name: Minterpolate(mode) for name, mode in MODES.items()}


def write_frames(clip: Path, folder: Path, count: int) -> int:
    """The middle frames of a clip as PNG files; returns how many."""
    source = fl.open_source(clip)
    total = source.info.frame_count
    start = max(0, (total - count) // 2)
    folder.mkdir(parents=True)
    written = 0
    for frame in islice(source.frames(start), min(count, total)):
        pixels = frame.to_uint8()[..., :3]
        height, width = pixels.shape[:2]
        if height > HEIGHT:
            size = (round(width * HEIGHT / height / 2) * 2, HEIGHT)
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        fl.write_image(folder / f"{written:05d}.png", pixels)
        written += 1
    return written


def halved(folder: Path) -> Path:
    """Every second image of a folder, as links in a folder beside it."""
    half = folder.with_name(f"{folder.name}-half")
    half.mkdir()
    for file in sorted(folder.iterdir())[::2]:
        (half / file.name).symlink_to(file)
    return half


def places_of(folder: Path) -> tuple[list[Place], dict[str, int]]:
    """The frames that can be tested, and how many cannot by kind."""
    seen = survey(fl.open_source(folder), fl.load("hog", role="encoder"), parts=1000)
    places, exclusions = sort_out(seen)
    kinds = [exclusion.kind for exclusion in exclusions]
    return places, {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def rows_of(folder: Path, places: Sequence[Place], tried: Mapping[str, Any]) -> list[dict[str, Any]]:
    """PSNR of each frame restored by each method, from its neighbours and where wanted from two steps away."""
    rows = []
    for window in windows(fl.open_source(folder), places):
        row: dict[str, Any] = {"frame": window.index}
        for key, given in (("near", window.near), ("wider", window.wider)):
            if given is not None:
                row[key] = {name: round(PSNR(restored(model, given), window.truth), 4) for name, model in tried.items()}
        rows.append(row)
    return rows


def measured(clip: Path, scratch: Path, *, whole: bool) -> dict[str, Any]:
    """All scores of one clip: at its rate, and at half of it."""
    started = time.process_time()
    folder = scratch / clip.stem
    count = write_frames(clip, folder, FRAMES if whole else TUNING_FRAMES)
    places, excluded = places_of(folder)
    tried = models()
    near = [replace(place, wider=False) for place in places]
    if not whole:  # truths of the half rate: odd frames
        near = stratified([place for place in near if place.index % 2], TUNING_SAMPLES, seed=0)
    half = halved(folder)
    half_places, _ = places_of(half)
    wide = [place for place in half_places if place.wider]
    wide = stratified(wide, HALF_SAMPLES if whole else TUNING_SAMPLES, seed=0)
    record = {
        "frames": count,
        "excluded": excluded,
        "places": [[place.index, round(place.change, 4)] for place in places],
        "full": rows_of(folder, near, tried),
        "half": rows_of(half, wide, tried),
    }
    record["cpu_seconds"] = round(time.process_time() - started, 1)
    print(clip.stem, count, excluded, len(near), len(wide), record["cpu_seconds"], "s", flush=True)
    return record


def _spearman(first: Sequence[float], second: Sequence[float]) -> float:
    found: Any = spearmanr(first, second)  # its types say nothing of what it returns
    return float(found.statistic)


def _pearson(first: Sequence[float], second: Sequence[float]) -> float:
    found: Any = pearsonr(first, second)
    return float(found.statistic)


def mean_of(rows: Sequence[Mapping[str, Any]], key: str, model: str) -> float:
    return float(np.mean([min(row[key][model], 100.0) for row in rows]))


def agreement(clips: Mapping[str, Any], count: int) -> dict[str, Any]:
    """How samples of so many frames agree with the whole clip, over seeds."""
    winners, orders, calls, covered, spearmans, worst = [], [], [], [], [], []
    by_clip: dict[str, int] = {}
    for seed in range(SEEDS):
        sampled, truth, right = [], [], 0
        for name, record in clips.items():
            rows = {row["frame"]: row for row in record["full"]}
            places = [Place(index, change, 0.0, False) for index, change in record["places"]]
            chosen = [rows[place.index] for place in stratified(places, count, seed=seed)]
            scores = {model: {"psnr": [row["near"][model] for row in chosen]} for model in chosen[0]["near"]}
            ranking = rank(scores, [PSNR], seed=seed)
            means = {model: mean_of(record["full"], "near", model) for model in scores}
            best = max(means, key=lambda model: means[model])
            hit = ranking.models[0].model == best
            right += hit
            by_clip[name] = by_clip.get(name, 0) + hit
            calls.append((ranking.sure, hit))
            orders.append([one.model for one in ranking.models] == sorted(means, key=lambda model: -means[model]))
            for one in ranking.models:
                sampled.append(one.values["psnr"])
                truth.append(means[one.model])
                low, high = one.intervals["psnr"]
                covered.append(low <= means[one.model] <= high)
        winners.append(right)
        spearmans.append(_spearman(sampled, truth))
        worst.append(float(np.abs(np.array(sampled) - np.array(truth)).mean()))
    sure = [hit for said, hit in calls if said]
    return {
        "samples": count, "clips": len(clips), "seeds": SEEDS,
        "spearman_mean": float(np.mean(spearmans)), "spearman_least": float(np.min(spearmans)),
        "winners_mean": float(np.mean(winners)), "winners_least": int(np.min(winners)),
        "winner_by_clip": {name: hits / SEEDS for name, hits in by_clip.items()},
        "whole_order_right": float(np.mean(orders)),
        "mean_difference": float(np.mean(worst)), "intervals_hold": float(np.mean(covered)),
        "said_sure": len(sure) / len(calls), "sure_and_right": float(np.mean(sure)) if sure else None,
    }  # fmt: skip


def steps(clips: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each clip and method: score at the next rate, score that was held out, and the one at a quarter of it."""
    found = []
    for name, record in clips.items():
        odd = [row for row in record["full"] if row["frame"] % 2]
        for model in record["half"][0]["near"]:
            found.append(
                {
                    "clip": name, "model": model, "next": mean_of(odd, "near", model),
                    "held_out": mean_of(record["half"], "near", model),
                    "wider": mean_of(record["half"], "wider", model),
                }
            )  # fmt: skip
    return found


def fitted(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Offset and slope by least squares, and the limits that hold 90 % of what is left."""
    near, wider, after = (np.array([row[key] for row in rows]) for key in ("held_out", "wider", "next"))
    slope, offset = np.polyfit(near - wider, after - near, 1)
    left = after - (near + offset + slope * (near - wider))
    low, high = np.percentile(left, [5, 95])
    return {"offset": float(offset), "slope": float(slope), "below": float(-low), "above": float(high)}


def predicted(rows: Sequence[Mapping[str, Any]], law: Mapping[str, float]) -> dict[str, Any]:
    """How far predictions are off."""
    near, wider, after = (np.array([row[key] for row in rows]) for key in ("held_out", "wider", "next"))
    value = near + law["offset"] + law["slope"] * (near - wider)
    held = (after >= value - law["below"]) & (after <= value + law["above"])
    return {
        "scores": len(rows),
        "held_out_spearman": _spearman(near, after),
        "held_out_pearson": _pearson(near, after),
        "held_out_mean_error": float(np.mean(near - after)), "held_out_pessimistic": float(np.mean(near <= after)),
        "spearman": _spearman(value, after), "pearson": _pearson(value, after),
        "mean_error": float(np.mean(value - after)), "mean_absolute_error": float(np.mean(np.abs(value - after))),
        "greatest_error": float(np.abs(value - after).max()), "intervals_hold": float(np.mean(held)),
    }  # fmt: skip


def summary(record: Mapping[str, Any]) -> dict[str, Any]:
    clips, tuning = record["clips"], record["tuning"]
    law = LAWS["psnr"]
    own = {"offset": law.offset, "slope": law.slope, "below": law.below, "above": law.above}
    return {
        "agreement": [agreement(clips, count) for count in SAMPLES],
        "fitted_on_tuning": fitted(steps(tuning)) if tuning else None,
        "law": own,
        "prediction_on_tuning": predicted(steps(tuning), own) if tuning else None,
        "prediction": predicted(steps(clips), own),
        "steps": steps(clips),
        "means": {
            name: {model: mean_of(one["full"], "near", model) for model in one["full"][0]["near"]}
            for name, one in clips.items()
        },
    }


def all_of(folder: Path | None, names: Sequence[str] | None, parts: Path, *, whole: bool) -> dict[str, Any]:
    """Scores of all clips of a folder, or of those named; what lies in `parts` is not measured again."""
    files = sorted(folder.glob("*.mp4")) if folder else []
    kind = "whole" if whole else "tuning"
    found: dict[str, Any] = {}
    for clip in files:
        if names and clip.stem not in names:
            continue
        part = parts / f"{kind}-{clip.stem}.json"
        if not part.exists():
            with tempfile.TemporaryDirectory() as scratch:
                part.write_text(json.dumps(measured(clip, Path(scratch), whole=whole)), encoding="utf-8")
        found[clip.stem] = json.loads(part.read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="?", help="folder of clips that are measured as a whole")
    parser.add_argument("--tune", type=Path, help="folder of clips that the prediction is fitted on")
    parser.add_argument("--only", nargs="+", help="names of clips")
    parser.add_argument("--tune-only", nargs="+", help="names of clips to tune on")
    parser.add_argument("--parts", type=Path, help="folder that keeps the scores of each clip, to go on from")
    parser.add_argument(
        "--json", type=Path, help="where all scores go; without CLIPS and --tune, what is summed up again"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.clips is None and options.tune is None:
        record = json.loads(options.json.read_text(encoding="utf-8"))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            parts = options.parts or Path(scratch)
            parts.mkdir(parents=True, exist_ok=True)
            record = {"environment": environment(), "height": HEIGHT, "frames": FRAMES}
            record["tuning"] = all_of(options.tune, options.tune_only, parts, whole=False)
            record["clips"] = all_of(options.clips, options.only, parts, whole=True)
    if options.json is None:
        return
    record["summary"] = summary(record)
    print(json.dumps({key: value for key, value in record["summary"].items() if key != "steps"}, indent=1))
    options.json.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
