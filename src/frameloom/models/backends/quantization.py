"""Weights of matrices as whole numbers of eight bits."""

import torch
from torch import Tensor, nn
from torch.nn import functional

_MOST = 127  # so that zero stays zero: symmetric


class QuantizedLinear(nn.Module):
    """What a linear layer does, from weights in eight bits with one scale for each output (Jacob et al., CVPR 2018).

    Written as it is, it saves nothing: a compiler recognises how the weights are restored, and leaves that out.
    """

    def __init__(self, linear: nn.Linear) -> None:
        """Args: the layer whose weights are rounded to 255 steps; its bias is kept as it is."""
        super().__init__()
        weights = linear.weight.detach()
        scale = (weights.abs().amax(1, keepdim=True) / _MOST).clamp_min(torch.finfo(weights.dtype).tiny)
        self.register_buffer("steps", torch.round(weights / scale).to(torch.int8))
        self.register_buffer("scale", scale)
        self.bias = linear.bias

    def forward(self, features: Tensor) -> Tensor:
        """(..., inputs) to (..., outputs)."""
        weights = self.get_buffer("steps").float() * self.get_buffer("scale")
        return functional.linear(features, weights, self.bias)


def quantize(module: nn.Module) -> None:
    """Put quantized layers in place of the linear ones inside a module."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear:
                parent.add_module(name, QuantizedLinear(child))
