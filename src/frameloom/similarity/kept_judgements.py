"""What was said of the frames of a source, written down block by block so that an interrupted inspection goes on.

What is said of a frame depends on a bounded number of frames around it, so an inspection that begins so much earlier
says the same of the frames that are left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from frameloom.features.lookahead import LOOKBACK
from frameloom.journal import Journal
from frameloom.media.reading.source import FrameSource
from frameloom.results.inspection import Finding, InspectedFrame
from frameloom.roles import PatchEncoder
from frameloom.similarity.inspect import AROUND, Judged, inspect_frames

BLOCK = 50  # frames, one or two seconds of work
_BEFORE = LOOKBACK + AROUND + 3
"""Frames before the first one left whose judgement it depends on: the step before it may be spoilt by a tear."""


def judged_from(source: FrameSource, encoder: PatchEncoder, grid: tuple[int, int], first: int) -> Iterator[Judged]:
    """The judgements of all frames from that index on, the same as in a pass over all of them."""
    start = max(0, first - _BEFORE)
    judging = inspect_frames(source.frames(start), encoder, grid=grid, size=source.info.size, start=start)
    return (judged for judged in judging if judged.frame.index >= first)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A frame and what was found at it."""

    frame: InspectedFrame
    findings: tuple[Finding, ...]


class Keeper:
    """Writes judgements down, in order, and finds those of an earlier run."""

    def __init__(self, journal: Journal) -> None:
        self.earlier = [_judgement(entry) for block in journal.entries for entry in block["judgements"]]
        """Of the first frames."""
        self._journal = journal
        self._waiting: list[dict[str, Any]] = []
        journal.entries.clear()  # memory must not hold them twice

    def add(self, judged: Judged) -> bool:
        """Take a judgement in; whether a block was written down."""
        findings = [finding.to_dict() for finding in judged.findings]
        self._waiting.append({"frame": judged.frame.to_dict(), "findings": findings})
        if len(self._waiting) < BLOCK:
            return False
        self._journal.add({"judgements": self._waiting})
        self._journal.entries.clear()
        self._waiting = []
        return True


def _judgement(entry: dict[str, Any]) -> Judgement:
    findings: Sequence[dict[str, Any]] = entry["findings"]
    return Judgement(
        InspectedFrame(**_with_times(entry["frame"])), tuple(Finding(**_with_times(finding)) for finding in findings)
    )


def _with_times(values: dict[str, Any]) -> dict[str, Any]:
    """Times as they were before they were written as text."""
    return values | {name: Fraction(values[name]) for name in ("time", "duration") if name in values}
