"""Interpolation error: the mean absolute difference. Middlebury's, under the same name, is `ie-rms`."""

import numpy as np

from frameloom.metrics.metric import Image, Metric, frame_by_frame


def interpolation_error(prediction: Image, truth: Image) -> float:
    """Mean absolute difference over all RGB values, in 8-bit levels, 0..255."""
    return float(np.mean(np.abs(prediction.astype(np.float64) - truth.astype(np.float64))))


METRIC = Metric(
    name="ie", title="IE (mean absolute)", unit="levels", higher_is_better=False, bounds=(0, 255), equal=0,
    scores=frame_by_frame(interpolation_error),
)  # fmt: skip
