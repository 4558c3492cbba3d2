"""What approximate search misses and costs, by how much is searched; the tables of docs/scale.md.

    python benchmarks/index_scale.py --photos PHOTOS --clips CLIPS --count 500000 --kinds ivf rabitq hnsw:16 \
        --json benchmarks/results/index_scale_500k.json

Vectors are drawn like those of real pictures (`clustered_vectors.py`), and so are the queries, which are not in the
pool: half of them belong to its scenes. Times are processor time of one thread; those per query with 64 queries at a
time and the vectors in memory, the better of two. Vectors of more than 1,000,000 images are float16.
"""

import argparse
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
from clustered_vectors import BLOCK, Images, Likeness, Vectors, measured, statistics
from numpy.typing import NDArray

from frameloom.retrieval import structures
from frameloom.retrieval.exact import best_of, search_exactly
from frameloom.retrieval.facts import Structure
from frameloom.retrieval.structures import ApproximateSearch, StructureWish, build_structure, memory_of
from frameloom.retrieval.tuning import SAMPLE, tuned

QUERIES, FOUND, BATCH = 256, 10, 64
CURVES = {"ivf": (1, 2, 4, 8, 16, 32, 64, 128), "rabitq": (8, 16, 32, 64, 128, 256),
          "hnsw": (16, 32, 64, 128, 256)}  # fmt: skip
TARGETS = (0.9, 0.95, 0.99)
HALF = 1_000_000  # images from which vectors are float16


def write_pool(path: Path, images: Images, count: int) -> NDArray[np.floating]:
    """Mapped from a file."""
    dims = len(images.likeness.mean)
    dtype = np.float16 if count > HALF else np.float32
    vectors = np.lib.format.open_memmap(path, "w+", dtype, (count, dims))
    for start, block in images.blocks(count):
        vectors[start : start + BLOCK] = block
    vectors.flush()
    return np.load(path, mmap_mode="r")


def private_mib() -> float:
    """What this process holds without mapped files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1024


def found_by(
    search: ApproximateSearch, vectors: NDArray[np.floating], queries: Vectors, given: Structure
) -> tuple[NDArray[np.int64], float]:
    """Ids, and milliseconds per query."""
    best, ids = float("inf"), np.zeros((0, 0), np.int64)
    for _ in range(2):
        started = time.process_time()
        parts = [queries[start : start + BATCH] for start in range(0, len(queries), BATCH)]
        ids = np.concatenate(
            [best_of(vectors, part, search.search(part, FOUND, structure=given), FOUND)[0] for part in parts]
        )
        best = min(best, time.process_time() - started)
    return ids, round(1000 * best / len(queries), 3)


def recall(found: NDArray[np.int64], right: NDArray[np.int64], count: int) -> float:
    pairs = zip(found[:, :count].tolist(), right[:, :count].tolist(), strict=True)
    return round(float(np.mean([len(set(one) & set(other)) / count for one, other in pairs])), 4)


def structure_of(words: str, count: int, dims: int) -> Structure:
    """Of a kind, or of kind:lists, or of hnsw:neighbours:effort."""
    kind, *numbers = words.split(":")
    lists = int(numbers[0]) if numbers and kind != "hnsw" else None
    found = StructureWish(kind=kind, lists=lists).settled(count, dims=dims)
    if kind == "hnsw" and numbers:
        found = replace(found, lists=int(numbers[0]))
        structures._EFFORT[found.lists] = int(numbers[1])
    return found


def measure(
    words: str, vectors: NDArray[np.floating], queries: Vectors, right: NDArray[np.int64], folder: Path
) -> dict[str, object]:
    count, dims = vectors.shape
    structure = structure_of(words, count, dims)
    path, before, started = folder / "structure", private_mib(), time.process_time()
    build_structure(structure, vectors, path)
    row: dict[str, object] = {
        "kind": structure.kind,
        "lists": structure.lists,
        "build_s": round(time.process_time() - started, 1),
        "file_mb": round(path.stat().st_size / 1e6, 1),
        "memory_of_mb": round(memory_of(structure, count, dims=dims, itemsize=vectors.itemsize) / 1e6, 1),
    }
    if structure.kind == "hnsw":
        row["effort"] = structures._EFFORT[structure.lists]
    search = ApproximateSearch(path, structure, vectors.shape)
    row["curve"] = [
        point(search, vectors, queries, right, given)
        for probes in CURVES[structure.kind]
        if structure.kind == "hnsw" or probes <= structure.lists
        for given in variants(replace(structure, probes=probes))
    ]
    row["tuned"] = []
    for target in () if structure.kind == "hnsw" else TARGETS:
        started = time.process_time()
        best = tuned(search, vectors, target)
        taken = round(time.process_time() - started, 1)
        if best is not None:
            made = point(search, vectors, queries, right, best)
            row["tuned"].append({"target": target, "on_sample": best.recall, "tuning_s": taken, **made})
    row["private_mib"] = round(private_mib() - before)
    print(json.dumps(row), flush=True)
    return row


def variants(structure: Structure) -> list[Structure]:
    """Codes: with fewer and more vectors compared, at some numbers of lists."""
    if structure.kind != "rabitq":
        return [structure]
    counts = (50, 100, 200, 400) if structure.probes in (16, 128) else (100,)
    return [replace(structure, reranked=count) for count in counts]


def point(
    search: ApproximateSearch,
    vectors: NDArray[np.floating],
    queries: Vectors,
    right: NDArray[np.int64],
    given: Structure,
) -> dict[str, object]:
    ids, milliseconds = found_by(search, vectors, queries, given)
    return {"probes": given.probes, "reranked": given.reranked, "ms": milliseconds,
            "recall_at_1": recall(ids, right, 1), "recall_at_10": recall(ids, right, FOUND)}  # fmt: skip


def likeness_check(likeness: Likeness) -> dict[str, object]:
    """Real photos and drawn ones, as many of each."""
    count = len(likeness.photos)
    return {"photos": statistics(likeness.photos),
            "drawn": statistics(Images(likeness, count).draw(count, alone=1)),
            "spread_of_frames_median": round(float(np.exp(likeness.spread[0])), 4),
            "spread_of_frames_factor": round(float(np.exp(likeness.spread[1])), 2)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="a folder of JPEG files, also in folders within it")
    parser.add_argument("--clips", type=Path, required=True, help="a folder of .mp4 files")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument(
        "--kinds", nargs="+", default=["ivf", "rabitq"], help="kind, kind:lists, hnsw:neighbours:effort"
    )
    parser.add_argument("--folder", type=Path, help="where vectors are written")
    parser.add_argument("--json", type=Path, required=True)
    chosen = parser.parse_args()
    faiss.omp_set_num_threads(1)
    likeness = measured(sorted(chosen.photos.rglob("*.jpg")), sorted(chosen.clips.glob("*.mp4")))
    images = Images(likeness, chosen.count)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        vectors = write_pool(folder / "vectors.npy", images, chosen.count)
        queries = images.draw(QUERIES)
        started = time.process_time()
        right, _ = search_exactly(vectors, queries, FOUND)
        exact = round(1000 * (time.process_time() - started) / QUERIES, 3)
        print("exact", exact, flush=True)
        rows = [measure(words, vectors, queries, right, folder) for words in chosen.kinds]
    about = {"vectors": chosen.count, "dims": vectors.shape[1], "dtype": str(vectors.dtype), "queries": QUERIES,
             "found": FOUND, "unit": "CPU ms per query", "sample": SAMPLE,
             "processors": os.cpu_count(), "faiss": faiss.__version__}  # fmt: skip
    result = {"about": about, "likeness": likeness_check(likeness), "exact_ms": exact, "structures": rows}
    chosen.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
