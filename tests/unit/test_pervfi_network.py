from functools import cache

import pytest
import torch
from torch import nn

from frameloom.models.interpolators import pervfi, pervfi_alignment, pervfi_fusion
from frameloom.models.interpolators.pervfi import PerVFI, PerVFIPair, noise
from frameloom.models.interpolators.pervfi_alignment import mean_of_convolution
from frameloom.models.interpolators.pervfi_decoders import ActNorm, ConditionalFlow
from parity.pervfi import at
from parity.pervfi import build as built

SIZE = (48, 64)


@cache
def build(model: str) -> PerVFI:
    with torch.inference_mode(mode=False):  # kept for tests that differentiate
        return built(model)


def small_pair(network: PerVFI) -> PerVFIPair:
    generator = torch.Generator().manual_seed(1)
    first, last = (torch.rand(1, 3, *SIZE, generator=generator) for _ in range(2))
    forward, backward = (torch.randn(1, 2, *SIZE, generator=generator) * 4 for _ in range(2))
    return network.pair(network.view(first), network.view(last), forward=forward, backward=backward)


def test_noise_is_the_same_for_the_same_seed() -> None:
    parts = noise(SIZE, seed=5)
    assert [tuple(part.shape) for part in parts] == [(1, 6, 24, 32), (1, 12, 12, 16), (1, 48, 6, 8)]
    assert all(torch.equal(one, other) for one, other in zip(parts, noise(SIZE, seed=5), strict=True))
    assert not any(torch.equal(one, other) for one, other in zip(parts, noise(SIZE, seed=6), strict=True))
    assert not torch.equal(noise(SIZE, seed=(5, 0))[0], noise(SIZE, seed=(5, 1))[0])
    assert parts[0].std().item() == pytest.approx(0.3, rel=0.05)
    warmer = noise(SIZE, seed=5, temperature=0.6)
    assert all(torch.allclose(2 * one, other) for one, other in zip(parts, warmer, strict=True))
    assert all(part.abs().max() == 0 for part in noise(SIZE, temperature=0))


def test_noise_of_a_seed_is_what_it_was() -> None:
    """NumPy promises this for the bits of PCG64 alone; if it draws normal numbers in another way, frames change."""
    drawn = noise((8, 8), seed=0, temperature=1)[2][0, :3, 0, 0].tolist()
    assert drawn == pytest.approx([2.3974962, 0.1948052, 0.2745186], abs=1e-6)


@torch.inference_mode()
def test_another_seed_gives_another_frame_and_the_same_one_the_same() -> None:
    network = build("v00")
    pair, moment = small_pair(network), at(0.5)
    frame = network.render(pair, moment, noise(SIZE, seed=1))
    assert torch.equal(frame, network.render(small_pair(network), moment, noise(SIZE, seed=1)))
    assert (frame - network.render(pair, moment, noise(SIZE, seed=2))).abs().mean() > 1e-3
    assert frame.min() >= 0
    assert frame.max() <= 1


@torch.inference_mode()
def test_the_plain_decoder_samples_nothing() -> None:
    network = build("vb")
    pair = small_pair(network)
    one, other = (network.render(pair, at(0.5), noise(SIZE, seed=seed)) for seed in (1, 2))
    assert torch.equal(one, other)


@pytest.mark.parametrize("model", ["v00", "vb"])
@torch.inference_mode()
def test_moments_do_not_see_each_other(model: str) -> None:
    """Frames made together are those made alone, whatever was made before of the same pair."""
    network = build(model)
    pair, drawn = small_pair(network), noise(SIZE)
    moments = (0.25, 0.5, 0.8)
    together = network.prediction(pair, torch.cat([at(moment) for moment in moments]), drawn)
    for moment, frame in zip(moments, together, strict=True):
        alone = network.prediction(small_pair(network), at(moment), drawn)[0]
        assert (frame - alone).abs().max() < 2e-5
    assert (together[0] - together[2]).abs().max() > 0.01


@torch.inference_mode()
def test_a_constant_map_is_a_moment() -> None:
    network = build("vb")
    pair = small_pair(network)
    by_map = network.prediction(pair, torch.full((1, 1, *SIZE), 0.25), noise(SIZE))
    assert (by_map - network.prediction(pair, at(0.25), noise(SIZE))).abs().max() < 2e-5


@torch.inference_mode()
def test_what_does_not_depend_on_the_moment_is_made_once() -> None:
    network = build("vb")
    calls: list[str] = []
    parts = {"encode": network.featurePyramid.netEncode, "weigh": network.featurePyramid.netSoftmetric}
    hooks = [module.register_forward_hook(lambda *_, name=name: calls.append(name)) for name, module in parts.items()]
    pair = small_pair(network)
    for moment in (0.25, 0.5, 0.75):
        network.render(pair, at(moment), noise(SIZE))
    for hook in hooks:
        hook.remove()
    assert sorted(calls) == ["encode", "encode", "weigh", "weigh"]


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 5)])
def test_the_mean_of_a_convolution_needs_no_convolution(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    convolution, features = nn.Conv2d(4, 6, 3, padding=1), torch.randn(2, 4, *size)
    expected = convolution(features).mean((2, 3))
    assert (mean_of_convolution((features[:, :1], features[:, 1:]), convolution) - expected).abs().max() < 1e-5


def test_each_step_of_the_flow_is_undone() -> None:
    network = build("v00")
    flow = network.condFLownet
    assert isinstance(flow, ConditionalFlow)
    for block, told, size in zip(flow.blocks, (35, 64, 96), (16, 8, 4), strict=True):
        step = block.flows[0]
        features = torch.randn(2, step.actnorm.loc.shape[1], size, size)
        condition = torch.randn(2, told, size, size)
        with torch.inference_mode():
            assert (step(step.encode(features, condition)[0], condition) - features).abs().max() < 1e-4


def test_the_log_determinant_is_that_of_the_jacobian() -> None:
    step = build("v00").condFLownet.blocks[0].flows[3]
    features, condition = torch.randn(1, 12, 2, 2), torch.randn(1, 35, 2, 2)
    jacobian = torch.autograd.functional.jacobian(lambda x: step.encode(x, condition)[0].flatten(), features)
    measured = torch.linalg.slogdet(jacobian.reshape(48, 48))[1]
    assert step.encode(features, condition)[1].item() == pytest.approx(measured.item(), abs=1e-3)


def test_shift_and_scale_standardise_the_first_batch_and_then_stay() -> None:
    torch.manual_seed(0)
    layer = ActNorm(5)
    result, _ = layer(3 + 4 * torch.randn(4, 5, 8, 8))
    assert result.mean((0, 2, 3)).abs().max() < 1e-4
    assert (result.std((0, 2, 3)) - 1).abs().max() < 1e-2
    assert layer.initialized == 1
    before = layer.loc.clone()
    layer(torch.randn(4, 5, 8, 8))
    assert torch.equal(layer.loc, before)


@torch.inference_mode()
def test_strips_are_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide layers, branches, levels of the alignment and masks are made for a few rows at a time in larger frames."""
    network = build("vb")
    whole = network.prediction(small_pair(network), at(0.4), noise(SIZE))
    monkeypatch.setattr(pervfi_fusion, "_HELD", 256 * SIZE[1] * 10)
    monkeypatch.setattr(pervfi_fusion, "_HELD_BY_BRANCH", 32 * SIZE[1] * 10)
    monkeypatch.setattr(pervfi_alignment, "_HELD", 216 * SIZE[1] * 5)
    monkeypatch.setattr(pervfi_alignment, "_SEEN", 160 * SIZE[1] * 5)
    monkeypatch.setattr(pervfi, "_MOVED", 64 * SIZE[1] * 5)
    assert (network.prediction(small_pair(network), at(0.4), noise(SIZE)) - whole).abs().max() < 2e-5


@pytest.mark.parametrize("held", ["_HELD", "_SEEN"])
@torch.inference_mode()
def test_a_strip_of_a_level_sees_all_that_it_depends_on(held: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one row fewer on either side than it needs, features differ by 3e-5; with enough, by 1e-7."""
    network = build("vb")
    whole = network.joined(small_pair(network), at(0.4))
    monkeypatch.setattr(pervfi_alignment, held, 1)
    for found, expected in zip(network.joined(small_pair(network), at(0.4)), whole, strict=True):
        assert (found - expected).abs().max() < 2e-6


@torch.inference_mode()
def test_channels_last_changes_nothing() -> None:
    network = build("v00")
    expected = network.prediction(small_pair(network), at(0.4), noise(SIZE))
    other = built("v00").to(memory_format=torch.channels_last)
    assert (other.prediction(small_pair(other), at(0.4), noise(SIZE)) - expected).abs().max() < 2e-5


@pytest.mark.parametrize("model", ["v00", "vb"])
def test_frames_are_the_same_where_gradients_are_wanted(model: str) -> None:
    """Without gradients some layers overwrite what they are given."""
    network = build(model)
    with torch.inference_mode():
        expected = network.prediction(small_pair(network), at(0.4), noise(SIZE))
    trained = network.prediction(small_pair(network), at(0.4), noise(SIZE))
    assert trained.requires_grad
    assert (trained - expected).abs().max() < 2e-5
