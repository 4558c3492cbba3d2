"""Joining and adding features channel by channel, with the channels of a pixel side by side in memory."""

import torch
from torch import Tensor, nn


def beside(*features: Tensor) -> Tensor:
    """`torch.cat` along channels (batch, channels, height, width), with channels last in memory.

    Left to itself it puts rows first as soon as one of its parts has a single channel, which looks like both; the
    convolution that follows then works in the slower order, as do all after it.
    """
    return torch.cat([part.movedim(1, -1) for part in features], -1).movedim(-1, 1)


def added(base: Tensor, convolution: nn.Conv2d, features: Tensor) -> Tensor:
    """Base plus a 1x1 convolution of the features without bias, in one product that is not written before it is added.

    Args:
        base: (batch, outputs, height, width); overwritten where gradients are off: copies take longer than products.
        convolution: From inputs to outputs.
        features: (batch, inputs, height, width).

    Returns:
        (batch, outputs, height, width), channels last in memory.
    """
    batch, outputs, height, width = base.shape
    rows = features.movedim(1, -1).reshape(-1, features.shape[1])
    base_rows = base.movedim(1, -1).reshape(-1, outputs)
    kernel = convolution.weight[:, :, 0, 0].t()
    if torch.is_grad_enabled() or torch.is_autocast_enabled(base.device.type):
        sums = torch.addmm(base_rows, rows, kernel)
    else:
        sums = base_rows.addmm_(rows, kernel)
    return sums.view(batch, height, width, outputs).movedim(-1, 1)
