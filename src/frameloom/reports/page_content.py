"""What a demonstration page is made of: scores, stills, clips, timings and facts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameScore:
    """How close one frame of a result is to the truth."""

    index: int
    """Position in the result, from 0."""
    time: float
    """Seconds from the start of the result."""
    made: bool
    """False for a source frame that was passed through."""
    psnr: float
    """Decibels, higher is better; infinite where the frame equals the truth."""
    ssim: float
    """Structural similarity, at most 1, higher is better."""
    ie: float
    """Interpolation error: mean absolute difference in 8-bit levels (0..255), lower is better."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Still:
    """One made frame with its neighbours and its truth: five pictures `(height, width, 3)`, 8-bit RGB."""

    index: int
    """Position in the result, from 0."""
    time: float
    """Seconds from the start of the result."""
    psnr: float
    """Decibels; infinite where the frame equals the truth."""
    first: NDArray[np.uint8]
    """The source frame before."""
    result: NDArray[np.uint8]
    """The made frame."""
    truth: NDArray[np.uint8]
    """What the made frame should look like."""
    last: NDArray[np.uint8]
    """The source frame after."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One part of the work."""

    name: str
    """What was done, in a word or two."""
    seconds: float
    """How long it took, 0 or more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoPage:
    """Everything that a demonstration page shows. Clips are H.264 mp4, as bytes or as a file to read."""

    title: str
    """The page's heading, in a few words."""
    subtitle: str
    """One line under the heading."""
    intro: Sequence[str] = ()
    """Sentences that say what was done, each one paragraph."""
    model: str
    """Name of what made the frames."""
    rate: Fraction
    """Frames per second of the result, the truth and the difference."""
    input_clip: bytes | Path
    """What the model was given, on the result's clock."""
    result_clip: bytes | Path
    """What the model made, source frames included."""
    truth_clip: bytes | Path | None = None
    """What the result should look like; None where nobody knows."""
    difference_clip: bytes | Path | None = None
    """Absolute difference of result and truth times `difference_gain`."""
    difference_gain: int = 4
    """How much differences are amplified, in the clip and in the stills."""
    scores: Sequence[FrameScore] = ()
    """One per frame of the result, in order."""
    baseline_scores: Mapping[str, Sequence[FrameScore]] = field(default_factory=dict[str, Sequence[FrameScore]])
    """Scores of plain methods on the same frames, by the method's name."""
    stills: Sequence[Still] = ()
    """The frames to look at closely; see `telling_frames`."""
    stages: Sequence[Stage] = ()
    """Where the time went, in the order of the work."""
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Versions, sizes, rates and seeds, by name."""
    command: str = ""
    """The command line that makes this page again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanScore:
    """The mean scores of the made frames of one result."""

    count: int
    """How many frames were made, at least 1."""
    identical: int
    """How many of them equal the truth; a mean of decibels has to leave them out."""
    psnr: float
    """Decibels, over the frames that differ from the truth; infinite if none does."""
    ssim: float
    ie: float


def made_scores(scores: Sequence[FrameScore]) -> list[FrameScore]:
    """Return the scores of the frames that were made."""
    return [score for score in scores if score.made]


def mean_score(scores: Sequence[FrameScore]) -> MeanScore | None:
    """Return the mean over the made frames of `scores`, None where none was made."""
    made = made_scores(scores)
    if not made:
        return None
    finite = [score.psnr for score in made if math.isfinite(score.psnr)]
    return MeanScore(
        count=len(made),
        identical=len(made) - len(finite),
        psnr=sum(finite) / len(finite) if finite else math.inf,
        ssim=sum(score.ssim for score in made) / len(made),
        ie=sum(score.ie for score in made) / len(made),
    )


def telling_frames(scores: Sequence[FrameScore]) -> list[int]:
    """Return the indices of the three worst, the median and the best made frame by PSNR, each at most once."""
    ranked = sorted(made_scores(scores), key=lambda score: score.psnr)
    if not ranked:
        return []
    places = [0, 1, 2, len(ranked) // 2, len(ranked) - 1]
    return [ranked[place].index for place in dict.fromkeys(min(place, len(ranked) - 1) for place in places)]


def rank_label(index: int, scores: Sequence[FrameScore]) -> str:
    """Say where frame `index` stands among the made frames by PSNR."""
    ranked = [score.index for score in sorted(made_scores(scores), key=lambda score: score.psnr)]
    if index not in ranked:
        return "Made frame"
    if len(ranked) == 1:
        return "The only made frame"
    place = ranked.index(index)
    named = {len(ranked) // 2: "Median", 2: "Third worst", 1: "Second worst", 0: "Worst", len(ranked) - 1: "Best"}
    # Later keys win on short clips, so the ends of the ranking are always named.
    return named.get(place, f"Rank {place + 1} of {len(ranked)}")
