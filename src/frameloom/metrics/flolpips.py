"""FloLPIPS: LPIPS where motion departs from the truth's. The networks are in `models/metrics`."""

import math
from typing import Any

from frameloom.metrics.metric import Scores, Stretch
from frameloom.metrics.network_metric import NetworkMetric


def _scores(judge: Any) -> Scores:
    def scores(stretch: Stretch) -> list[float]:
        given = stretch.ends("FloLPIPS")
        pairs = zip(stretch.predictions, stretch.truths, strict=True)
        return [judge.distance(prediction, truth, given) for prediction, truth in pairs]

    return scores


METRIC = NetworkMetric(
    name="flolpips", title="FloLPIPS", unit="", higher_is_better=False, bounds=(0, math.inf), equal=0, in_context=True,
    parts=("lpips-alex", "alexnet", "pwc-net"), judge="frameloom.models.metrics.flolpips:FloLPIPS", scores_of=_scores,
)  # fmt: skip
