"""A ranking in a sentence, as far as it can be trusted."""

from frameloom.benchmark.means import number
from frameloom.benchmark.self_test.ranking import FEWEST, Ranked, Ranking
from frameloom.metrics.metric import Declaration

_LEVEL_AHEAD = 0.5
_UNSEEN = 45.0  # dB from which on nobody tells a frame from the true one


def verdict(ranking: Ranking, metric: Declaration, frames: int) -> str:
    """Say which model is best on the clip, and how sure that is.

    Args:
        ranking: At least one model.
        metric: What it is by.
        frames: How many it is of.
    """
    first, *others = ranking.models
    if first.values[metric.name] != first.values[metric.name]:
        return f"No model has a {metric.title} for every frame, so there is no order."
    if not others or ranking.ahead is None:
        low, high = first.intervals[metric.name]
        return (
            f"{first.model} restores this clip at {_amount(first, metric)} {metric.title} "
            f"({number(low, metric)} to {number(high, metric)} in 95 % of draws)."
        )
    second = others[0]
    if frames < FEWEST:
        noun = "frame is" if frames == 1 else "frames are"
        return (
            f"{frames} {noun} too few to tell {first.model} ({_amount(first, metric)}) from {second.model} "
            f"({_amount(second, metric)})."
        )
    if ranking.sure:
        found = (
            f"{first.model} restores this clip best: {_amount(first, metric)} {metric.title} against "
            f"{_amount(second, metric)} of {second.model}; it is ahead in {_share(ranking.ahead)} of draws."
        )
    else:
        found = (
            f"{first.model} and {second.model} are too close to call on this clip: {_amount(first, metric)} and "
            f"{_amount(second, metric)} {metric.title}; {_lead(first, ranking.ahead)}."
        )
    unseen = metric.name == "psnr" and second.values[metric.name] >= _UNSEEN
    return f"{found} So near to the truth, the difference will hardly be seen." if unseen else found


def _amount(model: Ranked, metric: Declaration) -> str:
    return f"{number(model.values[metric.name], metric)} {metric.unit}".rstrip()


def _lead(first: Ranked, ahead: float) -> str:
    if ahead == _LEVEL_AHEAD:
        return "neither is ahead"
    return f"{first.model} is ahead in {_share(ahead)} of draws only"


def _share(value: float) -> str:
    """Percent; never 100 where draws do not prove it."""
    return f"{min(value, 0.999):.1%}" if value > 0.99 else f"{value:.0%}"
