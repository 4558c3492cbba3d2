"""Calm pictures for the frames of a video: all are looked at, then all are chosen for at once."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.features.thumbnails import THUMBNAIL
from frameloom.journal import Entry
from frameloom.media.writing.workspace import Workspace
from frameloom.progress import Notices, track
from frameloom.results.collage import Calm
from frameloom.retrieval.calm_candidates import Candidates
from frameloom.retrieval.calm_looking import Sightings, difference, look
from frameloom.retrieval.calm_wishes import Calmness
from frameloom.retrieval.collage_wishes import Searched
from frameloom.retrieval.exact import products_of
from frameloom.retrieval.fitting import Fitting
from frameloom.retrieval.matching import Checkpoint, Matching
from frameloom.retrieval.selection import Choice, Rules

_SIGHTINGS = "sightings.jsonl"
_DECIDE_WHAT_IS_SEEN = ("video", "descriptor", "rate", "seconds", "version")
_NUMBERS = ("objective", "bound", "candidates", "difference", "source_difference")
_KEPT = 256  # small pictures


@dataclass(frozen=True, kw_only=True)
class CalmMatching:
    """All that is needed to choose calm pictures."""

    matching: Matching
    searched: Searched
    rules: Rules
    aspect: Fraction
    """Width by height of the video as it is seen."""
    work: Entry
    """All that the choice depends on, as JSON can hold it."""
    notices: Notices

    @property
    def name(self) -> str:
        """Of the video."""
        return self.matching.source.info.path.name


def choose_calmly(calm: CalmMatching, frames: Sequence[int], checkpoint: Checkpoint, workspace: Workspace) -> None:
    """Choose for all frames, unless that was done, and write it down.

    Raises:
        MediaError: a frame or a chosen image cannot be read.
    """
    if len(checkpoint.choices) == len(frames) and _are_numbers(checkpoint.facts):
        return
    work = {name: calm.work[name] for name in _DECIDE_WHAT_IS_SEEN}
    sightings = Sightings(workspace.path / _SIGHTINGS, work, frames, calm.matching.descriptor.dims)
    if sightings.reused:
        calm.notices.add(f"{calm.name}: going on; {sightings.reused} of {len(frames)} frames were looked at")

    def steps() -> Iterator[None]:
        for count in look(calm.matching, frames, sightings):
            workspace.keep = True
            yield from [None] * count

    for _ in track(steps(), f"{calm.name}: looking at frames", len(frames), sightings.reused):
        pass
    with calm.matching.stopwatch.timing("choose"):
        choices, facts = _chosen(calm, frames, sightings)
    checkpoint.add(choices[len(checkpoint.choices) :], facts)


def calm_of(checkpoint: Checkpoint, calmness: Calmness, duration: Fraction) -> Calm:
    """How calm the choice is, over so many seconds."""
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


def _chosen(calm: CalmMatching, frames: Sequence[int], sightings: Sightings) -> tuple[list[Choice], Entry]:
    """Choices for all frames, and what is known of them together."""
    searched, queries = calm.searched, sightings.vectors

    def search(wanted: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        return searched.index.search(wanted, min(count, searched.pool), excluded=searched.excluded)[0]

    candidates = Candidates(
        vectors=searched.vectors,
        queries=queries,
        search=search,
        exact=searched.exact,
        excluded=searched.excluded,
    )
    best = candidates.choose(calm.rules.calm, repeat=calm.rules.repeat)
    similar = calm.matching.selector.similar(queries)
    products = products_of(searched.vectors, queries, best.images[:, None])[:, 0]
    choices = [
        Choice(frame, _with(found, int(image), float(str(product))), int(image), below=False)
        for frame, found, image, product in zip(frames, similar, best.images, products, strict=True)
    ]
    facts: Entry = {
        "objective": best.objective,
        "bound": best.bound,
        "candidates": best.candidates,
        "difference": _mean_difference(calm, best.images.tolist()),
        "source_difference": sightings.motion,
    }
    return choices, facts


def _with(found: Sequence[tuple[int, float]], image: int, similarity: float) -> tuple[tuple[int, float], ...]:
    """The most similar images of a frame, and behind them the one that it shows, if it is another."""
    known = any(identity == image for identity, _ in found)
    return tuple(found) if known else (*found, (image, similarity))


def _mean_difference(calm: CalmMatching, images: Sequence[int]) -> float:
    """Of each picture to the one before, where it is the same: 0."""
    fitting = Fitting(size=(THUMBNAIL[1], THUMBNAIL[0]), aspect=calm.aspect)
    paths = calm.searched.index.paths

    @lru_cache(_KEPT)
    def small(image: int) -> NDArray[np.uint8]:
        return fitting.read(paths[image])

    changes = [(before, after) for before, after in pairwise(images) if before != after]
    total = sum(difference(small(before), small(after)) for before, after in changes)
    return total / (len(images) - 1) if changes else 0.0


def _are_numbers(facts: dict[str, Any]) -> bool:
    """Whether an earlier run's facts are whole: the file may be damaged."""
    numbers = [facts.get(name) for name in _NUMBERS]
    return all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers)
