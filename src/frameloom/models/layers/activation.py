"""Layers that overwrite what they are given."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

_LARGE_PLANE = 1 << 12  # pixels; below that, calls for single channels cost more than new memory


class OverwritingPReLU(nn.PReLU):
    """PReLU of features that nobody else needs, such as those that a convolution has just made.

    In inference mode, on a processor, large planes are overwritten: memory that is new takes three times as long as the
    arithmetic. Elsewhere it is PyTorch's own.
    """

    def forward(self, input: Tensor) -> Tensor:
        """(batch, channels, height, width), the same."""
        height, width = input.shape[-2:]
        overwrites = input.is_inference() and input.device.type == "cpu" and input.is_contiguous()
        if not overwrites or height * width < _LARGE_PLANE:
            return functional.prelu(input, self.weight)
        slopes = cast(list[float], self.weight.tolist())
        for entry in input:
            for plane, slope in zip(entry, slopes, strict=True):
                functional.leaky_relu_(plane, slope)
        return input


def with_last(features: Tensor, last: Tensor) -> Tensor:
    """Features with other last channels. In inference mode they are overwritten: nobody else may need them.

    Args:
        features: (batch, channels, height, width).
        last: (batch, fewer channels, height, width).
    """
    count = last.shape[1]
    if not torch.is_inference_mode_enabled():
        return torch.cat([features[:, :-count], last], 1)
    features[:, -count:] = last
    return features
