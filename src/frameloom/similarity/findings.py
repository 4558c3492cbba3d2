"""What is found at a frame, in words."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from frameloom.counting import counted
from frameloom.results.inspection import FAULTS, Finding, Kind
from frameloom.similarity.flicker import Departure, Flicker
from frameloom.similarity.tearing import Tear


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was measured of one frame that may be a fault."""

    index: int
    time: Fraction
    height: int
    """Rows of pixels of the frame as it was decoded."""
    scale: float
    """Its pixels per pixel of the reduced frame."""
    departure: Departure | None
    flicker: Flicker
    bent: float
    """How far parts of it lie from where its neighbours have them, in pixels of the reduced frame."""
    tear: Tear
    jump: float
    moved: float
    """How many times as far as the steps around it the step to this frame goes."""
    repeats: bool
    begins_shot: bool
    damaged: bool


def findings_of(evidence: Evidence) -> Iterator[Finding]:
    """What is found at a frame: a torn one is not also said to flicker, nor one that stands in to repeat another."""
    if evidence.tear.strength >= 1:
        yield _finding(evidence, "tearing", evidence.tear.strength, _torn(evidence))
    elif evidence.flicker.strength >= 1 and evidence.departure is not None:
        yield _finding(evidence, "flicker", evidence.flicker.strength, _flickers(evidence, evidence.departure))
    if evidence.repeats and not evidence.damaged:
        yield _finding(evidence, "duplicate", 1.0, "repeats the frame before it")
    if evidence.jump >= 1:
        yield _finding(evidence, "jump", evidence.jump, _jumps(evidence.moved))
    if evidence.begins_shot:
        yield _finding(evidence, "cut", 1.0, "a new shot begins")
    if evidence.damaged:
        yield _finding(evidence, "damaged", 1.0, "could not be decoded; another frame stands in for it")


def worst_of(findings: Sequence[Finding], count: int) -> tuple[Finding, ...]:
    """The strongest faults, strongest first, each frame once."""
    faults = sorted(
        (finding for finding in findings if finding.kind in FAULTS),
        key=lambda finding: (-finding.strength, finding.frame),
    )
    first = {finding.frame: finding for finding in reversed(faults)}
    return tuple(finding for finding in faults if first[finding.frame] is finding)[:count]


def _finding(evidence: Evidence, kind: Kind, strength: float, reason: str) -> Finding:
    return Finding(frame=evidence.index, time=evidence.time, kind=kind, strength=strength, reason=reason)


def _flickers(evidence: Evidence, departure: Departure) -> str:
    flicker, strongest = evidence.flicker, evidence.flicker.strength
    if flicker.brightness == strongest:
        ratio = departure.brightness
        way = "brighter" if ratio.sure > 0 else "darker"
        return f"{_percent(ratio.own)} {way} than its neighbours, which differ by {_percent(ratio.between)}"
    if flicker.sharpness == strongest:
        way, edges = ("sharper", "stronger") if departure.sharpness.sure > 0 else ("more blurred", "weaker")
        return f"{way} than both its neighbours: edges are {_percent(departure.sharpness.own)} {edges}"
    if flicker.bent == strongest:
        pixels = max(1, round(evidence.bent * evidence.scale))
        return f"bent: half of it lies {counted(pixels, 'pixel')} or more from where its neighbours lead"
    times = min(departure.to_previous, departure.to_next) / max(departure.between, 1e-3)
    return f"shows something else: {times:.1f} times as far from either neighbour as these are from each other"


def _percent(logarithm: float) -> str:
    return f"{abs(math.expm1(logarithm)):.1%}"


def _torn(evidence: Evidence) -> str:
    tear = evidence.tear
    side = f"the part {'below' if tear.below else 'above'} row {round(tear.row * evidence.height)}"
    if tear.neighbour:
        return f"{side} belongs to the {tear.neighbour} frame"
    pixels = round(abs(tear.shift) * evidence.scale)
    if not pixels:
        return f"a seam runs across the picture at row {round(tear.row * evidence.height)}"
    return f"{side} lies {counted(pixels, 'pixel')} too far to the {'right' if tear.shift > 0 else 'left'}"


def _jumps(moved: float) -> str:
    if moved < 1.5:
        return "changes much more than the frames around it do: frames may be missing before it"
    missing = max(1, round(moved) - 1)
    lost = counted(missing, "frame")
    return f"moves {moved:.1f} times as far as the frames around it: about {lost} missing before it"
