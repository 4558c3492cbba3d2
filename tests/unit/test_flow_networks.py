"""What flow networks promise beyond the recordings: both directions at once, matches on demand, any size."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

import frameloom.models.flow.adapter
from factories import noise
from frameloom.errors import InputError, RangeError, ShapeError
from frameloom.models.flow.adapter import FlowNetworkEstimator
from frameloom.models.layers.correlation import CorrelationOnDemand, CorrelationPyramid, correlate, correlate_both
from frameloom.models.layers.grids import pixel_grid
from frameloom.models.zoo import catalog
from frameloom.runtime import Runtime
from parity.flow import NETWORKS, build, images, recorded

# Estimators may convolve in another way than PyTorch's first; a softmax over all pixels multiplies what that changes
TOLERANCE = 5e-4  # pixels
NAMES = [name.replace("_", "-") for name in NETWORKS]
RECURRENT = ["raft", "raft-small", "gma"]
Load = Callable[..., FlowNetworkEstimator]


@pytest.fixture
def few_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds for two iterations holds for twenty."""
    for name in RECURRENT:
        monkeypatch.setattr(build(name.replace("-", "_")), "iterations", 2)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Estimators with weights by the rule of the recordings, in place of files."""
    monkeypatch.setattr(
        frameloom.models.flow.adapter, "load_network", lambda card, given: build(card.name.replace("-", "_"))
    )

    def made(name: str, **options: object) -> FlowNetworkEstimator:
        return catalog.build(name, "flow", Runtime(device="cpu", backend="torch", **options))

    return made


def pair(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    first, second = (noise((height, width), seed=seed).astype(np.float32) / 255 for seed in (1, 2))
    return first, second


def features(height: int, width: int, seed: int) -> torch.Tensor:
    return torch.randn(1, 32, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", NAMES)
def test_arrays_in_give_the_recorded_flows(load: Load, name: str) -> None:
    """Padding, order of axes and cropping are those of the original."""
    first, second = (np.ascontiguousarray(image[0].transpose(1, 2, 0)) for image in images("B"))
    forward, backward = load(name).estimate_both(first, second)
    known = recorded(name.replace("-", "_"), "B")
    assert forward.dtype == np.float32
    assert np.abs(forward.transpose(2, 0, 1) - known["fwd"][0]).max() <= TOLERANCE
    assert np.abs(backward.transpose(2, 0, 1)[:, ::2, ::2] - known["bwd_s2"][0]).max() <= TOLERANCE


@pytest.mark.usefixtures("few_iterations")
@pytest.mark.parametrize("name", NAMES)
def test_both_directions_in_one_call_are_those_of_two_calls(load: Load, name: str) -> None:
    first, second = pair(131, 150)
    estimator = load(name)
    forward, backward = estimator.estimate_both(first, second)
    assert np.abs(forward - estimator.estimate(first, second)).max() < 1e-4
    assert np.abs(backward - load(name).estimate(second, first)).max() < 1e-4
    assert np.abs(forward - backward).max() > 0.1


@pytest.mark.usefixtures("few_iterations")
@pytest.mark.parametrize("name", NAMES)
def test_a_sequence_gives_what_its_pairs_give(load: Load, name: str) -> None:
    """What is kept of one pair for the next must not be seen in the result."""
    frames = [noise((128, 136), seed=seed).astype(np.float32) / 255 for seed in (1, 2, 3)]
    estimator = load(name)
    estimator.estimate(frames[0], frames[1])
    after = estimator.estimate(frames[1], frames[2])
    assert np.abs(after - load(name).estimate(frames[1], frames[2])).max() < 1e-5


@pytest.mark.usefixtures("few_iterations")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (104, 152), (133, 7)], ids=str)
def test_any_size_gives_numbers(load: Load, name: str, size: tuple[int, int]) -> None:
    """The originals of RAFT and GMA give NaN below 128 pixels."""
    for flow in load(name).estimate_both(*pair(*size)):
        assert flow.shape == (*size, 2)
        assert np.isfinite(flow).all()


@pytest.mark.usefixtures("few_iterations")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0.0, 0.4])
def test_identical_and_flat_frames_give_numbers_and_alpha_is_not_seen(load: Load, name: str, value: float) -> None:
    frame = np.full((30, 40, 4), value, np.float32)
    clear = frame.copy()
    clear[..., 3] = 1 - value
    estimator = load(name)
    flow = estimator.estimate(frame, frame.copy())
    assert np.isfinite(flow).all()
    assert np.array_equal(flow, estimator.estimate(clear, frame))


@pytest.mark.parametrize("name", RECURRENT)
def test_a_network_refuses_frames_that_would_give_not_a_number(name: str) -> None:
    network = build(name.replace("-", "_"))
    small = network.view(torch.zeros(1, 3, 104, 152))
    with pytest.raises(ShapeError, match="at least 128 pixels per side"):
        network.flow(small, small)


def test_frames_of_two_sizes_are_refused(load: Load) -> None:
    with pytest.raises(ShapeError, match="must have one size"):
        load("raft-small").estimate(np.zeros((8, 8, 3), np.float32), np.zeros((8, 9, 3), np.float32))


def test_options_that_flow_networks_do_not_have_are_refused(load: Load) -> None:
    with pytest.raises(InputError, match="takes no --iters"):
        load("raft-small", iters=3)


@pytest.mark.usefixtures("few_iterations")
@pytest.mark.parametrize("name", ["raft-small", "gmflow"])
def test_flow_that_is_looked_for_at_a_smaller_size_is_in_pixels_of_the_frames(load: Load, name: str) -> None:
    """Half the size, then the flow doubled: of a frame of twice the size the same flow, twice as long."""
    first, second = pair(128, 128)
    large = [np.repeat(np.repeat(image, 2, axis=0), 2, axis=1) for image in (first, second)]
    small = load(name).estimate(first, second)
    flow = load(name, scale=0.5).estimate(*large)
    assert flow.shape == (256, 256, 2)
    grown = flow.reshape(128, 2, 128, 2, 2).mean(axis=(1, 3)) / 2
    assert np.abs(grown - small)[8:-8, 8:-8].mean() < 0.05 * np.abs(small).mean()


@pytest.mark.parametrize("radius", [3, 4])
@pytest.mark.parametrize("size", [(16, 16), (21, 35), (40, 18)], ids=str)
def test_matches_on_demand_are_those_that_are_kept(size: tuple[int, int], radius: int) -> None:
    """Also where a window lies across the edge, or far outside."""
    first, last = features(*size, seed=1), features(*size, seed=2)
    random = torch.Generator().manual_seed(3)
    guess = pixel_grid(*size, first.device) + 6 * torch.randn(2, 2, *size, generator=random)
    guess[0, :, 0, :4] = torch.tensor([[-1e6, 1e6, -0.5, size[1] - 0.5], [3.0, 2.5, -0.5, size[0] - 0.5]])
    kept = CorrelationPyramid.of(first, last, levels=4).around(guess, radius=radius)
    made = CorrelationOnDemand.of(first, last, levels=4).around(guess, radius=radius)
    assert made.shape == kept.shape == (2, 4 * (2 * radius + 1) ** 2, *size)
    assert (made - kept).abs().max() < 1e-4


def test_matches_both_ways_are_those_of_each_way() -> None:
    first, last = features(16, 24, seed=1), features(16, 24, seed=2)
    both = CorrelationPyramid.both(first, last, levels=4)
    alone = CorrelationPyramid.of(first, last, levels=4), CorrelationPyramid.of(last, first, levels=4)
    for shared, own in zip(both, alone, strict=True):
        for level, wanted in zip(shared.levels, own.levels, strict=True):
            assert (level - wanted).abs().max() < 1e-5


def test_matches_are_kept_exactly_as_long_as_they_fit() -> None:
    first, last = features(16, 24, seed=1), features(16, 24, seed=2)
    needed = CorrelationPyramid.bytes_for((16, 24))
    held = CorrelationPyramid.of(first, last, levels=4)
    taken = sum(level.numel() * level.element_size() for level in held.levels)
    assert taken <= needed < 1.01 * taken
    for memory, kind in [(None, CorrelationPyramid), (needed, CorrelationPyramid), (needed - 1, CorrelationOnDemand)]:
        assert isinstance(correlate(first, last, levels=4, memory=memory), kind)
        twice = None if memory is None else 2 * memory
        assert all(isinstance(part, kind) for part in correlate_both(first, last, levels=4, memory=twice))


@pytest.mark.usefixtures("few_iterations")
@pytest.mark.parametrize("name", NAMES)
def test_little_memory_changes_nothing_but_the_way(load: Load, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    original = CorrelationOnDemand.around

    def counted(self: CorrelationOnDemand, positions: torch.Tensor, *, radius: int) -> torch.Tensor:
        made.append(radius)
        return original(self, positions, radius=radius)

    monkeypatch.setattr(CorrelationOnDemand, "around", counted)
    first, second = pair(128, 144)
    ample = load(name).estimate_both(first, second)
    assert not made
    least = catalog.find(name, "flow").input.bytes_for(128 * 144)
    scarce = load(name, max_memory=least + 1).estimate_both(first, second)
    assert bool(made) == (name in RECURRENT)
    for one, other in zip(ample, scarce, strict=True):
        assert np.abs(one - other).max() < 1e-4


@pytest.mark.usefixtures("few_iterations")
def test_attention_is_kept_exactly_as_long_as_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what is left is for it: scores and weights of all pixels with all, four bytes each, both ways."""
    made: list[int] = []
    original = functional.scaled_dot_product_attention

    def counted(*rows: torch.Tensor) -> torch.Tensor:
        made.append(len(rows))
        return original(*rows)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", counted)
    network = build("gma")
    first, second = (network.view(torch.rand(1, 3, 128, 144)) for _ in range(2))
    needed = 2 * (2 * 2 * (16 * 18) ** 2 * 4)
    with torch.inference_mode():
        kept = network.flow_both(first, second, memory=needed)
        assert not made
        again = network.flow_both(first, second, memory=needed - 2)
    assert len(made) == network.iterations
    assert (kept - again).abs().max() < 1e-4


def test_too_little_memory_is_told_with_what_is_needed(load: Load) -> None:
    with pytest.raises(RangeError, match=r"raft needs 17M for frames of 144x128, max_memory is 1M"):
        load("raft", max_memory=2**20).estimate(*pair(128, 144))


@pytest.mark.usefixtures("few_iterations")
@pytest.mark.parametrize("name", NAMES)
def test_half_precision_stays_near(load: Load, name: str) -> None:
    first, second = pair(128, 144)
    full, half = (load(name, precision=precision).estimate(first, second) for precision in ("float32", "bfloat16"))
    assert np.isfinite(half).all()
    assert 0 < np.abs(half - full).mean() < 0.2 * np.abs(full).mean() + 0.2


def test_a_flow_can_be_asked_for_in_training_after_it_was_made(load: Load) -> None:
    """Nothing that inference leaves behind is in the way of gradients."""
    load("raft-small").estimate(*pair(128, 128))
    network = build("raft_small")
    first, second = (torch.rand(1, 3, 128, 128, requires_grad=True) for _ in range(2))
    network.flow(network.view(first), network.view(second)).mean().backward()
    assert first.grad is not None
    assert first.grad.abs().sum() > 0
