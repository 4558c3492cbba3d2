"""How well models restore frames of one clip that were left out of it."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, get_args

from frameloom.results.base import Result
from frameloom.results.measuring import MetricScale

ReasonKind = Literal[
    "flicker", "tearing", "jump", "damaged", "large motion", "uneven motion", "uncovered", "no single cause"
]
REASON_KINDS: tuple[ReasonKind, ...] = get_args(ReasonKind)
"""Why a frame was restored badly, in the order in which reasons are told."""
ExclusionKind = Literal["cut", "repeat", "still", "damaged"]
EXCLUSION_KINDS: tuple[ExclusionKind, ...] = get_args(ExclusionKind)
"""Why a frame is not tested."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason(Result):
    """One thing that explains why a frame was restored badly."""

    kind: ReasonKind
    text: str
    """What was seen, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exclusion(Result):
    """A frame that says nothing about models, and is not tested."""

    frame: int
    """Index in the clip, from 0."""
    time: Fraction
    """When it is shown, in seconds on the clip's clock."""
    kind: ExclusionKind
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TestedFrame(Result):
    """A frame that was left out and restored by every model."""

    __test__ = False  # no test class, whatever its name begins with

    frame: int
    """Index in the clip, from 0."""
    time: Fraction
    """When it is shown, in seconds on the clip's clock."""
    moment: float
    """When it is between its two neighbours, 0..1."""
    ranked: bool
    """Whether it was drawn for the ranking; else it was added because something about it is suspicious."""
    values: dict[str, dict[str, float]]
    """Model -> metric -> score, restored from its two neighbours."""
    wider: dict[str, dict[str, float]]
    """Model -> metric -> score, restored from the frames two steps away; empty where these are not there."""
    fails: tuple[str, ...]
    """Models that restored it badly."""
    reasons: tuple[Reason, ...]
    """Why the best model failed; empty where it did not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction(Result):
    """What a score will be between the clip's own frames, where no truth is there to measure it."""

    value: float
    low: float
    high: float
    """Ends of the interval that held 90 % of the scores when this was tried where the truth is there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate(Result):
    """How one model did on the clip."""

    model: str
    values: dict[str, float]
    """Metric -> mean over the ranked frames; frames that equal the truth count as 100 dB."""
    intervals: dict[str, tuple[float, float]]
    """Metric -> where the mean lies in 95 % of draws from these frames."""
    wider_values: dict[str, float]
    """Metric -> mean, restored from twice as far away; of the frames where that can be done."""
    predicted: dict[str, Prediction]
    """Metric -> score at the clip's own rate; only for metrics of which that was validated."""
    best_in: float
    """Share of draws, 0..1, in which it is the best model."""
    fails: int
    """Ranked frames that it restored badly."""
    cpu_seconds: float
    """Processor time per frame."""
    wall_seconds: float
    """Time per frame."""
    speed_rank: int
    """1: the fastest by wall time."""


@dataclass(frozen=True, kw_only=True)
class SelfTest(Result):
    """Models on one clip: the best first."""

    source: Path
    size: tuple[int, int]
    """(height, width) in pixels."""
    rate: Fraction
    """Frames per second; the mean where they are not evenly spaced."""
    frame_count: int
    looked_at: int
    """Frames that were looked at to find which can be tested: all, but parts of a long clip."""
    seed: int
    metrics: tuple[str, ...]
    """The first one ranks."""
    scales: tuple[MetricScale, ...]
    candidates: tuple[Candidate, ...]
    """The best first, by the first metric."""
    ahead: float | None
    """Share of draws, 0..1, in which the first is better than the second, half of those where they are level; None
    where there is one."""
    sure: bool
    """Whether the first is better than the second in 95 % of draws."""
    verdict: str
    """The ranking and how sure it is, in a sentence."""
    frames: tuple[TestedFrame, ...]
    """In order of time."""
    exclusions: tuple[Exclusion, ...]
    """Frames that are not tested, in order of time."""
    reasons: dict[ReasonKind, int]
    """Why the best model failed -> in how many of the tested frames."""
    runs: dict[str, dict[str, Any]]
    """Model -> how it was run (device, precision, seed, ...) and the SHA-256 of its weights."""
    weights: dict[str, dict[str, str]]
    """Metric -> what it computes with -> SHA-256 of the file, or version."""
    environment: dict[str, str]
    seconds: float
    """Wall-clock time that it took; of the last run, where one was interrupted."""
    notices: tuple[str, ...]
    output: Path | None
    """The folder with report.json and index.html; None where nothing was written."""

    @property
    def ranked(self) -> tuple[TestedFrame, ...]:
        """The frames that the ranking is of."""
        return tuple(frame for frame in self.frames if frame.ranked)
