"""PerVFI: the first frame is carried to the moment; the last one only fills what that leaves open.

Wu, Tao, Li, Wang, Liu, Zheng: "Perception-Oriented Video Frame Interpolation via Asymmetric Blending", CVPR 2024. The
paper's frame 0 is `first` here, its frame 1 `last`. Written from its equations and from the names and shapes of the
published weights, which are also the names of the attributes.

Flows are given: any estimator's will do. What does not depend on the moment - features, and how well pixels are found
again - is a lazy property of a `PerVFIView` or a `PerVFIPair`. Modules take tensors and give tensors; splats, warps and
resizing happen between them, in float32. Padded sizes are multiples of 8.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from frameloom.models.interpolators.pervfi_alignment import AttentionMerge, DeformableAlign, Levels, blended
from frameloom.models.interpolators.pervfi_decoders import NOISE_CHANNELS, ConditionalFlow, Conditions, Decoder, Noise
from frameloom.models.interpolators.pervfi_features import FeaturePyramid
from frameloom.models.interpolators.pervfi_fusion import MultiscaleFuse
from frameloom.models.layers import heap
from frameloom.models.layers.splatting import Landing, splat
from frameloom.models.layers.strips import by_strips, rows_at_a_time
from frameloom.models.layers.warping import resize, resize_flow, warp

_STRONGEST = 20.0  # of the importance: its exponential is a weight
_MOVED = 1 << 18  # numbers at a time, from one order of memory to another: 1 MiB
_LEAST = 1e-7  # of the shares that land on a pixel; with less it is a hole


def noise(
    size: tuple[int, int],
    *,
    temperature: float = 0.3,
    seed: int | Sequence[int] = 0,
    device: torch.device | None = None,
) -> Noise:
    """What a normalising flow makes a frame of; with the same for every frame, a video does not flicker.

    Args:
        size: (height, width), padded.
        temperature: Its standard deviation; 0 gives the likeliest frame, 0.3 is the paper's (section 4.1).
        seed: Says which; several numbers are a seed as well.
        device: Where to put it.

    Returns:
        (1, 6 | 12 | 48, height, width) float32 at 1/2, 1/4 and 1/8 of the size.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    half, quarter, eighth = (
        torch.from_numpy(
            generator.standard_normal((1, channels, size[0] // shrink, size[1] // shrink), np.float32)
            * np.float32(temperature)
        ).to(device)
        for channels, shrink in zip(NOISE_CHANNELS, (2, 4, 8), strict=True)
    )
    return half, quarter, eighth


class PerVFIView:
    """One frame, with what depends on it alone."""

    def __init__(self, image: Tensor, encoder: nn.Module) -> None:
        self.image = image  # (1, 3, height, width) in [0, 1], RGB, padded
        self._encoder = encoder

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), padded."""
        return self.image.shape[-2], self.image.shape[-1]

    @cached_property
    def features(self) -> Levels:
        """(1, 35 | 64 | 96, height, width) at full size, 1/2 and 1/4; the first three are the colours, in [-1, 1]."""
        return self._encoder(self.image * 2 - 1)


class PerVFIPair:
    """Two frames and the flows between them, with what depends on these and on no moment."""

    def __init__(
        self, first: PerVFIView, last: PerVFIView, *, forward: Tensor, backward: Tensor, importance: nn.Module
    ) -> None:
        self.first = first
        self.last = last
        self.forward = forward
        self.backward = backward
        self._importance = importance

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), padded."""
        return self.first.size

    @cached_property
    def importances(self) -> tuple[Tensor, Tensor]:
        """(1, 1, height, width) of each frame: how little its pixels count, as a logarithm, for half a step."""
        first, last = self.first.features[0], self.last.features[0]
        weighed = self._weighed(first, last, self.forward), self._weighed(last, first, self.backward)
        heap.release()  # of what flows and features took: once per pair, as fetching it again takes a tenth of a frame
        return weighed

    def _weighed(self, own: Tensor, other: Tensor, flow: Tensor) -> Tensor:
        error = (own - warp(other, flow, outside="zeros")).abs_().mean(1, keepdim=True)
        return self._importance(own[:, :3], error).float()


class PerVFI(nn.Module, ABC):
    """Frames between two frames whose flows are known, at any moments."""

    def __init__(self) -> None:
        super().__init__()
        self.featurePyramid = FeaturePyramid()
        self.deformableAlign = DeformableAlign()
        self.attentionMerge = AttentionMerge()
        self.multiscaleFuse = MultiscaleFuse()

    def view(self, image: Tensor) -> PerVFIView:
        """A frame (1, 3, height, width), RGB in [0, 1]; height and width multiples of 8."""
        return PerVFIView(image, self.featurePyramid.netEncode)

    def pair(self, first: PerVFIView, last: PerVFIView, *, forward: Tensor, backward: Tensor) -> PerVFIPair:
        """Two views of this network.

        Args:
            first, last: The frames.
            forward, backward: (1, 2, height, width) float32, pixels: from each pixel of the first frame to where it is
                in the last one, and the other way.
        """
        importance = self.featurePyramid.netSoftmetric
        return PerVFIPair(first, last, forward=forward, backward=backward, importance=importance)

    def render(self, pair: PerVFIPair, distance: Tensor, noise: Noise) -> Tensor:
        """The frames at the given distances.

        Args:
            pair: The two frames.
            distance: (moments, 1, height, width) or (moments, 1, 1, 1), in [0, 1].
            noise: One for all moments, or one for each: `noise`. A network that does not sample ignores it.

        Returns:
            (moments, 3, height, width) in [0, 1].
        """
        return self.prediction(pair, distance, noise).clamp(0, 1)

    def prediction(self, pair: PerVFIPair, distance: Tensor, noise: Noise) -> Tensor:
        """`render`, but not clipped: what losses compare."""
        return (self.decoded(self.conditions(pair, distance), noise) + 1) / 2

    @abstractmethod
    def decoded(self, conditions: Conditions, noise: Noise) -> Tensor:
        """(moments, 3, height, width), about -1 to 1."""

    def conditions(self, pair: PerVFIPair, distance: Tensor) -> Conditions:
        """All that the decoder needs to know of the frames at the given distances.

        Returns:
            (moments, 35 | 64 | 96, height, width) at 1/2, 1/4 and 1/8 of the size.
        """
        heap.release()  # of the frame before
        # In a call of its own, so that all that went into them is gone when the largest features are made
        levels = list(self.joined(pair, distance))
        heap.release()
        return self.multiscaleFuse(levels)

    def joined(self, pair: PerVFIPair, distance: Tensor) -> Levels:
        """The features of both frames as one, at the given distances: of the last frame where the first one has holes.

        Returns:
            (moments, 35 | 64 | 96, height, width) at full size, 1/2 and 1/4.
        """
        first, holes = carried(pair, distance)
        last = _expanded(pair.last.features, len(distance))
        aligned = self.deformableAlign(first, last, holes, _shrunk_flows(flow_to_last(pair, distance)))
        masks = self.attentionMerge.masks(first, aligned, holes)
        return blended(first, aligned, masks)


class PerVFIv0(PerVFI):
    """The published PerVFI: its frames are samples, made by a normalising flow."""

    def __init__(self) -> None:
        super().__init__()
        self.condFLownet = ConditionalFlow()

    def decoded(self, conditions: Conditions, noise: Noise) -> Tensor:
        """(moments, 3, height, width), about -1 to 1."""
        moments = len(conditions[0])
        half, quarter, eighth = (part.expand(moments, -1, -1, -1) for part in noise)
        return self.condFLownet(conditions, (half, quarter, eighth))

    def encode(self, pair: PerVFIPair, distance: Tensor, frames: Tensor) -> tuple[Noise, Tensor]:
        """What noise given frames stand for, and how unlikely they are.

        Args:
            pair: The two frames.
            distance: (moments, 1, height, width) or (moments, 1, 1, 1), in [0, 1].
            frames: (moments, 3, height, width) in [0, 1]: the true ones at these distances.

        Returns:
            The noise, not standardised, and the negative logarithm of the likelihood, in bits per pixel (moments,).
        """
        made, likelihood = self.condFLownet.encode(frames * 2 - 1, self.conditions(pair, distance))
        return made, -likelihood / (math.log(2) * frames.shape[-2] * frames.shape[-1])


class PerVFIvb(PerVFI):
    """PerVFI with a plain decoder: the same frame every time."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = Decoder()

    def decoded(self, conditions: Conditions, noise: Noise) -> Tensor:
        """(moments, 3, height, width), about -1 to 1."""
        return self.generator(*conditions).float()


def carried(pair: PerVFIPair, distance: Tensor) -> tuple[Levels, Levels]:
    """The features of the first frame, carried to the moment, and where nothing of it lands.

    Returns:
        (moments, 35 | 64 | 96, height, width) and (moments, 1, height, width), 1 in holes, else 0; at full size, 1/2
        and 1/4.
    """
    flow = distance * pair.forward
    unimportance = pair.importances[0] * (2 * distance)
    features: list[Tensor] = []
    holes: list[Tensor] = []
    for level in pair.first.features:
        size = (level.shape[-2], level.shape[-1])
        # Each level's from the level before: halved twice is not quartered once
        flow, unimportance = resize_flow(flow, size), resize(unimportance, size)
        landing = Landing(flow)
        features.append(_in_planes(splat(level, landing, _importance(unimportance))))
        holes.append((landing.totals() <= _LEAST).float())
    return (features[0], features[1], features[2]), (holes[0], holes[1], holes[2])


def flow_to_last(pair: PerVFIPair, distance: Tensor) -> Tensor:
    """(moments, 2, height, width), pixels: from the moment to the last frame."""
    flow = (1 - distance) * pair.backward
    return -splat(flow, flow, _importance(pair.importances[1] * (2 * (1 - distance))))


def _in_planes(features: Tensor) -> Tensor:
    """Features (batch, channels, height, width) with rows first in memory, as the convolutions that follow take them.

    A few rows at a time stay in the cache, so that it takes a quarter of the time of `contiguous`.
    """
    batch, channels, height, width = features.shape
    rows = rows_at_a_time(batch * channels * width, _MOVED)
    (planes,) = by_strips(height, rows, lambda moved: (features[:, :, moved],), reach=0)
    return planes


def _importance(unimportance: Tensor) -> Tensor:
    return (-unimportance).clamp(-_STRONGEST, _STRONGEST)


def _shrunk_flows(flow: Tensor) -> Levels:
    height, width = flow.shape[-2:]
    return flow, resize_flow(flow, (height // 2, width // 2)), resize_flow(flow, (height // 4, width // 4))


def _expanded(levels: Levels, moments: int) -> Levels:
    full, half, quarter = (level.expand(moments, -1, -1, -1) for level in levels)
    return full, half, quarter
