"""Images of a pool that are nearly the same, found exactly without comparing each with each.

Two vectors of unit length whose inner product is s lie sqrt(2 - 2 s) apart, and no projection moves them further
apart. So it is enough to compare those that are as near in the few directions in which the pool differs most.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from frameloom.errors import InputError, RangeError
from frameloom.progress import track
from frameloom.retrieval.exact import best_of

SIMILARITIES = {"canny": 0.97, "spatial_pyramid": 0.96, "hog": 0.96, "spatial_color": 0.9}
"""Descriptor -> least similarity of images that count as nearly the same; measured: docs/scale.md."""

_DIRECTIONS = 8
_SAMPLE = 20_000  # vectors that directions are computed from
_BLOCK = 8192  # vectors at a time
_PAIRS = 65_536  # compared at a time
_SLACK = 1e-3  # of distances: vectors are of unit length to so much, float16 ones included


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
    projected = _projected(vectors, ids)
    tree = KDTree(projected)
    radius = math.sqrt(max(0.0, 2 - 2 * similarity)) + _SLACK
    taken = np.zeros(len(ids), np.bool_)

    def groups() -> Iterator[DuplicateGroup | None]:
        for place in range(len(ids)):
            group = None
            if not taken[place]:
                near = np.asarray(tree.query_ball_point(projected[place], radius), np.int64)
                near = np.sort(near[(near > place) & ~taken[near]])
                group = _group(vectors, ids, place, near, similarity, taken)
            yield group

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


def _projected(vectors: NDArray[np.floating], ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """(ids, `_DIRECTIONS`): vectors in the directions in which they differ most (principal components)."""
    places = ids[np.unique(np.linspace(0, len(ids) - 1, min(_SAMPLE, len(ids))).astype(np.intp))]
    sample = np.asarray(vectors[places], np.float64)
    sample -= sample.mean(axis=0)
    _, directions = np.linalg.eigh(sample.T @ sample)
    basis = directions[:, -_DIRECTIONS:].astype(np.float32)
    projected = np.empty((len(ids), basis.shape[1]), np.float32)
    for start in range(0, len(ids), _BLOCK):
        part = ids[start : start + _BLOCK]
        projected[start : start + len(part)] = np.asarray(vectors[part], np.float32) @ basis
    return projected
