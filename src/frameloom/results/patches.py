"""How alike the patches of a video are."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.results.base import Result


@dataclass(frozen=True, kw_only=True)
class ArrayStatistics:
    """Of all values of an array, before they are rounded to what is stored."""

    shape: tuple[int, ...]
    mean: float
    std: float
    """Standard deviation, of all values and not of a sample of them."""
    minimum: float
    maximum: float


@dataclass(frozen=True, kw_only=True)
class PatchSimilarity(Result):
    """Cosine similarities of the patches of sampled frames: T frames, P patches each, numbered row by row.

    The large arrays stay on the disk; what is read of them is fetched from there.
    """

    source: Path
    output: Path
    encoder: str
    encoder_settings: dict[str, Any] = field(default_factory=dict[str, Any])
    """How it was run; empty for encoders without weights."""
    size: tuple[int, int]
    """(height, width) in pixels that frames were resized to."""
    grid: tuple[int, int]
    """(rows, columns) of patches."""
    indices: tuple[int, ...]
    """Of the sampled frames in their source."""
    times: tuple[Fraction, ...]
    """Seconds from the first frame of the source to each sampled one; none for images, which have no time."""
    statistics: dict[str, ArrayStatistics]
    """Of the arrays that were made: position, frame, intra."""
    files: tuple[str, ...]
    """What lies in the output folder."""
    frames_reused: int
    """How many frames an earlier run that was interrupted had encoded."""
    seconds: float
    stages: dict[str, float]
    """Seconds spent on each stage."""
    notices: tuple[str, ...] = ()
    position: Any = field(default=None, repr=False, metadata={"json": False})
    """`[P, T, T]`: of one patch at two times. An array on the disk; None where it was not asked for."""
    frame: NDArray[np.float32] | None = field(default=None, repr=False, metadata={"json": False})
    """`[T, T]`: of the mean tokens of two frames; None where it was not asked for."""
    intra: Any = field(default=None, repr=False, metadata={"json": False})
    """`[T, P, P]`: of two patches of one frame. An array on the disk; None where it was not asked for."""

    @property
    def frames(self) -> int:
        """How many frames were sampled: T."""
        return len(self.indices)

    @property
    def patches(self) -> int:
        """How many patches each has: P."""
        return self.grid[0] * self.grid[1]
