"""Interpolation error: the mean absolute difference."""

import numpy as np

from frameloom.metrics.metric import Image, Metric


def interpolation_error(prediction: Image, truth: Image) -> float:
    """Mean absolute difference over all RGB values, in 8-bit levels, 0..255."""
    return float(np.mean(np.abs(prediction.astype(np.float64) - truth.astype(np.float64))))


METRIC = Metric(
    name="ie", title="IE (mean absolute)", unit="levels", higher_is_better=False, bounds=(0, 255),
    compute=interpolation_error,
)  # fmt: skip
