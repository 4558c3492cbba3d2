"""How well every pixel of one frame matches every pixel of another, and reading that around a guess.

Teed and Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", ECCV 2020, section 3.2. Always in float32:
half-precision positions are off by whole pixels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

SMALLEST_SIDE = 2
"""Pixels of the coarsest level: a side of one has no extent to sample along."""


@dataclass(frozen=True, slots=True, eq=False)
class CorrelationPyramid:
    """Per pixel of one frame, how well it matches the other frame, which is seen at several resolutions."""

    levels: tuple[Tensor, ...]
    """(pixels, 1, height, width) float32 each, finest first; each level has half the sides of the one before."""
    size: tuple[int, int]
    """(height, width) of the frame whose pixels these are."""

    @classmethod
    def of(cls, first: Tensor, last: Tensor, *, levels: int) -> "CorrelationPyramid":
        """The match of each pixel of the first frame with each of the last: scalar products over the root of channels.

        Args:
            first: (1, channels, height, width), features.
            last: (1, channels, height, width); the coarsest level must keep `SMALLEST_SIDE` pixels.
            levels: How many.
        """
        size = (first.shape[-2], first.shape[-1])
        with torch.autocast(first.device.type, enabled=False):
            asking = first[0].float().flatten(1).T / first.shape[1] ** 0.5  # (pixels, channels)
            seen = last.float()
            pyramid = [(asking @ seen[0].flatten(1)).reshape(-1, 1, *size)]
            for _ in range(levels - 1):
                # The mean of matches is the match of means, which costs a fraction
                seen = functional.avg_pool2d(seen, 2)
                pyramid.append((asking @ seen[0].flatten(1)).reshape(-1, 1, *seen.shape[-2:]))
        return cls(levels=tuple(pyramid), size=size)

    def around(self, positions: Tensor, *, radius: int) -> Tensor:
        """The matches in a square window around a position per pixel, at every level; zero outside the picture.

        Args:
            positions: (batch, 2, height, width), x and y in pixels of the finest level. All look into this pyramid.
            radius: Pixels of the level to each side.

        Returns:
            (batch, levels * side * side, height, width) float32 with side = 2 * radius + 1: level by level, and in each
            from left to right, every column from its top down - the order in which RAFT's weights were trained.
        """
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
