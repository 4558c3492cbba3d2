"""VFIPS: how far apart twelve frames in a row look to people, compared as one piece of video.

Hou, Ghildyal, Liu: "A Perceptual Quality Metric for Video Frame Interpolation", ECCV 2022, section 4; the network that
its authors release as multiscale_v33. Names of attributes are those of the released file.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.metrics.lpips import Head, of_unit_length, standardised
from frameloom.models.metrics.parts import Part, as_tensor, check_size, judging
from frameloom.models.metrics.pyramid import Pyramid

FRAMES = 12
_SLOPE = 0.1
_LEVELS = {"First": 16, "Second": 32, "Third": 64, "Fourth": 96, "Fifth": 128}  # name -> channels of its features
_MERGED = 32
_SIDE = 4  # positions of a window, each way
_REACH = 2 * _SIDE - 1  # differences of two positions of a window, each way
_ATTENDING = 2
_BLOCK = "layers.0.residual_group.blocks.0"


class Extractor(Pyramid):
    """Features of single frames at 1/2, 1/4, ..., 1/32 of the size."""

    def __init__(self) -> None:
        super().__init__()
        given = 3
        for name, made in _LEVELS.items():
            layers = nn.Sequential(
                nn.Conv2d(given, made, 3, stride=2, padding=1), nn.LeakyReLU(_SLOPE),
                nn.Conv2d(made, made, 3, padding=1), nn.LeakyReLU(_SLOPE),
            )  # fmt: skip
            self.add_module(f"module{name}", layers)
            given = made


class WindowAttention(nn.Module):
    """Each position looks at the others of its window."""

    position_pairs: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.relative_position_bias_table = nn.Parameter(torch.zeros(_REACH**2, _ATTENDING))
        self.qkv = nn.Linear(_MERGED, 3 * _MERGED)
        self.proj = nn.Linear(_MERGED, _MERGED)
        self.register_buffer("position_pairs", _position_pairs(), persistent=False)

    def forward(self, windows: Tensor) -> Tensor:
        """(windows, positions, channels)."""
        count, positions, channels = windows.shape
        parts = self.qkv(windows).reshape(count, positions, 3, _ATTENDING, channels // _ATTENDING)
        asked, offered, content = parts.permute(2, 0, 3, 1, 4)
        preference = self.relative_position_bias_table[self.position_pairs].movedim(-1, 0)
        seen = functional.scaled_dot_product_attention(asked, offered, content, attn_mask=preference)
        return self.proj(seen.transpose(1, 2).flatten(2))


class Mixer(nn.Module):
    """Channels of each position by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(_MERGED, 2 * _MERGED)
        self.fc2 = nn.Linear(2 * _MERGED, _MERGED)

    def forward(self, windows: Tensor) -> Tensor:
        """The shape stays."""
        return self.fc2(functional.gelu(self.fc1(windows)))


class Block(nn.Module):
    """A Swin block without shift and norms."""

    def __init__(self) -> None:
        super().__init__()
        self.attn = WindowAttention()
        self.mlp = Mixer()

    def forward(self, features: Tensor) -> Tensor:
        """(batch, channels, height, width), whole windows each way."""
        batch, channels, height, width = features.shape
        split = features.reshape(batch, channels, height // _SIDE, _SIDE, width // _SIDE, _SIDE)
        grid = split.permute(0, 2, 4, 3, 5, 1)
        windows = grid.reshape(-1, _SIDE**2, channels)
        windows = windows + self.attn(windows)
        windows = windows + self.mlp(windows)
        return windows.reshape(grid.shape).permute(0, 5, 1, 3, 2, 4).reshape(features.shape)


class Merger(nn.Module):
    """What one level says about all frames at once."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_first = nn.Conv2d(FRAMES * 3 * channels, _MERGED, 3, padding=1)
        group = nn.ModuleDict({"blocks": nn.ModuleList([Block()])})
        self.layers = nn.ModuleList([nn.ModuleDict({"residual_group": group})])
        self.conv_after_body = nn.Conv2d(_MERGED, _MERGED, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """(1, channels, height, width) of true features, made ones and their distances, frame by frame."""
        height, width = features.shape[-2:]
        whole = functional.pad(features, (0, -width % _SIDE, 0, -height % _SIDE), mode="reflect")
        merged = self.get_submodule(_BLOCK)(self.conv_first(whole))
        return self.conv_after_body(merged)[..., :height, :width]


class Comparison(nn.Module):
    """Frames to maps, one for each level."""

    def __init__(self) -> None:
        super().__init__()
        self.moduleExtractor = Extractor()
        self.merge_layers = nn.ModuleList([Merger(channels) for channels in _LEVELS.values()])

    def forward(self, true: Tensor, made: Tensor) -> list[Tensor]:
        """(1, channels, height, width) for each level, of (frames, 3, height, width)."""
        levels = zip(self.moduleExtractor(true), self.moduleExtractor(made), self.merge_layers, strict=True)
        maps: list[Tensor] = []
        for features, others, merge in levels:
            first, second = of_unit_length(features), of_unit_length(others)
            maps.append(merge(torch.cat([first, second, (first - second).abs()], dim=1).flatten(0, 1)[None]))
        return maps


class VFIPSNetwork(Part):
    """Two videos of twelve frames to their distance."""

    unused: ClassVar[Mapping[str, str]] = {
        "net.moduleExtractor.moduleSixth.": "features too small for windows; the metric compares those before",
        "scaling_layer.": "the constants of LPIPS, which are known",
        **{
            f"net.merge_layers.{level}.{_BLOCK}.attn.relative_position_index": "follows from the size of windows"
            for level in range(len(_LEVELS))
        },
    }
    smallest: ClassVar[int] = 65
    """Sides of an image of which the coarsest features can be mirrored at their rim to whole windows."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Comparison()
        self.lins = nn.ModuleList([Head(_MERGED) for _ in _LEVELS])

    def forward(self, true: Tensor, made: Tensor) -> Tensor:
        """The sum over levels of the mean over positions, of (12, 3, height, width) in [0, 1]."""
        maps = cast(list[Tensor], self.net(standardised(true), standardised(made)))
        return torch.stack([head(level).mean() for head, level in zip(self.lins, maps, strict=True)]).sum()


class VFIPS:
    """The metric."""

    def __init__(self, network: VFIPSNetwork) -> None:
        """Args: the network with its weights."""
        self._network = network

    @judging()
    def distance(self, predictions: Sequence[NDArray[np.uint8]], truths: Sequence[NDArray[np.uint8]]) -> float:
        """Lower is closer; any number, also below 0, of twelve frames (height, width, 3) RGB each.

        Raises:
            ShapeError: the frames are too small.
        """
        check_size(truths[0], self._network.smallest, "VFIPS")
        true, made = (
            torch.cat([as_tensor(image, self._network) for image in frames]) for frames in (truths, predictions)
        )
        return float(self._network(true, made))


def _position_pairs() -> Tensor:
    """(positions, positions): which entry of the table is for one position of a window looking at another."""
    row, column = torch.arange(_SIDE**2) // _SIDE, torch.arange(_SIDE**2) % _SIDE
    down, right = (place[:, None] - place + _SIDE - 1 for place in (row, column))
    return down * _REACH + right
