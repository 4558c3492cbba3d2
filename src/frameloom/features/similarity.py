"""How alike tokens are: cosine similarity in float32, in parts that fit into memory."""

import numpy as np
from numpy.typing import NDArray

_SMALLEST = 1e-12  # a shorter vector is like nothing, itself included


def unit_length(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """The same vectors (last axis) with length 1; those of no length stay zero."""
    wide = np.asarray(vectors, np.float32)
    lengths = np.sqrt(np.einsum("...c,...c->...", wide, wide, dtype=np.float64))
    return (wide / np.maximum(lengths, _SMALLEST)[..., None]).astype(np.float32)


def cosine_similarity(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Of two vectors, -1..1; 0 where one has no length."""
    return 1.0 - cosine_distance(first, second)


def cosine_distance(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """`1 - cosine_similarity`: 0 the same, 1 unrelated, 2 opposite; exactly 0 for equal vectors."""
    ours, theirs = np.asarray(first, np.float64), np.asarray(second, np.float64)
    lengths = np.linalg.norm(ours), np.linalg.norm(theirs)
    if min(lengths) < _SMALLEST:
        return 1.0
    apart = ours / lengths[0] - theirs / lengths[1]  # 1 - cos = |a - b|^2 / 2: small distances keep their digits
    return float(min(np.dot(apart, apart) / 2, 2.0))
