"""Films made of a pool of images alone."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from frameloom.results.base import Result


@dataclass(frozen=True, kw_only=True)
class MorphPicture(Result):
    """A picture of a film."""

    path: Path
    time: Fraction
    """When it is shown first, in seconds; of a last one that made frames only lead to, the end of the film."""
    similarity: float | None
    """To the picture before it, -1..1; None for the first."""


@dataclass(frozen=True, kw_only=True)
class Morph(Result):
    """A film that goes from picture to similar picture."""

    images: Path
    """The folder of images, or their index."""
    output: Path
    """As it was named."""
    videos: tuple[Path, ...]
    """One for each of `sizes`."""
    sizes: tuple[tuple[int, int], ...]
    """(height, width) in pixels."""
    descriptor: str
    descriptor_settings: dict[str, Any]
    """All that the similarities depend on."""
    pool: int
    """Images that could be shown."""
    distinct: int
    """How many different ones are shown."""
    smooth: int
    """How many pictures before it each was chosen by."""
    mean_similarity: float
    """Of each picture and the one before it."""
    least_similarity: float
    nearest_similarity: float
    """The mean where always the nearest unused picture had been taken, as the path began."""
    grade: str | None
    strength: float | None
    """How far colours follow those of the picture before; None where they stay as they are."""
    model: str | None
    """What made the frames between pictures; None where there are none."""
    model_settings: dict[str, Any]
    frames: int
    """Of each video."""
    made: int
    """How many of them lie between two pictures."""
    rate: Fraction
    duration: Fraction
    """Seconds."""
    sound: str
    """'copied', 'encoded' (what the file did not hold as it was) or 'none'."""
    path_reused: bool
    """Whether an interrupted run had found the path."""
    segments: int
    """Parts that the videos were made in."""
    segments_reused: int
    """How many of them an interrupted run had left."""
    stages: dict[str, float]
    """Seconds of work per stage of this run; stages overlap."""
    seconds: float
    """Wall-clock seconds of this run."""
    notices: tuple[str, ...] = ()
    pictures: tuple[MorphPicture, ...] = ()
    """In the order in which they are shown."""
