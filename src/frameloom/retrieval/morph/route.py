"""The pictures of a film in their order: found once for each piece of work, and written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from frameloom.errors import CannotOpen, InputError
from frameloom.journal import Entry, Journal
from frameloom.progress import Stopwatch, track
from frameloom.retrieval.collage_wishes import Searched
from frameloom.retrieval.morph.improvement import improved
from frameloom.retrieval.morph.pace import there_and_back
from frameloom.retrieval.morph.path import Pool, densest, nearest_path, steps
from frameloom.retrieval.morph.wishes import Wishes
from frameloom.retrieval.store import PoolPaths

ROUTE = "route"
_DECIDE_THE_ROUTE = ("frameloom", "numpy", "opencv-python-headless", "faiss-cpu")


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Which pictures, in which order."""

    path: list[int]
    """Different pictures, by their ids."""
    nearest: float
    """Mean similarity of the path that it was made better from."""
    reused: bool
    """Whether an earlier run had found it."""

    def over(self, count: int) -> list[int]:
        """The picture of each place of a film."""
        return there_and_back(self.path, count)


def work_of_route(searched: Searched, start: int | None, wishes: Wishes) -> Entry:
    """Everything that the route depends on."""
    return {
        "images": searched.images,
        "descriptor": searched.settings,
        "start": start,
        "pictures": min(wishes.pace.pictures, searched.pool),
        "smooth": wishes.smooth,
        "version": [version(name) for name in _DECIDE_THE_ROUTE],
    }


def find_route(searched: Searched, start: int | None, wishes: Wishes, folder: Path, watch: Stopwatch) -> Route:
    """The route that lies in a working folder, or a new one.

    Args:
        searched: The pool, with images for all of the film unless pictures may come again.
        start: The first picture; None: where the pool is densest.
        wishes: How long the film is, and how pictures are chosen.
        folder: Where it is written down.
        watch: What measures how long it takes.
    """
    work = work_of_route(searched, start, wishes)
    count = int(work["pictures"])
    journal = Journal(folder / ROUTE, work)
    known = _stored(journal.entries[0], count, searched.pool) if journal.entries else None
    if known is not None:
        return known
    pool = Pool(index=searched.index, vectors=searched.vectors)
    label = f"{searched.name.name}: finding a path"
    with watch.timing("path"):
        first = densest(pool, count) if start is None else start
        nearest = list(track(nearest_path(pool, first, count, wishes.smooth), label, count))
        better = improved(pool, nearest, wishes.smooth, keep_start=start is not None)
        path = [nearest, *track(better, f"{label} that is smoother")][-1]
    route = Route(path=path, nearest=mean_of(steps(pool, nearest)), reused=False)
    journal.add({"path": route.path, "nearest": route.nearest})
    return route


def _stored(entry: Entry, count: int, images: int) -> Route | None:
    """What was written down, if it is a route of this pool: the file may be damaged."""
    path: Any = entry.get("path")
    nearest: Any = entry.get("nearest")
    if not isinstance(path, list) or not isinstance(nearest, float):
        return None
    ids: list[Any] = path  # pyright: ignore[reportUnknownVariableType]
    right = all(type(identity) is int and 0 <= identity < images for identity in ids)
    if not right or len(ids) != count or len(set(ids)) != count:
        return None
    return Route(path=ids, nearest=nearest, reused=True)


def similarities(searched: Searched, pictures: Sequence[int]) -> list[float]:
    """Of each picture of a film but the first to the one before it."""
    pool = Pool(index=searched.index, vectors=searched.vectors)
    known: dict[tuple[int, int], float] = {}
    pairs = list(pairwise(pictures))
    for first, second in pairs:
        if (first, second) not in known:
            known[first, second] = known[second, first] = steps(pool, [first, second])[0]
    return [known[pair] for pair in pairs]


def mean_of(numbers: Sequence[float]) -> float:
    """Their mean."""
    return sum(numbers) / len(numbers)


def place_of(start: Path, paths: PoolPaths, pool: Path) -> int:
    """The id of an image by its path, or by its path below the pool's folder.

    Raises:
        CannotOpen: there is no such file.
        InputError: it is not one of the pool.
    """
    root = paths.root
    candidates = [candidate for candidate in (start, root / start) if candidate.is_file()]
    if not candidates:
        raise CannotOpen(f"{start} does not exist, neither here nor in {root}; name an image of {pool} for --start")
    wanted = [path for candidate in candidates for path in (candidate.absolute(), candidate.resolve())]
    tops = root.absolute(), root.resolve()
    below = {path.relative_to(top).as_posix() for path in wanted for top in tops if path.is_relative_to(top)}
    found = next((place for place in range(len(paths)) if paths.below(place) in below), None)
    if found is None:
        raise InputError(f"{start} is not among the images of {pool} that can be read; name one of them for --start")
    return found
