"""Flicker that the truth does not have: how the error changes along the motion.

The warping error (`warping-error`) counts what truly changes as well. Warping is linear, so taking the truth's own
from it pixel by pixel leaves what the prediction adds.
"""

import numpy as np

from frameloom.metrics.metric import Image, Metric, Stretch
from frameloom.metrics.motion import fetch, flow_between, steps


def flicker(stretch: Stretch) -> list[float]:
    """Mean absolute change of the error from the frame before, along the truth's motion, in 8-bit levels, 0..510.

    An error that stays the same and moves with what it lies on is none.

    Raises:
        InputError: the stretch has no given frames.
    """
    made, true = steps(stretch, "flicker")
    return [_change(prediction, truth) for prediction, truth in zip(made[:-1], true[:-1], strict=True)]


def _change(made: tuple[Image, Image], true: tuple[Image, Image]) -> float:
    before, now = (image.astype(np.float32) - truth for image, truth in zip(made, true, strict=True))
    return float(np.mean(np.abs(now - fetch(before, flow_between(true[1], true[0]))), dtype=np.float64))


METRIC = Metric(
    name="flicker", title="flicker", unit="levels", higher_is_better=False, bounds=(0, 510), equal=0, in_context=True,
    scores=flicker,
)  # fmt: skip
