"""What the best assignment gains over taking the best image left, and what it costs, on synthetic vectors.

    python benchmarks/assignment.py --json benchmarks/results/assignment.json

The vectors are made, not measured: a pool around 1,000 centres of normal numbers, 32 of them, as in search.py; sizes of
clusters from a Pareto distribution. A shot begins somewhere near a centre and moves a little from frame to frame: its
frames are near-duplicates and all want the same images, which is what makes an assignment hard. `shots` are 60 to 400
frames long and move by 0.02 a frame and number; `scenes` are 500 to 2,500 frames long and move by 0.003; `still` is one
scene throughout. Lists come from FAISS's exact search (IndexFlatIP), whose time is told apart: so few numbers make it
cheap, and the assignment does not see them. Greedy: frame by frame, the best image that no earlier frame has. Times are
seconds of processor time with one thread; memory is the most that the process held, less what it
held before. Each case runs in a process of its own.
"""

import argparse
import json
import multiprocessing
import time
from dataclasses import dataclass, field
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from frameloom.retrieval.optimal.assignment import assign

DIMS, CLUSTERS = 32, 1000
BLOCK = 512  # frames at a time, for greedy
CASES = [("shots", 2000, 100_000), ("shots", 9000, 500_000), ("scenes", 9000, 500_000), ("still", 2000, 100_000)]
LENGTHS = {"shots": (60, 400), "scenes": (500, 2500), "still": (10**6, 10**6 + 1)}
STEPS = {"shots": 0.02, "scenes": 0.003, "still": 0.003}


def draw(kind: str, frames: int, pictures: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors of a pool and of frames, of unit length."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((CLUSTERS, DIMS)).astype(np.float32)
    shares = random.pareto(1.5, CLUSTERS) + 0.05
    spreads = random.uniform(0.2, 1.2, CLUSTERS).astype(np.float32)
    member = random.choice(CLUSTERS, pictures, p=shares / shares.sum())
    pool = centres[member] + spreads[member, None] * random.standard_normal((pictures, DIMS), np.float32)
    shots: list[NDArray[np.float64]] = []
    while sum(map(len, shots)) < frames:
        begin = centres[random.choice(CLUSTERS)] + 0.8 * random.standard_normal(DIMS)
        length = min(int(random.integers(*LENGTHS[kind])), frames)
        shots.append(begin + np.cumsum(STEPS[kind] * random.standard_normal((length, DIMS)), axis=0))
    return unit(pool), unit(np.concatenate(shots)[:frames])


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@dataclass
class Search:
    """Exact lists, and the processor time that they took."""

    index: "faiss.IndexFlatIP"
    frames: NDArray[np.float32]
    seconds: float = 0.0
    asked: dict[int, int] = field(default_factory=dict)

    def __call__(self, frames: NDArray[np.intp], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        started = time.process_time()
        similarities, ids = self.index.search(self.frames[frames], int(count))
        self.seconds += time.process_time() - started
        self.asked[int(count)] = self.asked.get(int(count), 0) + len(frames)
        return ids, similarities


def greedy(search: Search) -> NDArray[np.float64]:
    """Similarity of each frame and the best image left."""
    used: set[int] = set()
    found: list[float] = []
    count = 512
    while len(found) < len(search.frames):
        block = np.arange(len(found), min(len(found) + BLOCK, len(search.frames)))
        for ids, similarities in zip(*search(block, count), strict=True):
            place = next((place for place, picture in enumerate(ids.tolist()) if picture not in used), None)
            if place is None:
                count *= 4
                break
            used.add(int(ids[place]))
            found.append(float(similarities[place]))
    return np.array(found)


def held(what: str) -> float:
    """MiB that this process holds (VmRSS) or has held at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def forget_most() -> None:
    """From now on, what was held at most is counted anew."""
    Path("/proc/self/clear_refs").write_text("5")


def row_of(kind: str, frames: int, pictures: int) -> dict[str, object]:
    faiss.omp_set_num_threads(1)
    pool, wanted = draw(kind, frames, pictures)
    index = faiss.IndexFlatIP(DIMS)
    index.add(pool)
    search, before = Search(index, wanted), held("VmRSS")
    forget_most()
    started = time.process_time()
    found = assign(frames, pictures, search)
    seconds = time.process_time() - started - search.seconds
    memory = held("VmHWM") - before
    first = greedy(Search(index, wanted))
    return {
        "kind": kind, "frames": frames, "pictures": pictures, "seconds_besides_search": round(seconds, 1),
        "seconds_of_search": round(search.seconds, 1), "rounds": found.rounds, "lists_asked": search.asked,
        "pairs": found.pairs, "memory_mib": round(memory), "objective": found.objective, "bound": found.bound,
        "gap": found.gap, "greedy_mean": round(float(first.mean()), 4),
        "optimal_mean": round(float(found.similarities.mean()), 4),
        "greedy_worst_percent": round(float(np.percentile(first, 1)), 4),
        "optimal_worst_percent": round(float(np.percentile(found.similarities, 1)), 4),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True)
    chosen = parser.parse_args()
    rows: list[dict[str, object]] = []
    for case in CASES:
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            rows.append(alone.apply(row_of, case))
        print(rows[-1], flush=True)
    about = {"dims": DIMS, "unit": "CPU seconds, one thread", "worst_percent": "1st percentile of similarity"}
    chosen.json.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
