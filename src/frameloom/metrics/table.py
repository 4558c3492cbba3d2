"""All metrics by name."""

import difflib
from collections.abc import Iterable

from frameloom.errors import InputError
from frameloom.metrics import interpolation_error, psnr, ssim
from frameloom.metrics.metric import Metric

METRICS: dict[str, Metric] = {module.METRIC.name: module.METRIC for module in (psnr, ssim, interpolation_error)}


def find_metrics(names: Iterable[str]) -> list[Metric]:
    """The metrics of those names.

    Raises:
        InputError: there is none of a name; the message offers the nearest.
    """
    found: list[Metric] = []
    for name in names:
        metric = METRICS.get(name.lower())
        if metric is None:
            close = difflib.get_close_matches(name.lower(), METRICS, n=1, cutoff=0.4)
            hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(METRICS)}"
            raise InputError(f"no metric is called '{name}'; {hint}")
        found.append(metric)
    return found
