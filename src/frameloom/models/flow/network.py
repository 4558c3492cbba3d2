"""What networks that estimate optical flow have in common.

What depends on one frame alone is a lazy property of its `View`: whoever keeps that keeps the work. Features and, where
there is a volume of matches, that too serve both directions, so asking for both at once costs less than asking twice.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

MATCHED_AT = 8
"""These networks match pixels at 1/8 of the size, and bring the flow back to the full one at the end."""


class View:
    """One frame, as a network sees it, with what depends on it alone."""

    def __init__(self, image: Tensor) -> None:
        self.image = image  # (1, 3, height, width), RGB in [0, 1], padded

    @property
    def size(self) -> tuple[int, int]:
        """(height, width), padded."""
        return self.image.shape[-2], self.image.shape[-1]


class FlowNetwork(nn.Module, ABC):
    """Optical flow between two frames.

    Frames are (1, 3, height, width), RGB in [0, 1], padded to what the network's `InputSpec` asks for. Flows are in
    pixels, channel 0 = x right, 1 = y down, with `second(x + flow(x)) ~ first(x)`.
    """

    def view(self, image: Tensor) -> View:
        """A frame, with lazy properties for what the network derives from it alone."""
        return View(image)

    @abstractmethod
    def flow(self, first: View, second: View, *, memory: int | None = None) -> Tensor:
        """Where the pixels of the first frame are in the second.

        Args:
            first, second: Views of one size, made by this network.
            memory: Bytes that may be spent on keeping what else is computed again when it is needed; None: any.

        Returns:
            (1, 2, height, width) float32.
        """

    @abstractmethod
    def flow_both(self, first: View, second: View, *, memory: int | None = None) -> Tensor:
        """(2, 2, height, width) float32: from the first frame to the second, then from the second to the first."""


def upsampled(flow: Tensor, logits: Tensor) -> Tensor:
    """A flow at eight times the size: each fine pixel mixes the 3x3 coarse ones around it (RAFT, section 3.3).

    Args:
        flow: (batch, 2, height, width), pixels of this size.
        logits: (batch, 9 * 8 * 8, height, width): for each neighbour, row and column the weight, before softmax.

    Returns:
        (batch, 2, 8 * height, 8 * width) float32, pixels of that size.
    """
    batch, _, height, width = flow.shape
    weights = logits.float().reshape(batch, 1, 9, MATCHED_AT, MATCHED_AT, height, width).softmax(dim=2)
    around = functional.unfold(MATCHED_AT * flow.float(), 3, padding=1).reshape(batch, 2, 9, 1, 1, height, width)
    fine = torch.zeros(batch, 2, MATCHED_AT, MATCHED_AT, height, width, device=flow.device)
    for weight, neighbour in zip(weights.unbind(2), around.unbind(2), strict=True):
        fine = torch.addcmul(
            fine, weight, neighbour
        )  # one after the other: all nine at once take nine times the memory
    return fine.permute(0, 1, 4, 2, 5, 3).reshape(batch, 2, MATCHED_AT * height, MATCHED_AT * width)
