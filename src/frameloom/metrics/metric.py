"""What a metric declares about itself, and what it is given to judge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError, ShapeError

Image = NDArray[np.uint8]
"""(height, width, 3) RGB."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Restored frames beside the true ones, in order, and the two given frames that they lie between.

    Raises:
        ShapeError: the images are not all of one shape, or there are not as many predictions as truths.
    """

    predictions: Sequence[Image]
    truths: Sequence[Image]
    first: Image | None = None
    """What was given before them. None, as is `last`, where only frames by themselves are compared."""
    last: Image | None = None
    """What was given after them."""

    def __post_init__(self) -> None:
        if len(self.predictions) != len(self.truths):
            raise ShapeError(f"there are {len(self.predictions)} predictions and {len(self.truths)} truths")
        for image in (*self.predictions, *(image for image in (self.first, self.last) if image is not None)):
            if image.shape != self.truths[0].shape:
                raise ShapeError(f"prediction is {image.shape}, truth is {self.truths[0].shape}: shapes must match")

    def ends(self, metric: str) -> tuple[Image, Image]:
        """The given frames before and after.

        Raises:
            InputError: there are none, and the metric needs them.
        """
        if self.first is None or self.last is None:
            raise InputError(f"{metric} looks at motion: it needs the frames before and after")
        return self.first, self.last


Scores = Callable[[Stretch], list[float]]
"""One number for each restored frame of a stretch; NaN where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Declaration:
    """What a metric says about its numbers."""

    name: str
    """Lower case; what `--metrics` takes."""
    title: str
    unit: str
    higher_is_better: bool
    bounds: tuple[float, float]
    equal: float | None
    """What it gives where prediction and truth are the same; None where that depends on what they show."""
    in_context: bool = False
    """Whether the frames before and after count."""
    window: int = 0
    """How many frames in a row, given ones among them, are judged at once; stretches are then whole videos.

    0: each restored frame has a number of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric(Declaration):
    """Numbers that say how close predictions come to the truth."""

    scores: Scores
    weights: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of what it computes with: name -> SHA-256 of the file, or the version of a model that another program brings."""

    require: Callable[[], object] | None = None
    """Raises InputError where something that it needs is not installed; asked before any work is done."""

    def __call__(self, prediction: Image, truth: Image) -> float:
        """Compare two images of one size.

        Raises:
            ShapeError: their sizes differ, or are too small for this metric.
            InputError: the metric needs the frames before and after.
        """
        return self.scores(Stretch([prediction], [truth]))[0]


def frame_by_frame(compare: Callable[[Image, Image], float]) -> Scores:
    """Scores of a metric that takes a prediction and its truth, and nothing else."""

    def scores(stretch: Stretch) -> list[float]:
        pairs = zip(stretch.predictions, stretch.truths, strict=True)
        return [compare(prediction, truth) for prediction, truth in pairs]

    return scores
