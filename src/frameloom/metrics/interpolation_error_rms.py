"""Interpolation error as Middlebury defines it: the root of the mean squared difference.

Baker, Scharstein, Lewis, Roth, Black, Szeliski: "A Database and Evaluation Methodology for Optical Flow", IJCV 2011,
section 4.1. Much code calls the mean absolute difference by the same name: that is `ie`.
"""

import math

import numpy as np

from frameloom.metrics.metric import Image, Metric, frame_by_frame


def interpolation_error_rms(prediction: Image, truth: Image) -> float:
    """Root of the squared difference, summed over RGB and averaged over pixels, in 8-bit levels, 0..255 sqrt(3)."""
    difference = prediction.astype(np.float64) - truth.astype(np.float64)
    squares = difference * difference
    return math.sqrt(float(np.sum(squares)) / (squares.size / 3))


METRIC = Metric(
    name="ie-rms", title="IE (RMS)", unit="levels", higher_is_better=False, bounds=(0, 255 * math.sqrt(3)), equal=0,
    scores=frame_by_frame(interpolation_error_rms),
)  # fmt: skip
