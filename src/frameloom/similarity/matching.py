"""Which patch of one image each patch of another is most like, and how much is missing to the same."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.features.similarity import unit_length

_AT_ONCE = 64 * 2**20  # bytes of similarities: more gained nothing for 2000 patches each
_NOT_MUTUAL = 1.25  # as VFI-Similarity weighs them
_ROUNDING = 1e-6  # float32 cosines of equal tokens differ from 1 by less


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """For each patch of one image, the most similar patch of another."""

    similarity: NDArray[np.float32]  # (patches,), -1..1
    index: NDArray[np.int64]  # (patches,), into the patches of the other image


def nearest_both(
    first: NDArray[np.floating], second: NDArray[np.floating], *, at_once: int = _AT_ONCE
) -> tuple[Nearest, Nearest]:
    """Find for each token of one image the most similar one of the other, both ways; of equals, the first.

    Args:
        first: (patches, channels), of any length.
        second: (other patches, channels).
        at_once: Bytes of similarities that are held at a time.
    """
    ours, theirs = unit_length(first), unit_length(second)
    step = max(1, at_once // (4 * len(theirs)))
    there_best, there_index = np.full(len(theirs), -np.inf, np.float32), np.zeros(len(theirs), np.int64)
    here_best, here_index = np.empty(len(ours), np.float32), np.empty(len(ours), np.int64)
    for start in range(0, len(ours), step):
        part = np.clip(ours[start : start + step] @ theirs.T, -1, 1)
        rows = slice(start, start + len(part))
        here_index[rows] = part.argmax(axis=1)
        here_best[rows] = part.max(axis=1)
        best = part.max(axis=0)
        nearer = best > there_best  # not >=: an earlier one of the same similarity stays
        there_index[nearer] = part.argmax(axis=0)[nearer] + start
        there_best[nearer] = best[nearer]
    return Nearest(here_best, here_index), Nearest(there_best, there_index)


def mutual(ours: Nearest, theirs: Nearest) -> NDArray[np.bool_]:
    """Whether the most similar patch of each of our patches has that one for its own most similar."""
    return np.asarray(theirs.index[ours.index] == np.arange(len(ours.index)), np.bool_)


def mismatch(similarity: NDArray[np.float32], is_mutual: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What is missing to the same patch: cosine distance, times 1.25 where not mutual; 0..2.5, 0 for the same."""
    distance = 1 - similarity
    return _weighed(np.where(distance < _ROUNDING, 0, distance), is_mutual)


def relative_mismatch(similarity: NDArray[np.float32], is_mutual: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The same from 0 at the best match of an image to 1 at the worst; 0 where they differ by rounding alone."""
    best, worst = float(similarity.max()), float(similarity.min())
    if best - worst < _ROUNDING:
        return np.zeros_like(similarity)
    return _weighed((best - similarity) / (best - worst), is_mutual)


def _weighed(values: NDArray[np.floating], is_mutual: NDArray[np.bool_]) -> NDArray[np.float32]:
    return (values * np.where(is_mutual, 1.0, _NOT_MUTUAL)).astype(np.float32)
