"""Frames that were measured, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.results.base import Result
from frameloom.results.measuring import Evaluation, Leaderboard


def _evaluation(measured: Evaluation) -> str:
    return measured.report


def _leaderboard(made: Leaderboard) -> str:
    return made.report if made.output is None else f"{made.report}\n\n{made.output}"


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {
    Evaluation: _evaluation,
    Leaderboard: _leaderboard,
}
