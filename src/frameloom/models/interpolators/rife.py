"""RIFE: flows to both frames estimated directly at the moment, coarse to fine, then a refinement.

Huang, Zhang, Heng, Shi, Zhou: "Real-Time Intermediate Flow Estimation for Video Frame Interpolation", ECCV 2022. With a
distance map in place of its time map, and with a reference: Zhong et al., "Clearer Frames, Anytime", ECCV 2024.

Names of attributes are those of the official checkpoints. Padded sizes are multiples of 32.
"""

from typing import cast

import torch
from torch import Tensor, nn

from frameloom.models.interpolators.network import AnyTimeNetwork, Motion, Pair, Reference, View
from frameloom.models.interpolators.once import once
from frameloom.models.layers.activation import OverwritingPReLU
from frameloom.models.layers.warping import resize, resize_flow, warp_both


class RIFE(AnyTimeNetwork):
    """Three blocks of IFNet find flow and mask at 1/4, 1/2 and full size; ContextNet and a U-Net mend the blend."""

    parts = ("block0", "block1", "block2", "contextnet", "unet")

    def __init__(self, *, reference: bool) -> None:
        """Args: whether the network takes a reference image (variants TR, DR)."""
        super().__init__(reference=reference)
        moment = 5 if reference else 1  # distance; with a reference also its distance and its colours
        frames, fetched, mask, flow = 6, 6, 1, 4
        self.block0 = IFBlock(frames + moment, 240)
        self.block1 = IFBlock(frames + moment + fetched + mask + flow, 150)
        self.block2 = IFBlock(frames + moment + fetched + mask + flow, 90)
        # The teacher of the paper's privileged distillation: it also sees the true frame (3 channels), so only training
        # can run it. It is here because the official files hold its weights, and files are loaded strictly.
        self.block_tea = IFBlock(frames + moment + fetched + mask + flow + 3, 90)
        self.contextnet = ContextNet()
        self.unet = UNet(frames + fetched + mask + flow)

    def view(self, image: Tensor) -> "RIFEView":
        """A frame, with its contexts."""
        return RIFEView(image, self.contextnet)

    def pair(self, first: View, last: View) -> "RIFEPair":
        """Two views of this network, with what motion and refinement see of both."""
        return RIFEPair(cast(RIFEView, first), cast(RIFEView, last))

    def motion(self, pair: Pair, distance: Tensor, reference: Reference | None = None) -> Motion:
        """IFNet: each block looks at the frames as fetched so far, and changes flow and mask."""
        pair = cast(RIFEPair, pair)
        height, width = pair.size
        moment = _moment(distance, reference)
        seen = [pair.shrunk[4].expand(len(moment), -1, -1, -1), resize(moment, (height // 4, width // 4))]
        flow, mask = _flow_and_mask(self.block0(torch.cat(seen, 1)), pair.size)
        for block, shrink in ((self.block1, 2), (self.block2, 1)):
            size = (height // shrink, width // shrink)
            seen = [
                pair.shrunk[shrink].expand(len(moment), -1, -1, -1),
                resize(moment, size),
                resize(warp_both(pair.images, flow), size),
                resize(mask, size),
                resize_flow(flow, size),
            ]
            flow_change, mask_change = _flow_and_mask(block(torch.cat(seen, 1)), pair.size)
            flow, mask = flow + flow_change, mask + mask_change
        return Motion(flow, mask)

    def render(self, pair: Pair, motion: Motion, reference: Reference | None = None) -> Tensor:
        """Blend what the flows fetch, and add what the U-Net finds missing."""
        pair = cast(RIFEPair, pair)
        flow, mask = motion.flow, motion.mask
        frames = pair.images.flatten(0, 1).expand(len(flow), -1, -1, -1)
        fetched = warp_both(pair.images, flow)
        contexts: list[Tensor] = []
        flow_there = flow
        for context in pair.contexts:
            flow_there = resize_flow(flow_there, (context.shape[-2], context.shape[-1]))
            contexts.append(warp_both(context, flow_there))
        correction = self.unet(torch.cat([frames, fetched, mask, flow], 1), *contexts).float()
        from_first, from_last = fetched.chunk(2, 1)
        blend = torch.lerp(from_last, from_first, torch.sigmoid(mask))
        return (blend + 2 * torch.sigmoid(correction) - 1).clamp(0, 1)


class RIFEView(View):
    """One frame and its contexts."""

    def __init__(self, image: Tensor, contextnet: nn.Module) -> None:
        super().__init__(image)
        self._contextnet = contextnet

    @once
    def contexts(self) -> tuple[Tensor, ...]:
        """(1, 16 | 32 | 64 | 128, height, width) at 1/2, 1/4, 1/8 and 1/16 of the size, not yet warped."""
        return self._contextnet(self.image)


class RIFEPair(Pair):
    """Two frames as one batch, at the sizes at which they are looked at."""

    def __init__(self, first: RIFEView, last: RIFEView) -> None:
        super().__init__(first, last)
        self._views = (first, last)

    @once
    def images(self) -> Tensor:
        """(2, 3, height, width)."""
        return torch.cat([self.first.image, self.last.image])

    @once
    def shrunk(self) -> dict[int, Tensor]:
        """(1, 6, height, width) at full size, 1/2 and 1/4, by the divisor: both frames beside each other."""
        height, width = self.size
        sizes = {shrink: (height // shrink, width // shrink) for shrink in (1, 2, 4)}
        return {shrink: resize(self.images, size).flatten(0, 1)[None] for shrink, size in sizes.items()}

    @once
    def contexts(self) -> tuple[Tensor, ...]:
        """(2, 16 | 32 | 64 | 128, height, width): those of both views."""
        first, last = self._views
        return tuple(torch.cat(levels) for levels in zip(first.contexts, last.contexts, strict=True))


class IFBlock(nn.Module):
    """What flow and mask are to be changed by, from the frames and what is known so far, at a quarter of the size."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(
            _convolution(inputs, width // 2, stride=2), _convolution(width // 2, width, stride=2)
        )
        self.convblock = nn.Sequential(*(_convolution(width, width) for _ in range(8)))
        self.lastconv = nn.ConvTranspose2d(width, 5, kernel_size=4, stride=2, padding=1)

    def forward(self, seen: Tensor) -> Tensor:
        """From (batch, inputs, height, width) to flow and mask (batch, 4 + 1, height / 2, width / 2)."""
        features = self.conv0(seen)
        return self.lastconv(features + self.convblock(features))


class ContextNet(nn.Module):
    """Features of one frame at four sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = TwoConvolutions(3, 16)
        self.conv2 = TwoConvolutions(16, 32)
        self.conv3 = TwoConvolutions(32, 64)
        self.conv4 = TwoConvolutions(64, 128)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """From (batch, 3, height, width) to 16, 32, 64 and 128 channels at 1/2, 1/4, 1/8 and 1/16 of the size."""
        half = self.conv1(image)
        quarter = self.conv2(half)
        eighth = self.conv3(quarter)
        return half, quarter, eighth, self.conv4(eighth)


class UNet(nn.Module):
    """What the blend lacks, as a logit, from everything known at full size and the warped contexts of both frames."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.down0 = TwoConvolutions(inputs, 32)
        self.down1 = TwoConvolutions(32 + 2 * 16, 64)
        self.down2 = TwoConvolutions(64 + 2 * 32, 128)
        self.down3 = TwoConvolutions(128 + 2 * 64, 256)
        self.up0 = _doubling(256 + 2 * 128, 128)
        self.up1 = _doubling(128 + 128, 64)
        self.up2 = _doubling(64 + 64, 32)
        self.up3 = _doubling(32 + 32, 16)
        self.conv = nn.Conv2d(16, 3, kernel_size=3, padding=1)

    def forward(self, seen: Tensor, half: Tensor, quarter: Tensor, eighth: Tensor, sixteenth: Tensor) -> Tensor:
        """From (batch, inputs, height, width) and contexts (batch, 32 | 64 | 128 | 256, ...) to (batch, 3, ...).

        The sigmoid is left to the caller: its output, near 1/2, would lose a grey level in half precision.
        """
        down0 = self.down0(seen)
        down1 = self.down1(torch.cat([down0, half], 1))
        down2 = self.down2(torch.cat([down1, quarter], 1))
        down3 = self.down3(torch.cat([down2, eighth], 1))
        up = self.up0(torch.cat([down3, sixteenth], 1))
        up = self.up1(torch.cat([up, down2], 1))
        up = self.up2(torch.cat([up, down1], 1))
        up = self.up3(torch.cat([up, down0], 1))
        return self.conv(up)


class TwoConvolutions(nn.Module):
    """Halves the size, then looks once more."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = _convolution(inputs, outputs, stride=2)
        self.conv2 = _convolution(outputs, outputs)

    def forward(self, seen: Tensor) -> Tensor:
        """From (batch, inputs, height, width) to (batch, outputs, height / 2, width / 2)."""
        return self.conv2(self.conv1(seen))


def _convolution(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1), OverwritingPReLU(outputs))


def _doubling(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, kernel_size=4, stride=2, padding=1), OverwritingPReLU(outputs)
    )


def _moment(distance: Tensor, reference: Reference | None) -> Tensor:
    """(moments, 1 or 5, height, width): where to look; with a reference also where from, and how it looks there."""
    if reference is None:
        return distance
    start = torch.cat([reference.distance, reference.image], 1)
    return torch.cat([distance, start.expand(len(distance), -1, -1, -1)], 1)


def _flow_and_mask(found: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """A block's output (moments, 4 + 1, ...) at full size, in its pixels, in float32 whatever the block works in."""
    found = found.float()
    return resize_flow(found[:, :4], size), resize(found[:, 4:], size)
