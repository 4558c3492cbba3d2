"""Flicker along motion: how much a frame differs from the one before, fetched along the flow of the truth.

Lai, Huang, Wang, Shechtman, Yumer, Yang: "Learning Blind Video Temporal Consistency", ECCV 2018, section 4.1.
"""

import numpy as np
from numpy.typing import NDArray

from frameloom.frame import float_pixels
from frameloom.metrics.metric import Image, Metric, Stretch
from frameloom.metrics.motion import Flow, fetch, flow_between, steps

# Where a pixel of one frame is not seen in the other: Ruder, Dosovitskiy, Brox, "Artistic Style Transfer for Videos",
# GCPR 2016, equations 5 and 6. Motion is not known at its own boundaries either.
_DISAGREEMENT, _DISAGREEMENT_FLOOR = 0.01, 0.5
_BOUNDARY, _BOUNDARY_FLOOR = 0.01, 0.002


def warping_error(stretch: Stretch) -> list[float]:
    """Mean squared difference from the frame before, summed over RGB in [0, 1], where true motion is known: 0..3.

    What truly changes counts too, light for one: the truth's own number is not 0. NaN where nothing stays in view.

    Raises:
        InputError: the stretch has no given frames.
    """
    made, true = steps(stretch, "the warping error")
    return [_error(prediction, truth) for prediction, truth in zip(made[:-1], true[:-1], strict=True)]


def _error(made: tuple[Image, Image], true: tuple[Image, Image]) -> float:
    back, forth = flow_between(true[1], true[0]), flow_between(*true)
    seen = _seen_in_both(back, forth)
    if not seen.any():
        return float("nan")
    before, now = (np.ascontiguousarray(float_pixels(image)) for image in made)
    difference = now - fetch(before, back)
    return float(np.mean(np.sum(difference**2, axis=2)[seen], dtype=np.float64))


def _seen_in_both(back: Flow, forth: Flow) -> NDArray[np.bool_]:
    """(height, width): pixels of the later frame whose motion is known and agrees with the motion the other way."""
    there_and_back = fetch(forth, back)
    length = np.sum(back**2, axis=2) + np.sum(there_and_back**2, axis=2)
    hidden = np.sum((back + there_and_back) ** 2, axis=2) > _DISAGREEMENT * length + _DISAGREEMENT_FLOOR
    slopes = [
        np.gradient(back[..., axis]) if min(back.shape[:2]) > 1 else [np.zeros(back.shape[:2])] for axis in (0, 1)
    ]
    steepness = np.sum([slope**2 for pair in slopes for slope in pair], axis=0)
    return ~hidden & (steepness <= _BOUNDARY * np.sum(back**2, axis=2) + _BOUNDARY_FLOOR)


METRIC = Metric(
    name="warping-error", title="warping error", unit="", higher_is_better=False, bounds=(0, 3), equal=None,
    in_context=True, scores=warping_error,
)  # fmt: skip
