"""DISTS: structure and texture in the features of VGG16; forgives texture that is drawn anew. See `models/metrics`."""

from frameloom.metrics.network_metric import NetworkMetric

METRIC = NetworkMetric(
    name="dists", title="DISTS", unit="", higher_is_better=False, bounds=(0, 2), equal=0,
    parts=("dists", "vgg16"), judge="frameloom.models.metrics.dists:DISTS",
)  # fmt: skip
