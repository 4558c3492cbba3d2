"""Images of a pool that are nearly the same, found exactly without comparing each with each.

Two vectors of unit length whose inner product is s lie sqrt(2 - 2 s) apart, and no projection moves them further
apart. So it is enough to compare those that are as near in the few directions in which the pool differs most.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.spatial import KDTree

from frameloom.errors import InputError, RangeError
from frameloom.progress import track
from frameloom.retrieval.exact import best_of

SIMILARITIES = {"canny": 0.97, "spatial_pyramid": 0.96, "hog": 0.96, "spatial_color": 0.9}
"""Descriptor -> least similarity of images that count as nearly the same; measured: docs/scale.md."""

linalg: Any = scipy.linalg  # its declared types leave out what it returns

_DIRECTIONS = 16
_SAMPLE = 4096  # vectors that directions are computed from
_BLOCK = 8192  # vectors at a time
_PAIRS = 65_536  # compared at a time
_OFF_LENGTH = 1e-3  # of vectors, float16 ones included
_ROUNDING = 1e-3  # of float32 products, more than enough


_TOGETHER = 64  # images whose near ones are looked for together
_TRIED = 64  # images by which a tree is judged
_TREE_IS_SLOWER = 100  # times, for each candidate, than a matrix product for each image
_FEW = 50_000  # images: below, all products take less than a tree does

Near = Callable[[Sequence[int]], Iterator[NDArray[np.int64]]]
"""Places of images to those of later ones that may be similar enough, for each of them; others may be among them."""


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """An image, and those nearly the same."""

    first: int
    """Id of the image that stands for all: the first in the order of ids."""
    others: tuple[int, ...]
    """Ids, ascending."""
    similarities: tuple[float, ...]
    """Of each of them with the first."""


def least_similarity(descriptor: str, asked: float | None) -> float:
    """From which similarity on images count as nearly the same.

    Raises:
        InputError: nothing was asked for, and nothing was measured for the descriptor.
        RangeError: a number outside (0, 1].
    """
    if asked is None:
        if descriptor not in SIMILARITIES:
            known = ", ".join(SIMILARITIES)
            raise InputError(
                f"how similar near-duplicates are by {descriptor} was not measured (it was for {known}); say from "
                "which similarity on images count as such, with --duplicate-similarity"
            )
        return SIMILARITIES[descriptor]
    if not 0 < asked <= 1:
        raise RangeError(f"duplicate similarity is {asked}; near-duplicates have one above 0 and at most 1")
    return asked


def near_duplicates(
    vectors: NDArray[np.floating],
    similarity: float,
    *,
    among: NDArray[np.bool_] | None = None,
) -> list[DuplicateGroup]:
    """Groups of images that are nearly the same, in the order of their first ones.

    In the order of ids, each image joins the earliest one that stands for a group and is similar enough, or else stands
    for itself. So every image that is left out has one nearly the same that is kept, and no chain of small steps, as
    in a slow pan, makes one group of different images.

    Args:
        vectors: (images, dims), of unit length.
        similarity: The least inner product.
        among: (images,): which images are looked at; all by default.
    """
    ids = np.arange(len(vectors)) if among is None else np.flatnonzero(among)
    near = _near(vectors, ids, similarity)
    taken = np.zeros(len(ids), np.bool_)

    def groups() -> Iterator[DuplicateGroup | None]:
        for start in range(0, len(ids), _TOGETHER):
            places = [place for place in range(start, min(start + _TOGETHER, len(ids))) if not taken[place]]
            yield from [None] * (min(_TOGETHER, len(ids) - start) - len(places))
            for place, found in zip(places, near(places), strict=True):
                others = np.sort(found[(found > place) & ~taken[found]])
                yield None if taken[place] else _group(vectors, ids, place, others, similarity, taken)

    return [group for group in track(groups(), "near-duplicates", len(ids)) if group is not None]


def left_out(groups: list[DuplicateGroup], images: int) -> NDArray[np.bool_]:
    """(images,): those that another one stands for."""
    mask = np.zeros(images, np.bool_)
    for group in groups:
        mask[list(group.others)] = True
    return mask


def _group(
    vectors: NDArray[np.floating],
    ids: NDArray[np.int64],
    place: int,
    near: NDArray[np.int64],
    similarity: float,
    taken: NDArray[np.bool_],
) -> DuplicateGroup | None:
    """The image at a place with those of the near ones that are similar enough, which are marked as taken."""
    query = np.asarray(vectors[ids[place]], np.float32)[None]
    alike: list[tuple[int, float]] = []
    for start in range(0, len(near), _PAIRS):
        part = near[start : start + _PAIRS]
        found, products = best_of(vectors, query, ids[part][None], len(part))
        pairs = zip(found[0].tolist(), products[0].tolist(), strict=True)
        alike += sorted((other, product) for other, product in pairs if product >= np.float32(similarity))
    if not alike:
        return None
    others, similarities = zip(*alike, strict=True)
    taken[np.searchsorted(ids, np.array(others))] = True
    return DuplicateGroup(int(ids[place]), others, similarities)


def _near(vectors: NDArray[np.floating], ids: NDArray[np.int64], similarity: float) -> Near:
    """What finds all that may be similar enough to a few places: by a tree, or by all products where it gains nothing.

    A tree gains nothing where the pool differs in so many directions that few of them say little.
    """
    radius = math.sqrt(2 * (1 + _OFF_LENGTH) ** 2 - 2 * similarity)
    projected = _projected(vectors, ids)
    tree: Any = KDTree(projected)
    tried = projected[np.linspace(0, len(ids) - 1, _TRIED).astype(np.intp)]
    counts = np.asarray(tree.query_ball_point(tried, radius, return_length=True))

    def by_tree(places: Sequence[int]) -> Iterator[NDArray[np.int64]]:
        return (np.asarray(tree.query_ball_point(projected[place], radius), np.int64) for place in places)

    def by_products(places: Sequence[int]) -> Iterator[NDArray[np.int64]]:
        if not places:
            return iter(())
        queries = np.asarray(vectors[ids[places]], np.float32)
        found: list[list[NDArray[np.int64]]] = [[] for _ in places]
        for start in range(places[0], len(ids), _BLOCK):  # earlier ones stand for themselves or are taken
            products = queries @ np.asarray(vectors[ids[start : start + _BLOCK]], np.float32).T
            for row, others in enumerate(products >= similarity - _ROUNDING):
                found[row].append(np.flatnonzero(others) + start)
        return (np.concatenate(parts) for parts in found)

    is_slow = np.median(counts) * _TREE_IS_SLOWER > len(ids)
    return by_products if is_slow or len(ids) < _FEW else by_tree


def _projected(vectors: NDArray[np.floating], ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """(ids, `_DIRECTIONS`): vectors in the directions in which they differ most (principal components)."""
    places = ids[np.unique(np.linspace(0, len(ids) - 1, min(_SAMPLE, len(ids))).astype(np.intp))]
    sample = np.asarray(vectors[places], np.float32)
    sample = sample - sample.mean(axis=0)
    last = [max(0, sample.shape[1] - _DIRECTIONS), sample.shape[1] - 1]
    _, directions = linalg.eigh((sample.T @ sample).astype(np.float64), subset_by_index=last)
    basis = np.asarray(directions, np.float32)
    projected = np.empty((len(ids), basis.shape[1]), np.float32)
    for start in range(0, len(ids), _BLOCK):
        part = ids[start : start + _BLOCK]
        projected[start : start + len(part)] = np.asarray(vectors[part], np.float32) @ basis
    return projected
