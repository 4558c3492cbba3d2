"""Frames that were measured, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.results.base import Result
from frameloom.results.measuring import Evaluation


def _evaluation(measured: Evaluation) -> str:
    return measured.report


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {
    Evaluation: _evaluation,
}
