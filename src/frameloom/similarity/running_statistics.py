"""Mean, deviation, least and greatest of an array that is never held as a whole."""

import math

import numpy as np
from numpy.typing import NDArray

from frameloom.results.patches import ArrayStatistics

_VALUES_AT_ONCE = 2**18


class RunningStatistics:
    """Takes an array part by part; sums are float64.

    Means and deviations of parts are merged as in Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm
    for Computing Sample Variances", 1979: sums of squares alone would lose small deviations.
    """

    def __init__(self) -> None:
        self._count = 0
        self._mean = 0.0
        self._squares = 0.0  # of what differs from the mean
        self._least, self._greatest = math.inf, -math.inf

    def add(self, part: NDArray[np.floating]) -> None:
        """Take in one part, of any shape."""
        values = part.reshape(-1)
        for start in range(0, values.size, _VALUES_AT_ONCE):
            self._merge(values[start : start + _VALUES_AT_ONCE].astype(np.float64))

    def _merge(self, values: NDArray[np.float64]) -> None:
        mean = float(values.mean())
        self._least = min(self._least, float(values.min()))
        self._greatest = max(self._greatest, float(values.max()))
        values -= mean
        total = self._count + values.size
        apart = mean - self._mean
        self._squares += float(values @ values) + apart**2 * self._count * values.size / total
        self._mean += apart * values.size / total
        self._count = total

    def of(self, shape: tuple[int, ...]) -> ArrayStatistics:
        """Of all parts together, which make up an array of that shape."""
        deviation = math.sqrt(self._squares / self._count)
        return ArrayStatistics(shape=shape, mean=self._mean, std=deviation, minimum=self._least, maximum=self._greatest)
