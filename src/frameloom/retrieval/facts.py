"""What an index says of itself: `index.json`, checked field by field when it is read."""

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from frameloom.errors import CannotOpen
from frameloom.retrieval.pool import PoolImage

FORMAT, VERSION = "frameloom index", 2
DTYPES = ("float32", "float16")
KINDS = ("ivf", "hnsw", "rabitq")
_MOST = 2**40  # images, dims and lists: more than any disk holds


@dataclass(frozen=True, slots=True)
class Skipped:
    """An image file of the pool that could not be read."""

    image: PoolImage
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Structure:
    """A search structure beside the vectors."""

    kind: str
    """One of `KINDS`."""
    lists: int
    """IVF and RaBitQ: parts of the pool. HNSW: neighbours of each image."""
    probes: int
    """IVF and RaBitQ: parts that are searched. HNSW: candidates that are kept."""
    reranked: int = 0
    """RaBitQ: images of which the vectors themselves are compared, those that their codes say are the likeliest."""
    recall: float | None = None
    """Share of the ten most similar images that were found, on a sample of the index's own; None: not measured."""

    def settings(self) -> dict[str, int]:
        """How it is searched, in words and numbers."""
        settled = {"lists": self.lists, "probes": self.probes}
        return {**settled, "reranked": self.reranked} if self.kind == "rabitq" else settled


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexFacts:
    """What an index is."""

    parameters: dict[str, Any]
    """All that its vectors depend on besides the images."""
    root: str
    """Folder of the pool, absolute."""
    root_from_here: str
    """The same, from the index's folder."""
    images: int
    dims: int
    dtype: str
    pool_sha256: str
    """Of paths, sizes and times of all image files, skipped ones included."""
    skipped: tuple[Skipped, ...]
    structure: Structure | None
    asked: dict[str, Any]
    """What the user asked of search; `structure` is what came of it."""
    made_with: dict[str, str]
    """Package -> version."""
    files: dict[str, str] = field(default_factory=dict[str, str])
    """Name -> SHA-256."""

    @property
    def parameters_sha256(self) -> str:
        """Of the parameters."""
        return json_sha256(self.parameters)


def json_sha256(value: Any) -> str:
    """Of a value as JSON holds it."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def damaged(path: Path, what: str) -> CannotOpen:
    """The error that says so, and what to do."""
    folder = path.parent
    return CannotOpen(f"the index {folder} is damaged: {path.name}: {what}; build it again: "
                      f"frameloom index build IMAGES {folder} --overwrite")  # fmt: skip


def write_facts(path: Path, facts: IndexFacts, files: Mapping[str, str]) -> None:
    """Write them as JSON."""
    structure = facts.structure
    skipped = [[item.image.path, item.image.size, item.image.changed, item.why] for item in facts.skipped]
    entry: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "parameters": facts.parameters,
        "parameters_sha256": facts.parameters_sha256,
        "pool_sha256": facts.pool_sha256,
        "root": facts.root,
        "root_from_here": facts.root_from_here,
        "images": facts.images,
        "dims": facts.dims,
        "dtype": facts.dtype,
        "structure": structure and asdict(structure),
        "asked": facts.asked,
        "made_with": facts.made_with,
        "files": dict(files),
        "skipped": skipped,
    }
    entry["sha256"] = json_sha256(entry)
    path.write_text(json.dumps(entry, indent=1) + "\n", encoding="ascii")


def read_facts(path: Path) -> IndexFacts:
    """Read and check them.

    Raises:
        CannotOpen: the folder is no index, one of another version, or damaged.
    """
    entry = _entry(path)
    try:
        _check(path, entry)
    except RecursionError as error:
        raise damaged(path, "its tables lie too deep in one another") from error
    return IndexFacts(
        parameters=entry["parameters"],
        root=entry["root"],
        root_from_here=entry["root_from_here"],
        images=entry["images"],
        dims=entry["dims"],
        dtype=entry["dtype"],
        pool_sha256=entry["pool_sha256"],
        skipped=tuple(Skipped(PoolImage(*item[:3]), item[3]) for item in entry["skipped"]),
        structure=None if entry["structure"] is None else Structure(**entry["structure"]),
        asked=entry["asked"],
        made_with=entry["made_with"],
        files=entry["files"],
    )


def _check(path: Path, entry: dict[str, Any]) -> None:
    """Every field by itself, then that nothing was changed since it was written."""
    for name, (is_right, expected) in _FIELDS.items():
        if not is_right(entry.get(name)):
            raise damaged(path, f"'{name}' is not {expected}")
    if entry["parameters_sha256"] != json_sha256(entry["parameters"]):
        raise damaged(path, "the parameters are not as they were written")
    written = {name: value for name, value in entry.items() if name != "sha256"}
    if entry["sha256"] != json_sha256(written):
        raise damaged(path, "it is not as it was written")


def _entry(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except NotADirectoryError:
        raise CannotOpen(f"{path.parent} is not an index, which is a folder; make one with: "
                         "frameloom index build IMAGES INDEX") from None  # fmt: skip
    except FileNotFoundError:
        raise CannotOpen(f"{path.parent} is not an index: there is no {path.name} in it; "
                         f"make one with: frameloom index build IMAGES {path.parent}") from None  # fmt: skip
    except OSError as error:
        raise CannotOpen(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        entry = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise damaged(path, "it is not JSON") from error
    if not isinstance(entry, dict) or cast("dict[str, Any]", entry).get("format") != FORMAT:
        raise damaged(path, "it does not say that it is an index")
    found = cast("dict[str, Any]", entry)
    if found.get("version") != VERSION:
        raise CannotOpen(f"{path.parent} is an index of version {str(found.get('version'))[:20]}, this is Frameloom "
                         f"for version {VERSION}; build it again with --overwrite")  # fmt: skip
    return found


def _is_text(value: Any) -> bool:
    """Text that can be part of a path: not every one has a form in bytes."""
    try:
        return isinstance(value, str) and b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _is_count(value: Any, least: int = 0) -> bool:
    return type(value) is int and least <= value < _MOST


def _is_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, cast("dict[str, Any]", value).values()))


def _are_skipped(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_skipped, cast("list[Any]", value)))


def _is_skipped(value: Any) -> bool:
    if not isinstance(value, list) or len(cast("list[Any]", value)) != 4:
        return False
    path, size, changed, why = cast("list[Any]", value)
    return _is_text(path) and _is_text(why) and _is_count(size) and type(changed) is int


def _is_structure(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or set(cast("dict[str, Any]", value)) != {item.name for item in fields(Structure)}:
        return False
    found = cast("dict[str, Any]", value)
    recall = found["recall"]
    counts = _is_count(found["lists"], 1) and _is_count(found["probes"], 1) and _is_count(found["reranked"])
    return found["kind"] in KINDS and counts and (recall is None or (type(recall) is float and 0 <= recall <= 1))


def _are_hashes(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_sha256, cast("dict[str, Any]", value).values()))


def _is_finite_json(value: Any) -> bool:
    """A dict of what can be written down again: no NaN, for it is not equal to itself."""
    if isinstance(value, dict):
        return all(map(_is_finite_json, cast("dict[str, Any]", value).values()))
    if isinstance(value, list):
        return all(map(_is_finite_json, cast("list[Any]", value)))
    return not isinstance(value, float) or math.isfinite(value)


_FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "parameters": (lambda value: isinstance(value, dict) and _is_finite_json(value), "a table"),
    "parameters_sha256": (_is_sha256, "a hash"),
    "pool_sha256": (_is_sha256, "a hash"),
    "root": (_is_text, "a path"),
    "root_from_here": (_is_text, "a path"),
    "images": (lambda value: _is_count(value, 1), "a number"),
    "dims": (lambda value: _is_count(value, 1), "a number"),
    "dtype": (lambda value: value in DTYPES, " or ".join(DTYPES)),
    "structure": (_is_structure, "a search structure"),
    "asked": (lambda value: isinstance(value, dict) and _is_finite_json(value), "a table"),
    "sha256": (_is_sha256, "a hash"),
    "made_with": (_is_texts, "a table of versions"),
    "files": (_are_hashes, "a table of hashes"),
    "skipped": (_are_skipped, "a list of images"),
}
