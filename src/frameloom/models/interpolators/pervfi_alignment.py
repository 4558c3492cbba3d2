"""How PerVFI brings the last frame to the first one as it was carried to the moment, and where it takes which.

Wu, Tao, Li, Wang, Liu, Zheng: "Perception-Oriented Video Frame Interpolation via Asymmetric Blending", CVPR 2024,
section 3.2. Names of attributes are those of the official checkpoints. Levels go from full size (0) to 1/4 (2).
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.interpolators.pervfi_features import LEVELS
from frameloom.models.layers.channels import beside
from frameloom.models.layers.deformable import DeformableConvolution
from frameloom.models.layers.strips import by_strips, doubled, rows_at_a_time

_GROUPS = (7, 8, 8)  # of channels that move together, per level
_TAPS = 9
_SLOPE = 0.1  # of all leaky rectifiers
_HELD = 1 << 23  # numbers that tell taps where to look, at a time: 32 MiB
_SEEN = 1 << 22  # numbers that a convolution of features beside each other sees at a time: 16 MiB
_FEWEST_ROWS = 12  # at a time: every strip sees a row above and one below that others make
_MASK_CHANNELS = 64
_REACH = 9  # pixels: the side of the kernel that widens holes; the paper has 7

Levels = tuple[Tensor, Tensor, Tensor]


class DeformableAlign(nn.Module):
    """The features of the last frame, moved to where those of the first one are, from 1/4 of the size to full size."""

    def __init__(self) -> None:
        super().__init__()
        self.offset_conv1, self.offset_conv2, self.offset_conv3 = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        self.deform_conv, self.feat_conv = nn.ModuleDict(), nn.ModuleDict()
        self.merge_conv1, self.merge_conv2 = nn.ModuleDict(), nn.ModuleDict()
        above = 0  # channels that come from the level above
        for level in reversed(range(len(LEVELS))):
            name, channels = f"l{level}", LEVELS[level]
            self.offset_conv1[name] = _convolution(2 * channels + 3, channels)
            self.offset_conv2[name] = _convolution(channels + above, channels)
            self.deform_conv[name] = GuidedConvolution(channels, _GROUPS[level])
            self.merge_conv1[name] = _convolution(2 * channels + 1, channels)
            if above:
                self.offset_conv3[name] = _convolution(channels, channels)
                self.feat_conv[name] = _convolution(channels + above, channels)
                self.merge_conv2[name] = _convolution(channels + above, channels)
            above = channels

    def forward(self, first: Levels, last: Levels, holes: Levels, flows: Levels) -> Levels:
        """What stands in for the first frame where it has holes.

        Args:
            first: Features of the first frame, carried to the moment; (moments, 35 | 64 | 96, height, width).
            last: Features of the last frame, where they are.
            holes: 1 where nothing of the first frame lands, else 0; (moments, 1, height, width).
            flows: From the moment to the last frame, in pixels of the level; (moments, 2, height, width).
        """
        made: list[Tensor] = []
        above: tuple[Tensor, ...] = ()
        for level in reversed(range(len(LEVELS))):
            above = self._aligned(level, (first[level], last[level], holes[level], flows[level]), above)
            made.insert(0, above[0])
        full, half, quarter = made
        return full, half, quarter

    def _aligned(
        self, level: int, seen: tuple[Tensor, Tensor, Tensor, Tensor], above: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """What one level makes of both frames; for a finer one also where it looked and what it found there, rectified.

        What convolutions see, and what tells taps where to look, is several times as large as what is made of it, so
        each is there for some rows at a time.

        Args:
            level: Which one.
            seen: First, last, holes and flows of it.
            above: What the coarser level has passed on; nothing for the coarsest.
        """
        name = f"l{level}"
        first, last, holes, _ = seen
        made_above, guide_above, found_above = above or (None,) * 3
        guide = self._guide(name, seen, guide_above)
        found = self.deform_conv[name](last, guide)
        passed_on = (guide,) if level else ()
        del guide  # each of them is as large as a result
        if found_above is not None:
            found = convolved(self.feat_conv[name], (found,), found_above)
        made = convolved(self.merge_conv1[name], (first, found, holes))
        passed_on += (_leaky(found),) if level else ()
        del found
        if made_above is not None:
            made = convolved(self.merge_conv2[name], (made,), made_above)
        return (made, *passed_on)

    def _guide(self, name: str, seen: tuple[Tensor, ...], above: Tensor | None) -> Tensor:
        """(moments, channels, height, width): what tells taps where to look; `above` is that of the coarser level."""
        guide = _leaky(convolved(self.offset_conv1[name], seen))
        if above is None:
            return _leaky(self.offset_conv2[name](guide))
        # An offset of one pixel there is one of two pixels here
        guide = _leaky(convolved(self.offset_conv2[name], (guide,), 2 * above))
        return _leaky(self.offset_conv3[name](guide))


def convolved(convolution: nn.Module, features: tuple[Tensor, ...], coarser: Tensor | None = None) -> Tensor:
    """A 3x3 convolution of features beside each other, which are put there for some rows at a time.

    Args:
        convolution: Of all of their channels.
        features: (batch, channels, height, width) each.
        coarser: More of them, (batch, channels, height / 2, width / 2).
    """
    batch, _, height, width = features[0].shape
    channels = sum(part.shape[1] for part in features) + (0 if coarser is None else coarser.shape[1])

    def make(rows: slice) -> tuple[Tensor, ...]:
        parts = [part[:, :, rows] for part in features]
        return (convolution(beside(*parts, *([] if coarser is None else [doubled(coarser, rows)]))),)

    (made,) = by_strips(height, rows_at_a_time(batch * channels * width, _SEEN, least=_FEWEST_ROWS), make, reach=1)
    return made


class GuidedConvolution(nn.Module):
    """A deformable convolution that derives from features where its taps look."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.groups = groups
        self.conv_offset = _convolution(channels, 3 * groups * _TAPS)
        self.dconv = DeformableConvolution(channels, channels)

    def forward(self, features: Tensor, guide: Tensor) -> Tensor:
        """Features and what tells taps where to look, both (moments, channels, height, width), to the same."""
        features = features.contiguous()  # as it is fetched from, once for all rows

        def make(rows: slice) -> tuple[Tensor, ...]:
            told = self.conv_offset(guide[:, :, rows])
            offsets, masks = told.split([told.shape[1] // 3 * 2, told.shape[1] // 3], 1)
            return (self.dconv(features, offsets, torch.sigmoid(masks), rows.start),)

        moments, _, height, width = guide.shape
        rows = rows_at_a_time(moments * width * 3 * self.groups * _TAPS, _HELD, least=_FEWEST_ROWS)
        (found,) = by_strips(height, rows, make, reach=1)
        return found


class AttentionMerge(nn.Module):
    """Takes the first frame's features, and those of the last one in and around holes."""

    def __init__(self) -> None:
        super().__init__()
        self.softbinary = nn.ModuleDict({str(level): SoftBinary(c) for level, c in reversed([*enumerate(LEVELS)])})

    def masks(self, first: Levels, last: Levels, holes: Levels) -> Levels:
        """How much the last frame counts, from 0 to 1; (moments, 1, height, width)."""
        full, half, quarter = (
            self.softbinary[str(level)](first[level], last[level], holes[level]) for level in range(len(LEVELS))
        )
        return full, half, quarter


class SoftBinary(nn.Module):
    """A mask that is 0 away from holes, and soft around them (paper, equation 4)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(
            nn.Conv2d(1, _MASK_CHANNELS, _REACH, padding=_REACH // 2, bias=False),
            nn.ReLU(),
            nn.Conv2d(_MASK_CHANNELS, _MASK_CHANNELS, 3, padding=1, bias=False),
            nn.ReLU(),
            nn.Conv2d(_MASK_CHANNELS, _MASK_CHANNELS, 1, bias=False),
        )
        self.att = _convolution(2 * channels, _MASK_CHANNELS)
        self.fc = nn.Sequential(
            nn.Linear(_MASK_CHANNELS, _MASK_CHANNELS // 8, bias=False),
            nn.ReLU(),
            nn.Linear(_MASK_CHANNELS // 8, _MASK_CHANNELS, bias=False),
            nn.Sigmoid(),
        )
        self.conv2 = nn.Conv2d(_MASK_CHANNELS, 1, 1, bias=False)

    def forward(self, first: Tensor, last: Tensor, holes: Tensor) -> Tensor:
        """Features of both (moments, channels, height, width) and holes (moments, 1, ...) to (moments, 1, ...)."""
        attention = self.fc(mean_of_convolution((first, last), self.att))  # (moments, 64)
        # The last layers have no activation between them, so they are one, of one channel
        weight = (self.conv2.weight.flatten(1) * attention) @ cast(nn.Conv2d, self.conv1[-1]).weight.flatten(1)

        def make(rows: slice) -> tuple[Tensor, ...]:
            around = self.conv1[:-1](holes[:, :, rows])
            return (torch.tanh(torch.einsum("bchw,bc->bhw", around, weight)[:, None].abs()),)

        moments, _, height, width = holes.shape
        rows = rows_at_a_time(moments * width * _MASK_CHANNELS, _HELD, least=2 * _REACH)
        (mask,) = by_strips(height, rows, make, reach=_REACH)
        return mask


def mean_of_convolution(features: tuple[Tensor, ...], convolution: nn.Conv2d) -> Tensor:
    """The mean over all pixels of a 3x3 convolution of features beside each other, without the convolution.

    Each tap sees all pixels but a row or column at the edge, so the sums of these and of everything are enough.

    Args:
        features: (batch, channels, height, width), all channels together the inputs.
        convolution: 3x3, with a margin of one zero.

    Returns:
        (batch, outputs) float32.
    """
    height, width = features[0].shape[-2:]
    columns = torch.cat([_sum_of_rows(part.float()) for part in features], 1)
    first_row, last_row = (torch.cat([part[:, :, row].float() for part in features], 1) for row in (0, -1))
    # Rows seen by the upper, middle and lower tap: all but the last, all, all but the first
    rows_seen = torch.stack([columns - last_row, columns, columns - first_row], 2)
    every = rows_seen.sum(3)
    seen = torch.stack([every - rows_seen[..., -1], every, every - rows_seen[..., 0]], 3)  # (batch, inputs, 3, 3)
    mean = torch.einsum("bihw,oihw->bo", seen / (height * width), convolution.weight.float())
    return mean if convolution.bias is None else mean + convolution.bias.float()


def _sum_of_rows(features: Tensor) -> Tensor:
    """(batch, channels, height, width) to (batch, channels, width); as a product, which is faster than a sum."""
    return features.new_ones(features.shape[2]) @ features


def blended(first: Levels, last: Levels, masks: Levels) -> Levels:
    """Features with masks (moments, 1, height, width) as the share of the last frame."""
    full, half, quarter = (
        torch.lerp(left.float(), right.float(), mask.float())  # in half precision not all of them are
        for left, right, mask in zip(first, last, masks, strict=True)
    )
    return full, half, quarter


def _leaky(features: Tensor) -> Tensor:
    """Overwrites the features, which no one else may need any more."""
    return functional.leaky_relu(features, _SLOPE, inplace=True)


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)
