"""docs/metrics.md says what the metrics declare, and the help names them all."""

import math
import re
from pathlib import Path

import pytest

from frameloom.metrics.metric import Declaration
from frameloom.metrics.network_metric import NetworkMetric
from frameloom.metrics.table import METRICS, NETWORK_METRICS
from frameloom.models.zoo import catalog
from frameloom.verbs.measure import evaluate

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
ROWS = {row[0].strip("`"): row[1:] for row in (
    [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")
)}  # fmt: skip
ALL: dict[str, Declaration] = {**METRICS, **NETWORK_METRICS}


def test_the_page_has_all_metrics() -> None:
    assert list(ROWS) == list(ALL)


@pytest.mark.parametrize("metric", ALL.values(), ids=ALL)
def test_a_row_says_what_the_metric_declares(metric: Declaration) -> None:
    better, unit, bounds, equal, needs = ROWS[metric.name]
    assert better == ("higher" if metric.higher_is_better else "lower")
    assert unit == metric.unit
    assert [float(bound) for bound in bounds.split(" to ")] == pytest.approx(list(metric.bounds), abs=1e-3)
    assert (None if equal == "as they move" else float(equal)) == metric.equal
    assert ("the frames around" in needs) == metric.in_context
    assert (f"{metric.window} frames in a row" in needs) == bool(metric.window)
    named = re.findall(r"`([a-z0-9-]+)`", needs)
    assert named == (list(metric.parts) if isinstance(metric, NetworkMetric) else ["vmaf"] * (metric.name == "vmaf"))
    stated = re.search(r"sides from (\d+)", needs)
    if isinstance(metric, NetworkMetric):
        smallest = max((getattr(card.new_network(), "smallest", 1) for card in metric.cards), default=1)
        assert (int(stated[1]) if stated else 1) == (1 if metric.name == "dists" else smallest)


@pytest.mark.parametrize("name", ALL)
def test_the_help_names_every_metric(name: str) -> None:
    words = evaluate.__doc__.split("metrics: ")[1].split("factor:")[0]
    assert re.search(rf"(?<![a-z-]){name}(?![a-z-])", words)


def test_every_network_of_a_metric_is_used_by_one() -> None:
    used = {part for metric in NETWORK_METRICS.values() for part in metric.parts}
    assert used == {card.name for card in catalog.cards("metric")}
    assert math.isinf(METRICS["psnr"].bounds[1])
