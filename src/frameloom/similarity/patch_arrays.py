"""The similarities of patches, part by part: nothing here holds more than a bounded part of tokens or results.

Tokens have unit length (`features.similarity.unit_length`), so that cosines are inner products; one of no length is
like nothing, itself included. Everything is float32.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from frameloom.similarity.token_spool import TokenSpool

MOST_BYTES = 128 * 2**20
"""That tokens, or similarities, take at a time."""


def position_parts(spool: TokenSpool, *, most_bytes: int = MOST_BYTES) -> Iterator[NDArray[np.float32]]:
    """Yield the similarities of each patch at two times: `[P, T, T]` in order, in parts (..., T)."""
    at_once = _patches_at_once(spool, most_bytes)
    for first in range(0, spool.patches, at_once):
        tokens = spool.patches_over_time(first, min(first + at_once, spool.patches))
        if len(tokens) > 1:
            yield _limited(tokens @ tokens.transpose(0, 2, 1))
        else:
            yield from self_similarity_parts(tokens[0], most_bytes=most_bytes)


def position_part_count(spool: TokenSpool, *, most_bytes: int = MOST_BYTES) -> int:
    """How many parts `position_parts` yields."""
    return -(-spool.patches // _patches_at_once(spool, most_bytes)) * _part_count(spool.frames, most_bytes)


def _patches_at_once(spool: TokenSpool, most_bytes: int) -> int:
    return max(1, most_bytes // (4 * spool.frames * max(spool.dims, spool.frames)))


def intra_parts(spool: TokenSpool, *, most_bytes: int = MOST_BYTES) -> Iterator[NDArray[np.float32]]:
    """Yield the similarities of two patches of each frame: `[T, P, P]` in order, in parts (..., P)."""
    for frame in range(spool.frames):
        yield from self_similarity_parts(spool.tokens_of(frame), most_bytes=most_bytes)


def intra_part_count(spool: TokenSpool, *, most_bytes: int = MOST_BYTES) -> int:
    """How many parts `intra_parts` yields."""
    return spool.frames * _part_count(spool.patches, most_bytes)


def self_similarity_parts(vectors: NDArray[np.float32], *, most_bytes: int) -> Iterator[NDArray[np.float32]]:
    """Yield the similarity of each of some unit vectors (count, dims) to all of them, in parts (rows, count)."""
    rows = _rows_at_once(len(vectors), most_bytes)
    if rows >= len(vectors):  # a whole product with itself takes half the time
        yield _limited(vectors @ vectors.T)
        return
    for first in range(0, len(vectors), rows):
        yield _limited(vectors[first : first + rows] @ vectors.T)


def _rows_at_once(count: int, most_bytes: int) -> int:
    return max(1, most_bytes // (4 * count))


def _part_count(count: int, most_bytes: int) -> int:
    return -(-count // _rows_at_once(count, most_bytes))


def _limited(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """In -1..1: rounding may lead beyond."""
    return np.clip(cosines, -1, 1, out=cosines)
