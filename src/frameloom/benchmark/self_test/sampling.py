"""Which frames of a clip are left out: spread over its time and over how much changes, always the same for a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from frameloom.benchmark.self_test.survey import Seen, Survey
from frameloom.results.inspection import FAULTS
from frameloom.results.self_test import Exclusion, ExclusionKind

_LEVELS = 4  # strata of change in each stretch of time
_SUSPICIOUS = frozenset(FAULTS) - {"duplicate"}  # what a frame repeats is seen as well in the one before
_ALIKE = 8  # frames: suspects nearer to each other show the same thing


@dataclass(frozen=True, slots=True)
class Place:
    """A frame that can be left out: its neighbours are there, belong to its shot, and differ from it."""

    index: int
    change: float
    """From the frame before to it and from it to the next, mean difference of luma in levels of 255."""
    suspicion: float
    """The greatest strength of what is wrong with it or its neighbours; 0: nothing."""
    wider: bool
    """Whether it can be restored from the frames two steps away too."""


def sort_out(survey: Survey) -> tuple[list[Place], list[Exclusion]]:
    """The frames that can be tested, and those that cannot; a clip's first and last frame are neither."""
    places: list[Place] = []
    exclusions: list[Exclusion] = []
    for index in survey.inner:
        around = survey.around(index, 1)
        if around is None:
            continue
        exclusion = _exclusion(around)
        if exclusion is not None:
            exclusions.append(exclusion)
            continue
        faults = [finding.strength for seen in around for finding in seen.findings if finding.kind in _SUSPICIOUS]
        far = survey.around(index, 2)
        places.append(
            Place(
                index=index, change=around[1].change + around[2].change, suspicion=max(faults, default=0.0),
                wider=far is not None and not any(seen.begins_shot or seen.damaged for seen in far[1:])
                and not far[0].damaged,
            )
        )  # fmt: skip
    return places, exclusions


def _exclusion(around: Sequence[Seen]) -> Exclusion | None:
    """Why the middle one of three frames is not tested, if so."""
    before, this, after = around
    found: tuple[ExclusionKind, str] | None = None
    shot = next((seen for seen in (this, after) if seen.begins_shot), None)
    if any(seen.damaged for seen in around):
        found = "damaged", "it or a frame beside it could not be decoded"
    elif shot is not None:
        found = "cut", f"a new shot begins with frame {shot.index}"
    elif this.still and after.still:
        found = "still", f"nothing changes from frame {before.index} to frame {after.index}"
    elif this.repeats or this.still:
        found = "repeat", f"it repeats frame {before.index}"
    elif after.repeats or after.still:
        found = "repeat", f"frame {after.index} repeats it"
    if found is None:
        return None
    return Exclusion(frame=this.index, time=this.time, kind=found[0], reason=found[1])


def stratified(places: Sequence[Place], count: int, *, seed: int) -> list[Place]:
    """So many places, or all where there are no more, in order of time.

    Time is divided into stretches of equally many places, each of these into equally many by how much changes, and one
    is drawn of each: the mean over them is that over all places, without weights.
    """
    if len(places) <= count:
        return list(places)
    random = np.random.default_rng(seed)
    stretches = max(1, count // _LEVELS)
    chosen: list[Place] = []
    for number, stretch in enumerate(_divided(places, stretches)):
        levels = count * (number + 1) // stretches - count * number // stretches
        by_change = sorted(stretch, key=lambda place: (place.change, place.index))
        chosen += [level[int(random.integers(len(level)))] for level in _divided(by_change, levels) if level]
    return sorted(chosen, key=lambda place: place.index)


def _divided(places: Sequence[Place], parts: int) -> list[Sequence[Place]]:
    edges = [len(places) * part // parts for part in range(parts + 1)]
    return [places[start:end] for start, end in pairwise(edges)]


def suspects(places: Sequence[Place], chosen: Sequence[Place], count: int) -> list[Place]:
    """Up to so many of the places left that are likely to fail: first what is wrong, then what changes most."""
    taken = {place.index for place in chosen}
    found: list[Place] = []
    for place in sorted(places, key=lambda place: (-place.suspicion, -place.change, place.index)):
        near = any(abs(place.index - other.index) < _ALIKE for other in found)
        if len(found) < count and place.index not in taken and not near:
            found.append(place)
    return sorted(found, key=lambda place: place.index)
