"""AMT-S: flows refined by what two frames have in common anywhere, and several flows per pixel at the end.

Li, Zhu, Han, Hou, Guo, Cheng: "AMT: All-Pairs Multi-Field Transforms for Efficient Frame Interpolation", CVPR 2023; at
any time and with reference: Zhong et al., ECCV 2024. Layers have the names of the published weights.

From coarse to fine, decoders guess the two flows of the new frame. After each of the first three, the guess is held
against the match of all pixels with all pixels, at 1/8 of the size, and mended (AMT, sections 3.1 and 3.2). The last
decoder makes three pairs of flows, whose blends are fused (section 3.3).
"""

from typing import cast

import torch
from torch import Tensor, nn

from frameloom.errors import ShapeError
from frameloom.models.interpolators.network import AnyTimeNetwork, Motion, Pair, Reference, View
from frameloom.models.interpolators.once import once
from frameloom.models.layers.activation import OverwritingPReLU, with_last
from frameloom.models.layers.correlation import SMALLEST_SIDE, Correlation, correlate_both
from frameloom.models.layers.grids import pixel_grid
from frameloom.models.layers.warping import resize, resize_flow, warp

_CHANNELS = (20, 32, 44, 56)  # of the encoder, from 1/2 to 1/16 of the size
_SIDE_CHANNELS = 20  # on which every other convolution of a residual block works
_MATCHED_AT = 8  # matches are looked up at this fraction of the size
_MATCHED_CHANNELS = 84
_LEVELS, _RADIUS = 4, 3  # of the matches that are looked up
_KEPT = 1 << 30  # bytes of matches that accelerators keep, if all of them fit
_FIELDS = 3  # pairs of flows that the last decoder makes
_INSTANT = 1e-6  # keeps the way from a given frame to itself finite, as in the distance-indexed original


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), OverwritingPReLU(outputs))


class Encoder(nn.Module):
    """Features from which frames are made, at 1/2, 1/4, 1/8 and 1/16 of the size."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth = _CHANNELS
        self.pyramid1 = nn.Sequential(_convolution(3, first, 2), _convolution(first, first))
        self.pyramid2 = nn.Sequential(_convolution(first, second, 2), _convolution(second, second))
        self.pyramid3 = nn.Sequential(_convolution(second, third, 2), _convolution(third, third))
        self.pyramid4 = nn.Sequential(_convolution(third, fourth, 2), _convolution(fourth, fourth))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(batch, 3, height, width) to four times (batch, channels, ...), finest first."""
        half = self.pyramid1(image)
        quarter = self.pyramid2(half)
        eighth = self.pyramid3(quarter)
        return half, quarter, eighth, self.pyramid4(eighth)


class Bottleneck(nn.Module):
    """Three convolutions, the middle one on a quarter of the channels, beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs // 4, 1)
        self.conv2 = nn.Conv2d(outputs // 4, outputs // 4, 3, stride, 1)
        self.conv3 = nn.Conv2d(outputs // 4, outputs, 1)
        self.downsample = None
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride), nn.InstanceNorm2d(outputs))
        self.inner_norm = nn.InstanceNorm2d(outputs // 4)  # has neither weights nor state: one serves twice
        self.outer_norm = nn.InstanceNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height / stride, width / stride)."""
        inner = torch.relu(self.inner_norm(self.conv1(features)))
        inner = torch.relu(self.inner_norm(self.conv2(inner)))
        outer = torch.relu(self.outer_norm(self.conv3(inner)))
        return torch.relu(outer + (features if self.downsample is None else self.downsample(features)))


class MatchingEncoder(nn.Module):
    """Features by which pixels are matched, at 1/8 of the size: the small encoder of RAFT."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 7, 2, 3)
        self.norm = nn.InstanceNorm2d(32)
        self.layer1 = nn.Sequential(Bottleneck(32, 32, 1), Bottleneck(32, 32, 1))
        self.layer2 = nn.Sequential(Bottleneck(32, 64, 2), Bottleneck(64, 64, 1))
        self.layer3 = nn.Sequential(Bottleneck(64, 96, 2), Bottleneck(96, 96, 1))
        self.conv2 = nn.Conv2d(96, _MATCHED_CHANNELS, 1)

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, height, width) to (batch, 84, height / 8, width / 8)."""
        features = torch.relu(self.norm(self.conv1(image)))
        return self.conv2(self.layer3(self.layer2(self.layer1(features))))


class ResidualBlock(nn.Module):
    """Five convolutions beside a shortcut; the second and fourth work on the last channels only (IFRNet, section 3)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = _convolution(channels, channels)
        self.conv2 = _convolution(_SIDE_CHANNELS, _SIDE_CHANNELS)
        self.conv3 = _convolution(channels, channels)
        self.conv4 = _convolution(_SIDE_CHANNELS, _SIDE_CHANNELS)
        self.conv5 = nn.Conv2d(channels, channels, 3, 1, 1)
        self.prelu = OverwritingPReLU(channels)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, channels, height, width), the same."""
        inner = self.conv1(features)
        inner = self.conv3(with_last(inner, self.conv2(inner[:, -_SIDE_CHANNELS:])))
        inner = self.conv5(with_last(inner, self.conv4(inner[:, -_SIDE_CHANNELS:])))
        return self.prelu(inner.add_(features))


class Decoder(nn.Module):
    """What is known at one size, to what follows at twice that size."""

    def __init__(self, inputs: int, channels: int, outputs: int) -> None:
        super().__init__()
        self.convblock = nn.Sequential(
            _convolution(inputs, channels), ResidualBlock(channels), nn.ConvTranspose2d(channels, outputs, 4, 2, 1)
        )

    def forward(self, known: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, 2 * height, 2 * width)."""
        return self.convblock(known)


class Update(nn.Module):
    """What the matches around a guess say about flows and features."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        matches = 2 * _LEVELS * (2 * _RADIUS + 1) ** 2
        self.convc1 = nn.Conv2d(matches, 64, 1)
        self.convf1 = nn.Conv2d(4, 40, 7, 1, 3)
        self.convf2 = nn.Conv2d(40, 20, 3, 1, 1)
        self.conv = nn.Conv2d(64 + 20, 68, 3, 1, 1)
        self.gru = self._two_convolutions(68 + 4 + channels, 76)  # two convolutions in place of RAFT's recurrent unit
        self.feat_head = self._two_convolutions(76, channels)
        self.flow_head = self._two_convolutions(76, 4)
        self.leaky = nn.LeakyReLU(0.1)

    @staticmethod
    def _two_convolutions(inputs: int, outputs: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(inputs, 76, 3, 1, 1), nn.LeakyReLU(0.1), nn.Conv2d(76, outputs, 3, 1, 1))

    def forward(self, features: Tensor, flow: Tensor, matches: Tensor) -> tuple[Tensor, Tensor]:
        """Changes of features and flow.

        Args:
            features: (batch, channels, height, width).
            flow: (batch, 4, height, width), pixels of this size: to the first frame, to the last.
            matches: (batch, 392, height, width).
        """
        matched = self.leaky(self.convc1(matches))
        moved = self.leaky(self.convf2(self.leaky(self.convf1(flow))))
        seen = self.leaky(self.conv(torch.cat([matched, moved], dim=1)))
        hidden = self.gru(torch.cat([seen, flow, features], dim=1))
        return self.feat_head(hidden), self.flow_head(hidden)


class AMTPair(Pair):
    """Two frames, with the features of both and the matches between them."""

    def __init__(self, network: "AMTS", first: View, last: View) -> None:
        super().__init__(first, last)
        self._network = network

    @once
    def centred(self) -> Tensor:
        """(2, 3, height, width): both frames without their mean."""
        return torch.cat([self.first.image, self.last.image]) - self.mean

    @once
    def features(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(2, channels, ...) at 1/2, 1/4, 1/8, 1/16 of the size: what frames are made from."""
        return self._network.encoder(self.centred)

    @once
    def matches(self) -> tuple[Correlation, Correlation]:
        """How well the first frame matches the last, and the last the first.

        Processors make matches when they are looked up: one frame looks six times, and that takes two thirds of the
        time of making all of them, most of which nobody looks at, and none of their memory.

        Raises:
            ShapeError: The coarsest level would have a single row or column.
        """
        smallest = _MATCHED_AT * 2 ** (_LEVELS - 1) * SMALLEST_SIDE
        if min(self.size) < smallest:
            height, width = self.size
            raise ShapeError(
                f"AMT-S got frames of {width}x{height}: it needs at least {smallest} pixels per side. Pad them, or look"
                " for the motion at a larger scale."
            )
        first, last = self._network.feat_encoder(self.centred).chunk(2)
        return correlate_both(first, last, levels=_LEVELS, memory=0 if first.device.type == "cpu" else _KEPT)


class AMTS(AnyTimeNetwork):
    """AMT-S at any time."""

    parts = (
        "feat_encoder", "encoder", "decoder4", "decoder3", "decoder2", "decoder1", "update4", "update3", "update2",
        "comb_block",
    )  # fmt: skip

    def __init__(self, *, reference: bool) -> None:
        """Args: whether the network takes a reference image (variants TR, DR)."""
        super().__init__(reference=reference)
        first, second, third, fourth = _CHANNELS
        self.feat_encoder = MatchingEncoder()
        self.encoder = Encoder()
        self.decoder4 = Decoder(3 * fourth + 2 if reference else 2 * fourth + 1, 2 * fourth, 4 + third)
        self.decoder3 = Decoder(3 * third + 4, 3 * third, 4 + second)
        self.decoder2 = Decoder(3 * second + 4, 3 * second, 4 + first)
        self.decoder1 = Decoder(3 * first + 4, 3 * first, _FIELDS * (2 + 2 + 1 + 3))
        self.update4 = Update(third)
        self.update3 = Update(second)
        self.update2 = Update(first)
        self.comb_block = nn.Sequential(
            nn.Conv2d(3 * _FIELDS, 6 * _FIELDS, 3, 1, 1),
            OverwritingPReLU(6 * _FIELDS),
            nn.Conv2d(6 * _FIELDS, 3, 3, 1, 1),
        )

    def pair(self, first: View, last: View) -> AMTPair:
        """Two frames of at least 128 pixels per side, where motion is looked for."""
        return AMTPair(self, first, last)

    def motion(self, pair: Pair, distance: Tensor, reference: Reference | None = None) -> Motion:
        """Three flows to each frame, with masks and residuals.

        Raises:
            ShapeError: A side of the pair has less than 128 pixels.
        """
        pair = cast(AMTPair, pair)
        first, second, third, _ = pair.features
        flow, features = self._guess(pair, distance, reference)
        flow, features = self._mended(self.update4, pair, distance, flow, features)
        flow, features = self._finer(self.decoder3, third, flow, features)
        flow, features = self._mended(self.update3, pair, distance, flow, features)
        flow, features = self._finer(self.decoder2, second, flow, features)
        flow, features = self._mended(self.update2, pair, distance, flow, features)
        decoded = self.decoder1(_seen_along(first, flow, features)).float()
        change, mask, residual = torch.split(decoded, [4 * _FIELDS, _FIELDS, 3 * _FIELDS], dim=1)
        to_first, to_last = resize_flow(flow, pair.size).chunk(2, dim=1)
        flow = torch.cat([to_first] * _FIELDS + [to_last] * _FIELDS, dim=1) + change
        return Motion(flow=flow, mask=mask, residual=residual)

    def render(self, pair: Pair, motion: Motion, reference: Reference | None = None) -> Tensor:
        """Blend along each pair of flows, then fuse the blends (AMT, section 3.3)."""
        to_first, to_last = (fields.reshape(-1, 2, *pair.size) for fields in motion.flow.chunk(2, dim=1))
        weight = torch.sigmoid(motion.mask.float()).reshape(-1, 1, *pair.size)
        # The original takes the mean off before and adds it after, which a blend with weights that sum to 1 cancels
        blends = weight * warp(pair.first.image, to_first) + (1 - weight) * warp(pair.last.image, to_last)
        blends = blends.reshape(-1, 3 * _FIELDS, *pair.size)  # (moments, 3 channels per blend, height, width)
        if motion.residual is not None:
            blends = blends + motion.residual
        mean = blends.reshape(-1, _FIELDS, 3, *pair.size).mean(dim=1)
        return (mean + self.comb_block(blends).float()).clamp(0, 1)

    def _guess(self, pair: AMTPair, distance: Tensor, reference: Reference | None) -> tuple[Tensor, Tensor]:
        """Flow (moments, 4, height / 8, width / 8) and features (moments, 44, ...) from the coarsest level alone."""
        first, last = pair.features[-1].chunk(2)
        size = (first.shape[-2], first.shape[-1])
        known, places = [first, last], [resize(distance, size)]
        if reference is not None:
            known.append(self._reference_features(pair, reference))
            places.append(resize(reference.distance, size))
        moments = distance.shape[0]
        decoded = self.decoder4(torch.cat([part.expand(moments, -1, -1, -1) for part in known + places], dim=1)).float()
        return decoded[:, :4], decoded[:, 4:]

    def _reference_features(self, pair: AMTPair, reference: Reference) -> Tensor:
        """(1 or moments, 56, height / 16, width / 16)."""
        if reference.image is pair.first.image:  # where the way begins
            return pair.features[-1][:1]
        return self.encoder(reference.image - pair.mean)[-1]

    def _mended(
        self, update: nn.Module, pair: AMTPair, distance: Tensor, flow: Tensor, features: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Flow and features, of the size they come in, after a look at the matches at 1/8 of the pair's size."""
        first_in_last, last_in_first = pair.matches
        size = (pair.size[0] // _MATCHED_AT, pair.size[1] // _MATCHED_AT)
        distance = resize(distance, size)
        small = resize_flow(flow, size)
        to_first, to_last = small.chunk(2, dim=1)
        # If motion is even, what is left to the last frame tells the whole way there, and the same to the first
        grid = pixel_grid(*size, flow.device)
        matches = [
            first_in_last.around(grid + to_last / (distance + _INSTANT), radius=_RADIUS),
            last_in_first.around(grid + to_first / (1 - distance + _INSTANT), radius=_RADIUS),
        ]
        feature_change, flow_change = update(resize(features, size), small, torch.cat(matches, dim=1))
        own_size = (flow.shape[-2], flow.shape[-1])
        return flow + resize_flow(flow_change.float(), own_size), features + resize(feature_change.float(), own_size)

    def _finer(self, decoder: nn.Module, level: Tensor, flow: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Flow and features at twice the size, with what both frames show where the flow points."""
        decoded = decoder(_seen_along(level, flow, features)).float()
        size = (decoded.shape[-2], decoded.shape[-1])
        return resize_flow(flow, size) + decoded[:, :4], decoded[:, 4:]


def _seen_along(level: Tensor, flow: Tensor, features: Tensor) -> Tensor:
    """(moments, channels, height, width): features, those of both frames (2, ...) where the flow points, the flow."""
    first, last = level.chunk(2)
    to_first, to_last = flow.chunk(2, dim=1)
    return torch.cat([features, warp(first, to_first), warp(last, to_last), flow], dim=1)
