"""What a metric declares about itself."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import ShapeError

Image = NDArray[np.uint8]
"""(height, width, 3) RGB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A number that says how close a prediction comes to the truth."""

    name: str
    title: str
    unit: str
    higher_is_better: bool
    bounds: tuple[float, float]
    compute: Callable[[Image, Image], float]

    def __call__(self, prediction: Image, truth: Image) -> float:
        """Compare two images of one size.

        Raises:
            ShapeError: their sizes differ.
        """
        if prediction.shape != truth.shape:
            raise ShapeError(f"prediction is {prediction.shape}, truth is {truth.shape}: shapes must match")
        return self.compute(prediction, truth)
