"""The adapter: any size, channel order, alpha, batches, tiles, and what is kept from pair to pair."""

import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from any_time_network import SPEC, TinyNetwork, tiny_card
from factories import noise
from frameloom.catalog import InputSpec
from frameloom.errors import InputError, RangeError, ShapeError
from frameloom.models.adapter import AnyTimeInterpolator
from frameloom.models.interpolators.network import View, approach
from frameloom.models.settle import settle
from frameloom.runtime import Runtime
from threads import pytorch_threads

SIZE = (40, 56)


def images(size: tuple[int, int] = SIZE, channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    first, last = (noise(size, seed=seed, channels=channels).astype(np.float32) / 255 for seed in (1, 2))
    return first, last


Make = Callable[..., AnyTimeInterpolator]


@pytest.fixture
def adapter(tmp_path: Path) -> Make:
    def make(variant: str = "D", spec: InputSpec = SPEC, **options: object) -> AnyTimeInterpolator:
        card = tiny_card(tmp_path, variant, spec)
        return AnyTimeInterpolator(card, Runtime(checkpoint=tmp_path / "tiny.safetensors", backend="torch", **options))

    return make


def seen(model: AnyTimeInterpolator) -> list[int]:
    """How many moments the network was given each time."""
    return model._line._engine.network.seen


def by_hand(model: AnyTimeInterpolator, first: np.ndarray, last: np.ndarray, moment: float, steps: int) -> np.ndarray:
    """What the network says of images whose size needs no padding, without the adapter."""
    network: TinyNetwork = model._network

    def tensor(image: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1)[None]

    distance = torch.full((1, 1, *first.shape[:2]), moment)
    with torch.inference_mode():
        pair = network.pair(network.view(tensor(first)), network.view(tensor(last)))
        *_, (_, frame) = approach(network, pair, distance, iterations=steps)
    return frame[0].permute(1, 2, 0).numpy()[..., ::-1]


@pytest.mark.parametrize(("variant", "steps"), [("D", 1), ("DR", 2)])
def test_frames_are_the_networks_own(adapter: Make, variant: str, steps: int) -> None:
    model = adapter(variant)
    first, last = images()
    (made,) = model.between(first, last, [0.3])
    assert np.abs(made - by_hand(model, first, last, 0.3, steps)).max() < 1e-5


def test_channels_reach_the_network_as_it_wants_them(adapter: Make) -> None:
    first, last = images()
    (bgr,) = adapter().between(first, last, [0.5])
    (rgb,) = adapter(spec=replace(SPEC, channels="rgb")).between(first[..., ::-1], last[..., ::-1], [0.5])
    assert np.abs(bgr - rgb[..., ::-1]).max() < 1e-6


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (1, 50), (33, 17), (40, 57)], ids=str)
@pytest.mark.parametrize("place", ["end", "centre"])
@pytest.mark.parametrize("fill", ["zero", "edge"])
def test_any_size_comes_back_as_it_went_in(adapter: Make, size: tuple[int, int], place: str, fill: str) -> None:
    first, last = images(size)
    for made in adapter(spec=replace(SPEC, place=place, fill=fill)).between(first, last, [0.25, 0.75]):
        assert (made.shape, made.dtype) == (first.shape, np.float32)
        assert np.isfinite(made).all()


def test_padding_lies_where_the_spec_says(adapter: Make) -> None:
    """Of 1 + 7 columns the picture is the first, or the fourth: what the network fetches at its edge differs."""
    first, last = images((8, 9))
    results = [next(adapter(spec=replace(SPEC, place=p, fill=f)).between(first, last, [0.5]))
               for p in ("end", "centre") for f in ("zero", "edge")]  # fmt: skip
    assert np.abs(results[0] - results[1]).max() > 1e-4
    inner = slice(2, 6), slice(2, 6)
    assert max(np.abs(results[0][inner] - other[inner]).max() for other in results[1:]) < 1


def test_the_ends_are_the_frames_themselves(adapter: Make) -> None:
    first, last = images()
    zeros, ones = np.zeros(SIZE, np.float32), np.ones(SIZE, np.float32)
    made = list(adapter().between(first, last, [0.0, 0.5, 1.0, zeros, ones]))
    assert [np.array_equal(made[index], image) for index, image in ((0, first), (2, last), (3, first), (4, last))]
    assert not np.array_equal(made[1], first)
    made[0][:] = 7
    assert first.max() <= 1, "a result is not a window on the input"


def test_a_map_acts_where_it_differs(adapter: Make) -> None:
    first, last = images()
    halves = np.full(SIZE, 0.2, np.float32)
    halves[:, 28:] = 0.9
    low, high, mixed = adapter().between(first, last, [0.2, 0.9, halves])
    assert np.abs(mixed[:, :20] - low[:, :20]).max() < 1e-5
    assert np.abs(mixed[:, 36:] - high[:, 36:]).max() < 1e-5


def test_a_map_of_another_size_or_for_a_time_indexed_network_is_refused(adapter: Make) -> None:
    first, last = images()
    with pytest.raises(ShapeError, match=r"\(3, 4\)"):
        next(adapter().between(first, last, [np.full((3, 4), 0.5, np.float32)]))
    with pytest.raises(InputError, match=r"tiny\.t takes times"):
        next(adapter("T").between(first, last, [np.full(SIZE, 0.5, np.float32)]))


def test_transparency_moves_along(adapter: Make) -> None:
    first, last = images(channels=4)
    model = adapter()
    (made,) = model.between(first, last, [0.4])
    assert made.shape == (*SIZE, 4)
    (colour,) = adapter().between(first[..., :3], last[..., :3], [0.4])
    assert np.array_equal(made[..., :3], colour)
    greys = [np.repeat(image[..., 3:], 3, axis=2) for image in (first, last)]
    (grey,) = adapter().between(*greys, [0.4])
    assert np.abs(made[..., 3] - grey.mean(axis=2)).max() < 1e-6


def test_opaque_stays_opaque_without_work(adapter: Make) -> None:
    first, last = images(channels=4)
    first[..., 3] = last[..., 3] = 1
    model = adapter()
    (made,) = model.between(first, last, [0.4])
    assert (made[..., 3] == 1).all()
    assert seen(model) == [1]


def test_light_beyond_white_is_cross_faded_not_cut(adapter: Make) -> None:
    first, last = images()
    brighter = first + np.float32(0.2), last + np.float32(0.1)
    (inside,) = adapter().between(*(np.clip(image, 0, 1) for image in brighter), [0.25])
    (made,) = adapter().between(*brighter, [0.25])
    beyond = [image - np.clip(image, 0, 1) for image in brighter]
    assert np.abs(made - (inside + 0.75 * beyond[0] + 0.25 * beyond[1])).max() < 1e-6


def test_moments_are_made_in_batches_and_do_not_depend_on_them(adapter: Make) -> None:
    first, last = images()
    moments = [index / 10 for index in range(1, 10)]
    model = adapter()
    together = list(model.between(first, last, moments))
    assert seen(model) == [4, 4, 1]
    alone = [next(adapter().between(first, last, [moment])) for moment in moments]
    assert max(np.abs(a - b).max() for a, b in zip(together, alone, strict=True)) < 1e-5


def test_only_what_is_asked_for_is_made(adapter: Make) -> None:
    model = adapter()
    made = model.between(*images(), [index / 1000 for index in range(1, 1000)])
    next(made)
    made.close()
    assert seen(model) == [4]


def test_gradients_stay_on_for_whoever_reads_the_frames(adapter: Make) -> None:
    """A generator that is paused inside inference mode would switch it on for its reader."""
    made = adapter().between(*images(), [0.2, 0.4, 0.6, 0.8, 0.9])
    next(made)
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_the_last_frame_is_kept_as_the_first_of_the_next_pair(adapter: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    views = []
    monkeypatch.setattr(
        TinyNetwork, "view", lambda self, image, view=TinyNetwork.view: views.append(1) or view(self, image)
    )
    frames = [noise(SIZE, seed=seed).astype(np.float32) / 255 for seed in range(4)]
    model = adapter()
    for first, last in pairwise(frames):
        list(model.between(first, last, [0.5]))
    assert len(views) == 4


def test_a_buffer_that_is_written_over_between_calls_is_seen_anew(adapter: Make) -> None:
    """A camera loop reads into one array: what is kept of it must not stand for what it now holds."""
    first, last = images()
    model = adapter()
    list(model.between(first, last, [0.5]))
    last[:] = noise(SIZE, seed=9).astype(np.float32) / 255
    (again,) = model.between(last, first, [0.5])
    (fresh,) = adapter().between(last.copy(), first.copy(), [0.5])
    assert np.array_equal(again, fresh)


def test_frames_of_another_size_may_follow(adapter: Make) -> None:
    model = adapter()
    for size in [(40, 56), (33, 17), (40, 56)]:
        first, last = images(size)
        (made,) = model.between(first, last, [0.5])
        assert made.shape == first.shape


@pytest.mark.parametrize("variant", ["D", "DR"])
def test_tiles_give_what_whole_frames_give(adapter: Make, variant: str) -> None:
    """The tiny network sees a few pixels far, so parts that overlap must agree to rounding."""
    size = (304, 424)  # multiples of 8: padding would be seen at the edge of the picture
    first, last = images(size)
    ramp = np.linspace(0.1, 0.9, size[0] * size[1], dtype=np.float32).reshape(size)
    whole = list(adapter(variant).between(first, last, [0.3, ramp]))
    model = adapter(variant, max_memory=100 * 232 * 296)
    parts = list(model.between(first, last, [0.3, ramp]))
    assert model._line._settled.tile is not None
    assert len(model._line._tiles) >= 4
    for one, other in zip(whole, parts, strict=True):
        assert np.abs(one - other).max() < 1e-5


def test_of_a_frame_in_parts_only_one_is_known_at_a_time(adapter: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was known of all parts stayed, within a pair and for the next one, and took more than max_memory said."""
    seen: list[weakref.ref] = []
    alive: list[int] = []

    def view(self: TinyNetwork, image: torch.Tensor, view: Callable = TinyNetwork.view) -> View:
        made = view(self, image)
        seen.append(weakref.ref(made))
        alive.append(sum(one() is not None for one in seen))
        return made

    monkeypatch.setattr(TinyNetwork, "view", view)
    model = adapter(spec=replace(SPEC, bytes_per_pixel=1000), max_memory=1000 * 232 * 296)
    frames = [noise((304, 424), seed=seed).astype(np.float32) / 255 for seed in range(3)]
    for first, last in pairwise(frames):
        list(model.between(first, last, [0.25, 0.5, 0.75]))
        assert model._line._kept == {}
    parts = len(model._line._tiles)
    assert parts >= 4
    assert len(seen) == 2 * 2 * parts  # once per part and pair, for all moments
    assert max(alive) == 2


@pytest.mark.parametrize(("bytes_per_pixel", "waiting"), [(100, 1), (1000, 5)])
def test_frames_wait_for_their_parts_in_the_memory_that_is_left(
    adapter: Make, bytes_per_pixel: int, waiting: int
) -> None:
    """As many as fit beside a part; the others are begun when these are done, and are what they would be alone."""
    first, last = images((304, 424))
    moments = [index / 8 for index in range(1, 8)]
    spec = replace(SPEC, bytes_per_pixel=bytes_per_pixel, prefers_batch=1)
    model = adapter(spec=spec, max_memory=bytes_per_pixel * 232 * 296)
    together = list(model.between(first, last, moments))
    line = model._line
    height, width = line._settled.tile
    left = bytes_per_pixel * (232 * 296 - height * width)
    assert line._frames_that_fit() == waiting
    assert waiting == 1 or waiting * 304 * 424 * 12 <= left < (waiting + 1) * 304 * 424 * 12
    for moment, frame in zip(moments, together, strict=True):
        (alone,) = model.between(first, last, [moment])
        assert np.array_equal(frame, alone)


def test_memory_for_no_part_at_all_is_refused(adapter: Make) -> None:
    with pytest.raises(RangeError, match="max_memory"):
        next(adapter(max_memory=1000).between(*images((300, 420)), [0.5]))


def test_motion_may_be_looked_for_at_a_smaller_size(adapter: Make) -> None:
    first, last = images((64, 96))
    (full,) = adapter().between(first, last, [0.5])
    for variant in ("D", "DR"):
        (half,) = adapter(variant, scale=0.5).between(first, last, [0.5])
        assert half.shape == first.shape
        assert np.abs(full - half).max() > 1e-4


def test_half_precision_stays_close(adapter: Make) -> None:
    first, last = images((64, 96))
    (exact,) = adapter().between(first, last, [0.5])
    (made,) = adapter(precision="bfloat16").between(first, last, [0.5])
    assert 0 < np.abs(made - exact).max() < 0.1


def test_more_steps_make_another_frame_and_a_one_step_network_has_none(adapter: Make) -> None:
    first, last = images()
    two, four = (next(adapter("DR", iters=steps).between(first, last, [0.5])) for steps in (2, 4))
    assert np.abs(two - four).max() > 1e-4
    with pytest.raises(InputError, match=r"tiny\.d takes no --iters"):
        adapter("D", iters=2)


@pytest.fixture
def two_threads() -> Iterator[None]:
    with pytorch_threads(2):
        yield


SIDE_BY_SIDE = replace(SPEC, prefers_batch=1)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("variant", ["D", "DR"])
def test_frames_made_side_by_side_are_those_made_one_by_one(adapter: Make, variant: str, channels: int) -> None:
    moments = [0.1, 0.0, 0.3, 0.5, 1.0, 0.7, 0.9]
    first, last = images(channels=channels)
    model, plain = adapter(variant, spec=SIDE_BY_SIDE), adapter(variant, spec=SPEC)
    together = list(model.between(first, last, moments))
    assert (model._line.lanes, plain._line) == (2, None)
    for moment, frame in zip(moments, together, strict=True):
        (alone,) = plain.between(first, last, [moment])
        assert np.abs(frame - alone).max() < 1e-6
    assert plain._line.lanes == 1


@pytest.mark.usefixtures("two_threads")
def test_pairs_begun_ahead_give_what_they_give_one_after_the_other(adapter: Make) -> None:
    frames = [noise(SIZE, seed=seed).astype(np.float32) / 255 for seed in range(6)]
    model = adapter(spec=SIDE_BY_SIDE)
    assert model.ahead(SIZE) >= 2
    begun = [model.begin(first, last, [0.25, 0.5]) for first, last in pairwise(frames)]
    plain = adapter(spec=SPEC)
    assert plain.ahead(SIZE) == 0
    for made, (first, last) in zip(begun, pairwise(frames), strict=True):
        for frame, expected in zip(made, plain.between(first, last, [0.25, 0.5]), strict=True):
            assert np.abs(frame - expected).max() < 1e-6


@pytest.mark.usefixtures("two_threads")
def test_frames_begin_when_they_are_begun_and_one_alone_has_all_threads(
    adapter: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    where: list[str] = []
    render = TinyNetwork.render

    def noted(self: TinyNetwork, *given: object) -> torch.Tensor:
        where.append(threading.current_thread().name)
        return render(self, *given)

    monkeypatch.setattr(TinyNetwork, "render", noted)
    model, here = adapter(spec=SIDE_BY_SIDE), threading.current_thread().name
    list(model.between(*images(), [0.5]))
    assert where == [here]
    list(model.begin(*images(), [0.5]))
    list(model.between(*images(), [0.5, 0.7]))
    assert len(where) == 4
    assert here not in where[1:]


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize(
    ("options", "lanes"),
    [
        ({}, 2),
        ({"max_memory": 2 * 100 * 40 * 56}, 2),
        ({"max_memory": 2 * 100 * 40 * 56 - 1}, None),
        ({"backend": "openvino"}, None),
    ],
)
def test_lanes_are_as_many_as_threads_if_they_fit(tmp_path: Path, options: dict, lanes: int | None) -> None:
    card = tiny_card(tmp_path, spec=SIDE_BY_SIDE)
    assert settle(card, Runtime(device="cpu", **options), SIZE).lanes == lanes


def test_one_thread_has_no_lanes(tmp_path: Path) -> None:
    with pytorch_threads(1):
        assert settle(tiny_card(tmp_path, spec=SIDE_BY_SIDE), Runtime(device="cpu"), SIZE).lanes is None
