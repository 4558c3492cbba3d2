"""Motion from frame to frame, for metrics that look at it: DIS flow, which needs no weights."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from frameloom.frame import float_pixels
from frameloom.metrics.metric import Image, Stretch
from frameloom.models.flow.dis import DISFlow
from frameloom.models.layers import sampling

Flow = NDArray[np.float32]
"""(height, width, 2), pixels, x right then y down."""


def steps(stretch: Stretch, metric: str) -> tuple[list[tuple[Image, Image]], list[tuple[Image, Image]]]:
    """Consecutive frames from the given one before to the given one after: of the prediction, and of the truth.

    Raises:
        InputError: the stretch has no given frames.
    """
    first, last = stretch.ends(metric)
    made: Sequence[Image] = (first, *stretch.predictions, last)
    true: Sequence[Image] = (first, *stretch.truths, last)
    return list(pairwise(made)), list(pairwise(true))


def flow_between(first: Image, second: Image) -> Flow:
    """Flow from the first image to the second."""
    return _flow(_Pixels(first), _Pixels(second))


def fetch(image: NDArray[np.float32], flow: Flow) -> NDArray[np.float32]:
    """Each pixel of (height, width, channels) from where the flow points; bilinear, edges repeated."""
    return sampling.fetch(image, flow, 1, cubic=False)


class _Pixels:
    """An image that can be looked up by what it shows: several metrics, and models, ask for the same flow."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self._content = (image.shape, blake2b(image.tobytes()).digest())

    def __hash__(self) -> int:
        return hash(self._content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pixels) and self._content == other._content


@lru_cache(maxsize=12)
def _flow(first: _Pixels, second: _Pixels) -> Flow:
    return DISFlow().estimate(float_pixels(first.image), float_pixels(second.image))
