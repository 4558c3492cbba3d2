"""How PerVFI joins features of three sizes: a high-resolution network, whose branches tell each other what they see.

Wang et al., "Deep High-Resolution Representation Learning for Visual Recognition", TPAMI 2020, as Wu et al. use it in
"Perception-Oriented Video Frame Interpolation via Asymmetric Blending", CVPR 2024. Names of attributes are those of the
official checkpoints.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.interpolators.pervfi_features import LEVELS
from frameloom.models.layers.channels import added, beside
from frameloom.models.layers.strips import by_strips, rows_at_a_time

_STEM = 64
_WIDE = 256
_BRANCHES = (32, 64, 96)  # channels at full size, 1/2 and 1/4
_BOTTLENECKS, _BLOCKS, _EXCHANGES = 4, 2, 2
_REACH = 6  # rows above and below that the wide layers and the convolutions around them see; even, for half the size
_REACH_OF_BRANCH = 2 * _BLOCKS  # likewise of the blocks of a branch
_HELD_BY_BRANCH = 1 << 22  # numbers of a branch at a time: 16 MiB
_HELD = 3 << 23  # wide numbers at a time: 96 MiB, of which three are there at once


class MultiscaleFuse(nn.Module):
    """From features at full size, 1/2 and 1/4 to conditions of the decoder at 1/2, 1/4 and 1/8."""

    def __init__(self) -> None:
        super().__init__()
        full, half, quarter = _BRANCHES
        self.stems = nn.ModuleList(_rectified(channels, _STEM) for channels in LEVELS)
        self.layer1 = nn.Sequential(*(Bottleneck(_WIDE if number else _STEM) for number in range(_BOTTLENECKS)))
        self.transition1 = nn.ModuleList([_rectified(_WIDE, full), nn.Sequential(_rectified(_WIDE, half, stride=2))])
        self.extra1 = _rectified(_STEM + half, half)
        self.stage2 = nn.Sequential(*(Exchange(_BRANCHES[:2]) for _ in range(_EXCHANGES)))
        self.transition2 = nn.ModuleList(
            [nn.Identity(), nn.Identity(), nn.Sequential(_rectified(half, quarter, stride=2))]
        )
        self.extra2 = _rectified(_STEM + quarter, quarter)
        self.stage3 = nn.Sequential(*(Exchange(_BRANCHES) for _ in range(_EXCHANGES)))
        self.final_layers = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 3, 2, 1) for inputs, outputs in zip(_BRANCHES, LEVELS, strict=True)
        )

    def forward(self, levels: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Three times (batch, 35 | 64 | 96, height, width), halving, to the same channels at half of each size.

        The list is emptied, so that what was in it is gone when the largest features are made.
        """
        own, to_half = self._from_wide(levels.pop(0))
        branches = [own, self.extra1(beside(self.stems[1](levels.pop(0)), to_half))]
        del own, to_half
        branches = self.stage2(branches)
        to_quarter = self.transition2[2](branches[-1])
        branches.append(self.extra2(beside(self.stems[2](levels.pop(0)), to_quarter)))
        branches = self.stage3(branches)
        first, second, third = (layer(branch) for layer, branch in zip(self.final_layers, branches, strict=True))
        return first, second, third

    def _from_wide(self, full: Tensor) -> tuple[Tensor, Tensor]:
        """What the wide layers pass on, at full size and at 1/2.

        They are far the largest features of the network, but see little of what is around them: some rows are made at a
        time, with the rows beside them that they depend on.
        """
        batch, _, height, width = full.shape

        def make(rows: slice) -> tuple[Tensor, ...]:
            wide = self.layer1(self.stems[0](full[:, :, rows]))
            return self.transition1[0](wide), self.transition1[1](wide)

        rows = rows_at_a_time(batch * width * _WIDE, _HELD, least=_REACH) // 2 * 2
        own, to_half = by_strips(height, rows, make, reach=_REACH)
        return own, to_half


class Bottleneck(nn.Module):
    """A convolution among few channels, added to many."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, _STEM, 1, bias=False)
        self.conv2 = _convolution(_STEM, _STEM)
        self.conv3 = nn.Conv2d(_STEM, _WIDE, 1, bias=False)
        self.downsample = None if inputs == _WIDE else nn.Conv2d(inputs, _WIDE, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, 256, height, width); overwrites these where gradients are off."""
        change = functional.relu(self.conv1(features), inplace=True)
        change = functional.relu(self.conv2(change), inplace=True)
        base = features if self.downsample is None else self.downsample(features)
        return functional.relu(added(base, self.conv3, change), inplace=True)


class Block(nn.Module):
    """Two convolutions, added to what they see."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = _convolution(channels, channels)
        self.conv2 = _convolution(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, channels, height, width), the same."""
        change = self.conv2(functional.relu(self.conv1(features), inplace=True))
        change += features
        return functional.relu(change, inplace=True)


class Exchange(nn.Module):
    """Blocks at each size, then every size hears of all others."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(Block(c) for _ in range(_BLOCKS))) for c in channels)
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_between(channels, source, target) for source in range(len(channels)))
            for target in range(len(channels))
        )

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """One (batch, channels, height, width) per size, from full size down; the same list with what came of them."""
        for number, blocks in enumerate(self.branches):
            branches[number] = _in_strips(blocks, branches[number])
        # What finer sizes hear is small, and made while the coarser ones are as they were
        told = {
            (source, target): self._layer(source, target)[0](branches[source])
            for source in range(len(branches))
            for target in range(source)
        }
        for target in reversed(range(len(branches))):
            for source in range(len(branches)):
                if source < target:
                    branches[target] = _sum(branches[target], self._layer(source, target)(branches[source]))
                elif source > target:
                    enlarged = self._layer(source, target)[1](told.pop((source, target)))
                    branches[target] = _sum(branches[target], enlarged)
            branches[target] = functional.relu(branches[target], inplace=True)
        return branches

    def _layer(self, source: int, target: int) -> nn.Sequential:
        """What one size tells another."""
        return cast(nn.Sequential, cast(nn.ModuleList, self.fuse_layers[target])[source])


def _in_strips(blocks: nn.Module, features: Tensor) -> Tensor:
    """What the blocks of one branch make of (batch, channels, height, width), some rows at a time."""
    batch, channels, height, width = features.shape
    rows = rows_at_a_time(batch * channels * width, _HELD_BY_BRANCH, least=_REACH_OF_BRANCH)
    (made,) = by_strips(height, rows, lambda seen: (blocks(features[:, :, seen]),), reach=_REACH_OF_BRANCH)
    return made


def _sum(features: Tensor, told: Tensor) -> Tensor:
    """The sum of both; overwrites the first where gradients are off."""
    return features + told if torch.is_grad_enabled() else features.add_(told)


def _between(channels: tuple[int, ...], source: int, target: int) -> nn.Module:
    """What one size tells another."""
    if source == target:
        return nn.Identity()
    if source > target:
        enlarged = nn.Upsample(scale_factor=2 ** (source - target), mode="nearest")
        return nn.Sequential(nn.Conv2d(channels[source], channels[target], 1, bias=False), enlarged)
    halvings = [_rectified(channels[source], channels[source], stride=2) for _ in range(target - source - 1)]
    return nn.Sequential(*halvings, _convolution(channels[source], channels[target], stride=2))


def _convolution(inputs: int, outputs: int, *, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)


def _rectified(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(_convolution(inputs, outputs, stride=stride), nn.ReLU(inplace=True))
