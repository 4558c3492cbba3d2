"""Which restored frames are bad, and why, in words.

A frame fails by its PSNR, whatever metric ranks: below a fixed limit, or far below what is usual in the clip where
that can be seen.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from frameloom.benchmark.self_test.circumstances import Circumstances
from frameloom.benchmark.self_test.ranking import capped
from frameloom.benchmark.self_test.survey import Seen
from frameloom.benchmark.self_test.trial import Trial
from frameloom.results.inspection import Finding
from frameloom.results.self_test import Reason, ReasonKind

_BAD = 25.0  # dB: shapes are visibly broken or doubled
_FAR_BELOW = 6.0  # dB below the median: four times the squared error
_GOOD = 35.0  # dB from which on nothing fails: in a clip that hardly moves 6 dB below the median is still not seen

# Limits of what is measured where the error is, as shares of the width and of the error; docs/selftest.md says how they
# lie among real frames.
_LARGE_MOTION = 0.025
_UNEVEN_MOTION = 0.0035
_UNCOVERED = 0.5

_OF_FRAME: tuple[ReasonKind, ...] = ("flicker", "tearing")
"""Kinds of findings that spoil a frame, wherever it is among the three; a jump spoils the step to it."""


def failing(trials: Sequence[Trial], ranked: Sequence[Trial]) -> Mapping[str, frozenset[int]]:
    """Model -> frames that it restored badly, among all trials; what is usual is the median of the ranked ones."""
    found: dict[str, frozenset[int]] = {}
    for model in ranked[0].attempts:
        usual = float(np.median([capped("psnr", trial.attempts[model].values["psnr"]) for trial in ranked]))
        limit = max(_BAD, min(_GOOD, usual - _FAR_BELOW))
        found[model] = frozenset(trial.frame for trial in trials if trial.attempts[model].values["psnr"] < limit)
    return found


def reasons(around: Sequence[Seen], where: Circumstances, width: int) -> tuple[Reason, ...]:
    """Why a frame was restored badly.

    Args:
        around: The frame before it, itself, and the one after it.
        where: What goes on where it is wrong.
        width: Of the clip, in pixels.
    """
    found = [*_of_findings(around), *_of_motion(where, width)]
    return tuple(found) or (
        Reason(
            kind="no single cause",
            text=f"noise, fine texture or a change of shape; {where.spot:.0%} of the picture hold four fifths of the "
            "error",
        ),
    )


def _of_findings(around: Sequence[Seen]) -> Iterator[Reason]:
    for seen in around:
        for finding in seen.findings:
            if finding.kind in _OF_FRAME:
                yield _told(finding)
    for seen in around[1:]:
        for finding in seen.findings:
            if finding.kind == "jump":
                yield _told(finding)


def _told(finding: Finding) -> Reason:
    kinds: dict[str, ReasonKind] = {"flicker": "flicker", "tearing": "tearing", "jump": "jump"}
    return Reason(kind=kinds[finding.kind], text=f"frame {finding.frame}: {finding.reason}")


def _of_motion(where: Circumstances, width: int) -> Iterator[Reason]:
    if where.moved >= _LARGE_MOTION:
        yield Reason(
            kind="large motion",
            text=f"what is wrong moves {where.moved * width:.0f} pixels between the given frames, {where.moved:.1%} of "
            "the width",
        )
    if where.uneven >= _UNEVEN_MOTION:
        yield Reason(
            kind="uneven motion",
            text=f"what is wrong lies {where.uneven * width:.1f} pixels from where even motion would have it",
        )
    if where.hidden >= _UNCOVERED:
        yield Reason(
            kind="uncovered",
            text=f"{where.hidden:.0%} of the error lie where one of the given frames does not show what is there, or "
            "motion cannot be followed",
        )
