"""Peak signal-to-noise ratio."""

import math

import numpy as np

from frameloom.metrics.metric import Image, Metric, frame_by_frame


def psnr(prediction: Image, truth: Image) -> float:
    """10 log10(255^2 / mean squared error) over all RGB values, in dB; infinite for equal images."""
    difference = prediction.astype(np.float64) - truth.astype(np.float64)
    error = float(np.mean(difference * difference))
    return math.inf if error == 0 else 10 * math.log10(255.0**2 / error)


METRIC = Metric(
    name="psnr", title="PSNR", unit="dB", higher_is_better=True, bounds=(0, math.inf), equal=math.inf,
    scores=frame_by_frame(psnr),
)  # fmt: skip
