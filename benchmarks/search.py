"""How long a search takes, and what approximate ones miss: synthetic vectors, all ways in one run.

    python benchmarks/search.py --count 50000 --json benchmarks/results/search_50k.json

The vectors are made, not measured: cluster centres of normal numbers, 376 of them; sizes of the 1,000 clusters drawn
from a Pareto distribution; members at a distance from their centre that differs from cluster to cluster; all of unit
length. Queries are members of the pool, moved a little. `used` images, the best of the queries, are excluded, as in a
collage without repeats. The original's way: FAISS IndexFlatIP, one query at a time, as many more results as there are
used images, then a filter in Python. Times are processor time per query with one thread, the best of three.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from frameloom.retrieval.exact import search_exactly
from frameloom.retrieval.structures import ApproximateSearch, StructureWish, build_structure

DIMS, CLUSTERS, QUERIES, FOUND = 376, 1000, 64, 10
ROUNDS = 3
BLOCK = 10000


def write_vectors(path: Path, count: int) -> NDArray[np.float32]:
    """The pool, mapped from a file."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((CLUSTERS, DIMS)).astype(np.float32)
    shares = random.pareto(1.5, CLUSTERS) + 0.05
    spreads = random.uniform(0.2, 1.2, CLUSTERS).astype(np.float32)
    vectors = np.lib.format.open_memmap(path, "w+", np.float32, (count, DIMS))
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        member = random.choice(CLUSTERS, size, p=shares / shares.sum())
        block = centres[member] + spreads[member, None] * random.standard_normal((size, DIMS), np.float32)
        vectors[start : start + size] = block / np.linalg.norm(block, axis=1, keepdims=True)
    vectors.flush()
    return np.load(path, mmap_mode="r")


def draw_queries(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    random = np.random.default_rng(1)
    near = vectors[random.choice(len(vectors), QUERIES, replace=False)]
    moved = near + 0.1 / np.sqrt(DIMS) * random.standard_normal(near.shape).astype(np.float32)
    return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)


def resident() -> float:
    """MiB that this process holds, files that are mapped into it included."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def timed(search: Callable[[], NDArray[np.int64]], rounds: int = ROUNDS) -> tuple[NDArray[np.int64], float]:
    """Ids, and milliseconds of processor time per query."""
    best, ids = float("inf"), np.zeros((0, 0), np.int64)
    for _ in range(rounds):
        started = time.process_time()
        ids = search()
        best = min(best, time.process_time() - started)
    return ids, 1000 * best / len(ids)


def original(index: "faiss.IndexFlatIP", queries: NDArray[np.float32], used: set[int]) -> NDArray[np.int64]:
    rows = []
    for query in queries:
        _, ids = index.search(query[None], min(FOUND + len(used), index.ntotal))
        rows.append([place for place in ids[0].tolist() if place not in used][:FOUND])
    return np.array(rows)


def recall(found: NDArray[np.int64], right: NDArray[np.int64], count: int) -> float:
    """Share of the true best `count` that is among the first `count` found."""
    pairs = zip(found[:, :count].tolist(), right[:, :count].tolist(), strict=True)
    return round(float(np.mean([len(set(one) & set(other)) / count for one, other in pairs])), 4)


def exact_rows(vectors: NDArray[np.float32], queries: NDArray[np.float32], used: list[int]) -> list[dict[str, object]]:
    """Ours first, for what it holds; then FAISS, which holds a copy of all vectors."""
    rows: list[dict[str, object]] = []
    rights: dict[int, NDArray[np.int64]] = {}
    masks: dict[int, NDArray[np.bool_] | None] = {0: None}
    for number in used[1:]:
        best, _ = search_exactly(vectors, queries, -(-number // QUERIES) + 1)
        masks[number] = np.zeros(len(vectors), np.bool_)
        masks[number][np.unique(best)[:number]] = True
    for number in used:
        ids, ours = timed(lambda mask=masks[number]: search_exactly(vectors, queries, FOUND, excluded=mask)[0])
        rights[number] = ids
        rows.append({"used": number, "ours_ms": round(ours, 3), "resident_mib": round(resident())})
    half = vectors[:100_000].astype(np.float16)
    whole = vectors[:100_000]
    same = recall(search_exactly(half, queries, FOUND)[0], search_exactly(whole, queries, FOUND)[0], FOUND)
    rows[0]["float16_recall_at_10"] = same
    flat = faiss.IndexFlatIP(DIMS)
    flat.add(np.ascontiguousarray(vectors))
    for row, number in zip(rows, used, strict=True):
        mask = masks[number]
        taken = set() if mask is None else set(np.flatnonzero(mask).tolist())
        ids, theirs = timed(lambda taken=taken: original(flat, queries, taken), 1)
        chooser = None if mask is None else faiss.IDSelectorBitmap(np.packbits(~mask, bitorder="little"))
        how = faiss.SearchParameters(sel=chooser)
        _, selected = timed(lambda how=how: flat.search(queries, FOUND, params=how)[1])
        if (
            recall(ids, rights[number], FOUND) < 0.99
        ):  # float32 sums differ in their last digits, and with them a few last places
            raise SystemExit("the ways find different images; their times cannot be compared")
        row |= {"original_ms": round(theirs, 3), "faiss_block_of_64_ms": round(selected, 3),
                "ratio": round(theirs / row["ours_ms"], 2)}  # fmt: skip
        print(row, flush=True)
    return rows


def approximate_row(
    kind: str, vectors: NDArray[np.float32], queries: NDArray[np.float32], folder: Path
) -> dict[str, object]:
    structure = StructureWish(kind=kind).settled(len(vectors), dims=DIMS)
    started = time.process_time()
    build_structure(structure, vectors, folder / kind)
    built = time.process_time() - started
    searcher = ApproximateSearch(folder / kind, structure, vectors.shape)
    ids, milliseconds = timed(lambda: searcher.search(queries, FOUND))
    right, _ = search_exactly(vectors, queries, FOUND)
    row = {"kind": kind, "lists": structure.lists, "probes": structure.probes, "build_s": round(built, 1),
           "ms": round(milliseconds, 3), "recall_at_1": recall(ids, right, 1),
           "recall_at_10": recall(ids, right, FOUND)}  # fmt: skip
    print(row, flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--used", type=int, nargs="+", default=[0, 9000])
    parser.add_argument("--kinds", nargs="*", default=["ivf", "hnsw"])
    parser.add_argument("--json", type=Path, required=True)
    chosen = parser.parse_args()
    faiss.omp_set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        vectors = write_vectors(Path(folder) / "vectors.npy", chosen.count)
        queries = draw_queries(vectors)
        rows = exact_rows(vectors, queries, chosen.used)
        kinds = [approximate_row(kind, vectors, queries, Path(folder)) for kind in chosen.kinds]
    about = {"vectors": chosen.count, "dims": DIMS, "queries": QUERIES, "found": FOUND, "unit": "CPU ms per query"}
    chosen.json.write_text(json.dumps({"about": about, "exact": rows, "approximate": kinds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
