"""How far motion departs from the truth's.

Chu, Xie, Mayer, Leal-Taixe, Thuerey: "Learning Temporal Coherence via Self-Supervision for GAN-based Video Generation"
(TecoGAN), ACM ToG 2020, section 5: tOF. The flow there is Farneback's, here it is DIS: numbers do not compare with
published ones.
"""

import math
from itertools import pairwise

import numpy as np

from frameloom.metrics.metric import Image, Metric, Stretch
from frameloom.metrics.motion import flow_between, steps


def tof(stretch: Stretch) -> list[float]:
    """For each frame the mean over its two steps, from the frame before and to the one after.

    A step's number is the distance between the two flows, in pixels, averaged over the picture.

    Raises:
        InputError: the stretch has no given frames.
    """
    departures = [_departure(made, true) for made, true in zip(*steps(stretch, "tOF"), strict=True)]
    return [(before + after) / 2 for before, after in pairwise(departures)]


def _departure(made: tuple[Image, Image], true: tuple[Image, Image]) -> float:
    difference = flow_between(*made) - flow_between(*true)
    return float(np.mean(np.hypot(difference[..., 0], difference[..., 1]), dtype=np.float64))


METRIC = Metric(
    name="tof", title="tOF", unit="px", higher_is_better=False, bounds=(0, math.inf), equal=0, in_context=True,
    scores=tof,
)  # fmt: skip
