"""What the verbs return: plain values that can be saved, and nothing drawn."""

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from frameloom.frame import Pixels


def plain(value: Any) -> Any:
    """A value as JSON can hold it: fractions and paths as text, arrays left out, infinity and NaN as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {
            item.name: getattr(value, item.name)
            for item in dataclasses.fields(value)
            if item.metadata.get("json", True)
        }
        return plain(named)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in cast(Mapping[Any, Any], value).items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in cast(Sequence[Any], value)]
    if isinstance(value, (Fraction, Path)):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    return value


class Result:
    """What all results can do."""

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON can hold it; arrays are left out."""
        return plain(self)

    def save(self, path: str | Path) -> None:
        """Write `to_dict` as a JSON file."""
        Path(path).write_text(json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8")


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
class Score(Result):
    """One restored frame."""

    model: str
    sequence: str
    factor: int
    frame: int
    """Index of the true frame in its sequence."""
    moment: float
    cpu_seconds: float
    """Processor time spent on this frame; what a pair's frames share is spread over them."""
    megapixels: float
    values: dict[str, float]
    """Metric -> value."""


@dataclass(frozen=True, kw_only=True)
class MeanScore(Result):
    """Mean over the frames of each sequence, then over sequences."""

    model: str
    factor: int
    sequences: int
    frames: int
    values: dict[str, float]
    per_sequence: dict[str, dict[str, float]]
    cpu_seconds: float
    """Mean processor seconds per new frame."""
    cpu_seconds_per_megapixel: float


@dataclass(frozen=True, kw_only=True)
class Evaluation(Result):
    """Scores of models on a data set."""

    dataset: str
    root: Path
    metrics: tuple[str, ...]
    rows: tuple[Score, ...]
    means: tuple[MeanScore, ...]
    environment: dict[str, str]
    table: str
    """The means as a Markdown table."""


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


@dataclass(frozen=True, kw_only=True)
class Extra:
    """An optional part of the installation."""

    name: str
    purpose: str
    installed: dict[str, str]
    """Package -> version."""
    missing: tuple[str, ...]
    install: str
    """The command that adds it."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Result):
    """What is installed and what can be used here."""

    versions: dict[str, str]
    devices: dict[str, str]
    codecs: dict[str, bool]
    """Codec -> whether it can be written."""
    models: dict[str, str]
    """Interpolator that can be used now -> what it is."""
    models_without_checkpoint: int
    """Further interpolators, whose checkpoints were not found."""
    broken_plugins: dict[str, str]
    cache: Path
    extras: tuple[Extra, ...]


@dataclass(frozen=True, kw_only=True)
class ModelDetails(Result):
    """A model of the catalog, and whether it can be used here."""

    name: str
    role: str
    variant: str | None
    """T, D, TR or DR: time- or distance-indexed; R: with iterative reference-based estimation."""
    aliases: tuple[str, ...]
    summary: str
    licence: str
    """Of the code."""
    weights_licence: str | None
    """None where there are no weights."""
    paper: str
    flow: str | None
    """The flow estimator that it is given, where it needs one."""
    checkpoint: str
    """'not needed', 'found' or 'missing'."""
    file: str | None
    """The checkpoint as its authors lay it out."""
    source: str | None
    """Where a person gets it."""
    url: str | None
    """What `models fetch` downloads; None where it must be got by hand."""
    place: Path | None
    """Where it is, or is looked for when no --checkpoint is given."""
    size: int | None
    """Bytes, where known."""
    sha256: str | None


@dataclass(frozen=True, kw_only=True)
class ModelList(Result):
    """The models of the catalog, by role and name."""

    models: tuple[ModelDetails, ...]
    broken_plugins: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Fetched(Result):
    """A checkpoint that is where it is looked for."""

    model: str
    path: Path
    size: int
    """Bytes."""
    downloaded: bool
    """False: it was there already."""
    sha256: str
    verified: bool
    """Whether size or hash were known beforehand and agree."""


@dataclass(frozen=True, kw_only=True)
class Identification(Result):
    """What a file with weights is."""

    path: Path
    models: tuple[str, ...]
    """Names of the models that it fits exactly; several, where variants share a network; empty: unknown."""
    nearest: str
    """Of an unknown file: the known network that is most like it."""
    form: str
    """'safetensors', 'PyTorch' or 'PyTorch before 1.6'."""
    wrapper: str
    """Under which name in the file the weights lie; empty: at the top."""
    prefix: str
    """What stands before every name and is taken off."""
    tensors: int
    parameters: int
    precisions: tuple[str, ...]
    """Number types in the file."""
    first_keys: tuple[str, ...]
    dropped: dict[str, str]
    """Entries that are not weights, and why."""
    metadata: dict[str, str]
    sha256: str
    not_compared: tuple[str, ...] = ()
    """Models whose networks could not be built here."""


@dataclass(frozen=True, kw_only=True)
class Conversion(Result):
    """A checkpoint that was written anew as a safetensors file."""

    source: Path
    output: Path
    models: tuple[str, ...]
    tensors: int
    parameters: int
    size: int
    """Bytes."""
    dropped: dict[str, str]
    """Entries that were left out, and why."""
    source_sha256: str
