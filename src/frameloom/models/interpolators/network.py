"""What the networks that make frames at any time have in common.

A network works in two steps. `motion` says, for each moment, where every pixel of the new frame is found in the two
given ones; `render` fetches the pixels and refines them. What depends on one frame alone is a lazy property of its
`View`, what depends on the two of them of their `Pair`: whoever keeps these keeps the work.

Two switches make the four published variants (Zhong et al., "Clearer Frames, Anytime: Resolving Velocity Ambiguity in
Video Frame Interpolation", ECCV 2024): distance-indexed or time-indexed (section 3.1; the same layers, trained on other
moments), and with or without iterative reference-based estimation (section 3.2; more input channels).

Modules hold convolutions and attention only - tensors in, tensors out - and are direct or indirect children of the
network, so that a backend can exchange each of them for a compiled one; warps and resizing happen between them, in
float32.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from frameloom.models.interpolators.once import Shared, once
from frameloom.models.layers.warping import resize, resize_flow


class View(Shared):
    """One frame, as a network sees it, with what depends on it alone."""

    def __init__(self, image: Tensor) -> None:
        super().__init__()
        self.image = image  # (1, 3, height, width), padded, in the network's channel order

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), padded."""
        return self.image.shape[-2], self.image.shape[-1]


class Pair(Shared):
    """Two frames, with what depends on both of them and on no moment.

    `mean` may be set, for two parts of larger frames: networks that take it off would else make each part a little
    different.
    """

    def __init__(self, first: View, last: View) -> None:
        super().__init__()
        self.first = first
        self.last = last

    @once
    def mean(self) -> Tensor:
        """() over both frames, all channels and pixels, padding included."""
        return torch.stack([self.first.image.mean(), self.last.image.mean()]).mean()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), padded."""
        return self.first.size


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """An image whose place on the way is known, from which a network looks further (paper, section 3.2)."""

    image: Tensor  # (1 or moments, 3, height, width)
    distance: Tensor  # (1 or moments, 1, height, width), in [0, 1]


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Where the pixels of new frames come from, one batch entry per moment."""

    flow: Tensor
    """(moments, 4 * count, height, width) float32, pixels: x, y to the first frame `count` times, then to the last."""
    mask: Tensor
    """(moments, count, height, width): how much the first frame counts, as a logit."""
    residual: Tensor | None = None
    """(moments, 3 * count, height, width): what is added to the blend, where the network says so at this point."""
    features: tuple[Tensor, ...] = ()
    """What `render` would have to compute again, of this size."""

    def resized(self, size: tuple[int, int]) -> "Motion":
        """The same motion seen at another (height, width); features do not come along."""
        residual = None if self.residual is None else resize(self.residual, size)
        mask = resize(self.mask, size)
        return replace(self, flow=resize_flow(self.flow, size), mask=mask, residual=residual, features=())


class AnyTimeNetwork(nn.Module, ABC):
    """Frames between two frames, at any moments.

    Images are (1, 3, height, width) in [0, 1], padded to the multiple that the network's `InputSpec` asks for. Moments
    are distance maps (moments, 1, height, width) of the same size; a time is a constant map.
    """

    parts: ClassVar[tuple[str, ...]] = ()
    """Names of the modules that do nearly all the work, and that a backend may compile, each by itself."""
    sized_parts: ClassVar[tuple[str, ...]] = ()
    """Likewise, but for one size only: what they compute depends on it in ways that a trace does not show."""

    def __init__(self, *, reference: bool) -> None:
        """Args: whether the network takes a reference image (variants TR, DR)."""
        super().__init__()
        self.takes_reference = reference

    def view(self, image: Tensor) -> View:
        """A frame, with lazy properties for what the network derives from it alone."""
        return View(image)

    def pair(self, first: View, last: View) -> Pair:
        """Two frames, with lazy properties for what the network derives from both."""
        return Pair(first, last)

    @abstractmethod
    def motion(self, pair: Pair, distance: Tensor, reference: Reference | None = None) -> Motion:
        """Where the pixels at the given distances come from. `reference` is there exactly if the network takes one."""

    @abstractmethod
    def render(self, pair: Pair, motion: Motion, reference: Reference | None = None) -> Tensor:
        """The frames (moments, 3, height, width) in [0, 1] that a motion of the pair's size leads to."""


def approach(
    network: AnyTimeNetwork, pair: Pair, distance: Tensor, *, iterations: int = 2, coarse: Pair | None = None
) -> Iterator[tuple[Motion, Tensor]]:
    """Yield motion and frames of every step on the way to the given distances; the last ones are the result.

    A network without reference takes one step. One with reference goes in equal steps, each from the frame that the one
    before has made (paper, section 3.2); the first frame is where the way begins.

    Args:
        network: The network.
        pair: The two frames.
        distance: (moments, 1, height, width), of the pair's size.
        iterations: Steps of a network that takes a reference.
        coarse: The same two frames, smaller: the motion is looked for there.
    """
    steps = iterations if network.takes_reference else 1
    image, reached = pair.first.image, torch.zeros_like(distance[:1])
    for step in range(1, steps + 1):
        target = distance * (step / steps)
        reference = Reference(image, reached) if network.takes_reference else None
        motion = _motion(network, pair, target, reference, coarse)
        image, reached = network.render(pair, motion, reference), target
        yield motion, image


def _motion(
    network: AnyTimeNetwork, pair: Pair, distance: Tensor, reference: Reference | None, coarse: Pair | None
) -> Motion:
    if coarse is None:
        return network.motion(pair, distance, reference)
    small = None
    if reference is not None:
        small = Reference(resize(reference.image, coarse.size), resize(reference.distance, coarse.size))
    return network.motion(coarse, resize(distance, coarse.size), small).resized(pair.size)
