"""Long vectors made short by a random projection that is the same everywhere.

Johnson and Lindenstrauss, 1984: inner products are kept but for noise of about 1 / sqrt(dims).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from frameloom.features.descriptors.composite import Part
from frameloom.features.descriptors.view import View

DIMS, SEED = 256, 42


class Projected:
    """A part, projected to 256 numbers."""

    dims = DIMS

    def __init__(self, part: Part) -> None:
        self._part = part

    def __call__(self, view: View) -> NDArray[np.float32]:
        """256 numbers of either sign."""
        vector = np.asarray(self._part(view), np.float32)
        (places,) = np.nonzero(vector)
        return vector[places] @ _directions(vector.size)[places]


@lru_cache(maxsize=1)
def _directions(length: int) -> NDArray[np.float32]:
    """(length, 256), drawn as scikit-learn's GaussianRandomProjection draws them for seed 42.

    NumPy promises that `RandomState` draws the same numbers in all versions, so that they need not be stored.
    """
    drawn = np.random.RandomState(SEED).normal(0.0, 1 / np.sqrt(DIMS), (DIMS, length))
    return np.ascontiguousarray(drawn.T, dtype=np.float32)
