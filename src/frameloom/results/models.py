"""Models, their checkpoints, and what is installed."""

from dataclasses import dataclass
from pathlib import Path

from frameloom.results.base import Result


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
