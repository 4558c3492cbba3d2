"""Indexes of pools of images, and what is found in them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from frameloom.results.base import Result


@dataclass(frozen=True, kw_only=True)
class IndexInfo(Result):
    """What an index is."""

    index: Path
    root: Path
    """Folder of the images."""
    images: int
    descriptor: str
    dims: int
    """Length of vectors."""
    dtype: str
    """How they are stored: float32 or float16."""
    options: dict[str, Any]
    """Of the descriptor."""
    exact_decode: bool
    """Whether JPEG pictures were decoded at full size, however large."""
    search: str
    """'exact', 'ivf', 'hnsw' or 'rabitq'."""
    search_settings: dict[str, int]
    """Lists and probes of an approximate search, and of how many images the vectors themselves are compared."""
    search_recall: float | None
    """Share of the ten most similar images that search finds, on a sample of the index's own; None: not measured."""
    search_memory: int
    """Bytes that searches reach into."""
    size: int
    """Bytes of all its files."""
    skipped: dict[str, str]
    """Image file that could not be read -> why."""
    made_with: dict[str, str]
    """Package -> version."""
    up_to_date: bool | None = None
    """Whether it is that of the images as they are now; None: they were not looked at."""
    new: int = 0
    """Image files that it does not know, or knows otherwise."""
    gone: int = 0
    """Images of the index whose files are no longer there, or changed."""
    duplicates: "NearDuplicates | None" = None
    """None: they were not looked for."""


@dataclass(frozen=True, kw_only=True)
class NearDuplicates(Result):
    """Images of an index that are nearly the same."""

    similarity: float
    """From which similarity on they count as such."""
    images: int
    """How many there are besides the first of each group."""
    groups: tuple[tuple["Match", ...], ...]
    """The image that stands for a group, then the others, all with their similarity to the first."""
    seconds: float
    reused: bool = False
    """Whether an earlier run had found them."""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class IndexBuild(Result):
    """An index that was made, or brought up to date."""

    info: IndexInfo
    described: int
    """Image files that were looked at in this run; the others were known."""
    removed: int
    """Images of the earlier index that are gone or changed."""
    seconds: float
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Match(Result):
    """An image that is like another."""

    path: Path
    similarity: float
    """Inner product of both vectors, -1..1; 1 the same."""


@dataclass(frozen=True, kw_only=True)
class IndexSearch(Result):
    """The most similar images of an index, best first."""

    image: Path
    """What was looked for."""
    index: Path
    images: int
    """In the index."""
    descriptor: str
    matches: tuple[Match, ...]
    output: Path | None = None
    """The contact sheet."""
    seconds: float = field(default=0.0)
    """Of searching alone."""
