"""Frames that were measured."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
class MetricScale(Result):
    """What a metric says about its numbers."""

    name: str
    title: str
    unit: str
    higher_is_better: bool


@dataclass(frozen=True, kw_only=True)
class MeanScore(Result):
    """Mean scores of a model at a factor."""

    model: str
    factor: int
    sequences: int
    frames: int
    values: dict[str, float]
    """Mean as the protocol has it: over the frames of each sequence, then over sequences, or over all frames."""
    per_sequence: dict[str, dict[str, float]]
    cpu_seconds: float
    """Mean processor seconds per new frame."""
    cpu_seconds_per_megapixel: float
    frame_values: dict[str, float]
    """Mean over all frames."""
    tails: dict[str, dict[str, float]]
    """Metric -> p5 and p1: the best score among the worst 5 and 1 percent of frames."""
    intervals: dict[str, tuple[float, float]]
    """Metric -> where the mean lies in 95 % of draws from the sequences, or from the frames of a single one."""


@dataclass(frozen=True, kw_only=True)
class ShownFrame(Result):
    """A frame that was kept as a picture."""

    model: str | None
    """Who restored it; None: it is the true one."""
    sequence: str
    factor: int
    frame: int
    file: str
    """Beside the result's own file."""


@dataclass(frozen=True, kw_only=True)
class Evaluation(Result):
    """Scores of models on a data set."""

    dataset: str
    root: Path
    metrics: tuple[str, ...]
    rows: tuple[Score, ...]
    means: tuple[MeanScore, ...]
    environment: dict[str, str]
    protocol: str
    departures: tuple[str, ...]
    """In what this is not what the protocol was published for."""
    files_sha256: str
    """Of the sorted names and sizes of all files that were used."""
    limit: int | None
    """The most samples per factor that were asked for."""
    maps: bool
    """Whether measured distance maps were used in place of numbers."""
    runs: dict[str, dict[str, Any]]
    """Model -> how it was run (device, precision, seed, ...) and the SHA-256 of its weights."""
    scales: tuple[MetricScale, ...]
    weights: dict[str, dict[str, str]]
    """Metric -> what it computes with -> SHA-256 of the file, or the version of a model that comes with a library."""
    unscored: tuple[Unscored, ...]
    """Where a metric gave no number. Means over those frames are NaN too: nothing is left out of them."""
    table: str
    """The means as a Markdown table."""
    spread: str
    """How sure they are, and the worst frames, as another."""
    pictures: tuple[ShownFrame, ...] = ()
    """Frames that were kept to be looked at."""

    @property
    def report(self) -> str:
        """The table, and under it where numbers are missing and what is not as published."""
        lines = [self.table]
        counts = Counter((miss.metric, miss.model, miss.factor) for miss in self.unscored)
        for (metric, model, factor), count in counts.items():
            where = [f"{miss.sequence} {miss.frame}" for miss in self.unscored
                     if (miss.metric, miss.model, miss.factor) == (metric, model, factor)]  # fmt: skip
            shown = ", ".join(where[:_SHOWN]) + (", ..." if count > _SHOWN else "")
            lines.append(
                f"\nNo number (NaN): {metric} of {model} at {factor}x in {count} frame{'s' * (count > 1)}: {shown}"
            )
        if self.departures:
            lines.append(f"\nNot as published ({self.protocol}): {'; '.join(self.departures)}")
        return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class Standing(Result):
    """One model at one factor in a leaderboard."""

    model: str
    factor: int
    values: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    tails: dict[str, dict[str, float]]
    cpu_seconds_per_megapixel: float
    frames: int
    source: Path
    """The file that it comes from."""


@dataclass(frozen=True, kw_only=True)
class Board(Result):
    """Results that may stand in one table: of the same files, by one protocol."""

    dataset: str
    protocol: str
    departures: tuple[str, ...]
    files_sha256: str
    scales: tuple[MetricScale, ...]
    standings: tuple[Standing, ...]
    table: str
    """As Markdown."""


@dataclass(frozen=True, kw_only=True)
class Leaderboard(Result):
    """Several evaluations side by side."""

    boards: tuple[Board, ...]
    output: Path | None = None

    @property
    def report(self) -> str:
        """All tables as Markdown, each under what it is of."""
        parts: list[str] = []
        for board in self.boards:
            parts += [f"## {board.dataset}, {board.protocol}", board.table]
            if board.departures:
                parts.append(f"Not as published: {'; '.join(board.departures)}")
        return "\n\n".join(parts)
