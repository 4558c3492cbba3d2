"""VFIPS: how far apart twelve frames in a row look to people, given frames among them.

The network is `models/metrics/vfips.py`. Numbers have no bounds and no zero: on BVI-VFI the authors' own are -150 to 28
for whole videos, and lower is what people liked better (Spearman 0.79 over the five methods of a clip, by the scores
that they published).
"""

import math
from typing import Any

from frameloom.errors import InputError
from frameloom.metrics.metric import Scores, Stretch
from frameloom.metrics.network_metric import NetworkMetric

_FRAMES = 12


def _scores(judge: Any) -> Scores:
    def scores(stretch: Stretch) -> list[float]:
        """The number of its window for each frame of a video, given ones too; the last window ends with the video."""
        count = len(stretch.truths)
        if count < _FRAMES:
            raise InputError(f"VFIPS judges {_FRAMES} frames in a row; there are {count}")
        found: list[float] = []
        while len(found) < count:
            start = min(len(found), count - _FRAMES)
            window = slice(start, start + _FRAMES)
            number = judge.distance(stretch.predictions[window], stretch.truths[window])
            found += [number] * (start + _FRAMES - len(found))
        return found

    return scores


METRIC = NetworkMetric(
    name="vfips", title="VFIPS", unit="", higher_is_better=False, bounds=(-math.inf, math.inf), equal=None,
    window=_FRAMES, parts=("vfips",), judge="frameloom.models.metrics.vfips:VFIPS", scores_of=_scores,
)  # fmt: skip
