"""Grids of tokens to one vector: mean and generalised mean, over all or over parts of the grid."""

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import RangeError, ShapeError

_SMALLEST = 1e-6


def mean_pool(tokens: NDArray[np.floating], grid: int = 1) -> NDArray[np.float32]:
    """Mean of each part of the grid.

    Args:
        tokens: (batch, rows, columns, channels).
        grid: The token grid is cut into grid x grid equal parts; rows and columns left over are not looked at.

    Returns:
        (batch, grid x grid x channels): part by part, row by row.

    Raises:
        ShapeError: fewer rows or columns than parts.
    """
    return _joined([part.mean(axis=(1, 2)) for part in _parts(np.asarray(tokens, np.float64), grid)])


def gem_pool(tokens: NDArray[np.floating], grid: int = 1, *, power: float = 3.0) -> NDArray[np.float32]:
    """Generalised mean of each part: Radenovic et al., TPAMI 2018, equation 3. What is negative counts as 1e-6.

    The higher `power`, the more the strongest token decides; 1 is the mean. Otherwise as `mean_pool`.

    Raises:
        RangeError: `power` is not above 0.
    """
    if not power > 0:
        raise RangeError(f"the power of GeM pooling is {power}; it must be above 0")
    positive = np.maximum(np.asarray(tokens, np.float64), _SMALLEST)
    return _joined([(part**power).mean(axis=(1, 2)) ** (1 / power) for part in _parts(positive, grid)])


def _parts(tokens: NDArray[np.float64], grid: int) -> list[NDArray[np.float64]]:
    rows, columns = tokens.shape[1] // grid, tokens.shape[2] // grid
    if not rows or not columns:
        raise ShapeError(f"a grid of {tokens.shape[1]}x{tokens.shape[2]} tokens cannot be cut into {grid}x{grid} parts")
    return [
        tokens[:, row * rows : (row + 1) * rows, column * columns : (column + 1) * columns]
        for row in range(grid)
        for column in range(grid)
    ]


def _joined(parts: list[NDArray[np.float64]]) -> NDArray[np.float32]:
    return np.concatenate(parts, axis=1).astype(np.float32)
