"""Frames in overlapping parts, for networks whose working memory a whole frame would exceed.

All parts have one size, so that what is prepared for a size is prepared once. In the overlap a part fades out while
its neighbour fades in. A part's outermost pixels, where a network meets an edge that the picture does not have,
do not count.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import RangeError

OVERLAP = 128  # pixels that neighbours share at least
_MARGIN = 32  # of them, at the edge of a part, that do not count
_MOST_PER_SIDE = 64


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a frame."""

    rows: slice
    columns: slice
    weight: NDArray[np.float32]
    """(height, width): how much this part counts; all parts together count 1 everywhere."""


def tile_size(size: tuple[int, int], fits: Callable[[int, int], bool], *, multiple: int = 1) -> tuple[int, int] | None:
    """(height, width) of the fewest equal parts that fit, the squarest of these; None where the whole frame does.

    Args:
        size: (height, width) of the frame.
        fits: Whether a part of some height and width does.
        multiple: Of which sides of parts are to be, so that they need no padding where the picture goes on.

    Raises:
        RangeError: not even small parts fit.
    """
    if fits(*size):
        return None
    grids = sorted(
        product(range(1, _MOST_PER_SIDE + 1), range(1, _MOST_PER_SIDE + 1)),
        key=lambda grid: (grid[0] * grid[1], max(part := _part(size, multiple, *grid)) / min(part)),
    )
    for down, across in grids:
        height, width = _part(size, multiple, down, across)
        if _is_worth_it(size, (height, width)) and fits(height, width):
            return height, width
    raise RangeError("max_memory is too small for any part of the frames; give more, or a smaller --scale")


def _part(size: tuple[int, int], multiple: int, down: int, across: int) -> tuple[int, int]:
    height, width = (
        side if count == 1 else min(side, -(-(-(-(side - OVERLAP) // count) + OVERLAP) // multiple) * multiple)
        for side, count in zip(size, (down, across), strict=True)
    )
    return height, width


def _is_worth_it(size: tuple[int, int], part: tuple[int, int]) -> bool:
    """Parts that consist mostly of overlap would multiply the work."""
    return all(piece == side or piece >= OVERLAP + 2 * _MARGIN for side, piece in zip(size, part, strict=True))


def tiles(size: tuple[int, int], part: tuple[int, int]) -> list[Tile]:
    """The parts that cover a frame, row by row.

    Args:
        size: (height, width) of the frame.
        part: (height, width) of each part, at most the frame's.
    """
    down, across = (_stretches(side, piece) for side, piece in zip(size, part, strict=True))
    return [
        Tile(rows, columns, np.outer(fade_down, fade_across).astype(np.float32))
        for rows, fade_down in down
        for columns, fade_across in across
    ]


def _stretches(side: int, piece: int) -> list[tuple[slice, NDArray[np.float64]]]:
    """Where the parts lie along one side, and how they fade there."""
    count = 1 if piece >= side else -(-(side - OVERLAP) // (piece - OVERLAP))
    starts = [round(index * (side - piece) / max(1, count - 1)) for index in range(count)]
    fades = list(_fades(starts, piece, side))
    total = np.zeros(side)
    for start, fade in zip(starts, fades, strict=True):
        total[start : start + piece] += fade
    return [
        (slice(start, start + piece), fade / total[start : start + piece])
        for start, fade in zip(starts, fades, strict=True)
    ]


def _fades(starts: list[int], piece: int, side: int) -> Iterator[NDArray[np.float64]]:
    """Per part: 1 inside, falling to 0 where it meets a neighbour; the frame's own edges count fully."""
    places = np.arange(piece) + 0.5
    slope = OVERLAP - 2 * _MARGIN
    for start in starts:
        fade = np.ones(piece)
        if start > 0:
            fade = np.minimum(fade, (places - _MARGIN) / slope)
        if start + piece < side:
            fade = np.minimum(fade, (piece - places - _MARGIN) / slope)
        yield fade.clip(0)
