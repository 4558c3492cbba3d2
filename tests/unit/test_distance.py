"""Objects with masks and curves, to distance maps: exact where they can be, the same every time."""

import cv2
import numpy as np
import pytest

import frameloom as fl
from frameloom.errors import InputError, RangeError, ShapeError
from frameloom.interpolation.curves import PRESETS, position_along
from frameloom.interpolation.distance import feathered

SIZE = (40, 60)
IMAGE = np.zeros((*SIZE, 3), np.uint8)


def box(top: int = 10, left: int = 20, bottom: int = 30, right: int = 40) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return mask


def maps(*objects: fl.ObjectMotion, count: int = 3, **how: object) -> list[np.ndarray]:
    return fl.distance_maps(like=IMAGE, count=count, objects=objects, **how)


def test_maps_are_evenly_spaced_and_of_the_images_size() -> None:
    made = maps(fl.ObjectMotion(box()), count=3)
    assert [(item.shape, item.dtype) for item in made] == [(SIZE, np.float32)] * 3
    assert [float(item[0, 0]) for item in made] == [0.25, 0.5, 0.75]


def test_without_a_curve_of_its_own_an_object_goes_with_the_rest_to_the_last_bit() -> None:
    objects = fl.ObjectMotion(box()), fl.ObjectMotion(box(left=0, right=25))
    for k, made in enumerate(maps(*objects, count=40, feather=7.3), 1):
        assert (made == np.float32(k / 41)).all()


@pytest.mark.parametrize("curve", [*PRESETS, [0, 0.9, 1], [(0, 0), (0.3, 0.8), (1, 1)]])
def test_values_beyond_the_feather_are_exactly_those_of_the_curves(curve: object) -> None:
    for k, made in enumerate(maps(fl.ObjectMotion(box(), curve), rest="ease-in", feather=8), 1):
        assert made[20, 30] == np.float32(position_along(curve)(k / 4))
        assert (made[:6] == np.float32((k / 4) ** 2)).all()


def test_ends_are_exact_also_within_the_feather() -> None:
    both = {end: maps(fl.ObjectMotion(box(), f"hold-{end}"), rest=f"hold-{end}") for end in ("start", "end")}
    assert all((made == 0).all() for made in both["start"])
    assert all((made == 1).all() for made in both["end"])
    for made in maps(fl.ObjectMotion(box(), "hold-end"), rest="hold-start", feather=0):
        assert np.array_equal(made, box().astype(np.float32))


@pytest.mark.parametrize("width", [1, 4, 9, 12.5])
def test_the_feather_is_a_linear_ramp_of_that_width_across_the_edge(width: float) -> None:
    mask = np.zeros((9, 101), bool)
    mask[:, 50:] = True  # the edge lies at column 49.5
    weights = feathered(mask, width)[4]
    expected = np.clip(0.5 + (np.arange(101) - 49.5) / width, 0, 1)
    assert np.abs(weights - expected).max() < 1e-6
    assert np.count_nonzero((weights > 0) & (weights < 1)) <= width + 1


def test_the_border_of_the_picture_is_no_edge() -> None:
    assert (feathered(np.ones(SIZE, bool), 9) == 1).all()
    mask = box(top=0, bottom=SIZE[0])
    assert np.ptp(feathered(mask, 9), axis=0).max() == 0


def test_feather_is_the_same_in_every_map_and_every_run() -> None:
    """The original drew the strength of its blur at random for every frame: edges flickered."""
    once, again = (maps(fl.ObjectMotion(box(), [0.5, 0.5]), rest=[0, 0], count=4) for _ in range(2))
    assert all(np.array_equal(item, once[0]) for item in [*once, *again])
    assert 0 < once[0][20, 18] < 0.5


def test_the_first_object_wins_where_masks_overlap() -> None:
    front, back = fl.ObjectMotion(box(), "hold-end"), fl.ObjectMotion(box(left=0), "hold-start")
    assert maps(front, back, feather=0)[0][20, 30] == 1
    assert maps(back, front, feather=0)[0][20, 30] == 0
    assert maps(front, back, feather=0)[0][20, 5] == 0
    assert maps(front, back, feather=0)[0][0, 0] == np.float32(0.25)


def test_where_two_feathers_meet_values_stay_between_those_of_the_curves() -> None:
    left, right = fl.ObjectMotion(box(right=30), [0.9, 0.9]), fl.ObjectMotion(box(left=30), [0.7, 0.7])
    made = maps(left, right, rest=[0.8, 0.8], feather=15)[0]
    assert made.min() >= np.float32(0.7)
    assert made.max() <= np.float32(0.9)


def test_kinds_of_masks() -> None:
    inside = maps(fl.ObjectMotion(box(), "hold-end"), count=1)[0]
    for mask in (np.where(box(), 128, 127).astype(np.uint8), np.where(box(), 0.51, 0.5).astype(np.float32)):
        assert np.array_equal(maps(fl.ObjectMotion(mask, "hold-end"), count=1)[0], inside)


@pytest.mark.parametrize(
    ("mask", "error", "words"),
    [
        (np.zeros(SIZE, bool), RangeError, "empty"),
        (np.ones(SIZE, np.uint8), RangeError, "make a bool mask"),
        (np.full(SIZE, 1.5), RangeError, "from 1.5 to 1.5"),
        (np.full(SIZE, np.nan), RangeError, "nan"),
        (np.ones(SIZE, np.int64), InputError, "int64"),
        (np.ones((*SIZE, 3), bool), ShapeError, r"\(40, 60, 3\)"),
        (np.ones((0, 4), bool), RangeError, "empty"),
    ],
)
def test_impossible_masks(mask: np.ndarray, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        fl.ObjectMotion(mask)


def test_a_mask_of_another_size_is_named() -> None:
    with pytest.raises(ShapeError, match="object 2 is 5x4, the image 60x40"):
        maps(fl.ObjectMotion(box()), fl.ObjectMotion(np.ones((4, 5), bool)))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"count": 0}, "count is 0"),
        ({"count": 1.5}, "count is 1.5"),
        ({"count": True}, "count is True"),
        ({"feather": -1}, "feather is -1"),
        ({"feather": float("nan")}, "feather is nan"),
        ({"feather": float("inf")}, "feather is inf"),
        ({"rest": "lineal"}, "did you mean linear"),
        ({"rest": [0, 2]}, "value 2"),
    ],
)
def test_impossible_wishes(how: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        maps(fl.ObjectMotion(box()), **how)
    with pytest.raises(InputError, match="pixels"):
        fl.distance_maps(like="a.png", count=1, objects=[])


def test_an_object_moves_at_its_own_pace_in_the_made_image() -> None:
    """Two discs go right by 20 pixels; the upper one has arrived when the lower one is halfway."""

    def scene(upper: float, lower: float) -> np.ndarray:
        image = np.full((96, 128, 3), 40, np.uint8)
        cv2.circle(image, (round(40 + 20 * upper), 28), 14, (230, 120, 40), -1)
        cv2.circle(image, (round(40 + 20 * lower), 68), 14, (40, 200, 90), -1)
        return image

    first, last, truth = scene(0, 0), scene(1, 1), scene(1, 0.5).astype(int)
    mask = np.zeros((96, 128), bool)
    mask[8:48, 20:60] = True
    mover = fl.ObjectMotion(mask, "hold-end")
    made = fl.between(first, last, at=fl.distance_maps(like=first, count=1, objects=[mover], feather=3))[0]
    plain = fl.between(first, last)[0]
    assert np.abs(made - truth).mean() < 3
    assert np.abs(plain - truth).mean() > 2 * np.abs(made - truth).mean()
