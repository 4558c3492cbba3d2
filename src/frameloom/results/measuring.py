"""Frames that were measured."""

from dataclasses import dataclass
from pathlib import Path

from frameloom.results.base import Result


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
    """Metric -> value."""


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
    table: str
    """The means as a Markdown table."""
