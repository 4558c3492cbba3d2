"""IFRNet: flows to both frames and a feature of the new one, refined together from 1/8 to full size.

Kong, Jiang, Luo, Chu, Huang, Tai, Wang, Yang: "IFRNet: Intermediate Feature Refine Network for Efficient Frame
Interpolation", CVPR 2022. With a distance map in place of its time, and with a reference: Zhong et al., "Clearer
Frames, Anytime", ECCV 2024.

Names of attributes are those of the official checkpoints. Padded sizes are multiples of 16.
"""

from typing import cast

import torch
from torch import Tensor, nn

from frameloom.models.interpolators.network import AnyTimeNetwork, Motion, Pair, Reference, View
from frameloom.models.interpolators.once import once
from frameloom.models.layers.activation import OverwritingPReLU, with_last
from frameloom.models.layers.warping import resize, resize_flow, warp_both

# Channels of the encoder's levels, at 1/2, 1/4, 1/8 and 1/16 of the size; decoders hand on features of the level above.
_HALF, _QUARTER, _EIGHTH, _SIXTEENTH = 32, 48, 72, 96
_FLOW = 4  # x, y to the first frame, then to the last
_SIDE = 32  # the last channels of a residual block, which get convolutions of their own


class IFRNet(AnyTimeNetwork):
    """One encoder and four decoders; there is no refinement after them, the last one adds its residual to the blend."""

    parts = ("encoder", "decoder4", "decoder3", "decoder2", "decoder1")

    def __init__(self, *, reference: bool) -> None:
        """Args: whether the network takes a reference image (variants TR, DR)."""
        super().__init__(reference=reference)
        images = 3 if reference else 2  # that give a feature; distances are one fewer: the moment's, the reference's
        self.encoder = Encoder()
        self.decoder4 = Decoder(images * _SIXTEENTH + images - 1, 2 * _SIXTEENTH, _FLOW + _EIGHTH)
        self.decoder3 = Decoder(3 * _EIGHTH + _FLOW, 3 * _EIGHTH, _FLOW + _QUARTER)
        self.decoder2 = Decoder(3 * _QUARTER + _FLOW, 3 * _QUARTER, _FLOW + _HALF)
        self.decoder1 = Decoder(3 * _HALF + _FLOW, 3 * _HALF, _FLOW + 1 + 3)

    def pair(self, first: View, last: View) -> "IFRNetPair":
        """Two frames, with the encoder's features of both."""
        return IFRNetPair(first, last, self.encoder)

    def motion(self, pair: Pair, distance: Tensor, reference: Reference | None = None) -> Motion:
        """The first decoder begins from the features alone; the others see them fetched along the flow so far."""
        pair = cast(IFRNetPair, pair)
        half, quarter, eighth, sixteenth = pair.features
        seen = self._beginning(pair, sixteenth, distance, reference)
        flow, feature = _flow_and_feature(self.decoder4(seen))
        for decoder, level in ((self.decoder3, eighth), (self.decoder2, quarter), (self.decoder1, half)):
            seen = torch.cat([feature, warp_both(level, flow), flow], 1)
            change, feature = _flow_and_feature(decoder(seen))
            flow = change + resize_flow(flow, (change.shape[-2], change.shape[-1]))
        # In place of a feature the last decoder gives the mask and what is added to the blend
        return Motion(flow, mask=feature[:, :1], residual=feature[:, 1:])

    def render(self, pair: Pair, motion: Motion, reference: Reference | None = None) -> Tensor:
        """Blend what the flows fetch and add the residual.

        The paper blends frames without their mean and then adds it; as the weights sum to one, that changes nothing.
        """
        from_first, from_last = warp_both(cast(IFRNetPair, pair).images, motion.flow).chunk(2, 1)
        blend = torch.lerp(from_last, from_first, torch.sigmoid(motion.mask))
        return (blend + cast(Tensor, motion.residual)).clamp(0, 1)

    def _beginning(self, pair: "IFRNetPair", level: Tensor, distance: Tensor, reference: Reference | None) -> Tensor:
        """(moments, inputs of the first decoder, height / 16, width / 16)."""
        moments = len(distance)
        size = (level.shape[-2], level.shape[-1])
        features = level.flatten(0, 1).expand(moments, -1, -1, -1)
        distances = resize(distance, size)
        if reference is None:
            return torch.cat([features, distances], 1)
        # The way begins at the first frame, whose feature is there already
        known = reference.image is pair.first.image
        feature = level[:1] if known else self.encoder(reference.image - pair.mean)[-1]
        start = resize(reference.distance, size)
        parts = [feature.expand(moments, -1, -1, -1), distances, start.expand(moments, -1, -1, -1)]
        return torch.cat([features, *parts], 1)


class IFRNetPair(Pair):
    """Two frames as one batch, and their features."""

    def __init__(self, first: View, last: View, encoder: nn.Module) -> None:
        super().__init__(first, last)
        self._encoder = encoder

    @once
    def images(self) -> Tensor:
        """(2, 3, height, width)."""
        return torch.cat([self.first.image, self.last.image])

    @once
    def features(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(2, 32 | 48 | 72 | 96, height, width) at 1/2, 1/4, 1/8 and 1/16 of the size."""
        return self._encoder(self.images - self.mean)


class Encoder(nn.Module):
    """Features of a frame at four sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.pyramid1 = _level(3, _HALF)
        self.pyramid2 = _level(_HALF, _QUARTER)
        self.pyramid3 = _level(_QUARTER, _EIGHTH)
        self.pyramid4 = _level(_EIGHTH, _SIXTEENTH)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """From (batch, 3, height, width) to 32, 48, 72 and 96 channels at 1/2, 1/4, 1/8 and 1/16 of the size."""
        half = self.pyramid1(image)
        quarter = self.pyramid2(half)
        eighth = self.pyramid3(quarter)
        return half, quarter, eighth, self.pyramid4(eighth)


class Decoder(nn.Module):
    """What the flow is to be changed by, and the feature for the next decoder, at twice the size."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.convblock = nn.Sequential(
            _convolution(inputs, width),
            ResidualBlock(width),
            nn.ConvTranspose2d(width, outputs, kernel_size=4, stride=2, padding=1),
        )

    def forward(self, seen: Tensor) -> Tensor:
        """From (batch, inputs, height, width) to (batch, outputs, 2 * height, 2 * width)."""
        return self.convblock(seen)


class ResidualBlock(nn.Module):
    """Five convolutions, of which the second and fourth see only the last channels: depth that costs little."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = _convolution(width, width)
        self.conv2 = _convolution(_SIDE, _SIDE)
        self.conv3 = _convolution(width, width)
        self.conv4 = _convolution(_SIDE, _SIDE)
        self.conv5 = nn.Conv2d(width, width, kernel_size=3, padding=1)
        self.prelu = OverwritingPReLU(width)

    def forward(self, feature: Tensor) -> Tensor:
        """(batch, width, height, width), as given and as returned."""
        inner = self.conv1(feature)
        inner = self.conv3(with_last(inner, self.conv2(inner[:, -_SIDE:])))
        inner = self.conv5(with_last(inner, self.conv4(inner[:, -_SIDE:])))
        return self.prelu(inner.add_(feature))


def _convolution(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1), OverwritingPReLU(outputs))


def _level(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(_convolution(inputs, outputs, stride=2), _convolution(outputs, outputs))


def _flow_and_feature(found: Tensor) -> tuple[Tensor, Tensor]:
    """The two parts of a decoder's output, in float32 whatever the decoder works in."""
    found = found.float()
    return found[:, :_FLOW], found[:, _FLOW:]
