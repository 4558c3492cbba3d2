"""Images between two images: when, how many, of which kind, and never through 8 bits on the way."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest

import frameloom as fl
import readers
from factories import SIZE, moving_square, noise, write_png
from frameloom.catalog import Catalog
from frameloom.errors import CannotOpen, CannotWrite, InputError, OutputExists, RangeError, ShapeError, UnknownModel
from frameloom.interpolation.between import cascade
from frameloom.models.zoo import CARDS

FIRST, LAST = moving_square(0), moving_square(6)


class Nudge:
    """Returns the first image a fifth of an 8-bit level brighter: lost at once if anything is rounded on the way."""

    STEP = np.float32(0.2 / 255)

    def between(self, first: np.ndarray, last: np.ndarray, moments: Sequence) -> Iterator[np.ndarray]:
        assert first.dtype == last.dtype == np.float32
        for _ in moments:
            first = first + self.STEP
            yield first


class Log:
    """Remembers which moments it was asked for, and shows them as grey."""

    calls: ClassVar[list[list[float]]] = []

    def between(self, first: np.ndarray, last: np.ndarray, moments: Sequence) -> Iterator[np.ndarray]:
        Log.calls.append([float(np.mean(moment)) for moment in moments])
        for moment in moments:
            yield np.broadcast_to(np.float32(np.mean(moment)), first.shape)


@pytest.fixture(autouse=True)
def own_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalog of this test's own, with the stubs in it."""
    catalog = Catalog(CARDS)
    for name, build in (("nudge", Nudge), ("log", Log)):
        catalog.add(fl.ModelCard(name=name, role="interpolator", build=f"{__name__}:{build.__name__}"))
    monkeypatch.setattr("frameloom.verbs.load.catalog", catalog)
    Log.calls = []


def test_one_image_in_the_middle_by_default() -> None:
    made = fl.between(FIRST, LAST, model="log")
    assert Log.calls == [[0.5]]
    assert (len(made), made.moments, made[0].dtype, made[0].shape) == (1, (0.5,), np.uint8, FIRST.shape)
    assert made[0].max() == made[0].min() == 128


def test_num_is_evenly_spaced() -> None:
    assert fl.between(FIRST, LAST, num=3, model="log").moments == (0.25, 0.5, 0.75)
    assert Log.calls == [[0.25, 0.5, 0.75]]


def test_at_keeps_the_order_given_and_the_ends_are_the_inputs() -> None:
    made = fl.between(FIRST, LAST, at=[1, 0.75, 0, 0.25, 0.75], model="log")
    assert made.moments == (1, 0.75, 0, 0.25, 0.75)
    assert Log.calls == [[0.75, 0.25, 0.75]]
    assert np.array_equal(made[0], LAST)
    assert np.array_equal(made[2], FIRST)
    assert [int(image.flat[0]) for image in (made[1], made[3], made[4])] == [191, 64, 191]


@pytest.mark.parametrize("model", ["dis", "blend"])
def test_sixteen_bit_and_float_inputs_come_back_in_kind(model: str) -> None:
    deep = noise(SIZE, seed=1, dtype=np.uint16), noise(SIZE, seed=2, dtype=np.uint16)
    assert fl.between(*deep, model=model)[0].dtype == np.uint16
    assert len(np.unique(fl.between(*deep, model=model)[0])) > 1000
    real = fl.between(*(image.astype(np.float32) / 65535 for image in deep), model=model)[0]
    assert real.dtype == np.float32
    assert fl.between(FIRST, deep[1], model=model)[0].dtype == np.uint16, "the finer of two kinds"


def test_sixteen_bit_ends_are_exact() -> None:
    deep = noise(SIZE, seed=1, dtype=np.uint16), noise(SIZE, seed=2, dtype=np.uint16)
    ends = fl.between(*deep, at=[0, 1])
    assert np.array_equal(ends[0], deep[0])
    assert np.array_equal(ends[1], deep[1])


def test_transparency_in_one_image_gives_transparency_in_all() -> None:
    clear = np.dstack([FIRST, np.full(SIZE, 55, np.uint8)])
    made = fl.between(clear, LAST, at=[0.5, 1], model="blend")
    assert made[0].shape == (*SIZE, 4)
    assert (made[0][..., 3] == (55 + 255) / 2).all()
    assert np.array_equal(made[1], np.dstack([LAST, np.full(SIZE, 255, np.uint8)]))


def test_passes_are_never_rounded_in_between() -> None:
    """Four passes of a fifth of a level: the sum shows only if images stay float from pass to pass."""
    grey = np.full((4, 4, 3), 100, np.uint8)
    made = fl.between(grey, grey, num=[1, 1, 1, 1], model="nudge")
    assert [int(image[0, 0, 0]) for image in made] == [
        round(100 + 0.2 * bin(k).count("1")) for k in range(1, 16)
    ]  # image k is as many steps from the input as passes made it
    assert int(made[14][0, 0, 0]) == 101


def test_cascade_order_and_count_are_those_of_the_passes() -> None:
    """Blend is exact, so a cascade must agree with asking for the moments at once."""
    first, last = np.zeros((2, 2, 3), np.float32), np.ones((2, 2, 3), np.float32)
    made = [float(image[0, 0, 0]) for image in cascade(fl.load("blend"), first, last, [2, 0, 1])]
    assert np.allclose(made, [k / 6 for k in range(1, 6)], atol=1e-6)
    assert fl.between(FIRST, LAST, num=[2, 0, 1], model="blend").moments == tuple(k / 6 for k in range(1, 6))


def test_cascade_asks_for_each_pass_at_its_own_moments() -> None:
    list(cascade(Log(), FIRST / np.float32(255), LAST / np.float32(255), [2, 1]))
    assert Log.calls == [[1 / 3, 2 / 3], [0.5], [0.5], [0.5]]


@pytest.mark.parametrize("num", [0, [0], [0, 0]])
def test_none_between_is_none(num: object) -> None:
    assert len(fl.between(FIRST, LAST, num=num)) == 0


def test_distance_maps_say_for_each_pixel_how_far() -> None:
    ramp = np.tile(np.linspace(0, 1, SIZE[1], dtype=np.float32), (SIZE[0], 1))
    made = fl.between(FIRST, LAST, at=[ramp, 0.5, np.zeros(SIZE)], model="blend")
    expected = FIRST + ramp[..., None] * (LAST.astype(np.float32) - FIRST)
    assert np.abs(made[0] - expected).max() <= 0.51
    assert np.array_equal(made[2], FIRST)
    assert made.moments == pytest.approx((0.5, 0.5, 0))


@pytest.mark.parametrize(
    ("at", "error"),
    [
        ([1.01], RangeError),
        ([-0.1], RangeError),
        ([float("nan")], RangeError),
        ([], RangeError),
        ([np.full(SIZE, 2.0)], RangeError),
        ([np.zeros((*SIZE, 1))], ShapeError),
        ([np.zeros((0, 3))], ShapeError),
        ([np.full(SIZE, np.nan)], RangeError),
        ([np.zeros(SIZE, np.uint8)], InputError),
    ],
)
def test_impossible_moments_are_refused(at: list, error: type[Exception]) -> None:
    with pytest.raises(error):
        fl.between(FIRST, LAST, at=at)


@pytest.mark.parametrize("how", [{"num": -1}, {"num": []}, {"num": [1, -1]}, {"num": 1, "at": [0.5]}, {"gif": True}])
def test_impossible_wishes_are_refused(how: dict) -> None:
    with pytest.raises(InputError):
        fl.between(FIRST, LAST, **how)


def test_two_sizes_are_refused_naming_both_files(tmp_path: Path) -> None:
    files = write_png(tmp_path / "a.png", FIRST), write_png(tmp_path / "b.png", moving_square(0, (20, 30)))
    with pytest.raises(ShapeError, match=r"a\.png is 64x48, .*b\.png is 30x20"):
        fl.between(*files)
    with pytest.raises(ShapeError, match=r"the first image .* the last image"):
        fl.between(FIRST, moving_square(0, (20, 30)))


@pytest.mark.parametrize(
    ("array", "error"),
    [
        (np.zeros(SIZE, np.uint8), ShapeError),
        (np.zeros((*SIZE, 2), np.uint8), ShapeError),
        (np.zeros((0, 4, 3), np.uint8), ShapeError),
        (np.zeros((*SIZE, 3), np.int32), InputError),
        (np.full((*SIZE, 3), np.nan, np.float32), RangeError),
    ],
)
def test_arrays_that_are_no_images_are_refused(array: np.ndarray, error: type[Exception]) -> None:
    with pytest.raises(error):
        fl.between(array, array)


def test_a_folder_holds_both_inputs_and_what_lies_between(tmp_path: Path) -> None:
    files = write_png(tmp_path / "a.png", FIRST), write_png(tmp_path / "b.png", LAST)
    made = fl.between(*files, tmp_path / "out", num=2, model="blend", gif=True, fps=20)
    assert [file.name for file in made.files] == ["00000.png", "00001.png", "00002.png", "00003.png", "between.gif"]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [file.name for file in made.files]
    written = [cv2.imread(str(file))[..., ::-1] for file in made.files[:4]]
    assert np.array_equal(written[0], FIRST)
    assert np.array_equal(written[3], LAST)
    assert np.abs(written[1] - (FIRST * 2.0 + LAST) / 3).max() <= 0.51
    assert readers.times(made.files[4]) == [Fraction(k, 20) for k in range(4)]
    assert readers.hidden_in(tmp_path) == []
    assert len(made) == 0, "what is in files is not kept in memory"


def test_sixteen_bits_are_written_as_sixteen_bits(tmp_path: Path) -> None:
    deep = noise(SIZE, seed=1, dtype=np.uint16), noise(SIZE, seed=2, dtype=np.uint16)
    made = fl.between(*deep, tmp_path / "out", model="blend")
    middle = cv2.imread(str(made.files[1]), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert middle.dtype == np.uint16
    assert np.abs(middle - (deep[0].astype(float) + deep[1]) / 2).max() <= 0.6


def test_an_earlier_result_is_replaced_only_when_asked(tmp_path: Path) -> None:
    fl.between(FIRST, LAST, tmp_path / "out", num=5, model="blend", gif=True)
    with pytest.raises(OutputExists):
        fl.between(FIRST, LAST, tmp_path / "out", model="blend")
    fl.between(FIRST, LAST, tmp_path / "out", model="blend", overwrite=True)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["00000.png", "00001.png", "00002.png"]
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(CannotWrite, match=r"notes\.txt"):
        fl.between(FIRST, LAST, tmp_path / "out", model="blend", overwrite=True)


@pytest.mark.parametrize("name", ["out.png", "out.gif", "out.mp4", "out.apng", "out.webm"])
def test_a_file_name_is_no_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="folder"):
        fl.between(FIRST, LAST, tmp_path / name)


def test_missing_files_and_models_are_named(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match=r"none\.png"):
        fl.between(tmp_path / "none.png", LAST)
    with pytest.raises(UnknownModel, match="blend"):
        fl.between(FIRST, LAST, model="blendd")


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (5, 3), (1, 40)])
def test_tiny_images_work(size: tuple[int, int]) -> None:
    made = fl.between(noise(size, seed=1), noise(size, seed=2), num=2)
    assert [image.shape for image in made] == [(*size, 3)] * 2
