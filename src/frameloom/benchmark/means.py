"""Scores of frames to means, with how far they can be trusted and how bad the worst frames are."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol

import numpy as np

from frameloom.results.measuring import MeanScore, Score, Unscored

_TAILS = {"p5": 5, "p1": 1}
"""Name -> how many percent of the frames, the worst ones, it is the best score of."""
_RESAMPLES = 1000
_SEED = 0
_LEVEL = 95  # percent


class Scale(Protocol):
    """What a table has to know of a metric."""

    @property
    def name(self) -> str:
        """Its id."""
        ...

    @property
    def title(self) -> str:
        """What heads its column."""
        ...

    @property
    def unit(self) -> str:
        """Empty where it has none."""
        ...

    @property
    def higher_is_better(self) -> bool:
        """Its direction."""
        ...


def mean_scores(
    rows: Iterable[Score], scales: Sequence[Scale] = (), *, over: Literal["sequences", "frames"] = "sequences"
) -> list[MeanScore]:
    """One mean per model and factor, in order of appearance; tails and intervals of the metrics in `scales`.

    A frame without a number (NaN) leaves its sequence and the whole without one: `unscored` says which it was.

    Args:
        rows: Scores of frames.
        scales: The metrics, for the direction of what is bad.
        over: Mean over the frames of each sequence and then over sequences, or over all frames.
    """
    groups: dict[tuple[int, str], list[Score]] = defaultdict(list)
    for row in rows:
        groups[row.factor, row.model].append(row)
    ordered = sorted(groups.items(), key=lambda item: item[0][0])
    return [_mean(model, factor, group, scales, over) for (factor, model), group in ordered]


def _mean(model: str, factor: int, rows: list[Score], scales: Sequence[Scale], over: str) -> MeanScore:
    by_sequence: dict[str, list[Score]] = defaultdict(list)
    for row in rows:
        by_sequence[row.sequence].append(row)
    names = rows[0].values
    per_sequence = {
        sequence: {name: float(np.mean([row.values[name] for row in group])) for name in names}
        for sequence, group in by_sequence.items()
    }
    frames = {name: float(np.mean([row.values[name] for row in rows])) for name in names}
    sequences = {name: float(np.mean([values[name] for values in per_sequence.values()])) for name in names}
    return MeanScore(
        model=model,
        factor=factor,
        sequences=len(per_sequence),
        frames=len(rows),
        values=frames if over == "frames" else sequences,
        per_sequence=per_sequence,
        cpu_seconds=float(np.mean([row.cpu_seconds for row in rows])),
        cpu_seconds_per_megapixel=sum(row.cpu_seconds for row in rows) / sum(row.megapixels for row in rows),
        frame_values=frames,
        tails={scale.name: _tails([row.values[scale.name] for row in rows], scale) for scale in scales},
        intervals={scale.name: _interval(by_sequence, scale.name, over) for scale in scales},
    )


def _tails(values: list[float], scale: Scale) -> dict[str, float]:
    """The best score among the worst 5 and 1 percent of frames: of few frames, the worst one's."""
    if any(math.isnan(value) for value in values):
        return dict.fromkeys(_TAILS, math.nan)
    worst_first = sorted(values, reverse=not scale.higher_is_better)
    return {name: worst_first[max(0, math.ceil(len(values) * share / 100) - 1)] for name, share in _TAILS.items()}


def _interval(by_sequence: dict[str, list[Score]], name: str, over: str) -> tuple[float, float]:
    """Where the mean lies in 95 % of data sets drawn from this one's sequences; from its frames, if there is one.

    The percentile bootstrap (Efron 1979), always with the same draws.
    """
    groups = [np.array([row.values[name] for row in group]) for group in by_sequence.values()]
    if len(groups) == 1:
        groups = [np.array([value]) for value in groups[0]]
    sums, counts = np.array([group.sum() for group in groups]), np.array([group.size for group in groups])
    if np.isnan(sums).any():  # draws may happen to leave it out
        return math.nan, math.nan
    if over != "frames":
        sums, counts = sums / counts, np.ones(len(groups))
    picks = np.random.default_rng(_SEED).integers(0, len(groups), (_RESAMPLES, len(groups)))
    means = np.sort(sums[picks].sum(axis=1) / counts[picks].sum(axis=1))
    edge = (100 - _LEVEL) / 200
    return float(means[math.floor(edge * (_RESAMPLES - 1))]), float(means[math.ceil((1 - edge) * (_RESAMPLES - 1))])


def unscored(rows: Iterable[Score]) -> list[Unscored]:
    """Where a metric gave no number."""
    return [
        Unscored(metric=metric, model=row.model, sequence=row.sequence, factor=row.factor, frame=row.frame)
        for row in rows
        for metric, value in row.values.items()
        if math.isnan(value)
    ]


def markdown_table(means: Sequence[MeanScore], scales: Sequence[Scale]) -> str:
    """The means as a Markdown table, the best value of each factor in bold."""
    header = [
        "factor",
        "model",
        *(headed(scale) for scale in scales),
        "CPU s / frame",
        "CPU s / megapixel",
        "frames",
    ]
    lines = [row_of(header), "|" + "---|" * len(header)]
    for mean in means:
        rivals = [other.values for other in means if other.factor == mean.factor]
        cells = [f"{mean.factor}x", mean.model, *(marked(mean.values, rivals, scale) for scale in scales)]
        cells += [f"{mean.cpu_seconds:.3f}", f"{mean.cpu_seconds_per_megapixel:.3f}", str(mean.frames)]
        lines.append(row_of(cells))
    return "\n".join(lines)


def spread_table(means: Sequence[MeanScore], scales: Sequence[Scale]) -> str:
    """How sure means are and how bad the worst frames are, as a Markdown table."""
    header = ["factor", "model", "metric", f"mean, {_LEVEL} % interval", "worst 5 %", "worst 1 %", "mean of all frames"]
    lines = [row_of(header), "|" + "---|" * len(header)]
    for mean in means:
        for scale in scales:
            low, high = (number(value, scale) for value in mean.intervals[scale.name])
            tails = [number(value, scale) for value in mean.tails[scale.name].values()]
            middle = number(mean.values[scale.name], scale)
            whole = number(mean.frame_values[scale.name], scale)
            lines.append(
                row_of([f"{mean.factor}x", mean.model, headed(scale), f"{middle} ({low} to {high})", *tails, whole])
            )
    return "\n".join(lines)


def marked(values: dict[str, float], rivals: Sequence[dict[str, float]], scale: Scale) -> str:
    """A value as text, in bold where it is the best of several."""
    value = values[scale.name]
    numbers = [other[scale.name] for other in rivals if not math.isnan(other[scale.name])]
    pick: Callable[[list[float]], float] = max if scale.higher_is_better else min
    text = number(value, scale)
    return f"**{text}**" if len(rivals) > 1 and numbers and value == pick(numbers) else text


def number(value: float, scale: Scale) -> str:
    """Four digits, or four decimals of what lies between 0.01 and 10 and has no unit, so that columns compare."""
    return f"{value:.4f}" if not scale.unit and 0.01 <= abs(value) < 10 else f"{value:.4g}"


def headed(scale: Scale) -> str:
    """What heads a metric's column."""
    arrow = "↑" if scale.higher_is_better else "↓"
    return f"{scale.title} {arrow}" + (f" ({scale.unit})" if scale.unit else "")


def row_of(cells: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"
