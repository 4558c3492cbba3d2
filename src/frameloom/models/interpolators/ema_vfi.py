"""EMA-VFI: attention across two frames says both what is there and where it goes.

Zhang, Zhu, Wang, Chen, Wu, Wang: "Extracting Motion and Appearance via Inter-Frame Attention for Efficient Video Frame
Interpolation", CVPR 2023; at any time and with reference: Zhong et al., ECCV 2024. Layers have the names of the
published weights.

Convolutions look at each frame alone, down to 1/8 of its size. Attention between the two frames, at 1/8 and 1/16, gives
appearance features and motion features (EMA-VFI, section 3.2). Two heads, the coarse one first, turn these into flows;
a U-Net refines the blend (section 3.3). Only the heads know the moment.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.interpolators.network import AnyTimeNetwork, Motion, Pair, Reference, View
from frameloom.models.interpolators.once import once
from frameloom.models.layers.activation import OverwritingPReLU
from frameloom.models.layers.warping import resize, resize_flow, warp

_CHANNELS = (32, 64, 128, 256, 512)  # of appearance, from full size to 1/16
_MOTION_CHANNELS = (64, 128)  # of each block, at 1/8 and at 1/16
_BLOCKS = 4  # at 1/8, and as many at 1/16; every second one with shifted windows
_HEAD_CHANNELS = 32  # per attention head
_WINDOW, _SHIFT = 7, 3  # tokens
_APART = -100.0  # added to the attention between tokens that must not see each other
_SIZES_KEPT = 16  # two attention stages per size; a video may be looked at in several sizes


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), OverwritingPReLU(outputs))


def _doubling(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), OverwritingPReLU(outputs))


class TwoConvolutions(nn.Module):
    """Two convolutions at one size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(*_convolution(inputs, outputs), *_convolution(outputs, outputs))

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height, width)."""
        return self.conv(features)


class CrossScaleEmbedding(nn.Module):
    """Tokens at 1/8 of the size from all three levels of convolutions, each seen through several dilations."""

    def __init__(self) -> None:
        super().__init__()
        full, half, quarter, tokens, _ = _CHANNELS
        reach = [(quarter, 2, 1), (half, 4, 1), (half, 4, 2), *((full, 8, dilation) for dilation in (1, 2, 3, 4))]
        self.layers = nn.ModuleList(
            nn.Conv2d(channels, full, 3, stride, dilation, dilation) for channels, stride, dilation in reach
        )
        self.proj = nn.Conv2d(full * len(reach), tokens, 1)
        self.norm = nn.LayerNorm(tokens)

    def forward(self, full: Tensor, half: Tensor, quarter: Tensor) -> Tensor:
        """Three levels (batch, channels, ...) to tokens (batch, height / 8, width / 8, 256)."""
        sources = (quarter, half, half, full, full, full, full)
        seen = [layer(source) for layer, source in zip(self.layers, sources, strict=True)]
        return self.norm(self.proj(torch.cat(seen, dim=1)).permute(0, 2, 3, 1))


class HalvingEmbedding(nn.Module):
    """Tokens at 1/16 of the size from those at 1/8."""

    def __init__(self) -> None:
        super().__init__()
        self.proj = nn.Conv2d(_CHANNELS[3], _CHANNELS[4], 3, 2, 1)
        self.norm = nn.LayerNorm(_CHANNELS[4])

    def forward(self, features: Tensor) -> Tensor:
        """(batch, 256, height, width) to (batch, height / 2, width / 2, 512)."""
        return self.norm(self.proj(features).permute(0, 2, 3, 1))


class CrossFrameAttention(nn.Module):
    """Every token of a frame looks at the tokens of the other frame in its window (EMA-VFI, equations 1 to 4)."""

    def __init__(self, channels: int, motion_channels: int) -> None:
        super().__init__()
        self.heads = channels // _HEAD_CHANNELS
        self.q = nn.Linear(channels, channels)
        self.kv = nn.Linear(channels, 2 * channels)
        self.cor_embed = nn.Linear(2, motion_channels)
        self.proj = nn.Linear(channels, channels)
        self.motion_proj = nn.Linear(motion_channels, motion_channels)

    def forward(self, tokens: Tensor, places: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """What a token finds in the other frame, and how far from itself it finds that.

        Args:
            tokens: (frames, windows, 49, channels); the second half of `frames` are the others of the first half.
            places: (windows, 49, 2), x and y from -1 to 1.
            mask: (windows, 1, 49, 49), added to the attention.

        Returns:
            (frames, windows, 49, channels) and (frames, windows, 49, motion channels).
        """
        keys, values = self.kv(tokens).roll(tokens.shape[0] // 2, dims=0).chunk(2, dim=-1)
        scores = self._per_head(self.q(tokens)) @ self._per_head(keys).transpose(-1, -2) * _HEAD_CHANNELS**-0.5
        attention = torch.softmax(scores + mask, dim=-1)
        embedded = self.cor_embed(places)
        found = (attention @ self._per_head(values)).transpose(-2, -3).flatten(-2)
        found_at = (attention @ self._per_head(embedded)).transpose(-2, -3).flatten(-2)
        return self.proj(found), self.motion_proj(found_at - embedded)

    def _per_head(self, tokens: Tensor) -> Tensor:
        """(..., 49, channels) to (..., heads, 49, channels per head)."""
        return tokens.reshape(*tokens.shape[:-1], self.heads, -1).transpose(-2, -3)


class DepthwiseConvolution(nn.Module):
    """One 3x3 kernel per channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 3, 1, 1, groups=channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """(batch, height, width, channels), the same."""
        return self.dwconv(tokens.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class FeedForward(nn.Module):
    """What a token makes of what it has found, with a look at its neighbours."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.dwconv = DepthwiseConvolution(4 * channels)
        self.fc2 = nn.Linear(4 * channels, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """(batch, height, width, channels), the same."""
        return self.fc2(functional.gelu(self.dwconv(self.fc1(tokens))))


class CrossFrameBlock(nn.Module):
    """Attention in windows, then feed-forward."""

    def __init__(self, channels: int, motion_channels: int, *, shift: int) -> None:
        super().__init__()
        self.shift = shift
        self.norm1 = nn.LayerNorm(channels, eps=1e-6)
        self.attn = CrossFrameAttention(channels, motion_channels)
        self.norm2 = nn.LayerNorm(channels, eps=1e-6)
        self.mlp = FeedForward(channels)

    def forward(self, tokens: Tensor, places: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (frames, height, width, channels) to tokens and motion (frames, height, width, motion channels)."""
        _, height, width, _ = tokens.shape
        # Padding comes before the norm, which makes its bias of it: with shifted windows some tokens do look there
        windows = self.norm1(_to_windows(tokens, self.shift))
        found, motion = self.attn(windows, places, mask)
        # The published weights are trained with the normalised tokens as the shortcut; those before are dropped
        tokens = _from_windows(windows + found, height, width, self.shift)
        return tokens + self.mlp(self.norm2(tokens)), _from_windows(motion, height, width, self.shift)


class CrossFrameStage(nn.ModuleList):
    """Blocks at one size, every second one with shifted windows."""

    def __init__(self, channels: int, motion_channels: int) -> None:
        super().__init__(
            CrossFrameBlock(channels, motion_channels, shift=number % 2 * _SHIFT) for number in range(_BLOCKS)
        )

    def forward(self, tokens: Tensor, places: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """What both frames make of each other.

        Args:
            tokens: (frames, height, width, channels); the second half of `frames` are the others of the first half.
            places: (2, windows, 49, 2): of plain windows, of shifted ones.
            masks: (2, windows, 1, 49, 49), likewise.

        Returns:
            Tokens, the same shape, and motion (frames, blocks * motion channels, height, width).
        """
        motions: list[Tensor] = []
        for number, block in enumerate(self):
            tokens, motion = block(tokens, places[number % 2], masks[number % 2])
            motions.append(motion)
        return tokens, torch.cat(motions, dim=-1).permute(0, 3, 1, 2)


class Backbone(nn.Module):
    """All feature layers. Called, it looks at each frame alone; its stages for two frames are called by the network."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        full, half, quarter, eighth, sixteenth = _CHANNELS
        self.block1 = TwoConvolutions(inputs, full)
        self.patch_embed2 = _convolution(full, half, 2)
        self.block2 = TwoConvolutions(half, half)
        self.patch_embed3 = _convolution(half, quarter, 2)
        self.block3 = TwoConvolutions(quarter, quarter)
        self.patch_embed4 = CrossScaleEmbedding()
        self.block4 = CrossFrameStage(eighth, _MOTION_CHANNELS[0])
        self.norm4 = nn.LayerNorm(eighth, eps=1e-6)
        self.patch_embed5 = HalvingEmbedding()
        self.block5 = CrossFrameStage(sixteenth, _MOTION_CHANNELS[1])
        self.norm5 = nn.LayerNorm(sixteenth, eps=1e-6)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(batch, 3 or 7, height, width) to three levels of appearance and tokens (batch, ..., 256) at 1/8."""
        full = self.block1(image)
        half = self.block2(self.patch_embed2(full))
        quarter = self.block3(self.patch_embed3(half))
        return full, half, quarter, self.patch_embed4(full, half, quarter)


class Head(nn.Module):
    """Features and, at four times their size, images to two flows and a mask."""

    def __init__(self, channels: int, motion_channels: int, images: int) -> None:
        super().__init__()
        inputs = 2 * (channels + _BLOCKS * motion_channels) // 16 + images
        # An activation after the last convolution too: so the published weights were trained
        self.conv = nn.Sequential(_convolution(inputs, 128), _convolution(128, 128), _convolution(128, 5))

    def forward(self, features: Tensor, images: Tensor) -> Tensor:
        """(moments, channels, height, width) and (moments, images, 4 * height, 4 * width) to (moments, 5, ...)."""
        # Two times two is not four: the published channels are laid out for two steps
        return self.conv(torch.cat([functional.pixel_shuffle(functional.pixel_shuffle(features, 2), 2), images], dim=1))


class HalvingConvolutions(nn.Module):
    """Two convolutions, the first of which halves the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = _convolution(inputs, outputs, 2)
        self.conv2 = _convolution(outputs, outputs)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height / 2, width / 2)."""
        return self.conv2(self.conv1(features))


class RefinementNetwork(nn.Module):
    """What to add to the blend: a U-Net that sees the images and warped features of all five sizes."""

    def __init__(self) -> None:
        super().__init__()
        full, half, quarter, eighth, sixteenth = (2 * channels for channels in _CHANNELS)  # of both frames
        self.down0 = HalvingConvolutions(17 + full, 128)
        self.down1 = HalvingConvolutions(128 + half, 256)
        self.down2 = HalvingConvolutions(256 + quarter, 512)
        self.down3 = HalvingConvolutions(512 + eighth, 1024)
        self.up0 = _doubling(1024 + sixteenth, 512)
        self.up1 = _doubling(512 + 512, 256)
        self.up2 = _doubling(256 + 256, 128)
        self.up3 = _doubling(128 + 128, 64)
        self.conv = nn.Conv2d(64, 3, 3, 1, 1)

    def forward(self, full: Tensor, half: Tensor, quarter: Tensor, eighth: Tensor, sixteenth: Tensor) -> Tensor:
        """(moments, 3, height, width) in [-1, 1].

        Args:
            full: (moments, 81, height, width): images, warped images, mask, flow, features.
            half: (moments, 128, height / 2, width / 2): features; likewise the others, to 1/16.
        """
        at_half = self.down0(full)
        at_quarter = self.down1(torch.cat([at_half, half], dim=1))
        at_eighth = self.down2(torch.cat([at_quarter, quarter], dim=1))
        at_sixteenth = self.down3(torch.cat([at_eighth, eighth], dim=1))
        grown = self.up0(torch.cat([at_sixteenth, sixteenth], dim=1))
        grown = self.up1(torch.cat([grown, at_eighth], dim=1))
        grown = self.up2(torch.cat([grown, at_quarter], dim=1))
        grown = self.up3(torch.cat([grown, at_half], dim=1))
        return torch.sigmoid(self.conv(grown)) * 2 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What two frames are, and how they move; the batch is 1, or the moments that the reference is of."""

    first: tuple[Tensor, ...]
    """Five times (batch, channels, ...), from full size to 1/16: appearance of the first frame."""
    last: tuple[Tensor, ...]
    """The same of the last frame."""
    motion: tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]
    """At 1/8 and at 1/16: (batch, channels, ...) of the first frame, of the last."""


class EMAView(View):
    """A frame, with what convolutions see in it."""

    def __init__(self, network: "EMAVFI", image: Tensor) -> None:
        super().__init__(image)
        self._network = network

    @once
    def levels(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What the backbone says of this frame alone; only without reference."""
        return self._network.feature_bone(self.image)

    @once
    def half(self) -> Tensor:
        """(1, 3, height / 2, width / 2)."""
        return resize(self.image, (self.size[0] // 2, self.size[1] // 2))

    @once
    def quarter(self) -> Tensor:
        """(1, 3, height / 4, width / 4)."""
        return resize(self.image, (self.size[0] // 4, self.size[1] // 4))


class EMAPair(Pair):
    """Two frames, with what they say about each other."""

    def __init__(self, network: "EMAVFI", first: EMAView, last: EMAView) -> None:
        super().__init__(first, last)
        self.first: EMAView = first
        self.last: EMAView = last
        self._network = network

    @once
    def features(self) -> Features:
        """Only without reference: with one, features depend on it."""
        return self._network.attend(self.first.levels, self.last.levels)


class EMAVFI(AnyTimeNetwork):
    """EMA-VFI at any time."""

    parts = ("feature_bone", "block.0", "block.1", "unet")
    sized_parts = ("feature_bone.block4", "feature_bone.block5")

    def __init__(self, *, reference: bool) -> None:
        """Args: whether the network takes a reference image (variants TR, DR)."""
        super().__init__(reference=reference)
        eighth, sixteenth = _MOTION_CHANNELS
        self.feature_bone = Backbone(7 if reference else 3)
        self.block = nn.ModuleList([Head(_CHANNELS[4], sixteenth, 6), Head(_CHANNELS[3], eighth, 17)])
        self.unet = RefinementNetwork()

    def view(self, image: Tensor) -> EMAView:
        """A frame; each side a multiple of 32."""
        return EMAView(self, image)

    def pair(self, first: View, last: View) -> EMAPair:
        """Two frames."""
        return EMAPair(self, cast(EMAView, first), cast(EMAView, last))

    def motion(self, pair: Pair, distance: Tensor, reference: Reference | None = None) -> Motion:
        """One flow to each frame, first from the features at 1/16, then from those at 1/8."""
        pair = cast(EMAPair, pair)
        first, last = pair.first, pair.last
        features = pair.features if reference is None else self._features_with(pair, reference)
        moments = distance.shape[0]
        images = torch.cat([first.quarter, last.quarter], dim=1).expand(moments, -1, -1, -1)
        flow, mask = self._found_at(4, features, distance, images)
        size = (first.half.shape[-2], first.half.shape[-1])
        seen = [first.half.expand(moments, -1, -1, -1), last.half.expand(moments, -1, -1, -1)]
        seen += [resize(warped, size) for warped in _warped_both(first.image, last.image, flow)]
        images = torch.cat([*seen, resize(mask, size), resize_flow(flow, size)], dim=1)
        flow_change, mask_change = self._found_at(3, features, distance, images)
        # Without reference the pair keeps the features
        kept = () if reference is None else (*features.first, *features.last)
        return Motion(flow=flow + flow_change, mask=mask + mask_change, features=kept)

    def render(self, pair: Pair, motion: Motion, reference: Reference | None = None) -> Tensor:
        """Blend what both frames show, and add what the refinement network says."""
        pair = cast(EMAPair, pair)
        first, last = self._appearance(pair, motion, reference)
        moments, mask = motion.flow.shape[0], motion.mask.float()
        images = [view.image.expand(moments, -1, -1, -1) for view in (pair.first, pair.last)]
        from_first, from_last = _warped_both(pair.first.image, pair.last.image, motion.flow)
        features, *smaller = _warped_levels(first, last, motion.flow)
        full = torch.cat([*images, from_first, from_last, mask, motion.flow, features], dim=1)
        weight = torch.sigmoid(mask)
        blend = weight * from_first + (1 - weight) * from_last
        return (blend + self.unet(full, *smaller).float()).clamp(0, 1)

    def attend(self, first: tuple[Tensor, ...], last: tuple[Tensor, ...]) -> Features:
        """What two frames make of each other; each comes as the backbone sees it alone."""
        layers = self.feature_bone
        tokens = torch.cat([first[3], last[3]])
        tokens, motion_at_eighth = layers.block4(tokens, *_windows_of(tokens))
        eighth = layers.norm4(tokens).permute(0, 3, 1, 2)
        tokens = layers.patch_embed5(eighth)
        tokens, motion_at_sixteenth = layers.block5(tokens, *_windows_of(tokens))
        sixteenth = layers.norm5(tokens).permute(0, 3, 1, 2)
        first_eighth, last_eighth = eighth.chunk(2)
        first_sixteenth, last_sixteenth = sixteenth.chunk(2)
        return Features(
            first=(*first[:3], first_eighth, first_sixteenth),
            last=(*last[:3], last_eighth, last_sixteenth),
            motion=(_halves(motion_at_eighth), _halves(motion_at_sixteenth)),
        )

    def _features_with(self, pair: EMAPair, reference: Reference) -> Features:
        """The features where both frames are seen beside the reference: as many as there are references."""
        batch = reference.image.shape[0]
        levels = [
            self.feature_bone(torch.cat([image.expand(batch, -1, -1, -1), reference.image, far], dim=1))
            for image, far in ((pair.first.image, reference.distance), (pair.last.image, 1 - reference.distance))
        ]
        return self.attend(*levels)

    def _appearance(
        self, pair: EMAPair, motion: Motion, reference: Reference | None
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Five levels of the first frame and of the last: those that the motion came from, where it has their size."""
        if motion.features:
            half = len(motion.features) // 2
            return motion.features[:half], motion.features[half:]
        features = pair.features if reference is None else self._features_with(pair, reference)
        return features.first, features.last

    def _found_at(self, level: int, features: Features, distance: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """Flow (moments, 4, height, width) in pixels and mask logit (moments, 1, ...), at full size, from level 3 or 4.

        The moment comes in here: what is nearer to it counts more in the motion of either frame.
        """
        moments, _, height, width = distance.shape
        motion_of_first, motion_of_last = features.motion[level - 3]
        distance = resize(distance, (motion_of_first.shape[-2], motion_of_first.shape[-1]))
        appearance = (
            features.first[level].expand(moments, -1, -1, -1),
            features.last[level].expand(moments, -1, -1, -1),
        )
        known = torch.cat([distance * motion_of_first, (1 - distance) * motion_of_last, *appearance], dim=1)
        found = self.block[4 - level](known, images).float()
        return resize_flow(found[:, :4], (height, width)), resize(found[:, 4:], (height, width))


def _warped_both(first: Tensor, last: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
    """(moments, channels, height, width) each: both frames where the flow (moments, 4, height, width) points."""
    to_first, to_last = flow.chunk(2, dim=1)
    return warp(first, to_first), warp(last, to_last)


def _warped_levels(first: tuple[Tensor, ...], last: tuple[Tensor, ...], flow: Tensor) -> list[Tensor]:
    """(moments, 2 * channels, ...) per level, from full size to 1/16: appearance where the flow points."""
    warped: list[Tensor] = []
    for of_first, of_last in zip(first, last, strict=True):
        # From the flow of the level before: halving four times, as the original does, is not dividing by 16 once
        flow = resize_flow(flow, (of_first.shape[-2], of_first.shape[-1]))
        warped.append(torch.cat(_warped_both(of_first, of_last, flow), dim=1))
    return warped


def _halves(tensor: Tensor) -> tuple[Tensor, Tensor]:
    first, last = tensor.chunk(2)
    return first, last


def _padding(side: int) -> tuple[int, int]:
    """Tokens before and after that make a side a multiple of the window."""
    missing = -side % _WINDOW
    return missing // 2, missing - missing // 2


def _to_windows(tokens: Tensor, shift: int) -> Tensor:
    """(batch, height, width, channels) to (batch, windows, 49, channels): zeros around, rolled back by the shift."""
    batch, height, width, channels = tokens.shape
    tokens = functional.pad(tokens, (0, 0, *_padding(width), *_padding(height)))
    if shift:
        tokens = tokens.roll((-shift, -shift), dims=(1, 2))
    rows, columns = tokens.shape[1] // _WINDOW, tokens.shape[2] // _WINDOW
    tokens = tokens.reshape(batch, rows, _WINDOW, columns, _WINDOW, channels)
    return tokens.transpose(2, 3).reshape(batch, rows * columns, _WINDOW**2, channels)


def _from_windows(windows: Tensor, height: int, width: int, shift: int) -> Tensor:
    """The way back: (batch, windows, 49, channels) to (batch, height, width, channels)."""
    batch, _, _, channels = windows.shape
    (top, bottom), (left, right) = _padding(height), _padding(width)
    rows, columns = (top + height + bottom) // _WINDOW, (left + width + right) // _WINDOW
    tokens = windows.reshape(batch, rows, columns, _WINDOW, _WINDOW, channels).transpose(2, 3)
    tokens = tokens.reshape(batch, rows * _WINDOW, columns * _WINDOW, channels)
    if shift:
        tokens = tokens.roll((shift, shift), dims=(1, 2))
    return tokens[:, top : top + height, left : left + width]


def _windows_of(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Places and masks for tokens (frames, height, width, channels): plain windows, then shifted ones."""
    return _places_and_masks(tokens.shape[1], tokens.shape[2], tokens.device)


@lru_cache(maxsize=_SIZES_KEPT)
def _places_and_masks(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Where the tokens of each window are, and which of them must not see each other.

    The original keeps one mask per block and uses it again wherever height * width is the same, so that its results
    depend on what it was given before; here everything that a mask depends on is asked for.

    Returns:
        (2, windows, 49, 2), x and y from -1 to 1 over the tokens, 0 on padding; (2, windows, 1, 49, 49).
    """
    (top, bottom), (left, right) = _padding(height), _padding(width)
    rows, columns = top + height + bottom, left + width + right
    with torch.inference_mode(mode=False):  # a kept inference tensor could not be used in training
        x, y = torch.linspace(-1, 1, width, device=device), torch.linspace(-1, 1, height, device=device)
        grid = torch.stack([x.expand(height, width), y[:, None].expand(height, width)], dim=-1)[None]
        places = torch.stack([_to_windows(grid, shift)[0] for shift in (0, _SHIFT)])
        padding = _apart(_regions(rows, columns, (top, top + height), (left, left + width), device))
        # Shifted windows wrap around: what met only there stays apart
        across = ((rows - _WINDOW, rows - _SHIFT), (columns - _WINDOW, columns - _SHIFT))
        wrapped = _apart(_regions(rows, columns, *across, device))
        # The padding is not shifted along, though the tokens are: so the published weights were trained
        masks = torch.stack([padding, padding | wrapped]).to(torch.float32) * _APART
        return places, masks[:, :, None]


def _regions(
    rows: int, columns: int, row_borders: tuple[int, int], column_borders: tuple[int, int], device: torch.device
) -> Tensor:
    """(rows, columns): a number for each of the nine parts that two borders per direction make."""
    vertical = torch.bucketize(torch.arange(rows, device=device), torch.tensor(row_borders, device=device), right=True)
    horizontal = torch.bucketize(
        torch.arange(columns, device=device), torch.tensor(column_borders, device=device), right=True
    )
    return 3 * vertical[:, None] + horizontal


def _apart(regions: Tensor) -> Tensor:
    """(windows, 49, 49): whether two tokens of a window lie in different regions."""
    windows = _to_windows(regions[None, :, :, None], 0)[0, ..., 0]
    return windows[:, :, None] != windows[:, None, :]
