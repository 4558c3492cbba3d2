"""How PerVFI makes a frame of its features: by a conditional normalising flow (v0), or by convolutions (vb).

Wu et al., "Perception-Oriented Video Frame Interpolation via Asymmetric Blending", CVPR 2024, section 3.3; steps of the
flow: Kingma, Dhariwal: "Glow: Generative Flow with Invertible 1x1 Convolutions", NeurIPS 2018, table 1. Written from
their formulas. Names of attributes, the capital L included, are those of the official checkpoints.
"""

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.interpolators.pervfi_features import LEVELS, ShortcutConvolutions
from frameloom.models.layers.channels import beside

Conditions = tuple[Tensor, Tensor, Tensor]  # (batch, 35 | 64 | 96, height, width) at 1/2, 1/4 and 1/8
Noise = tuple[Tensor, Tensor, Tensor]  # (batch, 6 | 12 | 48, height, width) at 1/2, 1/4 and 1/8
NOISE_CHANNELS = (6, 12, 48)
_STEPS = 16
_HIDDEN = 64  # channels of the networks that say how a step changes


class ConditionalFlow(nn.Module):
    """An invertible map between a frame and noise; features say which one. In float32, as it was trained."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            # Half of what is seen leaves as noise, but at the coarsest size, where all does
            FlowBlock(2 * channels if level < len(LEVELS) - 1 else channels, told, splits=level < len(LEVELS) - 1)
            for level, (channels, told) in enumerate(zip(NOISE_CHANNELS, LEVELS, strict=True))
        )

    def forward(self, conditions: Conditions, noise: Noise) -> Tensor:
        """The frame (batch, 3, height, width), about -1 to 1, that noise stands for: standard normal, or cooler."""
        with torch.autocast(noise[0].device.type, enabled=False):
            frame = noise[-1][:, :0]
            for block, condition, part in reversed(list(zip(self.blocks, conditions, noise, strict=True))):
                frame = block(frame, condition.float(), part)
            return frame

    def encode(self, frame: Tensor, conditions: Conditions) -> tuple[Noise, Tensor]:
        """What noise a frame stands for, and how likely it is.

        The noise is not standardised by its prior, as `forward` takes it, so the two are not exact inverses: the
        published weights were trained so.

        Args:
            frame: (batch, 3, height, width) in [-1, 1].
            conditions: Of the moment of this frame.

        Returns:
            The noise, and the logarithm of the density of the frame (batch,).
        """
        with torch.autocast(frame.device.type, enabled=False):
            likelihood = frame.new_zeros(len(frame))
            parts: list[Tensor] = []
            for block, condition in zip(self.blocks, conditions, strict=True):
                frame, part, gained = cast(FlowBlock, block).encode(frame, condition.float())
                parts.append(part)
                likelihood = likelihood + gained
            half, quarter, eighth = parts
            return (half, quarter, eighth), likelihood


class FlowBlock(nn.Module):
    """Steps at one size, and the prior of the noise that leaves there."""

    def __init__(self, channels: int, told: int, *, splits: bool) -> None:
        super().__init__()
        self.splits = splits
        self.actnorm = ActNorm(channels)
        self.invconv = InvertibleConvolution(channels)
        self.flows = nn.ModuleList(FlowStep(channels, told) for _ in range(_STEPS))
        self.prior = ZeroConvolution(channels // 2, channels) if splits else ZeroConvolution(channels, 2 * channels)

    def forward(self, coarser: Tensor, condition: Tensor, noise: Tensor) -> Tensor:
        """What the coarser block made, and noise, both (batch, 6 | 12 | 48, height, width), to twice height and width.

        The coarsest block has no channels before it.
        """
        mean, log_deviation = self._expected(coarser, noise)
        made = beside(coarser, mean + log_deviation.exp() * noise)
        made = self._stepped(made, condition) if torch.is_grad_enabled() else self._overwritten(made, condition)
        return functional.pixel_shuffle(unmixed(made, self.actnorm, self.invconv), 2)

    def _stepped(self, made: Tensor, condition: Tensor) -> Tensor:
        for step in reversed(self.flows):
            made = step(made, condition)
        return made

    def _overwritten(self, made: Tensor, condition: Tensor) -> Tensor:
        """The same in one place, where the condition lies beside what it changes in all steps and is not moved."""
        channels = made.shape[1]
        beside_each_other = beside(made, condition)
        made = beside_each_other[:, :channels]
        changed, seen = made[:, : channels // 2], beside_each_other[:, channels // 2 :]
        for step in reversed(cast(Sequence[FlowStep], self.flows)):
            shift, log_rescale = step.coupling.told(seen)
            changed.sub_(shift).mul_(log_rescale.neg_().exp_())
            made.copy_(unmixed(made, step.actnorm, step.invconv))
        return made

    def encode(self, frame: Tensor, condition: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What goes on to the coarser block, the noise that leaves, and what they add to the likelihood (batch,)."""
        mixed, gained = self.actnorm(functional.pixel_unshuffle(frame, 2))
        mixed, more = self.invconv(mixed)
        gained = gained + more
        for step in self.flows:
            mixed, more = cast(FlowStep, step).encode(mixed, condition)
            gained = gained + more
        onward, noise = mixed.chunk(2, 1) if self.splits else (mixed[:, :0], mixed)
        mean, log_deviation = self._expected(onward, noise)
        density = -0.5 * (math.log(2 * math.pi) + 2 * log_deviation + ((noise - mean) * (-log_deviation).exp()) ** 2)
        return onward, noise, gained + density.sum((1, 2, 3))

    def _expected(self, onward: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the deviation of the noise, by what does not leave; of the coarsest, by nothing."""
        mean, log_deviation = self.prior(onward if self.splits else torch.zeros_like(noise)).chunk(2, 1)
        return mean, log_deviation


class FlowStep(nn.Module):
    """Normalise, mix channels, let one half of them change the other."""

    def __init__(self, channels: int, told: int) -> None:
        super().__init__()
        self.actnorm = ActNorm(channels)
        self.invconv = InvertibleConvolution(channels)
        self.coupling = ConditionalCoupling(channels, told)

    def forward(self, made: Tensor, condition: Tensor) -> Tensor:
        """From noise to frame: (batch, channels, height, width), the same."""
        return unmixed(self.coupling(made, condition), self.actnorm, self.invconv)

    def encode(self, mixed: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """From frame to noise: (batch, channels, height, width), the same, and the log-determinant (batch,)."""
        mixed, gained = self.actnorm(mixed)
        mixed, more = self.invconv(mixed)
        mixed, most = self.coupling.encode(mixed, condition)
        return mixed, gained + more + most


class ActNorm(nn.Module):
    """Shift and scale of each channel; until trained, those that standardise the first batch."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.loc = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.logs = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.register_buffer("initialized", torch.tensor(0, dtype=torch.uint8))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """From frame to noise: (batch, channels, height, width), the same, and the log-determinant."""
        if not self.initialized:
            self._standardise(features.detach())
        height, width = features.shape[-2:]
        return (self.logs.exp() + 1e-8) * (features + self.loc), height * width * self.logs.sum()

    @torch.no_grad()
    def _standardise(self, features: Tensor) -> None:
        self.loc.copy_(-features.mean((0, 2, 3), keepdim=True))
        deviation = features.std((0, 2, 3), correction=0, keepdim=True)
        self.logs.copy_(torch.log(1 / (deviation + 1e-6) + 1e-6))
        self.get_buffer("initialized").fill_(1)


class InvertibleConvolution(nn.Module):
    """Mixes the channels of each pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        rotation = cast(Tensor, torch.linalg.qr(torch.randn(channels, channels))[0])
        self.weight = nn.Parameter(rotation[:, :, None, None].contiguous())

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """From frame to noise: (batch, channels, height, width), the same, and the log-determinant."""
        height, width = features.shape[-2:]
        volume = cast(Tensor, torch.linalg.slogdet(self.weight[:, :, 0, 0].double())[1])
        return functional.conv2d(features, self.weight), height * width * volume.to(features.dtype)


class ConditionalCoupling(nn.Module):
    """One half of the channels is shifted and scaled as the other half and the condition say."""

    def __init__(self, channels: int, told: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(1))
        self.scale_shift = nn.Parameter(torch.zeros(1))
        self.affine = CouplingNetwork(channels // 2 + told, channels)

    def forward(self, made: Tensor, condition: Tensor) -> Tensor:
        """From noise to frame: (batch, channels, height, width), the same."""
        changed, kept = made.chunk(2, 1)
        shift, log_rescale = self.told(beside(kept, condition))
        return beside((changed - shift) * (-log_rescale).exp(), kept)

    def encode(self, mixed: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """From frame to noise: (batch, channels, height, width), the same, and the log-determinant (batch,)."""
        changed, kept = mixed.chunk(2, 1)
        shift, log_rescale = self.told(beside(kept, condition))
        return beside(changed * log_rescale.exp() + shift, kept), log_rescale.sum((1, 2, 3))

    def told(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Shift and scale, as a logarithm, by the half that is kept and the condition, one beside the other."""
        shift, log_rescale = self.affine(seen).chunk(2, 1)
        return shift, self.scale * torch.tanh(log_rescale) + self.scale_shift


class CouplingNetwork(nn.Module):
    """What says by how much."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.tail = nn.Sequential(
            nn.Conv2d(inputs, _HIDDEN, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(_HIDDEN, _HIDDEN, 1),
            nn.ReLU(inplace=True),
            ZeroConvolution(_HIDDEN, outputs),
        )

    def forward(self, seen: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height, width)."""
        return self.tail(seen)


class ZeroConvolution(nn.Module):
    """A convolution that starts as nothing, with a scale that grows fast."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.scale = nn.Parameter(torch.zeros(1, outputs, 1, 1))
        nn.init.zeros_(self.conv.weight)
        nn.init.zeros_(cast(Tensor, self.conv.bias))

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height, width)."""
        return self.conv(features) * torch.exp(3 * self.scale)


def unmixed(made: Tensor, actnorm: ActNorm, invconv: InvertibleConvolution) -> Tensor:
    """What a mixing convolution and the shift and scale before it were given; both undone by one convolution."""
    inverse = cast(Tensor, torch.linalg.inv(invconv.weight[:, :, 0, 0])) * (-actnorm.logs[0, :, 0]).exp()
    return functional.conv2d(made, inverse[:, :, None, None], -actnorm.loc.flatten())


class Decoder(nn.Module):
    """The frame by convolutions, from 1/8 of the size up (vb). It has no noise, and samples nothing."""

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = LEVELS
        self.conv3 = ShortcutConvolutions(eighth, 128, quarter)
        self.conv2 = ShortcutConvolutions(2 * quarter, 256, half)
        self.conv1 = ShortcutConvolutions(2 * half, 96, 128)
        self.tail = nn.Conv2d(128 // 4, 3, 3, padding=1)

    def forward(self, half: Tensor, quarter: Tensor, eighth: Tensor) -> Tensor:
        """(batch, 35 | 64 | 96, height, width) at 1/2, 1/4 and 1/8 to the frame (batch, 3, ...), about -1 to 1."""
        made = self.conv3(eighth)
        made = self.conv2(beside(_doubled(made), quarter))
        made = self.conv1(beside(_doubled(made), half))
        return self.tail(functional.pixel_shuffle(made, 2))


def _doubled(features: Tensor) -> Tensor:
    """With corners aligned, other than everywhere else: so the published weights were trained."""
    return functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=True)
