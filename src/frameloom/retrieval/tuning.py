"""The least work with which lists find what they should, measured on the index's own vectors.

Each vector of a sample is looked for and counts as if it were not in the index. Lists treat it as they treat any query;
a graph does not, for it links the vector to what is to be found, which made recalls too high by 0.07 when it was tried.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from frameloom.retrieval.exact import best_of, search_exactly
from frameloom.retrieval.facts import Structure
from frameloom.retrieval.structures import ApproximateSearch

SAMPLE = 256
"""Vectors that are looked for."""
FOUND = 10
"""How many others of each should be found."""

_BATCH = 64
_RERANKED = (200, 100, 50)
_MANY_RERANKED = 800  # where the first of these is not enough
_CODES_FOR_A_VECTOR = 27  # to compare one takes as long as to look at so many codes, when it was measured


@dataclass(frozen=True, slots=True)
class Sample:
    """Vectors of an index, and how similar the tenth of the others is to each."""

    places: NDArray[np.intp]
    queries: NDArray[np.float32]
    tenth: NDArray[np.float32]

    @classmethod
    def of(cls, vectors: NDArray[np.floating]) -> "Sample":
        """Evenly from all (images, dims): the same ones each time. There are more than ten."""
        places = np.unique(np.linspace(0, len(vectors) - 1, min(SAMPLE, len(vectors))).astype(np.intp))
        queries = np.ascontiguousarray(vectors[places], np.float32)
        ids, products = search_exactly(vectors, queries, FOUND + 1)
        return cls(places, queries, _others(places, ids, products)[:, FOUND - 1])


def tuned(search: ApproximateSearch, vectors: NDArray[np.floating], target: float) -> Structure | None:
    """The lists of a search with the numbers that find `target` of the ten most similar with the least work.

    What is counted is work, not time, so that the same vectors give the same numbers.

    Args:
        search: IVF or RaBitQ, built of the vectors.
        vectors: (images, dims).
        target: Recall, (0, 1].

    Returns:
        With the recall that was measured; None: not even all its work is enough.
    """
    sample, structure = Sample.of(vectors), search.structure
    if structure.kind == "rabitq":
        return _tuned_codes(search, vectors, sample, target)
    return _least(structure, structure.lists, target, lambda given: recall_of(search, vectors, sample, given))


def recall_of(
    search: ApproximateSearch, vectors: NDArray[np.floating], sample: Sample, structure: Structure
) -> Structure:
    """The structure with the recall that its numbers give; equally similar images count as each other."""
    hits = 0
    for start in range(0, len(sample.queries), _BATCH):
        part = slice(start, start + _BATCH)
        queries = sample.queries[part]
        found = search.search(queries, FOUND + 1, structure=structure)
        ids, products = best_of(vectors, queries, found, FOUND + 1)
        others = _others(sample.places[part], ids, products)
        hits += int((others >= sample.tenth[part, None]).sum())
    return replace(structure, recall=hits / (FOUND * len(sample.queries)))


def _others(places: NDArray[np.intp], ids: NDArray[np.int64], products: NDArray[np.float32]) -> NDArray[np.float32]:
    """Similarities (batch, `FOUND`) of what was found besides the vector itself, best first."""
    others = np.where(ids == places[:, None], -np.inf, products)
    return -np.sort(-others, axis=1)[:, :FOUND]


def _least(
    structure: Structure, most: int, target: float, measured: Callable[[Structure], Structure]
) -> Structure | None:
    """With the fewest probes, up to `most`, that reach the target."""

    def enough(probes: int) -> Structure | None:
        found = measured(replace(structure, probes=probes))
        return found if found.recall is not None and found.recall >= target else None

    below, probes = 0, 1
    while (best := enough(probes)) is None:
        if probes == most:
            return None
        below, probes = probes, min(2 * probes, most)
    while best.probes - below > 1:
        middle = (below + best.probes) // 2
        found = enough(middle)
        if found is None:
            below = middle
        else:
            best = found
    return best


def _tuned_codes(
    search: ApproximateSearch, vectors: NDArray[np.floating], sample: Sample, target: float
) -> Structure | None:
    """Fewer vectors to compare need more lists: from many downwards, as long as the sum gets less."""
    lists = search.structure.lists
    per_list = len(vectors) / lists

    def least(reranked: int, most: int) -> Structure | None:
        given = replace(search.structure, reranked=reranked)
        return _least(given, most, target, lambda it: recall_of(search, vectors, sample, it))

    best = least(_RERANKED[0], lists)
    if best is None:
        return least(_MANY_RERANKED, lists)
    for reranked in _RERANKED[1:]:
        # More lists than this would be more work than there was
        most = best.probes + int((best.reranked - reranked) * _CODES_FOR_A_VECTOR / per_list)
        found = least(reranked, min(most, lists))
        if found is None:
            break
        best = found
    return best
