"""PerVFI with a flow estimator keeps what the role Interpolator promises; with the recorded one, it is the original."""

import weakref
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import frameloom.models.flow.adapter
import frameloom.models.perceptual
from factories import moving_square, noise
from frameloom.catalog import ModelCard
from frameloom.checkpoints.identification import layout, shapes_of
from frameloom.errors import InputError, ModelError, RangeError
from frameloom.models.interpolators.pervfi import PerVFI, PerVFIView
from frameloom.models.perceptual import PerceptualInterpolator
from frameloom.models.settle import runtime_of_flow
from frameloom.models.zoo import catalog
from frameloom.roles import FlowEstimator
from frameloom.runtime import Runtime
from parity import flow as recorded_flow
from parity import pervfi
from perceptual_weights import NETWORKS, network

SIZE = (24, 40)
Load = Callable[..., PerceptualInterpolator]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Models with weights by the rule of the recordings, in place of files."""

    def loaded(card: ModelCard, given: object) -> object:
        return network(card.own_name)

    def without_file(card: ModelCard, runtime: Runtime) -> Runtime:
        known = card.estimator is None or card.estimator.checkpoint is None
        return runtime_of_flow(card, runtime) if known else Runtime(device="cpu", scale=runtime.scale)

    monkeypatch.setattr(frameloom.models.perceptual, "load_network", loaded)
    monkeypatch.setattr(frameloom.models.flow.adapter, "load_network", loaded)
    monkeypatch.setattr(frameloom.models.perceptual, "runtime_of_flow", without_file)

    def made(name: str = "dis+pervfi", **options: object) -> PerceptualInterpolator:
        return catalog.build(name, "interpolator", Runtime(device="cpu", backend="torch", **options))

    return made


def images(size: tuple[int, int] = SIZE, channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    first, last = (noise(size, seed=seed, channels=channels).astype(np.float32) / 255 for seed in (1, 2))
    return first, last


@pytest.mark.parametrize(("name", "file"), [("raft+pervfi", "raft_v00"), ("gmflow+pervfi-vb", "gmflow_vb")])
def test_from_two_images_to_the_frame_it_is_the_original(
    load: Load, monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    """Flows differ by up to 5e-4 pixels, and what lands on a pixel or just beside it differs entirely.

    So a fiftieth of the values may be off by more than frames from given flows are; seen were 0 (RAFT) and 1 in 120
    (GMFlow), and 8e-5 at most.
    """
    monkeypatch.setattr(frameloom.models.perceptual, "noise", lambda *_, **__: pervfi.noise("B"))
    first, last = (np.ascontiguousarray(image[0].transpose(1, 2, 0)) for image in recorded_flow.images("B"))
    (made,) = load(name).between(first, last, [0.5])
    theirs = pervfi.recorded(f"e2e_{file}_B_t0.5")["pred"][0].transpose(1, 2, 0)
    difference = np.abs(made - theirs)
    assert np.quantile(difference, 0.98) <= pervfi.FRAME_TOLERANCE
    assert difference.max() <= 5e-4


@pytest.mark.parametrize("name", NETWORKS)
def test_the_card_leads_to_this_network_and_pads_as_the_original(name: str) -> None:
    card = catalog.find(name, "interpolator")
    assert layout(card) == shapes_of(pervfi.state(NETWORKS[name]))
    assert (card.input.multiple, card.input.place, card.input.fill) == (8, "end", "zero")


@pytest.mark.parametrize("name", ["dis+pervfi", "dis+pervfi-vb"])
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (17, 33)], ids=str)
def test_any_size_comes_back_finite_and_in_range(load: Load, name: str, size: tuple[int, int]) -> None:
    first, last = images(size)
    kept = first.copy(), last.copy()
    for made in load(name).between(first, last, [1e-6, 0.5, 1 - 1e-6]):
        assert (made.shape, made.dtype) == (first.shape, np.float32)
        assert np.isfinite(made).all()
        assert 0 <= made.min() <= made.max() <= 1
    assert np.array_equal(first, kept[0])
    assert np.array_equal(last, kept[1])


def test_the_ends_are_the_frames_themselves(load: Load) -> None:
    first, last = images()
    zeros, ones = np.zeros(SIZE, np.float32), np.ones(SIZE, np.float32)
    start, half, end, *maps = load().between(first, last, [0.0, 0.5, 1.0, zeros, ones])
    assert np.array_equal(start, first)
    assert np.array_equal(end, last)
    assert np.array_equal(maps[0], first)
    assert np.array_equal(maps[1], last)
    assert not np.array_equal(half, first)


def test_a_number_is_a_constant_map_and_a_map_acts_where_it_differs(load: Load) -> None:
    first, last = images((24, 160))
    halves = np.full((24, 160), 0.2, np.float32)
    halves[:, 80:] = 0.9
    constant = np.full((24, 160), 0.2, np.float32)
    low, same, mixed = load("dis+pervfi-vb").between(first, last, [0.2, constant, halves])
    assert np.array_equal(low, same)
    near, far = np.abs(mixed - low)[:, :8].max(), np.abs(mixed - low)[:, 96:].max()
    assert near < far / 4


def test_transparency_moves_by_the_flow_of_the_colours(load: Load) -> None:
    first, last = images(channels=4)
    asked: list[int] = []
    model = load()
    estimate = model._estimator.estimate_both
    model._estimator.estimate_both = lambda *pair: asked.append(1) or estimate(*pair)
    (made,) = model.between(first, last, [0.4])
    assert made.shape == (*SIZE, 4)
    assert asked == [1]
    (colour,) = load().between(first[..., :3], last[..., :3], [0.4])
    assert np.array_equal(made[..., :3], colour)
    first[..., 3] = last[..., 3] = 1
    (opaque,) = load().between(first, last, [0.4])
    assert (opaque[..., 3] == 1).all()


def test_light_beyond_white_is_cross_faded_not_cut(load: Load) -> None:
    first, last = (image + np.float32(0.2) for image in images())
    (inside,) = load().between(first.clip(0, 1), last.clip(0, 1), [0.25])
    (made,) = load().between(first, last, [0.25])
    beyond = [image - image.clip(0, 1) for image in (first, last)]
    assert beyond[0].max() > 0.1
    assert np.abs(made - (inside + 0.75 * beyond[0] + 0.25 * beyond[1])).max() < 1e-6


def test_a_sequence_gives_what_its_pairs_give(load: Load) -> None:
    frames = [moving_square(step, SIZE).astype(np.float32) / 255 for step in range(4)]
    model = load()
    kept = [next(model.between(first, last, [0.5])) for first, last in pairwise(frames)]
    alone = [next(load().between(first, last, [0.5])) for first, last in pairwise(frames)]
    assert all(np.array_equal(one, other) for one, other in zip(kept, alone, strict=True))


def test_an_image_does_not_depend_on_which_others_are_asked_for(load: Load) -> None:
    first, last = images()
    (alone,) = load().between(first, last, [0.5])
    _, among, _ = load().between(first, last, [0.1, 0.5, 0.7])
    assert np.array_equal(alone, among)


def test_a_seed_says_which_frame_is_drawn(load: Load) -> None:
    first, last = images()

    def drawn(**options: object) -> NDArray[np.float32]:
        return next(load(**options).between(first, last, [0.5]))

    assert np.array_equal(drawn(), drawn(seed=0, temperature=0.3))
    assert np.array_equal(drawn(seed=3), drawn(seed=3))
    assert np.abs(drawn(seed=3) - drawn(seed=4)).max() > 1e-3
    assert np.abs(drawn(seed=3) - drawn(seed=3, sample=1)).max() > 1e-3
    likeliest = drawn(temperature=0.0)
    assert np.array_equal(likeliest, drawn(temperature=0.0, seed=5))
    near, far = (np.abs(drawn(temperature=heat) - likeliest).mean() for heat in (0.1, 0.8))
    assert 0 < near < far


@pytest.mark.parametrize("option", [{"seed": 1}, {"temperature": 0.5}], ids=str)
def test_what_draws_nothing_takes_neither_seed_nor_temperature(load: Load, option: dict) -> None:
    with pytest.raises(InputError, match=r"dis\+pervfi-vb takes no --(seed|temperature): it makes the same frames"):
        load("dis+pervfi-vb", **option)
    with pytest.raises(RangeError, match="from 0 up"):
        Runtime(**dict.fromkeys(option, -1))


@pytest.mark.parametrize("name", ["dis+pervfi", "dis+pervfi-vb"])
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_stays_close(load: Load, name: str, precision: str) -> None:
    first, last = images()
    (exact,) = load(name).between(first, last, [0.5])
    (made,) = load(name, precision=precision).between(first, last, [0.5])
    assert made.dtype == np.float32
    assert 0 < np.abs(made - exact).max() < 0.05


def test_flow_may_be_looked_for_at_a_smaller_size(load: Load) -> None:
    first, last = images((48, 64))
    full, half = (next(load("gmflow+pervfi-vb", **o).between(first, last, [0.5])) for o in ({}, {"scale": 0.5}))
    assert half.shape == first.shape
    assert np.abs(full - half).max() > 1e-3


def test_parts_of_large_frames_take_the_flow_and_the_noise_of_the_whole(load: Load) -> None:
    """Not to rounding: what attends to all of a frame attends to its part, as far as there are holes to fill."""
    size = (64, 256)
    wide = noise((size[0], size[1] + 24), seed=4).astype(np.float32) / 255
    first, last = wide[:, 24:], wide[:, :-24]
    (whole,) = load().between(first, last, [0.5])
    model = load(max_memory=catalog.find("pervfi", "interpolator").input.bytes_for(64 * 192))
    (parts,) = model.between(first, last, [0.5])
    assert [tile.columns for tile in model._line._tiles] == [slice(0, 192), slice(64, 256)]
    difference = np.abs(parts - whole)
    assert difference[:, :64].max() < 1e-3
    assert difference.mean() < 5e-4  # with the flow or the noise of another place 4e-3 and 6e-2


def test_features_of_all_parts_are_never_there_together(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are 57 numbers per pixel of either frame: a frame in parts took more than `max_memory` said."""
    seen: list[weakref.ref] = []
    held: list[int] = []

    def view(self: PerVFI, image: torch.Tensor, view: Callable = PerVFI.view) -> PerVFIView:
        made = view(self, image)
        seen.append(weakref.ref(made))
        there = (one() for one in seen)
        held.append(
            sum(tensor.nbytes for one in there if one is not None for tensor in one.__dict__.get("features", ()))
        )
        return made

    monkeypatch.setattr(PerVFI, "view", view)
    frames = [noise((64, 256), seed=seed).astype(np.float32) / 255 for seed in range(3)]
    model = load(max_memory=catalog.find("pervfi", "interpolator").input.bytes_for(64 * 192))
    for first, last in pairwise(frames):
        list(model.between(first, last, [0.5]))
    assert len(seen) == 2 * 2 * len(model._line._tiles)
    assert max(held) == 0  # whenever a part is begun, those of the part before are gone
    assert model._line._kept == {}
    whole = load()
    list(whole.between(*frames[:2], [0.5]))
    list(whole.between(*frames[1:], [0.5]))
    assert max(held) == 57 * 4 * 64 * 256  # made whole, those of the middle frame serve both pairs


def test_what_an_estimator_says_is_looked_at(load: Load) -> None:
    first, last = images()
    for flow, words in (
        (np.zeros((3, 4, 2), np.float32), r"dis gave a flow of shape \(3, 4, 2\); expected \(24, 40, 2\)"),
        (np.full((24, 40, 2), np.nan, np.float32), "dis gave a flow that holds infinity or NaN"),
    ):
        model = load()
        model._estimator = _Fixed(flow)
        with pytest.raises(ModelError, match=words):
            next(model.between(first, last, [0.5]))


class _Fixed(FlowEstimator):
    """Says the same whatever it is shown."""

    def __init__(self, flow: NDArray[np.float32]) -> None:
        self._flow = flow

    def estimate(self, first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._flow
