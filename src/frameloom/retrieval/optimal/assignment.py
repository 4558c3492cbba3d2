"""The best choice of pictures for all frames together, no picture twice, with a proof that there is no better one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.retrieval.optimal.nearest_lists import Nearest, NearestLists
from frameloom.retrieval.optimal.restricted_assignment import Restricted, best_among

TOLERANCE = 1e-6
"""By how much the sum of similarities may fall short of its bound and count as proved."""

_FIRST = 512
_NEAR = 0.03  # of what a list spans: frames so close to its end get a longer one together with those that need it
_DROPPING = 25  # rounds, after which what is considered only grows, so that it ends; it took 3 to 13 where measured
_NOTHING = -4.0  # worth less than any picture: stands for one while the considered pairs are too few for all frames


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """A picture for each frame."""

    pictures: NDArray[np.int64]
    """(frames,): ids; -1 for a frame without one."""
    similarities: NDArray[np.float64]
    """(frames,): of each frame and its picture; of one without, what that is worth."""
    objective: float
    """The sum of `similarities`."""
    bound: float
    """No choice whatever has a larger sum."""
    rounds: int
    """How often the pairs that were considered have been solved."""
    pairs: int
    """How many pairs of a frame and a picture were listed at the end."""
    longest: int
    """Length of the longest list."""

    @property
    def gap(self) -> float:
        """By how much the objective may fall short of the best; the bound is below it by rounding only."""
        return max(0.0, self.bound - self.objective)

    @property
    def closed(self) -> bool:
        """Whether objective and bound are the same, to within 1e-6."""
        return abs(self.bound - self.objective) <= TOLERANCE


def assign(
    frames: int, pictures: int, nearest: Nearest, *, instead: float | None = None, first: int = _FIRST
) -> Assignment:
    """Choose a picture for each frame, none twice, so that the sum of similarities is the largest possible.

    What is solved exactly is small: each frame with the few pictures that may matter (`restricted_assignment`). Its
    prices then judge all listed pairs, and those that are better than what a frame has are considered too, until there
    are none. A frame that would rather have a picture beyond the end of its list, if there were one as similar as the
    last, gets a longer list.

    The proof is linear programming duality. Let pictures have any prices p[j] >= 0, and let each frame f be worth

        w[f] = max(max over its list of s[f, j] - p[j], s[f, last of its list], instead)

    without the second where its list is whole, and the third where it is not given. Pictures that are not listed are
    no more similar than the last one, and cost 0 or more, so s[f, j] <= w[f] + p[j] for every pair: a choice without
    repeats sums up to no more than

        bound = sum of w over frames + sum of p over pictures

    and an unlisted pair can be better only where w[f] is the second term. A list is whole when it has the best
    `min(frames, pictures)`: the other frames take at most one less, so some best choice uses listed pairs alone. The
    bound is computed over all lists, from nothing but prices, in float64; prices, however they were found, can make it
    too high but never wrong, save for the rounding of the sums, 1e-12 at 10,000 frames. Pictures considered and lists
    grown are decided with a tolerance of 1e-6 / (4 * frames) for each frame.

    Args:
        frames: How many.
        pictures: How many there are, as many as frames at least unless `instead` is given; ids are below it, those
            that must not be chosen not counted among the found.
        nearest: Finds the pictures most similar to frames. Where it misses some, the bound holds for what it finds.
        instead: What a frame without a picture is worth; None: each must have one.
        first: How many pictures each list begins with.
    """
    tolerance = TOLERANCE / (4 * frames)
    lists = NearestLists(frames, pictures, nearest, first=first)
    otherwise = np.full(frames, -np.inf if instead is None else instead)
    rounds = 0
    while True:
        rounds += 1
        limit = np.maximum(lists.beyond, otherwise)
        solved = best_among(lists.edges(), np.where(np.isfinite(limit), limit - tolerance, _NOTHING), pictures)
        best, missed = lists.review(solved.prices, solved.worth, tolerance=tolerance, drop=rounds < _DROPPING)
        lacking = (solved.pictures < 0) & (lists.beyond > otherwise)
        if not missed and not lacking.any():
            bound = float(np.maximum(best, limit).sum() + solved.prices.sum())
            return _assignment(solved, otherwise, bound, rounds, lists)
        if lacking.any():
            near = solved.worth - lists.beyond < _NEAR * lists.span()
            lists.lengthen(lacking | (near & (lists.beyond > otherwise)))


def _assignment(
    solved: Restricted, otherwise: NDArray[np.float64], bound: float, rounds: int, lists: NearestLists
) -> Assignment:
    similarities = np.where(solved.pictures < 0, otherwise, solved.values)
    objective = float(similarities.sum())
    return Assignment(
        pictures=solved.pictures,
        similarities=similarities,
        objective=objective,
        bound=bound,
        rounds=rounds,
        pairs=lists.pairs,
        longest=lists.longest,
    )
