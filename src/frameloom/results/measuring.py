"""Frames that were measured."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from frameloom.results.base import Result

_SHOWN = 5  # frames of which a report says that a number is missing; the rows have all


@dataclass(frozen=True, kw_only=True)
class Score(Result):
    """One restored frame."""

    model: str
    sequence: str
    factor: int
    frame: int
    """Index of the true frame in its sequence."""
    moment: float
    cpu_seconds: float
    """Processor time spent on this frame; what a pair's frames share is spread over them."""
    megapixels: float
    values: dict[str, float]
    """Metric -> value; NaN where the metric has none for this frame."""


@dataclass(frozen=True, kw_only=True)
class Unscored(Result):
    """A restored frame for which a metric gave no number (NaN)."""

    metric: str
    model: str
    sequence: str
    factor: int
    frame: int
    """Index of the true frame in its sequence."""


@dataclass(frozen=True, kw_only=True)
class MeanScore(Result):
    """Mean over the frames of each sequence, then over sequences."""

    model: str
    factor: int
    sequences: int
    frames: int
    values: dict[str, float]
    per_sequence: dict[str, dict[str, float]]
    cpu_seconds: float
    """Mean processor seconds per new frame."""
    cpu_seconds_per_megapixel: float


@dataclass(frozen=True, kw_only=True)
class Evaluation(Result):
    """Scores of models on a data set."""

    dataset: str
    root: Path
    metrics: tuple[str, ...]
    rows: tuple[Score, ...]
    means: tuple[MeanScore, ...]
    environment: dict[str, str]
    weights: dict[str, dict[str, str]]
    """Metric -> what it computes with -> SHA-256 of the file, or the version of a model that comes with a library."""
    unscored: tuple[Unscored, ...]
    """Where a metric gave no number. Means over those frames are NaN too: nothing is left out of them."""
    table: str
    """The means as a Markdown table."""

    @property
    def report(self) -> str:
        """The table, and under it where numbers are missing."""
        lines = [self.table]
        counts = Counter((miss.metric, miss.model, miss.factor) for miss in self.unscored)
        for (metric, model, factor), count in counts.items():
            where = [f"{miss.sequence} {miss.frame}" for miss in self.unscored
                     if (miss.metric, miss.model, miss.factor) == (metric, model, factor)]  # fmt: skip
            shown = ", ".join(where[:_SHOWN]) + (", ..." if count > _SHOWN else "")
            lines.append(
                f"\nNo number (NaN): {metric} of {model} at {factor}x in {count} frame{'s' * (count > 1)}: {shown}"
            )
        return "\n".join(lines)
