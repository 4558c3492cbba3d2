"""Scores of restored frames to a ranking of models, with how sure it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.metrics.metric import Declaration

Scores = Mapping[str, Mapping[str, Sequence[float]]]
"""Model -> metric -> one score for each frame, the same frames for all."""

MOST_DECIBELS = 100.0
"""What a frame that equals the truth counts in a mean: one that is infinite would make the mean so too."""
SURE = 0.95
_DRAWS = 2000
_LEVEL = 95  # percent
FEWEST = 5  # frames: of fewer, draws are too much alike to say how sure anything is


@dataclass(frozen=True, slots=True)
class Ranked:
    """One model among others."""

    model: str
    values: dict[str, float]
    """Metric -> mean."""
    intervals: dict[str, tuple[float, float]]
    """Metric -> ends of its 95 % interval."""
    best_in: float
    """Share of draws in which its mean of the first metric is the best."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Models, the best first, and how sure that order is at its head."""

    models: tuple[Ranked, ...]
    ahead: float | None
    """Share of draws in which the first is better than the second, half of those where they are level."""
    sure: bool


def rank(scores: Scores, metrics: Sequence[Declaration], *, seed: int) -> Ranking:
    """Order models by the mean of the first metric; NaN comes last.

    Intervals and chances are of the percentile bootstrap (Efron 1979) over frames, with the same frames for all models
    in every draw: models are compared on equal terms, and what makes a frame hard for all of them cancels out.

    Args:
        scores: At least one frame.
        metrics: The first one ranks.
        seed: Of the draws.
    """
    first = metrics[0]
    tables = {metric.name: _table(scores, metric.name) for metric in metrics}
    count = tables[first.name].shape[1]
    picks = np.random.default_rng(seed).integers(0, count, (_DRAWS, count))
    drawn = {name: table[:, picks].mean(axis=2) for name, table in tables.items()}  # (models, draws)
    goodness = drawn[first.name] if first.higher_is_better else -drawn[first.name]
    means = tables[first.name].mean(axis=1)
    order = sorted(range(len(scores)), key=lambda row: _rank(float(means[row]), first))
    shares = _best_shares(goodness)
    names = list(scores)
    ranked = tuple(
        Ranked(
            model=names[row],
            values={name: float(table[row].mean()) for name, table in tables.items()},
            intervals={name: _interval(table[row]) for name, table in drawn.items()},
            best_in=float(shares[row]),
        )
        for row in order
    )
    if len(order) < 2:
        return Ranking(ranked, None, sure=False)
    leads = goodness[order[0]] - goodness[order[1]]
    ahead = float(((leads > 0) + 0.5 * (leads == 0)).mean())  # NaN is no lead
    return Ranking(ranked, ahead, sure=ahead >= SURE and count >= FEWEST)


def capped(metric: str, value: float) -> float:
    """A score as it counts in a mean."""
    return min(value, MOST_DECIBELS) if metric == "psnr" else value


def _table(scores: Scores, metric: str) -> NDArray[np.float64]:
    """(models, frames)."""
    rows = [[capped(metric, value) for value in of_model[metric]] for of_model in scores.values()]
    return np.array(rows, np.float64)


def _rank(value: float, metric: Declaration) -> tuple[bool, float]:
    return value != value, -value if metric.higher_is_better else value  # NaN is not itself


def _best_shares(goodness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of draws in which each model is the best, of what shares the first place its part."""
    known = np.where(np.isnan(goodness), -np.inf, goodness)
    best = known == known.max(axis=0)
    return (best / best.sum(axis=0)).mean(axis=1)


def _interval(means: NDArray[np.float64]) -> tuple[float, float]:
    edge = (100 - _LEVEL) / 2
    low, high = np.percentile(means, [edge, 100 - edge])
    return float(low), float(high)
