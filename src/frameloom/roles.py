"""What each kind of model promises. Roles speak NumPy; what is behind them is theirs.

Arrays follow `frameloom.frame`: `(height, width, 3 or 4)` float32, nominally [0, 1].
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from frameloom.frame import FloatPixels

Moment = float | NDArray[np.float32]
"""When to look between two frames: a number in (0, 1), or a distance map `(height, width)` in [0, 1] that says how far
along its path everything is (0 as in the first frame, 1 as in the last). A map lies on the grid of the first frame: it
speaks of what is seen there, wherever that has gone by then. So do the maps that any-time networks are trained on."""


class Interpolator(Protocol):
    """Makes the frames between two frames."""

    def between(self, first: FloatPixels, last: FloatPixels, moments: Sequence[Moment]) -> Iterator[FloatPixels]:
        """Yield one frame per moment, in the order given.

        What does not depend on the moment is computed once per call, and frames are made one at a time.
        Both frames have the same shape, `(height, width, 3 or 4)`; so have the results.
        """
        ...


class FlowEstimator(Protocol):
    """Says where every pixel went. A class that inherits from this one needs `estimate` alone."""

    def estimate(self, first: FloatPixels, second: FloatPixels) -> NDArray[np.float32]:
        """Flow `(height, width, 2)` in pixels, x right then y down, with `second(x + flow(x)) ~ first(x)`."""
        ...

    def estimate_both(self, first: FloatPixels, second: FloatPixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """`estimate(first, second)` and `estimate(second, first)`; better, where work that serves both is done once."""
        return self.estimate(first, second), self.estimate(second, first)
