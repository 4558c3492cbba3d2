"""How well every pixel of one frame matches every pixel of another, and reading that around a guess.

Teed and Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", ECCV 2020, section 3.2. Always in float32:
half-precision positions are off by whole pixels.
"""

from dataclasses import dataclass
from itertools import product
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

SMALLEST_SIDE = 2
"""Pixels of the coarsest level: a side of one has no extent to sample along."""

# Pixels per side that are matched at a time where matches are not kept. With a smooth flow at 1920x1080, 8 and 24 took
# 1.3 times as long.
_TILE = 16


class Correlation(Protocol):
    """Matches between two frames, to be read around a guess."""

    def around(self, positions: Tensor, *, radius: int) -> Tensor:
        """The matches in a square window around a position per pixel, at every level; zero outside the picture.

        Args:
            positions: (batch, 2, height, width), x and y in pixels of the finest level. All look into the same frame.
            radius: Pixels of the level to each side.

        Returns:
            (batch, levels * side * side, height, width) float32 with side = 2 * radius + 1: level by level, and in each
            from left to right, every column from its top down - the order in which RAFT's weights were trained.
        """
        ...


def correlate(first: Tensor, last: Tensor, *, levels: int, memory: int | None = None) -> Correlation:
    """The match of each pixel of the first frame with each of the last, kept or made on demand.

    Args:
        first: (1, channels, height, width), features.
        last: (1, channels, height, width); the coarsest level must keep `SMALLEST_SIDE` pixels.
        levels: How many.
        memory: Bytes that kept matches may take; None: any.
    """
    size = (first.shape[-2], first.shape[-1])
    if memory is not None and CorrelationPyramid.bytes_for(size) > memory:
        return CorrelationOnDemand.of(first, last, levels=levels)
    return CorrelationPyramid.of(first, last, levels=levels)


def correlate_both(
    first: Tensor, last: Tensor, *, levels: int, memory: int | None = None
) -> tuple[Correlation, Correlation]:
    """`correlate` from the first frame to the last and from the last to the first."""
    size = (first.shape[-2], first.shape[-1])
    if memory is not None and 2 * CorrelationPyramid.bytes_for(size) > memory:
        return (
            CorrelationOnDemand.of(first, last, levels=levels),
            CorrelationOnDemand.of(last, first, levels=levels),
        )
    return CorrelationPyramid.both(first, last, levels=levels)


@dataclass(frozen=True, slots=True, eq=False)
class CorrelationPyramid:
    """Per pixel of one frame, how well it matches the other frame, which is seen at several resolutions."""

    levels: tuple[Tensor, ...]
    """(pixels, 1, height, width) float32 each, finest first; each level has half the sides of the one before."""
    size: tuple[int, int]
    """(height, width) of the frame whose pixels these are."""

    @staticmethod
    def bytes_for(size: tuple[int, int]) -> int:
        """What the pyramid for frames of one (height, width) takes: four bytes a match, and a third for all levels."""
        return (size[0] * size[1]) ** 2 * 4 * 4 // 3

    @classmethod
    def of(cls, first: Tensor, last: Tensor, *, levels: int) -> "CorrelationPyramid":
        """The match of each pixel of the first frame with each of the last: scalar products over the root of channels.

        Args:
            first: (1, channels, height, width), features.
            last: (1, channels, height, width); the coarsest level must keep `SMALLEST_SIDE` pixels.
            levels: How many.
        """
        with torch.autocast(first.device.type, enabled=False):
            asking, seen = _asking(first), last.float()
            return cls._coarser(asking, seen, asking @ seen[0].flatten(1), levels)

    @classmethod
    def both(cls, first: Tensor, last: Tensor, *, levels: int) -> "tuple[CorrelationPyramid, CorrelationPyramid]":
        """`of` from the first frame to the last and back: the finest level is the same numbers, turned over."""
        with torch.autocast(first.device.type, enabled=False):
            asking = _asking(first)
            finest = asking @ last.float()[0].flatten(1)  # (pixels of first, pixels of last)
            return (
                cls._coarser(asking, last.float(), finest, levels),
                cls._coarser(_asking(last), first.float(), finest.T, levels),
            )

    @classmethod
    def _coarser(cls, asking: Tensor, seen: Tensor, finest: Tensor, levels: int) -> "CorrelationPyramid":
        size = (seen.shape[-2], seen.shape[-1])
        pyramid = [finest.reshape(-1, 1, *size)]
        for _ in range(levels - 1):
            # The mean of matches is the match of means, which costs a fraction
            seen = functional.avg_pool2d(seen, 2)
            pyramid.append((asking @ seen[0].flatten(1)).reshape(-1, 1, *seen.shape[-2:]))
        return cls(levels=tuple(pyramid), size=size)

    def around(self, positions: Tensor, *, radius: int) -> Tensor:
        """As `Correlation` promises."""
        with torch.autocast(positions.device.type, enabled=False):
            # (pixels, batch, 1, 2): a pixel's own picture stands first, so that the batch reads it and none is repeated
            centres = positions.float().flatten(2).permute(2, 0, 1)[:, :, None]
            found = [_read(level, centres / 2**number, radius) for number, level in enumerate(self.levels)]
            return torch.cat(found, dim=-1).permute(1, 2, 0).reshape(positions.shape[0], -1, *self.size)


@dataclass(frozen=True, slots=True, eq=False)
class CorrelationOnDemand:
    """The same matches, none of them kept: those around a guess are computed whenever they are read.

    Memory grows with the pixels instead of their square, and so does the work of a reading (paper, section 3.2,
    "Efficient Computation for High Resolution Images"), as long as neighbours look at neighbouring places: a tile of
    pixels is matched with the part of the other frame in which all their windows lie.
    """

    asking: Tensor
    """(height, width, channels) float32."""
    levels: tuple[Tensor, ...]
    """(channels, height, width) float32 each, finest first: the other frame's features."""

    @classmethod
    def of(cls, first: Tensor, last: Tensor, *, levels: int) -> "CorrelationOnDemand":
        """Arguments are those of `CorrelationPyramid.of`."""
        with torch.autocast(first.device.type, enabled=False):
            seen = [last.float()]
            while len(seen) < levels:
                seen.append(functional.avg_pool2d(seen[-1], 2))
            asking = _asking(first).reshape(*first.shape[-2:], -1).contiguous()
            return cls(asking=asking, levels=tuple(level[0] for level in seen))

    def around(self, positions: Tensor, *, radius: int) -> Tensor:
        """As `Correlation` promises."""
        height, width, _ = self.asking.shape
        side = 2 * radius + 1
        found = positions.new_empty(len(positions), len(self.levels), side * side, height, width, dtype=torch.float32)
        with torch.autocast(positions.device.type, enabled=False):
            for top, left in product(range(0, height, _TILE), range(0, width, _TILE)):
                tile = (..., slice(top, top + _TILE), slice(left, left + _TILE))
                asking = self.asking[tile[1:]].flatten(0, 1)  # (pixels, channels)
                for batch, where in enumerate(positions[tile].float()):
                    centres = where.flatten(1).T  # (pixels, 2)
                    for number, level in enumerate(self.levels):
                        matches = _matches_around(asking, level, centres / 2**number, radius)
                        found[batch, number][tile] = matches.T.reshape(side * side, *where.shape[1:])
        return found.flatten(1, 2)


def _asking(features: Tensor) -> Tensor:
    """(1, channels, height, width) to (pixels, channels) float32, over the root of channels."""
    return features[0].float().flatten(1).T / features.shape[1] ** 0.5


def _matches_around(asking: Tensor, level: Tensor, centres: Tensor, radius: int) -> Tensor:
    """(pixels, side * side): of pixels (pixels, channels), in a level (channels, height, width), around (pixels, 2)."""
    columns, rows = (
        _stretch(places, radius, side) for places, side in zip(centres.T, (level.shape[2], level.shape[1]), strict=True)
    )
    seen = level[:, rows, columns]
    matches = (asking @ seen.flatten(1)).reshape(-1, 1, *seen.shape[1:])
    return _read(matches, (centres - centres.new_tensor([columns.start, rows.start]))[:, None, None], radius)[:, 0]


def _stretch(places: Tensor, radius: int, side: int) -> slice:
    """The pixels along one side that windows around places reach, at least `SMALLEST_SIDE`."""
    low, high = (int(bound) for bound in places.nan_to_num().clamp(-radius, side + radius).aminmax())
    start = max(0, min(low - radius - 1, side - SMALLEST_SIDE))
    return slice(start, max(start + SMALLEST_SIDE, min(side, high + radius + 2)))


def _read(level: Tensor, centres: Tensor, radius: int) -> Tensor:
    """(pixels, batch, side * side): what stands in a window around places, zero outside.

    Args:
        level: (pixels, 1, height, width), a picture for each pixel.
        centres: (pixels, batch, 1, 2), x and y in pixels of the picture.
        radius: Pixels to each side.
    """
    side = 2 * radius + 1
    steps = torch.arange(-radius, radius + 1, dtype=torch.float32, device=level.device)
    offsets = torch.stack([steps.repeat_interleave(side), steps.repeat(side)], dim=-1)  # (side * side, 2): x, y
    height, width = level.shape[-2:]
    places = (centres + offsets) / (offsets.new_tensor([width - 1, height - 1]) / 2) - 1
    return functional.grid_sample(level, places, align_corners=True)[:, 0]
