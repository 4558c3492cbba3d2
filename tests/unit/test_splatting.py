import math

import numpy as np
import pytest
import torch
from torch import Tensor

from frameloom.models.layers.splatting import Landing, splat


def by_definition(values: Tensor, flow: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """What lands on each pixel, and the weights that do, pixel by pixel in float64; both for a batch of one."""
    _, channels, height, width = values.shape
    sums, totals = torch.zeros(channels, height, width, dtype=torch.float64), torch.zeros(height, width).double()
    for y in range(height):
        for x in range(width):
            to_x, to_y = x + flow[0, 0, y, x].item(), y + flow[0, 1, y, x].item()
            if not (math.isfinite(to_x) and math.isfinite(to_y)):
                continue
            for row in (math.floor(to_y), math.floor(to_y) + 1):
                for column in (math.floor(to_x), math.floor(to_x) + 1):
                    if 0 <= row < height and 0 <= column < width:
                        share = (1 - abs(to_x - column)) * (1 - abs(to_y - row)) * weight[0, 0, y, x].item()
                        sums[:, row, column] += share * values[0, :, y, x].double()
                        totals[row, column] += share
    return sums, totals


def scene(channels: int) -> tuple[Tensor, Tensor, Tensor]:
    """Values, motion that collides, leaves holes and leaves the frame, and importance."""
    generator = torch.Generator().manual_seed(3)
    values = torch.randn(1, channels, 6, 9, generator=generator)
    flow = torch.randn(1, 2, 6, 9, generator=generator) * 3
    flow[:, :, :2, :3] = flow[:, :, :2, :3].round()
    flow[:, :, -1, -2:] = 40
    flow[:, :, 0, 0] = torch.tensor([-0.5, -0.25])  # half of it falls outside
    return values, flow, torch.randn(1, 1, 6, 9, generator=generator)


# Few channels and many take different ways through the product
@pytest.mark.parametrize("channels", [1, 3, 4, 7])
def test_each_mode_follows_its_definition(channels: int) -> None:
    values, flow, importance = scene(channels)
    ones = torch.ones_like(importance)
    sums, totals = by_definition(values, flow, ones)
    assert (splat(values, flow, mode="sum")[0] - sums).abs().max() < 1e-5
    # Averages are multiplied again: where only a small share lands, what float32 rounds of it counts for much
    assert (splat(values, flow, mode="avg")[0] * (totals + 1e-7) - sums).abs().max() < 1e-5
    sums, totals = by_definition(values, flow, importance.exp())
    assert (splat(values, flow, importance)[0] * (totals + 1e-7) - sums).abs().max() < 1e-5
    sums, totals = by_definition(values, flow, importance.abs())
    by_weight = splat(values, flow, importance.abs(), mode="linear")[0]
    assert (by_weight * (totals + 1e-7) - sums).abs().max() < 1e-5


@pytest.mark.parametrize("channels", [1, 5])
def test_the_ways_to_divide_differ_where_nothing_lands(channels: int) -> None:
    values = torch.full((1, channels, 4, 6), 2.0)
    flow = torch.zeros(1, 2, 4, 6)
    flow[:, 0, :, 3:] = 100  # the right half leaves
    importance = torch.full((1, 1, 4, 6), -17.0)  # a weight of 4e-8
    weight = math.exp(-17)
    for division, expected in (
        ("addeps", 2 * weight / (weight + 1e-7)),
        ("zeroeps", 2),
        ("clipeps", 2 * weight / 1e-7),
    ):
        result = splat(values, flow, importance, division=division)
        assert result[..., 3:].abs().max() == 0
        assert result[..., :3].numpy() == pytest.approx(expected, rel=1e-5)


def test_what_is_more_important_hides_what_it_lands_on() -> None:
    values = torch.tensor([1.0, 5.0, 0.0]).view(1, 1, 1, 3)
    flow = torch.tensor([[2.0, 1.0, 50.0], [0, 0, 0]]).view(1, 2, 1, 3)
    importance = torch.tensor([0.0, 20.0, 0.0]).view(1, 1, 1, 3)
    assert splat(values, flow, importance).flatten().tolist() == pytest.approx([0, 0, 5], abs=1e-5)
    assert splat(values, flow, -importance).flatten().tolist() == pytest.approx([0, 0, 1], abs=1e-5)
    assert Landing(flow).totals().flatten().tolist() == [0, 0, 2]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e30])
def test_pixels_that_go_nowhere_are_left_out(bad: float) -> None:
    values, flow, importance = scene(5)
    sums, _ = by_definition(values, flow, torch.where(torch.arange(9) == 4, 0.0, torch.ones(1, 1, 6, 9)))
    flow[:, 0, :, 4] = bad
    inputs = [tensor.clone().requires_grad_() for tensor in (values, flow, importance)]
    assert (splat(inputs[0], inputs[1], mode="sum")[0] - sums).abs().max() < 1e-5
    gradients = torch.autograd.grad(splat(*inputs).square().sum(), inputs)
    for gradient in gradients:
        assert gradient.isfinite().all()
        assert gradient[..., 4].abs().max() == 0
        assert gradient.abs().max() > 0


@pytest.mark.parametrize("channels", [2, 6])
@pytest.mark.parametrize("mode", ["sum", "avg", "linear", "soft"])
def test_gradients_are_those_of_finite_differences(mode: str, channels: int) -> None:
    generator = torch.Generator().manual_seed(5)
    values = torch.randn(2, channels, 3, 4, generator=generator)
    # Away from whole pixels, where the slope changes
    flow = (
        torch.randint(-2, 3, (2, 2, 3, 4), generator=generator)
        + 0.3
        + 0.4 * torch.rand(2, 2, 3, 4, generator=generator)
    )
    importance = 0.5 + torch.rand(2, 1, 3, 4, generator=generator)
    cotangent = torch.randn(2, channels, 3, 4, generator=generator)

    def loss(*inputs: Tensor) -> Tensor:
        return (splat(*inputs, mode=mode, division="clipeps").tanh() * cotangent).double().sum()

    inputs = [tensor.requires_grad_() for tensor in (values, flow, importance)]
    gradients = torch.autograd.grad(loss(*inputs), inputs, allow_unused=True)
    step = 1e-2
    for number, gradient in enumerate(gradients):
        if gradient is None:
            assert number == 2
            assert mode in ("sum", "avg")
            continue
        for index in np.random.default_rng(number).integers(0, inputs[number].numel(), 12):
            ends = []
            for sign in (1, -1):
                moved = [tensor.detach().clone() for tensor in inputs]
                moved[number].view(-1)[index] += sign * step
                ends.append(loss(*moved).item())
            assert gradient.reshape(-1)[index].item() == pytest.approx(
                (ends[0] - ends[1]) / (2 * step), abs=4e-3, rel=2e-2
            )


def test_frames_of_a_batch_do_not_meet() -> None:
    first, second = scene(5), [tensor.flip(-1) for tensor in scene(5)]
    both = splat(*(torch.cat(pair) for pair in zip(first, second, strict=True)))
    assert torch.equal(both[:1], splat(*first))
    assert torch.equal(both[1:], splat(*second))


@pytest.mark.parametrize("channels", [3, 5])
def test_one_frame_is_carried_along_several_flows(channels: int) -> None:
    values, flow, importance = scene(channels)
    flows = torch.cat([flow, flow / 2])
    both = splat(values, flows, importance.expand(2, -1, -1, -1))
    assert torch.equal(both[1:], splat(values, flow / 2, importance))


@pytest.mark.parametrize("mode", ["sum", "avg", "linear", "soft"])
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_where_no_gradients_are_wanted_nothing_given_is_overwritten(mode: str, order: torch.memory_format) -> None:
    values, flow, importance = scene(3)
    given = [values.contiguous(memory_format=order), flow, importance]
    expected = splat(*[tensor.clone().requires_grad_() for tensor in given], mode=mode)
    before = [tensor.clone() for tensor in given]
    with torch.inference_mode():
        landing = Landing(flow)
        for _ in range(2):  # a landing serves several splats
            assert (splat(given[0], landing, importance, mode=mode) - expected).abs().max() < 1e-5
    assert all(torch.equal(*pair) for pair in zip(given, before, strict=True))


def test_rows_added_one_by_one_are_the_sparse_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other devices do, shown on the CPU."""
    from frameloom.models.layers import splatting

    inputs = [torch.cat([tensor, tensor.flip(-1)]) for tensor in scene(5)]
    expected = splat(*inputs)
    monkeypatch.setattr(splatting, "_add_on_cpu", splatting._add_rows)
    assert (splat(*inputs) - expected).abs().max() < 1e-6


def test_half_precision_is_not_used_for_coordinates() -> None:
    values = torch.ones(1, 1, 2, 3000, dtype=torch.bfloat16)
    flow = torch.full((1, 2, 2, 3000), 0.25)
    flow[:, 1] = 0
    with torch.autocast("cpu", torch.bfloat16):
        result = splat(values, flow, mode="sum")
    assert result.dtype == torch.float32
    assert result[0, 0, 0, 1:].numpy() == pytest.approx(1)
