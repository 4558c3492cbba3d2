"""Images that were compared, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.cli.summaries.units import seconds
from frameloom.counting import counted
from frameloom.results.base import Result
from frameloom.results.comparing import ComparedPair, Comparison, Comparisons


def _comparison(found: Comparison) -> str:
    written = f"; more in {found.output}" if found.output else ""
    return f"{found.image_a}, {found.image_b}: {_distance(found)} by {found.encoder}{written}"


def _comparisons(found: Comparisons) -> str:
    lines = [f"{pair.label}: {_distance(pair)}" for pair in found.pairs]
    lines += [f"{label}: not compared: {why}" for label, why in found.failures.items()]
    total = len(found.pairs) + len(found.failures)
    compared = f"{len(found.pairs)} of {counted(total, 'pair')} compared by {found.encoder}"
    done = f"{compared}, {counted(found.images, 'image')} encoded"
    return "\n".join([*lines, f"{found.output}: {done}; took {seconds(found.seconds)}"])


def _distance(pair: ComparedPair) -> str:
    grade = f" ({pair.grade})" if pair.grade else ""
    return f"cosine distance {pair.cosine_distance:.4f}{grade}"


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {
    Comparison: _comparison,
    Comparisons: _comparisons,
}
