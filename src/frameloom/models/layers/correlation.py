"""How well every pixel of one frame matches every pixel of another, and reading that around a guess.

Teed and Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", ECCV 2020, section 3.2. Always in float32:
half-precision positions are off by whole pixels.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

SMALLEST_SIDE = 2
"""Pixels of the coarsest level: a side of one has no extent to sample along."""

_GATHERED_BYTES = 2**25  # of features that are in hand at a time where matches are not kept; stays near the caches


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
        batch, side = positions.shape[0], 2 * radius + 1
        with torch.autocast(positions.device.type, enabled=False):
            # (pixels, batch, 1, 2): a pixel's own picture stands first, so that the batch reads it and none is repeated
            centres = positions.float().flatten(2).permute(2, 0, 1)[:, :, None]
            steps = torch.arange(-radius, radius + 1, dtype=torch.float32, device=positions.device)
            offsets = torch.stack([steps.repeat_interleave(side), steps.repeat(side)], dim=-1)  # (side * side, 2): x, y
            found: list[Tensor] = []
            for number, level in enumerate(self.levels):
                height, width = level.shape[-2:]
                extent = offsets.new_tensor([width - 1, height - 1]) / 2
                places = (centres / 2**number + offsets) / extent - 1
                found.append(functional.grid_sample(level, places, align_corners=True))  # (pixels, 1, batch, side ** 2)
            return torch.cat(found, dim=-1)[:, 0].permute(1, 2, 0).reshape(batch, -1, *self.size)


@dataclass(frozen=True, slots=True, eq=False)
class CorrelationOnDemand:
    """The same matches, none of them kept: those around a guess are computed whenever they are read.

    Memory grows with the pixels instead of their square, and so does the work of a reading (paper, section 3.2,
    "Efficient Computation for High Resolution Images").
    """

    asking: Tensor
    """(pixels, channels) float32."""
    levels: tuple[Tensor, ...]
    """(height, width, channels) float32 each, finest first: the other frame's features."""
    size: tuple[int, int]
    """(height, width) of the frame whose pixels are asking."""

    @classmethod
    def of(cls, first: Tensor, last: Tensor, *, levels: int) -> "CorrelationOnDemand":
        """Arguments are those of `CorrelationPyramid.of`."""
        seen = [last.float()]
        while len(seen) < levels:
            seen.append(functional.avg_pool2d(seen[-1], 2))
        rows = tuple(level[0].permute(1, 2, 0).contiguous() for level in seen)  # what is read together lies together
        return cls(asking=_asking(first).contiguous(), levels=rows, size=(first.shape[-2], first.shape[-1]))

    def around(self, positions: Tensor, *, radius: int) -> Tensor:
        """As `Correlation` promises."""
        pixels, channels = self.asking.shape
        stretch = max(1, _GATHERED_BYTES // (4 * channels * (2 * radius + 2) ** 2))
        with torch.autocast(positions.device.type, enabled=False):
            found: list[Tensor] = []
            for centres in positions.float().flatten(2).transpose(1, 2):  # (pixels, 2)
                levels = [
                    torch.cat([
                        _products_around(self.asking[start : start + stretch], level, where, radius)
                        for start, where in zip(
                            range(0, pixels, stretch), (centres / 2**number).split(stretch), strict=True
                        )
                    ])
                    for number, level in enumerate(self.levels)
                ]  # fmt: skip
                found.append(torch.cat(levels, dim=1).T.reshape(-1, *self.size))
            return torch.stack(found)


def _asking(features: Tensor) -> Tensor:
    """(1, channels, height, width) to (pixels, channels) float32, over the root of channels."""
    return features[0].float().flatten(1).T / features.shape[1] ** 0.5


def _products_around(asking: Tensor, level: Tensor, centres: Tensor, radius: int) -> Tensor:
    """(pixels, side * side): what pixels (pixels, channels) match in a level (height, width, channels) around places.

    All places of a window lie equally far between the pixels around them, so products are taken with whole pixels, one
    more each way, and then mixed: the product with a mixture is the mixture of products.
    """
    height, width, _ = level.shape
    corners = centres.floor()
    share_x, share_y = (centres - corners)[:, :, None, None].unbind(1)  # (pixels, 1, 1) each
    reach = torch.arange(-radius, radius + 2, device=centres.device)
    x, y = (corners[:, :, None] + reach).unbind(1)  # (pixels, side + 1)
    seen = ((x >= 0) & (x < width))[:, :, None] & ((y >= 0) & (y < height))[:, None]  # columns before rows
    places = (y.clamp(0, height - 1).long() * width)[:, None] + x.clamp(0, width - 1).long()[:, :, None]
    window = level.flatten(0, 1)[places.flatten(1)]  # (pixels, (side + 1) ** 2, channels)
    products = (window @ asking[:, :, None]).reshape(seen.shape) * seen
    columns = products[:, :-1] + share_x * (products[:, 1:] - products[:, :-1])
    return (columns[:, :, :-1] + share_y * (columns[:, :, 1:] - columns[:, :, :-1])).flatten(1)
