"""Frames that were made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.frame import Pixels
from frameloom.results.base import Result


@dataclass(frozen=True, kw_only=True)
class Interpolation(Result):
    """A video or image sequence that was made denser."""

    source: Path
    output: Path
    model: str
    model_settings: dict[str, Any] = field(default_factory=dict[str, Any])
    """How the model was run: device, precision, backend, tiles and the like; empty for one that has nothing to set."""
    frames_read: int
    frames_made: int
    """Frames that the model made; the others are source frames."""
    frames_written: int
    cuts: int
    """Places where the nearer source frame is shown instead of one made across a cut."""
    held: int
    """Source frames that repeat the one before and gave way to made frames."""
    damaged: int
    """Source frames that could not be decoded; the one before is held."""
    size: tuple[int, int]
    """(height, width) in pixels."""
    rate: Fraction
    """Nominal frames per second of the output."""
    duration: Fraction
    """Seconds of output."""
    sound: str
    """What became of the sound: 'copied', 'stretched', 'left out', 'dropped' (as asked) or 'none' (there is none)."""
    segments: int
    """Parts that the output was made in; an interrupted run goes on after the last finished one."""
    segments_reused: int
    """How many of them an interrupted run had left."""
    stages: dict[str, float]
    """Seconds of work per stage of this run; stages overlap."""
    seconds: float
    """Wall-clock seconds of this run."""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Batch(Result):
    """Several inputs of one call."""

    results: tuple[Interpolation, ...]
    failures: dict[str, str]
    """Input -> what was wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Between(Result):
    """The images between two images. Going over it goes over `images`."""

    model: str
    model_settings: dict[str, Any] = field(default_factory=dict[str, Any])
    """How the model was run; empty for one that has nothing to set."""
    moments: tuple[float, ...]
    """How far each image is from the first (0) to the last (1); for a distance map, its mean."""
    samples: int = 1
    """How many draws there are of each image."""
    images: tuple[Pixels, ...] = field(default=(), metadata={"json": False})
    """The new images `(height, width, 3 or 4)`, of the inputs' type, sample by sample; empty where they were written to
    files instead."""
    files: tuple[Path, ...] = ()
    """What was written, both inputs included."""
    output: Path | None = None

    def __iter__(self) -> Iterator[Pixels]:
        return iter(self.images)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Pixels:
        return self.images[index]


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowField(Result):
    """Where each pixel of one image is in another."""

    model: str
    model_settings: dict[str, Any]
    """How the model was run; empty for one that has nothing to set."""
    flow: NDArray[np.float32] = field(metadata={"json": False})
    """(height, width, 2), pixels: x right then y down, with `second(x + flow(x)) ~ first(x)`."""
    size: tuple[int, int]
    """(height, width) in pixels."""
    mean: float
    """Length of vectors, pixels."""
    longest: float
    """Pixels."""
    form: str | None = None
    """How it was written: flo, kitti or wheel."""
    output: Path | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VideoFlow(Result):
    """Flows from each frame of a video to the next, as files."""

    model: str
    model_settings: dict[str, Any]
    """How the model was run; empty for one that has nothing to set."""
    source: Path
    output: Path
    """A folder."""
    form: str
    """How they are written: flo, kitti or wheel."""
    flows: int
    """How many."""
    size: tuple[int, int]
    """(height, width) in pixels."""
    longest: float
    """Pixels, of all vectors."""
    seconds: float
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Demonstration(Result):
    """A clip that was halved in rate, restored and measured."""

    page: Path
    model: str
    model_settings: dict[str, Any] = field(default_factory=dict[str, Any])
    """How the model was run; empty for one that has nothing to set."""
    frames: int
    """Restored frames that were measured."""
    psnr: float
    """Mean over restored frames, dB."""
    ssim: float
    ie: float
    baselines: dict[str, dict[str, float]]
    """The same scores for cross-fading and for repeating frames."""
    stages: dict[str, float]
    seconds: float
