import math

import pytest
import torch
from torch import Tensor, nn

from frameloom.models.layers import deformable
from frameloom.models.layers.deformable import DeformableConvolution, deformable_convolution


def by_definition(image: Tensor, offsets: Tensor, masks: Tensor, weight: Tensor) -> Tensor:
    """Equation 1 of the paper, tap by tap in float64."""
    batch, channels, height, width = image.shape
    side = weight.shape[2]
    taps = side * side
    groups = masks.shape[1] // taps
    result = torch.zeros(batch, len(weight), height, width, dtype=torch.float64)
    for entry, y, x, channel, tap in (
        (entry, y, x, channel, tap)
        for entry in range(batch)
        for y in range(height)
        for x in range(width)
        for channel in range(channels)
        for tap in range(taps)
    ):
        number = channel // (channels // groups) * taps + tap
        at_y = y + tap // side - side // 2 + offsets[entry, 2 * number, y, x].item()
        at_x = x + tap % side - side // 2 + offsets[entry, 2 * number + 1, y, x].item()
        found = 0.0
        for row in (math.floor(at_y), math.floor(at_y) + 1):
            for column in (math.floor(at_x), math.floor(at_x) + 1):
                if 0 <= row < height and 0 <= column < width:
                    share = (1 - abs(at_y - row)) * (1 - abs(at_x - column))
                    found += share * image[entry, channel, row, column].item()
        change = weight[:, channel, tap // side, tap % side].double()
        result[entry, :, y, x] += change * found * masks[entry, number, y, x].item()
    return result


def inputs(*, batch: int, side: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(7)
    taps = side * side
    image = torch.randn(batch, 4, 5, 7, generator=generator)
    offsets = torch.randn(batch, 2 * taps * 2, 5, 7, generator=generator) * 3  # many leave the image
    masks = torch.rand(batch, 2 * taps, 5, 7, generator=generator)
    return image, offsets, masks, torch.randn(3, 4, side, side, generator=generator)


@pytest.mark.parametrize(("batch", "side"), [(2, 3), (1, 5), (1, 1)])
def test_it_follows_its_definition(batch: int, side: int) -> None:
    image, offsets, masks, weight = inputs(batch=batch, side=side)
    expected = by_definition(image, offsets, masks, weight)
    assert (deformable_convolution(image, offsets, masks, weight) - expected).abs().max() < 2e-5


def test_strips_are_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    image, offsets, masks, weight = inputs(batch=2, side=3)
    whole = deformable_convolution(image, offsets, masks, weight)
    monkeypatch.setattr(deformable, "_HELD_ON_CPU", 2 * 7 * 2 * 4 * 9)  # two rows
    assert (deformable_convolution(image, offsets, masks, weight) - whole).abs().max() < 1e-5


def test_without_offsets_it_is_a_convolution() -> None:
    torch.manual_seed(0)
    layer, plain = DeformableConvolution(4, 6), nn.Conv2d(4, 6, 3, padding=1)
    plain.load_state_dict(layer.state_dict())
    image = torch.randn(2, 4, 5, 7)
    moved = layer(image, torch.zeros(2, 36, 5, 7), torch.ones(2, 18, 5, 7))
    assert (moved - plain(image)).abs().max() < 1e-5


def test_channels_last_changes_nothing() -> None:
    image, offsets, masks, weight = inputs(batch=2, side=3)
    expected = deformable_convolution(image, offsets, masks, weight)
    last = [tensor.contiguous(memory_format=torch.channels_last) for tensor in (image, offsets, masks)]
    assert (deformable_convolution(*last, weight) - expected).abs().max() < 1e-5


def test_gradients_reach_everything() -> None:
    tensors = [tensor.requires_grad_() for tensor in inputs(batch=1, side=3)]
    loss = deformable_convolution(*tensors).square().sum()
    gradients = torch.autograd.grad(loss, tensors)
    step = 1e-3
    for number, gradient in enumerate(gradients):
        index = int(gradient.abs().argmax())
        ends = []
        for sign in (1, -1):
            moved = [tensor.detach().clone() for tensor in tensors]
            moved[number].view(-1)[index] += sign * step
            ends.append(by_definition(*moved).square().sum().item())
        assert gradient.reshape(-1)[index].item() == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-2)
