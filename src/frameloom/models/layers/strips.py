"""Rows of a picture, some at a time, so that what is large on the way to a result is never there as a whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Strip:
    """Rows that are made together."""

    rows: slice
    """Of the result."""
    seen: slice
    """Of what they are made of: with those above and below that they depend on."""
    own: slice
    """Of what is made of all rows seen: the ones that are wanted."""


def strips(height: int, rows: int, *, reach: int) -> Iterator[Strip]:
    """So many rows at a time, from the top down.

    Args:
        height: Of the result, and of what it is made of.
        rows: Of each strip; the last one has what is left.
        reach: Rows above and below that a row depends on.
    """
    for start in range(0, height, rows):
        end = min(start + rows, height)
        above = max(0, start - reach)
        yield Strip(slice(start, end), slice(above, min(end + reach, height)), slice(start - above, end - above))


def rows_at_a_time(numbers: int, held: int, *, least: int = 1) -> int:
    """How many rows of so many numbers are to be made together if so many numbers may be held.

    All of them where gradients are wanted, for which everything is kept anyway.
    """
    return 1 << 30 if torch.is_grad_enabled() else max(least, held // numbers)


def by_strips(height: int, rows: int, make: Callable[[slice], tuple[Tensor, ...]], *, reach: int) -> tuple[Tensor, ...]:
    """What is made of all rows, put together of what is made of some.

    Args:
        height, rows, reach: See `strips`; `rows` and `reach` are even where something made is half as high.
        make: From the rows that are seen to results (batch, channels, rows, width) of the same rows, or of half as
            many.
    """
    if rows >= height:
        return make(slice(0, height))
    wholes: list[Tensor] = []
    for strip in strips(height, rows, reach=reach):
        parts = make(strip.seen)
        shrinks = [(strip.seen.stop - strip.seen.start) // part.shape[2] for part in parts]
        if not wholes:
            wholes = [
                part.new_empty(*part.shape[:2], height // shrink, part.shape[3])
                for part, shrink in zip(parts, shrinks, strict=True)
            ]
        for whole, part, shrink in zip(wholes, parts, shrinks, strict=True):
            whole[:, :, _shrunk(strip.rows, shrink)] = part[:, :, _shrunk(strip.own, shrink)]
    return tuple(wholes)


def _shrunk(rows: slice, shrink: int) -> slice:
    return slice(rows.start // shrink, rows.stop // shrink)


def doubled(features: Tensor, rows: slice) -> Tensor:
    """Some rows of features (batch, channels, height, width) at twice their size (bilinear, areas aligned)."""
    above, below = max(0, rows.start // 2 - 1), (rows.stop - 1) // 2 + 2
    enlarged = functional.interpolate(features[:, :, above:below], scale_factor=2, mode="bilinear", align_corners=False)
    return enlarged[:, :, rows.start - 2 * above : rows.stop - 2 * above]
