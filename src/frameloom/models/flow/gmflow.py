"""GMFlow: flow as the mean of where a pixel's features are found, over the whole of the other frame.

Xu, Zhang, Cai, Rezatofighi, Tao: "GMFlow: Learning Optical Flow via Global Matching", CVPR 2022; the form with one
scale. Layers have the names of the published weights.

Features of both frames are made distinct by attention to each other within windows (section 3.2), matched with all of
the other frame's (section 3.1), and the flow of what looks alike is spread to what has no match (section 3.3).
"""

import math
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.flow.network import FlowNetwork, View, upsampled
from frameloom.models.flow.raft import Encoder
from frameloom.models.layers.grids import pixel_grid

_CHANNELS = 128
_LAYERS = 6
_WINDOWS = 2  # per side, in which attention is confined
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, red to blue
_WAVELENGTHS = 10_000.0  # Vaswani et al., "Attention Is All You Need", section 3.5
_SCORES_AT_A_TIME = 2**24  # 64 MB: larger pieces are no faster, and the memory stays bounded

Window = tuple[slice, slice]
"""Rows and columns, within which pixels see each other."""


class Attention(nn.Module):
    """Attention of one frame's pixels within windows, and what is made of it."""

    def __init__(self, *, feed_forward: bool) -> None:
        """Args: whether two more layers follow."""
        super().__init__()
        self.q_proj = nn.Linear(_CHANNELS, _CHANNELS, bias=False)
        self.k_proj = nn.Linear(_CHANNELS, _CHANNELS, bias=False)
        self.v_proj = nn.Linear(_CHANNELS, _CHANNELS, bias=False)
        self.merge = nn.Linear(_CHANNELS, _CHANNELS, bias=False)
        self.norm1 = nn.LayerNorm(_CHANNELS)
        self.mlp = None
        if feed_forward:
            self.mlp = nn.Sequential(
                nn.Linear(2 * _CHANNELS, 8 * _CHANNELS, bias=False),
                nn.GELU(),
                nn.Linear(8 * _CHANNELS, _CHANNELS, bias=False),
            )
            self.norm2 = nn.LayerNorm(_CHANNELS)

    def forward(self, asking: Tensor, seen: Tensor, windows: Sequence[Window]) -> Tensor:
        """Features (batch, height, width, 128) after a look at those they see in their window."""
        queries, keys, values = self.q_proj(asking), self.k_proj(seen), self.v_proj(seen)
        found = torch.empty_like(queries)
        for rows, columns in windows:
            inside = (
                part[:, rows, columns].flatten(1, 2)[:, None] for part in (queries, keys, values)
            )  # (batch, 1, pixels, 128); PyTorch holds no scores of all pixels with all only where there are heads
            part = functional.scaled_dot_product_attention(*inside)
            found[:, rows, columns] = part.reshape(found[:, rows, columns].shape)
        message = self.norm1(self.merge(found))
        if self.mlp is not None:
            message = self.norm2(self.mlp(torch.cat([asking, message], dim=-1)))
        return asking + message


class Block(nn.Module):
    """A look at one's own frame, then at the other."""

    def __init__(self) -> None:
        super().__init__()
        self.self_attn = Attention(feed_forward=False)
        self.cross_attn_ffn = Attention(feed_forward=True)

    def forward(self, asking: Tensor, seen: Tensor, windows: Sequence[Window]) -> Tensor:
        """As `Attention`; what is seen is the other frame's."""
        return self.cross_attn_ffn(self.self_attn(asking, asking, windows), seen, windows)


class Transformer(nn.Module):
    """Features that know of both frames."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Block() for _ in range(_LAYERS))

    def forward(self, features: Tensor) -> Tensor:
        """(2, 128, height, width) of both frames, the same."""
        size = (features.shape[-2], features.shape[-1])
        pixels = features.permute(0, 2, 3, 1)  # (2, height, width, 128)
        for number, layer in enumerate(self.layers):
            pixels = layer(pixels, pixels.flip(0), _windows(size, shifted=number % 2 == 1))
        return pixels.permute(0, 3, 1, 2)


def _windows(size: tuple[int, int], *, shifted: bool) -> list[Window]:
    """Into which a (height, width) is cut; shifted ones lie half a window further, those at the edges are smaller.

    The original shifts around the edge and masks what is not near: the same windows, with scores for nothing.
    """
    bands = [_bands(side, shifted=shifted) for side in size]
    return [(rows, columns) for rows in bands[0] for columns in bands[1]]


def _bands(side: int, *, shifted: bool) -> list[slice]:
    window = side // _WINDOWS
    cuts = list(range(window // 2 if shifted else window, side, window))
    return [slice(start, end) for start, end in pairwise([0, *cuts, side])]


class Propagation(nn.Module):
    """The flow of what looks alike in one's own frame (paper, section 3.3)."""

    def __init__(self) -> None:
        super().__init__()
        self.q_proj = nn.Linear(_CHANNELS, _CHANNELS)
        self.k_proj = nn.Linear(_CHANNELS, _CHANNELS)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, 128, height, width) to queries and keys (2, batch, height * width, 128)."""
        queries = self.q_proj(features.flatten(2).transpose(1, 2))
        return torch.stack([queries, self.k_proj(queries)])  # keys from queries, as the weights were trained


class GMFlowView(View):
    """A frame, with what pixels are matched by before both frames are known."""

    def __init__(self, network: "GMFlow", image: Tensor) -> None:
        super().__init__(image)
        self._network = network

    @cached_property
    def features(self) -> Tensor:
        """(1, 128, height / 8, width / 8)."""
        mean, deviation = (self.image.new_tensor(values)[:, None, None] for values in (_MEAN, _DEVIATION))
        return self._network.backbone((self.image - mean) / deviation)


class GMFlow(FlowNetwork):
    """GMFlow with one scale. Its memory grows with the pixels, so there is nothing that a limit would change."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Encoder(_CHANNELS, nn.InstanceNorm2d, bias=False)
        self.transformer = Transformer()
        self.feature_flow_attn = Propagation()
        self.upsampler = nn.Sequential(nn.Conv2d(2 + _CHANNELS, 256, 3, 1, 1), nn.ReLU(), nn.Conv2d(256, 9 * 8 * 8, 1))

    def view(self, image: Tensor) -> GMFlowView:
        """A frame whose sides are multiples of 16."""
        return GMFlowView(self, image)

    def flow(self, first: View, second: View, *, memory: int | None = None) -> Tensor:
        """As `FlowNetwork.flow`."""
        here, there = torch.split(self._distinct(first, second), 1)
        return self._matched(here, there)

    def flow_both(self, first: View, second: View, *, memory: int | None = None) -> Tensor:
        """As `FlowNetwork.flow_both`: features that know of both frames serve both ways."""
        both = self._distinct(first, second)
        return self._matched(both, both.flip(0))

    def _distinct(self, first: View, second: View) -> Tensor:
        """(2, 128, height / 8, width / 8): features of both frames that know of both."""
        pair = torch.cat([cast(GMFlowView, view).features for view in (first, second)])
        height, width = pair.shape[-2:]
        return self.transformer(pair + _positions((height // _WINDOWS, width // _WINDOWS), pair).repeat(1, 1, 2, 2))

    def _matched(self, here: Tensor, there: Tensor) -> Tensor:
        """The flow (batch, 2, height, width) by which features (batch, 128, height / 8, width / 8) are found again."""
        size = (here.shape[-2], here.shape[-1])
        grid = pixel_grid(*size, here.device)
        with torch.autocast(here.device.type, enabled=False):
            asking, seen = (part.float().flatten(2).transpose(1, 2) for part in (here, there))
            flow = _gathered(asking, seen, grid) - grid
        queries, keys = self.feature_flow_attn(here).float()
        with torch.autocast(here.device.type, enabled=False):
            flow = _gathered(queries, keys, flow)
        return upsampled(flow, self.upsampler(torch.cat([flow, here], dim=1)))


def _gathered(asking: Tensor, seen: Tensor, values: Tensor) -> Tensor:
    """The mean of values (batch or 1, channels, height, width) over all pixels, weighted by how well they match.

    Piece by piece: all matches of a large frame would not fit into memory.

    Args:
        asking: (batch, pixels, channels) float32.
        seen: (batch, pixels, channels) float32.
        values: Of the pixels that are seen.
    """
    batch, pixels, channels = asking.shape
    rows = values.flatten(2).transpose(1, 2).expand(batch, -1, -1)
    keys = seen.transpose(1, 2) / channels**0.5
    pieces = torch.split(asking, max(1, _SCORES_AT_A_TIME // (batch * pixels)), dim=1)
    found = torch.cat([torch.softmax(piece @ keys, dim=-1) @ rows for piece in pieces], dim=1)
    return found.transpose(1, 2).reshape(batch, *values.shape[1:])


def _positions(size: tuple[int, int], like: Tensor) -> Tensor:
    """(1, 128, height, width): waves that tell places of a window apart, rows first (Carion et al., DETR, 2020)."""
    half = _CHANNELS // 2
    steps = torch.arange(half // 2, dtype=torch.float32, device=like.device)
    periods = _WAVELENGTHS ** (2 * steps / half)  # (32,)
    waves: list[Tensor] = []
    for axis, side in enumerate(size):
        places = torch.arange(1, side + 1, dtype=torch.float32, device=like.device) / (side + 1e-6) * (2 * math.pi)
        angles = places[:, None] / periods
        wave = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).T  # (64, side)
        waves.append((wave[:, :, None] if axis == 0 else wave[:, None]).expand(half, *size))
    return torch.cat(waves)[None]
