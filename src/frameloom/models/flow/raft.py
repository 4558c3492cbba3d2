"""RAFT and RAFT-small: a flow that a recurrent unit mends, again and again, by the matches around it.

Teed and Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", ECCV 2020. Layers have the names of the
published weights.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.errors import ShapeError
from frameloom.models.flow.network import MATCHED_AT, FlowNetwork, View, upsampled
from frameloom.models.layers.correlation import SMALLEST_SIDE, Correlation, correlate, correlate_both
from frameloom.models.layers.grids import pixel_grid

ITERATIONS = 12  # of the released estimator inside PerVFI; more settle the flow further
LEVELS = 4  # of the matches that are looked up
SMALLEST_FRAME = MATCHED_AT * 2 ** (LEVELS - 1) * SMALLEST_SIDE
MASK_SHARE = 0.25  # by which the paper's code balances gradients; weights were trained with it

Norm = Callable[[int], nn.Module]
Step = Callable[[Tensor, Tensor], Tensor]
"""From hidden state and motion (batch, channels, height, width) to the next hidden state."""


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int, norm: Norm, *, bias: bool = True) -> None:
        """Args: channels, stride, normalisation by channels, whether the two convolutions have a bias."""
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=bias)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=bias)
        self.norm1 = norm(outputs)
        self.norm2 = norm(outputs)
        self.downsample = None
        if stride > 1:
            # One normalisation under two names, both of which published weights have; the second is loaded last
            self.norm3 = norm(outputs)
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride), self.norm3)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height / stride, width / stride)."""
        inner = torch.relu(self.norm1(self.conv1(features)))
        inner = torch.relu(self.norm2(self.conv2(inner)))
        return torch.relu(inner + (features if self.downsample is None else self.downsample(features)))


class Bottleneck(nn.Module):
    """Three convolutions, on a quarter of the channels, beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int, norm: Norm) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs // 4, 1)
        self.conv2 = nn.Conv2d(outputs // 4, outputs // 4, 3, stride, 1)
        self.conv3 = nn.Conv2d(outputs // 4, outputs, 1)
        self.norm1 = norm(outputs // 4)
        self.norm2 = norm(outputs // 4)
        self.norm3 = norm(outputs)
        self.downsample = None
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride), norm(outputs))

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height / stride, width / stride)."""
        inner = torch.relu(self.norm1(self.conv1(features)))
        inner = torch.relu(self.norm2(self.conv2(inner)))
        inner = torch.relu(self.norm3(self.conv3(inner)))
        return torch.relu(inner + (features if self.downsample is None else self.downsample(features)))


class Encoder(nn.Module):
    """Features at 1/8 of the size (paper, section 3.1)."""

    def __init__(self, outputs: int, norm: Norm, *, bias: bool = True) -> None:
        """Args: channels, normalisation by channels, whether convolutions have a bias."""
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=bias)
        self.norm1 = norm(64)
        self.layer1 = self._stage(64, 64, 1, norm, bias=bias)
        self.layer2 = self._stage(64, 96, 2, norm, bias=bias)
        self.layer3 = self._stage(96, 128, 2, norm, bias=bias)
        self.conv2 = nn.Conv2d(128, outputs, 1)

    @staticmethod
    def _stage(inputs: int, outputs: int, stride: int, norm: Norm, *, bias: bool) -> nn.Sequential:
        return nn.Sequential(
            ResidualBlock(inputs, outputs, stride, norm, bias=bias),
            ResidualBlock(outputs, outputs, 1, norm, bias=bias),
        )

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, height, width) to (batch, outputs, height / 8, width / 8)."""
        features = torch.relu(self.norm1(self.conv1(image)))
        return self.conv2(self.layer3(self.layer2(self.layer1(features))))


class SmallEncoder(nn.Module):
    """The same with fewer channels and bottlenecks."""

    def __init__(self, outputs: int, norm: Norm) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 7, 2, 3)
        self.norm1 = norm(32)
        self.layer1 = nn.Sequential(Bottleneck(32, 32, 1, norm), Bottleneck(32, 32, 1, norm))
        self.layer2 = nn.Sequential(Bottleneck(32, 64, 2, norm), Bottleneck(64, 64, 1, norm))
        self.layer3 = nn.Sequential(Bottleneck(64, 96, 2, norm), Bottleneck(96, 96, 1, norm))
        self.conv2 = nn.Conv2d(96, outputs, 1)

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, height, width) to (batch, outputs, height / 8, width / 8)."""
        features = torch.relu(self.norm1(self.conv1(image)))
        return self.conv2(self.layer3(self.layer2(self.layer1(features))))


class MotionEncoder(nn.Module):
    """What the matches around a flow and the flow itself say."""

    def __init__(self) -> None:
        super().__init__()
        self.convc1 = nn.Conv2d(LEVELS * 9**2, 256, 1)
        self.convc2 = nn.Conv2d(256, 192, 3, 1, 1)
        self.convf1 = nn.Conv2d(2, 128, 7, 1, 3)
        self.convf2 = nn.Conv2d(128, 64, 3, 1, 1)
        self.conv = nn.Conv2d(192 + 64, 128 - 2, 3, 1, 1)

    def forward(self, flow: Tensor, matches: Tensor) -> Tensor:
        """(batch, 2, height, width) and (batch, 324, height, width) to (batch, 128, height, width)."""
        matched = torch.relu(self.convc2(torch.relu(self.convc1(matches))))
        moved = torch.relu(self.convf2(torch.relu(self.convf1(flow))))
        seen = torch.relu(self.conv(torch.cat([matched, moved], dim=1)))
        return torch.cat([seen, flow], dim=1)


class SmallMotionEncoder(nn.Module):
    """The same with fewer channels."""

    def __init__(self) -> None:
        super().__init__()
        self.convc1 = nn.Conv2d(LEVELS * 7**2, 96, 1)
        self.convf1 = nn.Conv2d(2, 64, 7, 1, 3)
        self.convf2 = nn.Conv2d(64, 32, 3, 1, 1)
        self.conv = nn.Conv2d(96 + 32, 82 - 2, 3, 1, 1)

    def forward(self, flow: Tensor, matches: Tensor) -> Tensor:
        """(batch, 2, height, width) and (batch, 196, height, width) to (batch, 82, height, width)."""
        matched = torch.relu(self.convc1(matches))
        moved = torch.relu(self.convf2(torch.relu(self.convf1(flow))))
        seen = torch.relu(self.conv(torch.cat([matched, moved], dim=1)))
        return torch.cat([seen, flow], dim=1)


class SeparableGRU(nn.Module):
    """A gated recurrent unit that looks along rows, then along columns (paper, section 3.3)."""

    def __init__(self, hidden: int, inputs: int) -> None:
        super().__init__()
        both = hidden + inputs
        self.convz1 = nn.Conv2d(both, hidden, (1, 5), 1, (0, 2))
        self.convr1 = nn.Conv2d(both, hidden, (1, 5), 1, (0, 2))
        self.convq1 = nn.Conv2d(both, hidden, (1, 5), 1, (0, 2))
        self.convz2 = nn.Conv2d(both, hidden, (5, 1), 1, (2, 0))
        self.convr2 = nn.Conv2d(both, hidden, (5, 1), 1, (2, 0))
        self.convq2 = nn.Conv2d(both, hidden, (5, 1), 1, (2, 0))

    def forward(self, context: Tensor) -> Step:
        """The step for one context (batch, channels, height, width)."""
        along_rows = gated(self.convz1, self.convr1, self.convq1, context)
        along_columns = gated(self.convz2, self.convr2, self.convq2, context)
        return lambda hidden, motion: along_columns(along_rows(hidden, motion), motion)


class SmallGRU(nn.Module):
    """A gated recurrent unit that looks at squares."""

    def __init__(self, hidden: int, inputs: int) -> None:
        super().__init__()
        self.convz = nn.Conv2d(hidden + inputs, hidden, 3, 1, 1)
        self.convr = nn.Conv2d(hidden + inputs, hidden, 3, 1, 1)
        self.convq = nn.Conv2d(hidden + inputs, hidden, 3, 1, 1)

    def forward(self, context: Tensor) -> Step:
        """The step for one context (batch, channels, height, width)."""
        return gated(self.convz, self.convr, self.convq, context)


def gated(update: nn.Conv2d, reset: nn.Conv2d, candidate: nn.Conv2d, context: Tensor) -> Step:
    """The step of a gated recurrent unit whose gates are convolutions over hidden state, context and motion.

    A convolution over what stands side by side is the sum of those over each, and that over the context is the same in
    all iterations: a third of the work of RAFT's unit.
    """
    both = torch.cat([update.weight, reset.weight])
    both_bias = torch.cat([bias for bias in (update.bias, reset.bias) if bias is not None])
    gates, gates_of_context = _split_by_context(both, both_bias, update, context)
    change, change_of_context = _split_by_context(candidate.weight, candidate.bias, candidate, context)

    def step(hidden: Tensor, motion: Tensor) -> Tensor:
        seen = functional.conv2d(torch.cat([hidden, motion], dim=1), gates, padding=update.padding)
        share, kept = torch.sigmoid(seen + gates_of_context).chunk(2, dim=1)
        proposed = functional.conv2d(torch.cat([kept * hidden, motion], dim=1), change, padding=candidate.padding)
        return hidden + share * (torch.tanh(proposed + change_of_context) - hidden)

    return step


def _split_by_context(weight: Tensor, bias: Tensor | None, like: nn.Conv2d, context: Tensor) -> tuple[Tensor, Tensor]:
    """Weights for hidden state and motion, and the convolution (batch, outputs, height, width) of the context."""
    hidden, known = like.out_channels, context.shape[1]
    of_hidden, of_context, of_motion = torch.split(weight, [hidden, known, weight.shape[1] - hidden - known], dim=1)
    return torch.cat([of_hidden, of_motion], dim=1), functional.conv2d(context, of_context, bias, padding=like.padding)


class FlowHead(nn.Module):
    """What is to be added to the flow."""

    def __init__(self, hidden: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(hidden, channels, 3, 1, 1)
        self.conv2 = nn.Conv2d(channels, 2, 3, 1, 1)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, hidden, height, width) to (batch, 2, height, width), pixels of this size."""
        return self.conv2(torch.relu(self.conv1(hidden)))


class Update(nn.Module):
    """What changes from one iteration to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = MotionEncoder()
        self.gru = SeparableGRU(128, 128 + 128)
        self.flow_head = FlowHead(128, 256)
        self.mask = new_mask_head()

    def forward(self, hidden: Tensor, step: Step, flow: Tensor, matches: Tensor) -> Tensor:
        """The hidden state (batch, 128, height, width) a step after a look at flow and matches of this size."""
        return step(hidden, self.encoder(flow, matches))


def new_mask_head() -> nn.Sequential:
    """From hidden state to the weights of `upsampled`."""
    return nn.Sequential(nn.Conv2d(128, 256, 3, 1, 1), nn.ReLU(), nn.Conv2d(256, 9 * MATCHED_AT**2, 1))


class SmallUpdate(nn.Module):
    """The same with fewer channels, and without weights for growing."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = SmallMotionEncoder()
        self.gru = SmallGRU(96, 64 + 82)
        self.flow_head = FlowHead(96, 128)

    def forward(self, hidden: Tensor, step: Step, flow: Tensor, matches: Tensor) -> Tensor:
        """The hidden state (batch, 96, height, width) a step after a look at flow and matches of this size."""
        return step(hidden, self.encoder(flow, matches))


class RAFTView(View):
    """A frame, with what pixels are matched by and what the recurrent unit begins with."""

    def __init__(self, network: "RecurrentFlow", image: Tensor) -> None:
        super().__init__(image)
        self._network = network

    @cached_property
    def features(self) -> Tensor:
        """(1, channels, height / 8, width / 8)."""
        return self._network.fnet(2 * self.image - 1)

    @cached_property
    def context(self) -> tuple[Tensor, Tensor]:
        """Hidden state and context, (1, channels, height / 8, width / 8) each."""
        hidden, context = self._network.cnet(2 * self.image - 1).split(self._network.split, dim=1)
        return torch.tanh(hidden), torch.relu(context)


class RecurrentFlow(FlowNetwork):
    """What RAFT, RAFT-small and GMA share: a flow that is mended in iterations."""

    fnet: nn.Module
    cnet: nn.Module
    split: tuple[int, int]  # of the context encoder's channels: hidden state, context
    radius: int
    iterations: int = ITERATIONS
    share_for_matches: float = 1.0  # of the memory that may be spent on what is kept

    def view(self, image: Tensor) -> RAFTView:
        """A frame of at least 128 pixels per side."""
        return RAFTView(self, image)

    def flow(self, first: View, second: View, *, memory: int | None = None) -> Tensor:
        """As `FlowNetwork.flow`.

        Raises:
            ShapeError: a side of less than 128 pixels.
        """
        here, there = self._checked(first), self._checked(second)
        matches = correlate(here.features, there.features, levels=LEVELS, memory=self._for_matches(memory))
        return self.refined([here], [matches], memory)

    def flow_both(self, first: View, second: View, *, memory: int | None = None) -> Tensor:
        """As `FlowNetwork.flow_both`.

        Raises:
            ShapeError: a side of less than 128 pixels.
        """
        here, there = self._checked(first), self._checked(second)
        matches = correlate_both(here.features, there.features, levels=LEVELS, memory=self._for_matches(memory))
        return self.refined([here, there], matches, memory)

    def _for_matches(self, memory: int | None) -> int | None:
        return None if memory is None else int(memory * self.share_for_matches)

    def _checked(self, view: View) -> RAFTView:
        if min(view.size) < SMALLEST_FRAME:
            height, width = view.size
            raise ShapeError(
                f"{type(self).__name__} got frames of {width}x{height}: it needs at least {SMALLEST_FRAME} pixels per"
                " side, or its coarsest matches would be one pixel wide and its flow not a number. Pad them."
            )
        return cast(RAFTView, view)

    def refined(self, views: Sequence[RAFTView], matches: Sequence[Correlation], memory: int | None) -> Tensor:
        """The flow (views, 2, height, width) from each view, after all iterations.

        Args:
            views: From which flows go out.
            matches: Of each of them, with the frame that its flow leads to.
            memory: Bytes, as for `flow`.
        """
        hidden, context = (torch.cat(parts) for parts in zip(*(view.context for view in views), strict=True))
        size = (hidden.shape[-2], hidden.shape[-1])
        grid = pixel_grid(*size, hidden.device)
        flow = grid.new_zeros(len(views), 2, *size)
        step = self.stepping(context, memory)
        for _ in range(self.iterations):
            guesses = torch.split(grid + flow, 1)
            found = [volume.around(guess, radius=self.radius) for volume, guess in zip(matches, guesses, strict=True)]
            hidden = step(hidden, flow, torch.cat(found))
            flow = flow + self.change(hidden).float()
        return self.grown(flow, hidden)

    @abstractmethod
    def stepping(self, context: Tensor, memory: int | None) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """The function from (hidden state, flow, matches) to the next hidden state, for one context."""

    @abstractmethod
    def change(self, hidden: Tensor) -> Tensor:
        """(batch, 2, height / 8, width / 8): what is to be added to the flow, pixels of this size."""

    @abstractmethod
    def grown(self, flow: Tensor, hidden: Tensor) -> Tensor:
        """The flow (batch, 2, height / 8, width / 8) at full size and in its pixels."""


class RAFT(RecurrentFlow):
    """RAFT."""

    split = (128, 128)
    radius = 4

    def __init__(self) -> None:
        super().__init__()
        self.fnet = Encoder(256, nn.InstanceNorm2d)
        self.cnet = Encoder(sum(self.split), nn.BatchNorm2d)
        self.update_block = Update()

    def stepping(self, context: Tensor, memory: int | None) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """As `RecurrentFlow.stepping`."""
        step = self.update_block.gru(context)
        return lambda hidden, flow, matches: self.update_block(hidden, step, flow, matches)

    def change(self, hidden: Tensor) -> Tensor:
        """As `RecurrentFlow.change`."""
        return self.update_block.flow_head(hidden)

    def grown(self, flow: Tensor, hidden: Tensor) -> Tensor:
        """By weights that are learned."""
        return upsampled(flow, MASK_SHARE * self.update_block.mask(hidden))


class RAFTSmall(RecurrentFlow):
    """RAFT-small."""

    split = (96, 64)
    radius = 3

    def __init__(self) -> None:
        super().__init__()
        self.fnet = SmallEncoder(128, nn.InstanceNorm2d)
        self.cnet = SmallEncoder(sum(self.split), lambda channels: nn.Identity())
        self.update_block = SmallUpdate()

    def stepping(self, context: Tensor, memory: int | None) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """As `RecurrentFlow.stepping`."""
        step = self.update_block.gru(context)
        return lambda hidden, flow, matches: self.update_block(hidden, step, flow, matches)

    def change(self, hidden: Tensor) -> Tensor:
        """As `RecurrentFlow.change`."""
        return self.update_block.flow_head(hidden)

    def grown(self, flow: Tensor, hidden: Tensor) -> Tensor:
        """Bilinear, outermost pixels on one another."""
        return MATCHED_AT * functional.interpolate(flow, scale_factor=MATCHED_AT, mode="bilinear", align_corners=True)
