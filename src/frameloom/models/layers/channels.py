"""Joining and adding features channel by channel, in the order that most of them have in memory."""

import torch
from torch import Tensor, nn


def beside(*features: Tensor) -> Tensor:
    """`torch.cat` along channels (batch, channels, height, width), in the widest part's order of memory.

    Left to itself it puts rows first as soon as one of its parts has a single channel, which looks like both orders;
    the convolution that follows then works in the slower order, as do all after it.
    """
    if _has_channels_last(max(features, key=lambda part: part.shape[1])):
        return torch.cat([part.movedim(1, -1) for part in features], -1).movedim(-1, 1)
    return torch.cat([part.contiguous() for part in features], 1)


def added(base: Tensor, convolution: nn.Conv2d, features: Tensor) -> Tensor:
    """Base plus a 1x1 convolution of the features without bias, in one product that is not written before it is added.

    Args:
        base: (batch, outputs, height, width); overwritten where gradients are off: copies take longer than products.
        convolution: From inputs to outputs.
        features: (batch, inputs, height, width).

    Returns:
        (batch, outputs, height, width), in the features' order of memory.
    """
    batch, outputs, height, width = base.shape
    kernel = convolution.weight[:, :, 0, 0]
    in_place = not (torch.is_grad_enabled() or torch.is_autocast_enabled(base.device.type))
    if _has_channels_last(features):
        rows = features.movedim(1, -1).reshape(-1, features.shape[1])
        base_rows = base.movedim(1, -1).reshape(-1, outputs)
        sums = base_rows.addmm_(rows, kernel.t()) if in_place else torch.addmm(base_rows, rows, kernel.t())
        return sums.view(batch, height, width, outputs).movedim(-1, 1)
    kernels = kernel.expand(batch, -1, -1)
    planes, base_planes = features.flatten(2), base.flatten(2)
    sums = base_planes.baddbmm_(kernels, planes) if in_place else torch.baddbmm(base_planes, kernels, planes)
    return sums.view(batch, outputs, height, width)


def _has_channels_last(features: Tensor) -> bool:
    """Whether the channels of a pixel lie side by side in memory."""
    return features.shape[1] > 1 and features.stride(1) == 1
