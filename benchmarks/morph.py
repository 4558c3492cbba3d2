"""How smooth a film of a pool is, and what its colours cost, against the original's way; the tables of docs/morph.md.

    python benchmarks/morph.py --photos PHOTOS --json benchmarks/results/morph.json

Paths: always the nearest unused picture, against the same made better. Besides similarities by the descriptor, which
the path goes by, consecutive pictures are compared as thumbnails of 32x18 pixels in Lab, which it does not know.
Colours: the original's formulas by their description (two CDFs and a lookup per pixel; mean and deviation in Lab; a
cube of 64 levels filled in a Python loop) on frames of 1280x720, against a table found on pictures of 256 pixels and
looked up. CPU seconds (user and system) of one process with one thread, both ways in the same run.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.features.descriptors.framing import framed
from frameloom.retrieval.fitting import Fitting
from frameloom.retrieval.morph.choices import Grade
from frameloom.retrieval.morph.grading import graded, histograms_of, table_for, through
from frameloom.retrieval.morph.improvement import improved
from frameloom.retrieval.morph.path import Pool, densest, nearest_path, steps
from frameloom.retrieval.morph.wishes import pool_wish
from frameloom.retrieval.pictures import read_picture

Image = NDArray[np.uint8]
SIZE, WIDE, STRENGTH = (720, 1280), Fraction(16, 9), 0.7
DESCRIPTORS = ("spatial_color", "canny", "spatial_pyramid", "hog")
GRADES: tuple[Grade, ...] = ("histogram", "reinhard", "lut")


def thumbnails(paths: Sequence[Path]) -> NDArray[np.float64]:
    """(images, 18, 32, 3), 8-bit Lab."""
    images = (framed(read_picture(path, smallest=(144, 256)), WIDE, 256) for path in paths)
    small = [cv2.resize(image, (32, 18), interpolation=cv2.INTER_AREA) for image in images]
    return np.stack([cv2.cvtColor(image, cv2.COLOR_RGB2LAB) for image in small]).astype(np.float64)


def qualities(pool: Pool, path: list[int], seen: NDArray[np.float64]) -> dict[str, float]:
    similar = np.array(steps(pool, path))
    apart = np.abs(np.diff(seen[path], axis=0)).mean(axis=(1, 2, 3))
    return {
        "mean": float(similar.mean()), "least": float(similar.min()),
        "worst_percent": float(np.quantile(similar, 0.01)),
        "lab": float(apart.mean()), "lab_95": float(np.quantile(apart, 0.95)),
    }  # fmt: skip


def path_table(photos: Path, counts: Sequence[int]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    seen: NDArray[np.float64] | None = None
    for descriptor in DESCRIPTORS:
        searched = pool_wish(photos, descriptor, workers=1).open(WIDE)
        pool = Pool(index=searched.index, vectors=searched.vectors)
        seen = thumbnails(searched.index.paths) if seen is None else seen
        for count in counts:
            count = min(count, len(pool))
            for smooth in (1, 3):
                started = time.process_time()
                nearest = list(nearest_path(pool, densest(pool, count), count, smooth))
                between = time.process_time()
                better = [nearest, *improved(pool, nearest, smooth, keep_start=False)][-1]
                ended = time.process_time()
                rows.append({
                    "descriptor": descriptor, "pictures": count, "smooth": smooth,
                    "nearest": qualities(pool, nearest, seen) | {"cpu_s": between - started},
                    "improved": qualities(pool, better, seen) | {"cpu_s": ended - between},
                })  # fmt: skip
                print(rows[-1], flush=True)
            any_order = np.random.default_rng(0).permutation(len(pool))[:count].tolist()
            rows.append({"descriptor": descriptor, "pictures": count, "any order": qualities(pool, any_order, seen)})
            print(rows[-1], flush=True)
    return rows


class Clusters:
    """Vectors in memory, searched by FAISS; what an index on the disk is to a path."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        import faiss

        self.paths = range(len(vectors))
        self._faiss, self._index = faiss, faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    def search(self, queries, count, *, excluded=None):  # noqa: ANN001, ANN201
        faiss = self._faiss
        allowed = np.ones(len(self.paths), bool) if excluded is None else ~excluded
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        products, ids = self._index.search(queries, count, params=faiss.SearchParameters(sel=selector))
        return ids, products


def long_table() -> list[dict[str, object]]:
    """CPU seconds for long films, of vectors in clusters that overlap."""
    random = np.random.default_rng(0)
    rows: list[dict[str, object]] = []
    for images, count in ((2000, 2000), (20_000, 2000)):
        centres = random.normal(size=(200, 256))
        vectors = centres[random.integers(200, size=images)] + random.normal(size=(images, 256))
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        pool = Pool(index=Clusters(vectors), vectors=vectors)
        started = time.process_time()
        nearest = list(nearest_path(pool, 0, count, 1))
        between = time.process_time()
        better = [nearest, *improved(pool, nearest, 1, keep_start=False)][-1]
        rows.append({
            "images": images, "pictures": count, "nearest_mean": float(np.mean(steps(pool, nearest))),
            "nearest_cpu_s": between - started, "improved_mean": float(np.mean(steps(pool, better))),
            "improved_cpu_s": time.process_time() - between,
        })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def original_histogram(frame: Image, before: Image) -> NDArray[np.floating]:
    matched = np.empty(frame.shape, np.float32)
    for channel in range(3):
        own, _ = np.histogram(frame[..., channel].ravel(), 256, (0, 256))
        wanted, _ = np.histogram(before[..., channel].ravel(), 256, (0, 256))
        levels = np.arange(256)[wanted > 0]
        table = np.interp(own.cumsum() / own.sum(), (wanted.cumsum() / wanted.sum())[wanted > 0], levels)
        matched[..., channel] = table[frame[..., channel]]
    return matched


def original_reinhard(frame: Image, before: Image) -> NDArray[np.floating]:
    own = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB).astype(np.float32)
    wanted = cv2.cvtColor(before, cv2.COLOR_RGB2LAB).astype(np.float32)
    for channel in range(3):
        mean, deviation = own[..., channel].mean(), own[..., channel].std()
        other_mean, other_deviation = wanted[..., channel].mean(), wanted[..., channel].std()
        own[..., channel] = (own[..., channel] - mean) * (other_deviation / (deviation or 1)) + other_mean
    return cv2.cvtColor(np.clip(np.rint(own), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB).astype(np.float32)


def original_lut(frame: Image, before: Image) -> NDArray[np.floating]:
    tables = []
    for channel in range(3):
        own, _ = np.histogram(frame[..., channel].ravel(), 64, (0, 256))
        wanted, _ = np.histogram(before[..., channel].ravel(), 64, (0, 256))
        there = wanted > 0
        tables.append(
            np.interp(own.cumsum() / own.sum(), (wanted.cumsum() / wanted.sum())[there], np.arange(64)[there])
        )
    cube = np.zeros((64, 64, 64, 3), np.float32)
    for red in range(64):
        for green in range(64):
            for blue in range(64):
                cube[red, green, blue] = tables[0][red], tables[1][green], tables[2][blue]
    coarse = frame >> 2
    return cube[coarse[..., 0], coarse[..., 1], coarse[..., 2]] * 4 + 1.5


ORIGINALS: dict[Grade, Callable[[Image, Image], NDArray[np.floating]]] = {
    "histogram": original_histogram, "reinhard": original_reinhard, "lut": original_lut
}  # fmt: skip


def original(frame: Image, before: Image, grade: Grade) -> Image:
    """A frame with its colours brought nearer to the one before, by the original's formula."""
    mixed = (1 - STRENGTH) * frame + STRENGTH * ORIGINALS[grade](frame, before)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def grading_table(paths: Sequence[Path]) -> list[dict[str, object]]:
    """Frame after frame of a film, each by both ways from the same one before."""
    fitting = Fitting(size=SIZE, aspect=WIDE)
    frames = [fitting.read(path) for path in paths]
    small = [framed(read_picture(path, smallest=(144, 256)), WIDE, 256) for path in paths]
    rows: list[dict[str, object]] = []
    for grade in GRADES:
        theirs, ours, apart, far = 0.0, 0.0, [], []
        for place in range(1, len(frames)):
            started = time.process_time()
            expected = original(frames[place], frames[place - 1], grade)
            theirs += time.process_time() - started
            full = [histograms_of(frame, grade) for frame in frames[place - 1 : place + 1]]
            exact = graded(frames[place], table_for(full[1], full[0], grade, STRENGTH), grade)
            before = histograms_of(small[place - 1], grade)
            started = time.process_time()
            own = histograms_of(small[place], grade)
            table = table_for(own, before, grade, STRENGTH)
            through(own, table)
            found = graded(frames[place], table, grade)
            ours += time.process_time() - started
            apart.append(np.abs(exact.astype(int) - expected))
            far.append(np.abs(found.astype(int) - expected))
        count = len(frames) - 1
        rows.append({
            "grade": grade, "original_cpu_ms": 1000 * theirs / count, "cpu_ms": 1000 * ours / count,
            "gain": theirs / ours,
            "same_histograms": {"most": int(np.max(apart)), "mean": float(np.mean(apart))},
            "small_histograms": {"most": int(np.max(far)), "mean": float(np.mean(far))},
        })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--counts", type=int, nargs="+", default=[60, 150, 250, 403])
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    paths = sorted(path for path in asked.photos.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    result = {
        "size": SIZE, "strength": STRENGTH, "images": len(paths), "processors": os.cpu_count(),
        "versions": {name: version(name) for name in ("opencv-python-headless", "numpy", "faiss-cpu")},
        "grading": grading_table(paths[:: len(paths) // asked.frames][: asked.frames]),
        "paths": path_table(asked.photos, asked.counts), "long": long_table(),
    }  # fmt: skip
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
