"""Calm pictures for the frames of a video: all are looked at, then all are chosen for at once."""

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.features.thumbnails import THUMBNAIL
from frameloom.journal import Entry
from frameloom.results.collage import Calm
from frameloom.retrieval.all_frames import AllFrames
from frameloom.retrieval.calm.candidates import Candidates
from frameloom.retrieval.calm.wishes import Calmness
from frameloom.retrieval.described_frames import difference
from frameloom.retrieval.exact import best_of
from frameloom.retrieval.fitting import Fitting
from frameloom.retrieval.matching import Checkpoint
from frameloom.retrieval.selection import Choice

_NUMBERS = ("objective", "bound", "candidates", "difference", "source_difference")
_KEPT = 256  # small pictures


def choose_calmly(every: AllFrames) -> tuple[list[Choice], Entry]:
    """Choose for all frames; beside the choices, what is known of them together.

    Raises:
        MediaError: a chosen image cannot be read.
    """
    with every.matching.stopwatch.timing("choose"):
        return _chosen(every)


def is_noted(facts: dict[str, Any]) -> bool:
    """Whether the facts of an earlier run are those of a calm choice: the file may be damaged."""
    numbers = [facts.get(name) for name in _NUMBERS]
    return all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers)


def calm_of(checkpoint: Checkpoint, calmness: Calmness, duration: Fraction) -> Calm | None:
    """How calm the choice is, over so many seconds; None if what was noted about it is not whole."""
    if not is_noted(checkpoint.facts):
        return None
    selected = [choice.selected for choice in checkpoint.choices]
    switches = sum(after != before for before, after in pairwise(selected))
    facts = checkpoint.facts
    return Calm(
        hold=calmness.hold,
        smooth=calmness.switch_cost,
        switches=switches,
        switches_per_second=switches / float(duration),
        difference=facts["difference"],
        source_difference=facts["source_difference"],
        candidates=facts["candidates"],
        objective=facts["objective"],
        bound=facts["bound"],
        gap=max(0.0, facts["bound"] - facts["objective"]),
    )


def _chosen(every: AllFrames) -> tuple[list[Choice], Entry]:
    searched, queries = every.searched, every.described.vectors

    def search(wanted: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        return searched.index.search(wanted, min(count, searched.pool), excluded=searched.excluded)[0]

    candidates = Candidates(
        vectors=searched.vectors,
        queries=queries,
        search=search,
        exact=searched.exact,
        excluded=searched.excluded,
    )
    best = candidates.choose(every.rules.calm, repeat=every.rules.repeat)
    similar = every.matching.selector.similar(queries)
    products = best_of(searched.vectors, queries, best.images[:, None], 1)[1][:, 0]
    choices = [
        Choice(frame, _with(found, int(image), float(str(product))), int(image), below=False)
        for frame, found, image, product in zip(every.frames, similar, best.images, products, strict=True)
    ]
    facts: Entry = {
        "objective": best.objective,
        "bound": best.bound,
        "candidates": best.candidates,
        "difference": _mean_difference(every, best.images.tolist()),
        "source_difference": every.described.motion,
    }
    return choices, facts


def _with(found: Sequence[tuple[int, float]], image: int, similarity: float) -> tuple[tuple[int, float], ...]:
    """The most similar images of a frame, and behind them the one that it shows, if it is another."""
    known = any(identity == image for identity, _ in found)
    return tuple(found) if known else (*found, (image, similarity))


def _mean_difference(every: AllFrames, images: Sequence[int]) -> float:
    """Of each picture to the one before, where it is the same: 0."""
    fitting = Fitting(size=(THUMBNAIL[1], THUMBNAIL[0]), aspect=every.aspect)
    paths = every.searched.index.paths

    @lru_cache(_KEPT)
    def small(image: int) -> NDArray[np.uint8]:
        return fitting.read(paths[image])

    changes = [(before, after) for before, after in pairwise(images) if before != after]
    total = sum(difference(small(before), small(after)) for before, after in changes)
    return total / (len(images) - 1) if changes else 0.0
