"""What the role Interpolator promises, kept by every any-time network whatever its weights are."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

import frameloom.models.adapter
from factories import moving_square, noise
from frameloom.errors import InputError
from frameloom.models.adapter import AnyTimeInterpolator
from frameloom.models.zoo import catalog
from frameloom.runtime import Runtime
from parity.any_time import build

NAMES = [f"{network}.{variant}" for network in ("rife", "ifrnet", "amt-s", "ema-vfi") for variant in ("d", "dr")]
SPELT = {"rife": "RIFE", "ifrnet": "IFRNet", "amt-s": "AMT-S", "ema-vfi": "EMA-VFI"}
SIZE = (40, 56)
Load = Callable[..., AnyTimeInterpolator]


@cache
def network(name: str) -> object:
    family, variant = name.split(".")
    return build(f"{SPELT[family]}-{variant.upper()}")


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Models with weights by the rule of the recordings, in place of files."""
    monkeypatch.setattr(frameloom.models.adapter, "load_network", lambda card, given: network(card.name))

    def made(name: str, **options: object) -> AnyTimeInterpolator:
        return catalog.build(name, "interpolator", Runtime(device="cpu", backend="torch", **options))

    return made


def pair(size: tuple[int, int] = SIZE) -> tuple[np.ndarray, np.ndarray]:
    first, last = (moving_square(step, size).astype(np.float32) / 255 for step in (0, 1))
    return first, last


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (17, 33)], ids=str)
def test_any_size_and_extreme_moments_give_finite_frames_in_range(load: Load, name: str, size: tuple[int, int]) -> None:
    first, last = pair(size)
    made = list(load(name).between(first, last, [1e-6, 0.5, 1 - 1e-6]))
    assert len(made) == 3
    for image in made:
        assert (image.shape, image.dtype) == (first.shape, np.float32)
        assert np.isfinite(image).all()
        assert 0 <= image.min() <= image.max() <= 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_a_pair_in_which_nothing_moves_or_differs_gives_finite_frames(load: Load, name: str, value: float) -> None:
    image = np.full((*SIZE, 3), value, np.float32)
    (made,) = load(name).between(image, image.copy(), [0.5])
    assert np.isfinite(made).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_number_and_a_constant_map_are_the_same(load: Load, name: str) -> None:
    by_number, by_map = load(name).between(*pair(), [0.3, np.full(SIZE, 0.3, np.float32)])
    assert np.abs(by_number - by_map).max() < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_the_ends_are_the_inputs(load: Load, name: str) -> None:
    first, last = pair()
    made = list(load(name).between(first, last, [0.0, 1.0, np.zeros(SIZE, np.float32), np.ones(SIZE, np.float32)]))
    for image, wanted in zip(made, [first, last, first, last], strict=True):
        assert np.array_equal(image, wanted)


@pytest.mark.parametrize("name", NAMES)
def test_a_map_with_both_ends_in_it_gives_finite_frames(load: Load, name: str) -> None:
    halves = np.zeros(SIZE, np.float32)
    halves[:, 28:] = 1
    (made,) = load(name).between(*pair(), [halves])
    assert np.isfinite(made).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_does_not_depend_on_which_others_are_asked_for(load: Load, name: str) -> None:
    alone = next(load(name).between(*pair(), [0.5]))
    _, among, _ = load(name).between(*pair(), [0.1, 0.5, 0.7])
    assert np.abs(alone - among).max() < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_a_sequence_gives_what_its_pairs_give(load: Load, name: str) -> None:
    """What one pair leaves for the next must not be seen in the result."""
    frames = [noise(SIZE, seed=seed).astype(np.float32) / 255 for seed in (1, 2, 3)]
    model = load(name)
    list(model.between(frames[0], frames[1], [0.5]))
    (after,) = model.between(frames[1], frames[2], [0.25])
    (fresh,) = load(name).between(frames[1], frames[2], [0.25])
    assert np.abs(after - fresh).max() < 1e-5


@pytest.mark.parametrize("family", SPELT)
def test_time_indexed_networks_refuse_maps(load: Load, family: str) -> None:
    with pytest.raises(InputError, match="takes times, not distance maps"):
        next(load(f"{family}.t").between(*pair(), [np.full(SIZE, 0.5, np.float32)]))
