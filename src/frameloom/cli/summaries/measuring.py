"""Frames that were measured, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.cli.summaries.units import seconds
from frameloom.counting import counted
from frameloom.results.base import Result
from frameloom.results.measuring import Evaluation, Leaderboard
from frameloom.results.patches import PatchSimilarity


def _evaluation(measured: Evaluation) -> str:
    return measured.report


_IN_WORDS = {
    "position": "a patch over time",
    "frame": "one frame and another",
    "intra": "two patches of a frame",
}


def _patches(measured: PatchSimilarity) -> str:
    rows, columns = measured.grid
    first = (
        f"{measured.output}: {counted(measured.frames, 'frame')} by {measured.encoder}, {rows}x{columns} patches; "
        f"took {seconds(measured.seconds)}"
    )
    told = [name for name in measured.statistics if measured.frames > 1 or name == "intra"]  # else there is no other
    means = [f"{_IN_WORDS[name]} {measured.statistics[name].mean:.3f}" for name in told]
    return f"{first}\nmean cosine similarity of {', '.join(means)}" if means else first


def _leaderboard(made: Leaderboard) -> str:
    return made.report if made.output is None else f"{made.report}\n\n{made.output}"


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {
    Evaluation: _evaluation,
    PatchSimilarity: _patches,
    Leaderboard: _leaderboard,
}
