"""Distance maps from files: what is read, how it is resized, and what is refused with which words."""

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

import frameloom as fl
from factories import SIZE, moving_square, noise, write_png
from frameloom.errors import CannotOpen, FrameloomError, InputError, RangeError, ShapeError
from frameloom.interpolation.map_files import read_map, resized

FIRST, LAST = moving_square(0), moving_square(6)
RAMP = np.tile(np.linspace(0, 1, SIZE[1], dtype=np.float32), (SIZE[0], 1))


def saved(path: Path, values: np.ndarray) -> Path:
    np.save(path, values)
    return path


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, ">f4"])
def test_npy_files_of_floats_are_read_as_they_are(tmp_path: Path, kind: object) -> None:
    assert np.array_equal(read_map(saved(tmp_path / "m.npy", RAMP.astype(kind))), RAMP.astype(kind))


def test_full_scale_of_a_png_is_one(tmp_path: Path) -> None:
    deep = np.round(RAMP * 65535).astype(np.uint16)
    assert np.array_equal(read_map(write_png(tmp_path / "deep.png", deep)), deep.astype(np.float32) / 65535)
    shallow = np.round(RAMP * 255).astype(np.uint8)
    assert np.array_equal(read_map(write_png(tmp_path / "m.PNG", shallow)), shallow.astype(np.float32) / 255)
    assert len(np.unique(read_map(write_png(tmp_path / "fine.png", deep // 16)))) > 60, "values that 8 bits cannot hold"


def test_one_map_makes_one_image(tmp_path: Path) -> None:
    files = [
        saved(tmp_path / "a.npy", RAMP),
        write_png(tmp_path / "b.png", np.full(SIZE, 16384, np.uint16)),
    ]
    made = fl.between(FIRST, LAST, maps=files, model="blend")
    expected = FIRST + RAMP[..., None] * (LAST.astype(np.float32) - FIRST)
    assert np.abs(made[0] - expected).max() <= 0.51
    assert made.moments == pytest.approx((0.5, 16384 / 65535), abs=1e-6)


def test_shrinking_averages_and_enlarging_is_bilinear() -> None:
    checks = np.indices((8, 8)).sum(axis=0) % 2 * 1.0
    assert (resized(checks, (4, 4)) == 0.5).all()
    step = np.array([[0.0, 1.0]], np.float32)
    assert np.allclose(resized(step, (1, 4)), [[0, 0.25, 0.75, 1]])
    mixed = resized(checks, (16, 4))
    assert mixed.shape == (16, 4)
    assert (mixed == 0.5).all()


@pytest.mark.parametrize("value", [0.0, 0.3, 1 / 3, 1.0])
@pytest.mark.parametrize("size", [(5, 7), (97, 31), (13, 200)])
def test_a_constant_map_stays_so_to_the_last_bit(value: float, size: tuple[int, int]) -> None:
    assert (resized(np.full((31, 45), value, np.float32), size) == np.float32(value)).all()


def test_arrays_of_any_size_are_resized_in_the_same_way() -> None:
    small = cv2.resize(RAMP, (16, 12), interpolation=cv2.INTER_AREA)
    given = fl.between(FIRST, LAST, at=[small.astype(np.float16)], model="blend")[0]
    by_hand = fl.between(FIRST, LAST, at=[resized(small.astype(np.float16), SIZE)], model="blend")[0]
    assert np.array_equal(given, by_hand)


def test_a_half_size_map_comes_near_to_what_the_originals_make_of_it() -> None:
    """They repeat pixels and blur by 9x9; repeating without the blur is four times further from that."""
    smooth = cv2.GaussianBlur(noise((64, 112), seed=3, channels=1)[..., 0] / 255.0, (0, 0), 4)
    theirs = cv2.GaussianBlur(smooth.repeat(2, 0).repeat(2, 1), (9, 9), 0)
    repeated = smooth.repeat(2, 0).repeat(2, 1)
    assert np.abs(resized(smooth, (128, 224)) - theirs).mean() < np.abs(repeated - theirs).mean() / 2


def pickled(path: Path) -> Path:
    np.save(path, np.array([[{"code": "anything"}]], object), allow_pickle=True)
    return path


def bare_pickle(path: Path) -> Path:
    path.write_bytes(pickle.dumps([[0.5]]))
    return path


def cut_short(path: Path) -> Path:
    path.write_bytes(saved(path, RAMP).read_bytes()[:-100])
    return path


def boastful(path: Path) -> Path:
    """A header that claims terabytes."""
    path.write_bytes(saved(path, RAMP).read_bytes().replace(b"(48, 64), ", b"(9999999, 999999), ", 1))
    return path


def archive(path: Path) -> Path:
    with path.open("wb") as file:
        np.savez(file, RAMP)
    return path


@pytest.mark.parametrize("spoil", [pickled, bare_pickle, cut_short, boastful, archive])
def test_files_that_are_no_maps_cannot_be_opened(tmp_path: Path, spoil: object) -> None:
    with pytest.raises(CannotOpen, match=r"m\.npy"):
        read_map(spoil(tmp_path / "m.npy"))


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        (np.where(RAMP > 0.9, np.nan, RAMP), RangeError, "of 3072 values that are not numbers"),
        (np.full(SIZE, np.inf), RangeError, "3072 of 3072"),
        (RAMP * 3 - 1, RangeError, r"from -1 to 2.*numpy\.clip"),
        ((RAMP * 255).astype(np.uint8), InputError, "uint8"),
        (RAMP > 0.5, InputError, "bool"),
        (RAMP.astype(np.complex64), InputError, "complex64"),
        (np.stack([RAMP] * 3), ShapeError, r"\(3, 48, 64\).*one to a file"),
        (np.zeros((0, 4)), FrameloomError, r"m\.npy"),
        (np.float32(0.5), ShapeError, r"\(\)"),
    ],
)
def test_values_that_are_no_distances_are_refused(
    tmp_path: Path, values: np.ndarray, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as refused:
        read_map(saved(tmp_path / "m.npy", values))
    assert "m.npy" in str(refused.value)


def test_a_map_as_the_originals_store_it_says_what_to_do(tmp_path: Path) -> None:
    """dis_index files are half floats, not clipped, with NaN where nothing moved."""
    stored = (RAMP * 1.5 - 0.2).astype(np.float16)
    with pytest.raises(RangeError, match="clip"):
        read_map(saved(tmp_path / "dis_index_0_3_6.npy", stored))
    stored[3, 4] = np.nan
    file = saved(tmp_path / "dis_index_0_3_6.npy", stored)
    with pytest.raises(RangeError, match=r"1 of 3072 values .* where nothing moves"):
        read_map(file)


@pytest.mark.parametrize(
    ("name", "pixels", "words"),
    [
        ("colours.png", moving_square(0), "colours"),
        ("clear.png", np.zeros((*SIZE, 4), np.uint8), "transparency"),
        ("map.jpg", np.zeros(SIZE, np.uint8), r"\.npy and \.png"),
    ],
)
def test_images_that_are_no_maps_are_refused(tmp_path: Path, name: str, pixels: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_map(write_png(tmp_path / name, pixels))


def test_missing_files_are_named(tmp_path: Path) -> None:
    for name in ("none.npy", "none.png"):
        with pytest.raises(CannotOpen, match=f"{name} does not exist"):
            read_map(tmp_path / name)


def test_a_name_alone_is_no_list_of_maps(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="list of files"):
        fl.between(FIRST, LAST, maps=str(saved(tmp_path / "m.npy", RAMP)))


def test_a_file_of_python_2_is_read_without_a_word(tmp_path: Path) -> None:
    data = saved(tmp_path / "m.npy", RAMP).read_bytes()
    (tmp_path / "m.npy").write_bytes(data.replace(b"(48, 64), }  ", b"(48L, 64L), }", 1))
    assert b"48L" in (tmp_path / "m.npy").read_bytes()
    assert np.array_equal(read_map(tmp_path / "m.npy"), RAMP)
