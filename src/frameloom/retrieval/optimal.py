"""Images for all frames of a video together, none twice: described, looked for, and assigned."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError
from frameloom.journal import Entry
from frameloom.progress import track
from frameloom.results.collage import BestChoice
from frameloom.retrieval.assignment import Assignment, assign
from frameloom.retrieval.collage_wishes import Searched
from frameloom.retrieval.described_frames import DescribedFrames
from frameloom.retrieval.matching import Checkpoint, Matching
from frameloom.retrieval.selection import Choice, Rules

DESCRIBED = "described.jsonl"
_DECIDE_THE_VECTORS = ("video", "descriptor", "rate", "seconds", "version")
_QUERIES = 256  # at a time, so that progress is seen
Found = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Ids and similarities of images."""


@dataclass(frozen=True, kw_only=True)
class Together:
    """All that is needed to choose for all frames together."""

    matching: Matching
    searched: Searched
    rules: Rules
    frames: Sequence[int]
    """Of the source, in order."""


def described_before(together: Together, folder: Path, work: Entry) -> DescribedFrames:
    """The frames that an earlier run has described, of what the choice depends on (`work`), in its folder."""
    depends = {name: work[name] for name in _DECIDE_THE_VECTORS}
    return DescribedFrames(folder / DESCRIBED, depends, together.frames, together.matching.descriptor.dims)


def describe_missing(together: Together, known: DescribedFrames) -> Iterator[None]:
    """Describe the frames that are not known; yields for each.

    Raises:
        InputError: a frame has no vector that could be compared.
    """
    name = together.matching.source.info.path.name
    steps = (None for count in known.complete(together.matching) for _ in range(count))
    yield from track(steps, f"{name}: describing frames", len(together.frames), known.reused)


def choose_together(together: Together, vectors: NDArray[np.float32], checkpoint: Checkpoint) -> None:
    """Choose an image for each frame, none twice, with the largest sum of similarities, and write the choice down.

    With a threshold, and unless the most similar image is shown after all, a frame may have none: that is worth as much
    as an image that is just similar enough.

    Args:
        together: What is needed.
        vectors: Of the frames, `(frames, dims)`.
        checkpoint: Gets the choice.

    Raises:
        InputError: images that cannot be compared, or an approximate index that finds too few.
    """
    rules, stopwatch = together.rules, together.matching.stopwatch
    looking = _Looking(together, vectors)
    started = time.perf_counter()
    found = assign(len(vectors), len(together.searched.index.paths), looking, instead=rules.instead)
    stopwatch.add({"assign": time.perf_counter() - started - looking.seconds, "search": looking.seconds})
    if rules.instead is None and (found.pictures < 0).any():
        frame = together.frames[int(np.flatnonzero(found.pictures < 0)[0])]
        raise InputError(f"no image was found for frame {frame}; give more images, or leave --use-ivf-index out")
    checkpoint.add(_choices(together, found, looking.best), _best_choice(found, exact=together.searched.exact))


@dataclass
class _Looking:
    """Looks for images, and keeps the most similar ones of each frame for the record."""

    together: Together
    vectors: NDArray[np.float32]
    best: dict[int, Found] = field(default_factory=dict[int, Found])
    seconds: float = 0.0
    """Wall-clock."""

    def __call__(self, frames: NDArray[np.intp], count: int) -> Found:
        started = time.perf_counter()
        name = self.together.matching.source.info.path.name
        parts = [frames[start : start + _QUERIES] for start in range(0, len(frames), _QUERIES)]
        found = [self._search(part, count) for part in track(parts, f"{name}: looking for images", len(parts))]
        self.seconds += time.perf_counter() - started
        return np.concatenate([ids for ids, _ in found]), np.concatenate([products for _, products in found])

    def _search(self, frames: NDArray[np.intp], count: int) -> Found:
        searched, depth = self.together.searched, self.together.rules.depth
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
        searched = self.together.searched
        ids, products = searched.index.search(self.vectors[frame][None], searched.pool, excluded=searched.excluded)
        lost = np.ones(len(searched.index.paths), np.bool_) if searched.excluded is None else ~searched.excluded
        lost[ids[0][(ids[0] >= 0) & ~np.isnan(products[0])]] = False
        raise InputError(
            f"{searched.name}: {np.count_nonzero(lost)} images cannot be compared, "
            f"{searched.index.paths[int(lost.argmax())]} first: their vectors hold what is no number; build the index "
            "again with --overwrite"
        )


def _choices(together: Together, found: Assignment, best: dict[int, Found]) -> list[Choice]:
    rules = together.rules
    choices: list[Choice] = []
    shown: int | None = None
    for place, frame in enumerate(together.frames):
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
