"""Images for all frames of a video together, none twice: described, looked for, and assigned."""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.errors import InputError
from frameloom.journal import Entry
from frameloom.progress import track
from frameloom.results.collage import BestChoice
from frameloom.retrieval.all_frames import AllFrames
from frameloom.retrieval.optimal.assignment import Assignment, assign
from frameloom.retrieval.selection import Choice

_QUERIES = 256  # at a time, so that progress is seen
Found = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Ids and similarities of images."""


def choose_best(every: AllFrames) -> tuple[list[Choice], Entry]:
    """Choose an image for each frame, none twice, with the largest sum of similarities; and what is known of the sum.

    With a threshold, and unless the most similar image is shown after all, a frame may have none: that is worth as much
    as an image that is just similar enough.

    Raises:
        InputError: images that cannot be compared, or an approximate index that finds too few.
    """
    vectors = every.described.vectors
    rules, stopwatch = every.rules, every.matching.stopwatch
    looking = _Looking(every, vectors)
    started = time.perf_counter()
    found = assign(len(vectors), len(every.searched.index.paths), looking, instead=rules.instead)
    stopwatch.add({"assign": time.perf_counter() - started - looking.seconds, "search": looking.seconds})
    if rules.instead is None and (found.pictures < 0).any():
        frame = every.frames[int(np.flatnonzero(found.pictures < 0)[0])]
        raise InputError(f"no image was found for frame {frame}; give more images, or leave --use-ivf-index out")
    best = _best_choice(found, exact=every.searched.exact)
    return _choices(every, found, looking.best), best.to_dict()


@dataclass
class _Looking:
    """Looks for images, and keeps the most similar ones of each frame for the record."""

    every: AllFrames
    vectors: NDArray[np.float32]
    best: dict[int, Found] = field(default_factory=dict[int, Found])
    seconds: float = 0.0
    """Wall-clock."""

    def __call__(self, frames: NDArray[np.intp], count: int) -> Found:
        started = time.perf_counter()
        name = self.every.name
        parts = [frames[start : start + _QUERIES] for start in range(0, len(frames), _QUERIES)]
        found = [self._search(part, count) for part in track(parts, f"{name}: looking for images", len(parts))]
        self.seconds += time.perf_counter() - started
        return np.concatenate([ids for ids, _ in found]), np.concatenate([products for _, products in found])

    def _search(self, frames: NDArray[np.intp], count: int) -> Found:
        searched, depth = self.every.searched, self.every.rules.depth
        wanted = min(max(count, depth), searched.pool)
        ids, products = searched.index.search(self.vectors[frames], wanted, excluded=searched.excluded)
        if (ids < 0).any() or np.isnan(products).any():
            self._refuse(frames[(ids < 0).any(axis=1) | np.isnan(products).any(axis=1)][0])
        for place, frame in enumerate(frames.tolist()):
            self.best[frame] = ids[place, :depth].copy(), products[place, :depth].copy()
        short = ((0, 0), (0, max(0, count - wanted)))
        return np.pad(ids[:, :count], short, constant_values=-1), np.pad(
            products[:, :count], short, constant_values=-np.inf
        )

    def _refuse(self, frame: int) -> None:
        """Name the first image that a search for all of them does not find."""
        searched = self.every.searched
        ids, products = searched.index.search(self.vectors[frame][None], searched.pool, excluded=searched.excluded)
        lost = np.ones(len(searched.index.paths), np.bool_) if searched.excluded is None else ~searched.excluded
        lost[ids[0][(ids[0] >= 0) & ~np.isnan(products[0])]] = False
        raise InputError(
            f"{searched.name}: {counted(int(np.count_nonzero(lost)), 'image')} cannot be compared, "
            f"{searched.index.paths[int(lost.argmax())]} first: what is no number is in the vectors; build the index "
            "again with --overwrite"
        )


def best_of(facts: Entry) -> BestChoice | None:
    """What was noted about the sum; None if it is something else: the file may be damaged."""
    try:
        best = BestChoice(**facts)
    except TypeError:  # nothing, or of another version
        return None
    return best if all(isinstance(value, (int, float)) for value in best.to_dict().values()) else None


def _choices(every: AllFrames, found: Assignment, best: dict[int, Found]) -> list[Choice]:
    rules = every.rules
    choices: list[Choice] = []
    shown: int | None = None
    for place, frame in enumerate(every.frames):
        ids, products = best[place]
        # The shortest decimals that give the same float32
        candidates = [(int(one), float(str(product))) for one, product in zip(ids, products, strict=True)]
        picture, similarity = int(found.pictures[place]), found.similarities[place]
        if picture >= 0 and picture not in ids:
            candidates.append((picture, float(str(np.float32(similarity)))))
        selected = picture if picture >= 0 else (shown if rules.below == "hold" else None)
        below = picture < 0 or (rules.threshold is not None and bool(similarity < rules.threshold))
        choices.append(Choice(frame, tuple(candidates), selected, below))
        shown = selected
    return choices


def _best_choice(found: Assignment, *, exact: bool) -> BestChoice:
    return BestChoice(
        objective=found.objective,
        bound=found.bound,
        gap=found.gap,
        proved=exact and found.closed,
        rounds=found.rounds,
        pairs=found.pairs,
        longest_list=found.longest,
    )
