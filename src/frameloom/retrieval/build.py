"""Builds an index, or brings one up to date: only images that are new or changed are described.

Vectors that an earlier index of the same parameters has, or that an unfinished build has left in the hidden folder
beside the output, count for images whose path, size and time are the same. So an interrupted build, a larger pool and
a second run are one and the same thing, and the index does not depend on how it came about.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from os.path import relpath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.errors import NoFrames, OutputExists
from frameloom.media.writing.target import check_output, put_in_place
from frameloom.media.writing.workspace import Workspace, remove
from frameloom.progress import Notices, track
from frameloom.retrieval.describing import CHUNK, Describing, describe_all
from frameloom.retrieval.facts import IndexFacts, Skipped, Structure
from frameloom.retrieval.partial import PartialIndex
from frameloom.retrieval.pool import Pool, PoolImage, list_pool
from frameloom.retrieval.store import (
    NAMES,
    STRUCTURE,
    StoredIndex,
    check_vectors,
    is_index,
    new_vectors,
    read_index,
    write_index,
)
from frameloom.retrieval.structures import EXACT, ApproximateSearch, StructureWish, build_structure
from frameloom.retrieval.tuning import tuned

_COPIED = 8192  # vectors at a time
_MADE = "made"
_KEPT = {"described", "journal"}
_PACKAGES = ("frameloom", "numpy", "opencv-python-headless", "faiss-cpu")


@dataclass(frozen=True, kw_only=True)
class IndexPlan:
    """What an index is to be, besides its images."""

    describing: Describing
    dtype: str = "float32"
    structure: StructureWish = EXACT
    workers: int | None = None
    overwrite: bool = False
    limit: int | None = None
    """Take in at most so many images, the first ones."""


@dataclass(frozen=True, kw_only=True)
class BuiltIndex:
    """What a build has done."""

    facts: IndexFacts
    described: int
    """Images that were described in this run, those that could not be read included."""
    removed: int
    """Images of the earlier index that are gone or changed."""
    seconds: float
    notices: tuple[str, ...] = ()


@dataclass(slots=True)
class _Known:
    """Vectors by the keys of their images, from several arrays."""

    arrays: list[NDArray[Any]] = field(default_factory=list[NDArray[Any]])
    places: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """Key -> which array, which row."""
    failures: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, vectors: NDArray[Any], rows: dict[str, int], failures: dict[str, str]) -> None:
        self.places |= {key: (len(self.arrays), row) for key, row in rows.items()}
        self.arrays.append(vectors)
        self.failures |= failures

    def __contains__(self, image: PoolImage) -> bool:
        return image.key in self.places or image.key in self.failures


def build(root: Path, output: Path, plan: IndexPlan) -> BuiltIndex:
    """Make an index of the images in a folder, or bring an earlier one up to date.

    Args:
        root: Folder of the images.
        output: Folder of the index.
        plan: What it is to be.

    Raises:
        CannotOpen: the pool cannot be listed, or the earlier index is damaged.
        NoFrames: there is no image in the pool that can be read.
        OutputExists: there is an index of other images or parameters, without `overwrite`.
        RangeError: search as asked needs more memory than was given.
        CannotWrite: no room, no permission, or another run is making it.
        ModelError: the descriptor cannot be built.
    """
    started, notices = time.perf_counter(), Notices()
    pool = list_pool(root)
    pool = replace(pool, images=pool.images[: plan.limit])
    earlier = _earlier(root, output, plan)
    if earlier is not None and _is_up_to_date(earlier, pool, plan):
        return BuiltIndex(facts=earlier.facts, described=0, removed=0, seconds=time.perf_counter() - started)
    itemsize = np.dtype(plan.dtype).itemsize  # what cannot be is told before hours go into it
    plan.structure.settled(len(pool.images), dims=plan.describing.choice.load().dims, itemsize=itemsize)
    known = _Known()
    if earlier is not None:
        check_vectors(earlier)
        skipped = {item.image.key: item.why for item in earlier.facts.skipped}
        known.add(earlier.vectors, {image.key: row for row, image in enumerate(earlier.images())}, skipped)
    with Workspace(output) as workspace:
        partial = _open_partial(workspace, plan, notices)
        missing = [image for image in pool.images if image not in known and image not in partial]
        _describe(pool, missing, plan, partial, workspace)
        known.add(partial.vectors(), partial.rows, partial.failures)
        facts = _assemble(pool, known, workspace.path / _MADE, output, plan, notices)
        put_in_place(workspace.path / _MADE, output, plan.overwrite or earlier is not None, NAMES)
    if facts.skipped:
        first = facts.skipped[0]
        are = "is" if len(facts.skipped) == 1 else "are"
        notices.add(f"{root}: {len(facts.skipped)} of {counted(len(pool.images), 'image file')} cannot be read and "
                    f"{are} left out, such as {first.image.path}: {first.why}")  # fmt: skip
    return BuiltIndex(
        facts=facts,
        described=len(missing),
        removed=0 if earlier is None else len(set(earlier.images()) - set(pool.images)),
        seconds=time.perf_counter() - started,
        notices=tuple(notices.texts),
    )


def _earlier(root: Path, output: Path, plan: IndexPlan) -> StoredIndex | None:
    """The index that is there, where it may be brought up to date."""
    if plan.overwrite or not is_index(output):
        check_output(output, [], overwrite=plan.overwrite, folder=True, names=NAMES)
        return None
    earlier = read_index(output)
    changed = what_differs(earlier.facts, plan)
    if changed:
        raise OutputExists(f"{output} is an index with other options ({', '.join(changed)}); "
                           f"choose another name or add --overwrite")  # fmt: skip
    if earlier.paths.root.resolve() != root.resolve():
        raise OutputExists(f"{output} is an index of {earlier.paths.root}; choose another name or add --overwrite")
    return earlier


def _is_up_to_date(earlier: StoredIndex, pool: Pool, plan: IndexPlan) -> bool:
    return earlier.of_pool(pool) and earlier.facts.asked == plan.structure.settings()


def what_differs(facts: IndexFacts, plan: IndexPlan) -> list[str]:
    """Names of the options in which an index differs from what it is to be; how it is searched is none of them."""
    asked, made = plan.describing.parameters(), facts.parameters
    before, now = _flat(made, facts.dtype), _flat(asked, plan.dtype)
    changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    return changed or (["version of the descriptor"] if asked != made else [])


def _flat(parameters: dict[str, Any], dtype: str) -> dict[str, Any]:
    options: Any = parameters.get("options")
    plain = {name: value for name, value in parameters.items() if name not in ("options", "identity")}
    return {**plain, "dtype": dtype, **(options if isinstance(options, dict) else {})}


def _open_partial(workspace: Workspace, plan: IndexPlan, notices: Notices) -> PartialIndex:
    """What an unfinished build has left; everything else in the folder goes."""
    remove(entry for entry in workspace.entries() if entry.name not in _KEPT or not entry.is_file())
    partial = PartialIndex(workspace.path, plan.describing.parameters(), plan.describing.choice.load().dims)
    if partial.changed:
        notices.add("an unfinished build was found, but an option changed since; starting afresh")
    elif partial.rows:
        were = "was" if len(partial.rows) == 1 else "were"
        notices.add(f"going on; {counted(len(partial.rows), 'image')} {were} described before")
    workspace.keep = bool(partial.rows)
    return partial


def _describe(
    pool: Pool, missing: Sequence[PoolImage], plan: IndexPlan, partial: PartialIndex, workspace: Workspace
) -> None:
    chunks = [missing[start : start + CHUNK] for start in range(0, len(missing), CHUNK)]
    places = [[pool.place(image) for image in chunk] for chunk in chunks]

    def each() -> Iterator[PoolImage]:
        for described in describe_all(plan.describing, places, workers=plan.workers):
            chunk = chunks[described.number]
            partial.add(chunk, described)
            workspace.keep = True
            yield from chunk

    done = len(pool.images) - len(missing)
    for _ in track(each(), f"{pool.root.name}: images", len(pool.images), done):
        pass


def _assemble(pool: Pool, known: _Known, folder: Path, output: Path, plan: IndexPlan, notices: Notices) -> IndexFacts:
    """Write all files of the index, in the order of the pool."""
    folder.mkdir()
    images = [image for image in pool.images if image.key in known.places]
    if not images:
        first = pool.images[0]
        raise NoFrames(f"{pool.root}: of {counted(len(pool.images), 'image')} none can be read, "
                       f"such as {first.path}: {known.failures[first.key]}")  # fmt: skip
    dims = int(known.arrays[-1].shape[1])
    vectors = new_vectors(folder, len(images), dims, plan.dtype)
    for start in range(0, len(images), _COPIED):
        places = np.array([known.places[image.key] for image in images[start : start + _COPIED]])
        for number, array in enumerate(known.arrays):
            of_array = np.flatnonzero(places[:, 0] == number)
            vectors[start + of_array] = array[places[of_array, 1]]
    structure = _structure(plan.structure, vectors, folder / STRUCTURE, notices)
    vectors.flush()  # type: ignore[attr-defined]  # it is a memory map
    facts = IndexFacts(
        parameters=plan.describing.parameters(),
        root=str(pool.root.resolve()),
        root_from_here=relpath(pool.root.resolve(), output.resolve()),
        images=len(images),
        dims=dims,
        dtype=plan.dtype,
        pool_sha256=pool.sha256,
        skipped=tuple(Skipped(image, known.failures[image.key]) for image in pool.images if image.key in known.failures
                      and image.key not in known.places),
        structure=structure,
        asked=plan.structure.settings(),
        made_with={name: version(name) for name in _PACKAGES},
    )  # fmt: skip
    write_index(folder, facts, images)
    return facts


def _structure(wish: StructureWish, vectors: NDArray[Any], path: Path, notices: Notices) -> Structure | None:
    """Build what search needs, as well as was asked; None: nothing, it is exact."""
    images, dims = vectors.shape
    structure = wish.settled(images, dims=dims, itemsize=vectors.itemsize)
    if structure is None:
        return None
    build_structure(structure, vectors, path)
    if wish.target is None:
        return structure
    best = tuned(ApproximateSearch(path, structure, (images, dims)), vectors, wish.target)
    if best is None:
        replace(wish, kind="exact", lists=None).settled(images, dims=dims, itemsize=vectors.itemsize)
        notices.add(f"{structure.kind} search does not find {wish.target:.1%} of the most similar images; "
                    "search is exact")  # fmt: skip
        path.unlink()
    return best
