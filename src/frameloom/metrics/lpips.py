"""LPIPS with the features of three classifiers: how different two images look to people. They do not compare.

The network is `models/metrics/lpips.py`.
"""

import math

from frameloom.metrics.network_metric import NetworkMetric


def _lpips(name: str, title: str, heads: str, trunk: str) -> NetworkMetric:
    return NetworkMetric(
        name=name, title=title, unit="", higher_is_better=False, bounds=(0, math.inf), equal=0,
        parts=(heads, trunk), judge="frameloom.models.metrics.lpips:LPIPS",
    )  # fmt: skip


ALEX = _lpips("lpips", "LPIPS", "lpips-alex", "alexnet")
VGG = _lpips("lpips-vgg", "LPIPS (VGG)", "lpips-vgg", "vgg16")
SQUEEZE = _lpips("lpips-squeeze", "LPIPS (SqueezeNet)", "lpips-squeeze", "squeezenet")
