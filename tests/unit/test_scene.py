"""The drawn scene: any instant, known motion, the same bytes every time."""

import itertools
import time as clock
from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from frameloom.reports.scene import Scene
from frameloom.reports.shapes import CAST


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(180, 320)


def _upright_patch(scene: Scene, name: str, time: float, shift: float = 0.0) -> NDArray[np.float32]:
    """Fetch 24x24 pixels around the sheet's middle, turned and scaled back to how it was painted."""
    sheet = next(sheet for sheet in CAST if sheet.name == name)
    x, y = scene.centre_at(name, time)
    turn, scale = sheet.angle_at(time), sheet.scale_at(time)
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    half = 11.5
    matrix = np.array(
        [
            [cosine, -sine, x + shift - half * cosine + half * sine],
            [sine, cosine, y - half * sine - half * cosine],
        ]
    )
    patch = cv2.warpAffine(scene.frame_at(time), matrix, (24, 24), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(patch, np.float32)


@pytest.mark.parametrize("time", [0, 0.0, 0.1234567, Fraction(1, 7), Fraction(59, 30), 2])
def test_any_instant_is_drawn(scene: Scene, time: float | Fraction) -> None:
    frame = scene.frame_at(time)
    assert frame.shape == (180, 320, 3)
    assert frame.dtype == np.uint8
    assert frame.std() > 30


@pytest.mark.parametrize("time", [-0.001, 2.001, Fraction(3)])
def test_an_instant_outside_the_scene_is_refused(scene: Scene, time: float | Fraction) -> None:
    with pytest.raises(ValueError, match="lasts from 0 to 2 s"):
        scene.frame_at(time)


def test_the_same_scene_gives_the_same_bytes(scene: Scene) -> None:
    assert np.array_equal(scene.frame_at(0.7), Scene(180, 320).frame_at(Fraction(7, 10)))


def test_another_seed_gives_another_picture(scene: Scene) -> None:
    assert np.abs(scene.frame_at(0).astype(float) - Scene(180, 320, seed=8).frame_at(0)).mean() > 5


def test_motion_is_smooth(scene: Scene) -> None:
    frames = [scene.frame_at(step / 30).astype(np.float32) for step in range(10)]
    changes = [float(np.abs(after - before).mean()) for before, after in itertools.pairwise(frames)]
    assert min(changes) > 2
    assert max(changes) < 1.5 * min(changes)


def test_movement_smaller_than_a_pixel_shows(scene: Scene) -> None:
    change = np.abs(scene.frame_at(0.5).astype(float) - scene.frame_at(0.504)).mean()
    assert 0.05 < change < 4


@pytest.mark.parametrize("name", ["pebble", "bar"])
def test_a_sheet_is_where_it_says(scene: Scene, name: str) -> None:
    early, late = _upright_patch(scene, name, 0.2), _upright_patch(scene, name, 0.9)
    beside = _upright_patch(scene, name, 0.9, shift=2.0)
    middle = slice(10, 14) if name == "bar" else slice(0, 24)  # a thin bar shows its surroundings above and below
    in_place = np.abs(early - late)[middle].mean()
    assert in_place < 0.5 * np.abs(early - beside)[middle].mean()


def test_centres_follow_the_size_of_the_frame(scene: Scene) -> None:
    doubled = Scene(360, 640)
    for name in scene.sheet_names:
        x, y = scene.centre_at(name, 1.3)
        assert doubled.centre_at(name, 1.3) == pytest.approx((2 * x + 0.5, 2 * y + 0.5))


def test_speeds_are_those_of_a_film(scene: Scene) -> None:
    large = Scene(360, 640)
    per_frame = {
        name: [
            float(np.hypot(*np.subtract(large.centre_at(name, (step + 1) / 30), large.centre_at(name, step / 30))))
            for step in range(59)
        ]
        for name in scene.sheet_names
    }
    assert max(per_frame.pop("dart")) == pytest.approx(16, abs=3)
    assert all(2 <= speed <= 8 for speeds in per_frame.values() for speed in speeds)


@pytest.mark.parametrize(("height", "width"), [(64, 96), (16, 16), (17, 45), (90, 30)])
def test_small_and_odd_sizes(height: int, width: int) -> None:
    frame = Scene(height, width).frame_at(1)
    assert frame.shape == (height, width, 3)
    assert frame.std() > 20


@pytest.mark.parametrize(("height", "width", "seconds"), [(15, 96, 2), (96, 0, 2), (64, 96, 0)])
def test_impossible_scenes_are_refused(height: int, width: int, seconds: int) -> None:
    with pytest.raises(ValueError, match="needs at least"):
        Scene(height, width, seconds=seconds)


def test_drawing_is_fast() -> None:
    scene = Scene(360, 640)
    scene.frame_at(0)
    started = clock.perf_counter()
    for step in range(5):
        scene.frame_at(step / 5)
    # 20 ms on one quiet core; the rest is room for a busy machine.
    assert (clock.perf_counter() - started) / 5 < 0.2
