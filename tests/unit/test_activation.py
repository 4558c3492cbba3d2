"""Layers that overwrite: the same numbers as PyTorch's own, and only where nobody can notice."""

import pytest
import torch
from torch import Tensor, nn

from frameloom.models.interpolators import amt_s, ifrnet
from frameloom.models.layers.activation import OverwritingPReLU, with_last

SIZES = [(1, 1), (7, 5), (64, 65)]  # the last one is overwritten


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def sloped(channels: int, kind: type[nn.PReLU]) -> nn.PReLU:
    """Slopes below, at and above zero, and above one."""
    activation = kind(channels)
    activation.weight = nn.Parameter(torch.linspace(-0.5, 1.5, channels))
    return activation


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=str)
def test_an_overwriting_activation_is_pytorchs(size: tuple[int, int], memory_format: torch.memory_format) -> None:
    features = drawn(2, 5, *size).to(memory_format=memory_format)
    expected = sloped(5, nn.PReLU)(features)
    with torch.inference_mode():
        assert torch.equal(sloped(5, OverwritingPReLU)(features.clone()), expected)
    assert torch.equal(sloped(5, OverwritingPReLU)(features), expected)


def test_it_overwrites_in_inference_mode_only() -> None:
    features = drawn(1, 5, *SIZES[-1])
    before = features.clone()
    activation = sloped(5, OverwritingPReLU)
    with torch.no_grad():
        activation(features)
    assert torch.equal(features, before)
    with torch.inference_mode():
        overwritten = features.clone()
        assert activation(overwritten).data_ptr() == overwritten.data_ptr()
        activation(features)  # made outside: somebody may need it for gradients
    assert torch.equal(features, before)


def test_last_channels_are_others() -> None:
    features, last = drawn(2, 5, 4, 3), drawn(2, 2, 4, 3) + 10
    expected = torch.cat([features[:, :3], last], 1)
    before = features.clone()
    assert torch.equal(with_last(features, last), expected)
    assert torch.equal(features, before)
    with torch.inference_mode():
        assert torch.equal(with_last(features, last), expected)
    assert torch.equal(features, expected)


@pytest.mark.parametrize("block", [ifrnet.ResidualBlock(40), amt_s.ResidualBlock(28)], ids=["ifrnet", "amt-s"])
def test_a_residual_block_can_be_trained(block: nn.Module) -> None:
    """What overwrites in inference keeps what gradients need otherwise, and gives the same."""
    channels = next(block.parameters()).shape[1]
    given = drawn(1, channels, 64, 65)
    features = given.clone().requires_grad_()
    trained = block(features)
    trained.square().sum().backward()
    assert features.grad is not None
    assert features.grad.abs().sum() > 0
    with torch.inference_mode():
        assert torch.equal(block(given.clone()), trained)
