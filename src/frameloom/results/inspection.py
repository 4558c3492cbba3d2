"""A video that was inspected frame by frame."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, get_args

from frameloom.results.base import Result

Kind = Literal["flicker", "tearing", "duplicate", "jump", "cut", "damaged"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What can be found, in the order in which it is told."""
FAULTS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "cut")
"""The kinds that are something wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectedFrame(Result):
    """What was measured of one frame. Strengths are 1 at the limit from which on they are findings."""

    index: int
    """From 0."""
    time: Fraction
    """Seconds on the clock of the source."""
    duration: Fraction
    """Seconds."""
    brightness: float
    """Mean luma, 0..1."""
    to_previous: float | None
    """Mean cosine distance of patches to those of the previous frame, 0..2; None for the first frame."""
    to_next: float | None
    """Likewise to the next frame; None for the last."""
    to_midpoint: float | None
    """Likewise to the middle of both neighbours; None at the ends."""
    flicker: float
    """Strength with which it departs from both neighbours while they agree, from 0 up."""
    tearing: float
    """Strength of a tear across it, from 0 up."""
    jump: float
    """Strength of a jump between the previous frame and this one, from 0 up."""
    duplicate: bool
    """Whether it repeats the previous frame."""
    cut: bool
    """Whether a new shot begins with it."""
    damaged: bool
    """Whether it could not be decoded, so that another stands in for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding(Result):
    """Something that was found at one frame."""

    frame: int
    """Index of the frame, from 0. For a jump: the first one after the gap."""
    time: Fraction
    """When it is shown, in seconds on the clock of the source."""
    kind: Kind
    strength: float
    """1 at the limit; always 1 for kinds that have no degrees: duplicate, cut, damaged."""
    reason: str
    """What was seen, in words."""


@dataclass(frozen=True, kw_only=True)
class Inspection(Result):
    """A video frame by frame, and what is wrong with it."""

    source: Path
    size: tuple[int, int]
    """(height, width) in pixels."""
    rate: Fraction
    """Frames per second; the mean where they are not evenly spaced."""
    encoder: str
    """What the frames were compared by."""
    grid: tuple[int, int]
    """Rows and columns of patches."""
    kinds: tuple[Kind, ...]
    """What was looked for."""
    frames: tuple[InspectedFrame, ...]
    findings: tuple[Finding, ...]
    """In order of time; several may belong to one frame."""
    worst: tuple[Finding, ...]
    """The strongest faults, strongest first, each frame once; cuts are no faults."""
    counts: dict[Kind, int]
    """Kind -> how many were found."""
    frames_reused: int
    """How many of the frames an interrupted run had inspected."""
    seconds: float
    """Wall-clock time that this run took."""
    notices: tuple[str, ...]
    output: Path | None
    """The folder with report.json, frames.csv and index.html; None where nothing was written."""
