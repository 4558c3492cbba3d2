"""Calm pictures of which none comes back after it was left: a choice, and a bound that proves how good it is.

Which runs may show an image depends on all other runs, which makes the problem NP-hard in general. Lagrangian
relaxation (Held and Karp, 1971; Geoffrion, 1974) lets images come back for a price, one for each image. For whatever
prices the best such choice, plus all prices, is worth at least as much as the best choice without repeats: a bound.
Prices rise for images that are used several times (by steps as Polyak's, 1969) until the bound sinks no further; on
the way such choices are made into ones without repeats, of which the best is kept.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.retrieval.calm.path import Path, Run, best_path, path_value
from frameloom.retrieval.calm.repair import without_repeats
from frameloom.retrieval.calm.similarities import COST_STEP
from frameloom.retrieval.calm.wishes import Calmness

_ROUNDS = 150
_PATIENCE = 8  # rounds without a lower bound before steps are halved
_EVERY = 5  # rounds: making a choice without repeats costs as much
_CLOSE = 1e-5  # of the bound: nobody sees such a gap


@dataclass(frozen=True, slots=True)
class Priced:
    """Pictures of which none comes back."""

    runs: tuple[Run, ...]
    objective: float
    """Sum of similarities less the cost of each change."""
    bound: float
    """No choice without repeats of these images is worth more."""
    prices: NDArray[np.float64]
    """(images,): those that prove the bound."""


class _Prices:
    """Prices on their way to the lowest bound."""

    def __init__(self, images: int) -> None:
        self.now: NDArray[np.float64] = np.zeros(images)
        self.best = self.now
        self.bound = float(np.inf)
        self._scale: float = 1.0
        self._waited = 0

    def learn(self, path: Path) -> None:
        """Take note of the bound that the prices gave."""
        bound = path.value + float(self.now.sum())
        if bound < self.bound:
            self.bound, self.best, self._waited = bound, self.now, 0
            return
        self._waited += 1
        if self._waited == _PATIENCE:
            self._scale /= 2
            self._waited = 0
            self.now = self.best

    def move(self, path: Path, objective: float) -> bool:
        """Dearer where an image was used several times, cheaper where not at all; whether anything moved."""
        uses = np.bincount([run.image for run in path.runs], minlength=len(self.now)) - 1.0
        uses[(self.now <= 0) & (uses < 0)] = 0
        length = float(np.square(uses).sum())
        if not length:
            return False
        step: float = self._scale * (path.value + float(self.now.sum()) - objective) / length
        moved = np.maximum(self.now + step * uses, 0)
        before, self.now = self.now, np.rint(moved / COST_STEP) * COST_STEP
        return bool((self.now != before).any())


def choose_without_repeats(rows: NDArray[np.float32], calmness: Calmness) -> Priced:
    """Pictures for a whole video of which none comes back after it was left.

    The same rows give the same choice. It need not be the best one; `bound` says how much better that could be.

    Args:
        rows: Similarities (frames, images), from (1, 1) up, multiples of 2^-23; see `on_grid`.
        calmness: How long pictures stay and what a change costs.
    """
    frames, images = rows.shape
    prices = _Prices(images)
    best: tuple[Run, ...] = ()
    objective = -np.inf
    for number in range(_ROUNDS):
        path = best_path(rows, frames, images, calmness, prices.now)
        prices.learn(path)
        if number % _EVERY == 0 or len({run.image for run in path.runs}) == len(path.runs):
            runs = without_repeats(rows, path.runs, calmness, prices.now)
            value = path_value(rows, runs, calmness)
            if value > objective:
                best, objective = runs, value
        if prices.bound - objective <= _CLOSE * abs(prices.bound) or not prices.move(path, objective):
            break
    return Priced(best, objective, prices.bound, prices.best)
