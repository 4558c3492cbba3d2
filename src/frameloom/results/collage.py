"""Videos whose frames gave way to images of a pool, and ways to compare images."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from frameloom.results.base import Result


@dataclass(frozen=True, kw_only=True)
class Match(Result):
    """A frame, and the images that are most like it."""

    frame: int
    """Which frame of the video, counted from 0."""
    top_matches: tuple[tuple[Path, float], ...]
    """Images and similarities, -1..1, best first."""
    selected: Path | None
    """The image that takes its place; None: the frame itself stays."""

    @property
    def key(self) -> str:
        """What it is called in results.json."""
        return f"frame_{self.frame:06d}"

    def to_dict(self) -> dict[str, Any]:
        """As it stands in results.json."""
        return {
            "top_matches": [[str(path), similarity] for path, similarity in self.top_matches],
            "selected": None if self.selected is None else str(self.selected),
        }


@dataclass(frozen=True, kw_only=True)
class BestChoice(Result):
    """How good a choice is that was made for all frames together."""

    objective: float
    """Sum of the similarities of frames and their images; with a threshold, a frame without one counts as that."""
    bound: float
    """No choice without repeats has a larger sum."""
    gap: float
    """By how much the objective may fall short of the best."""
    proved: bool
    """Whether it is the best: the gap is 1e-6 at most, and the search exact."""
    rounds: int
    """How often a part of the problem was solved."""
    pairs: int
    """How many pairs of a frame and an image were looked at."""
    longest_list: int
    """How many images were looked at for one frame, at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calm(Result):
    """How calm a collage is that was asked to be."""

    hold: int
    """The least number of frames that a picture stays."""
    smooth: float
    """What a change of the picture costs, in similarity."""
    switches: int
    """How often the picture changes."""
    switches_per_second: float
    difference: float
    """Of each picture to the one before, mean over pixels and frames, 0 to 1."""
    source_difference: float
    """The same of the video's own frames: its motion."""
    candidates: int
    """Images that were looked at for every frame."""
    objective: float
    """Sum of similarities of frames and pictures, less `smooth` for each change."""
    bound: float
    """No choice of these images by the same rules has a larger objective."""
    gap: float
    """What could be gained at most: bound less objective; 0 where the choice is proven to be the best."""


@dataclass(frozen=True, kw_only=True)
class Collage(Result):
    """A video whose frames gave way to images."""

    source: Path
    images: Path
    """The folder of images, or their index."""
    output: Path
    """A video, or a folder."""
    video: Path | None
    """None where only the choice was asked for."""
    descriptor: str
    descriptor_settings: dict[str, Any]
    """All that the similarities depend on."""
    seed: int | None
    """What images were drawn by; None where chance had no part in it."""
    pool: int
    """Images that could be chosen."""
    near_duplicates: int
    """Images that could not, because they are nearly the same as others."""
    search: str
    """'exact', 'ivf', 'hnsw' or 'rabitq'."""
    search_settings: dict[str, int]
    """Of an approximate search: its lists, probes and the like."""
    search_recall: float | None
    """Share of the ten most similar images that it finds, on a sample of the pool's own; None: not measured."""
    frames: int
    """Frames of the video that images were looked for."""
    distinct: int
    """How many different images are shown."""
    below: int
    """Frames that no image was similar enough to."""
    kept: int
    """How many of them show themselves; the others show what was asked."""
    mean_similarity: float | None
    """Of each frame and the image in its place; None: no frame was replaced."""
    best_choice: BestChoice | None = None
    """With `assign="optimal"`: how good the choice is."""
    frames_written: int
    """Frames of the output."""
    size: tuple[int, int]
    """(height, width) in pixels."""
    rate: Fraction
    """Nominal frames per second of the output."""
    duration: Fraction
    """Seconds of output."""
    sound: str
    """What became of the sound: 'copied', 'left out', 'dropped' (as asked) or 'none' (there is none)."""
    frames_reused: int
    """For how many frames an earlier run had chosen."""
    segments: int
    """Parts that the video was made in."""
    segments_reused: int
    """How many of them an interrupted run had left."""
    stages: dict[str, float]
    """Seconds of work per stage of this run; stages overlap."""
    seconds: float
    """Wall-clock seconds of this run."""
    calm: Calm | None = None
    """Where pictures were asked to stay."""
    notices: tuple[str, ...] = ()
    matches: tuple[Match, ...] = field(default=(), repr=False, metadata={"json": False})
    """One for each of `frames`, in order; results.json holds them in a folder."""


@dataclass(frozen=True, kw_only=True)
class MethodSpeed(Result):
    """A way to compare images, on one pool."""

    method: str
    dims: int
    """Length of its vectors."""
    images: int
    build_seconds: float
    """Wall-clock seconds to describe all images and make an index."""
    match_milliseconds: float
    """Wall-clock milliseconds to describe a frame and find its images, mean over the frames."""


@dataclass(frozen=True, kw_only=True)
class MethodComparison(Result):
    """What several ways to compare images find for the same frames."""

    source: Path
    images: Path
    output: Path
    """A folder."""
    frames: tuple[int, ...]
    """Which frames of the video."""
    pictures: tuple[Path, ...]
    """One for each frame: a row for each method."""
    methods: tuple[MethodSpeed, ...]
    left_out: dict[str, str]
    """Method -> why it cannot be used here."""
    table: str
    """The methods as a Markdown table."""
