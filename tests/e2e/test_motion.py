"""Objects that move by a file, and maps from files, on the command line; each way to get it wrong is one clear line."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

import frameloom as fl
from commands import Command
from factories import SIZE, moving_square, write_png

FIRST, LAST = moving_square(0), moving_square(6)
LEFT = np.zeros(SIZE, np.uint8)
LEFT[:, : SIZE[1] // 2] = 255


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images, and in a folder of their own a motion file with the mask that it names."""
    write_png(tmp_path / "a.png", FIRST)
    write_png(tmp_path / "b.png", LAST)
    write_png(tmp_path / "plan" / "left.png", LEFT)
    motion(tmp_path, {"objects": [{"mask": "left.png", "curve": "hold-start"}], "rest": [0, 1], "feather": 0})
    return tmp_path


def motion(folder: Path, plan: object) -> Path:
    text = plan if isinstance(plan, str) else json.dumps(plan)
    (folder / "plan" / "motion.json").write_text(text, encoding="utf-8")
    return folder / "plan" / "motion.json"


def with_files(folder: Path) -> list[Path]:
    return [folder / "a.png", folder / "b.png", folder / "out"]


def picture(path: Path) -> np.ndarray:
    return cv2.imread(str(path))[..., ::-1].astype(np.float32)


def test_a_motion_file_moves_objects_by_their_curves(frameloom: Command, folder: Path) -> None:
    """Blend shows what the maps say: the left half stays as it was, the right half fades."""
    said = frameloom(
        "between", *with_files(folder), "--motion", folder / "plan" / "motion.json", "--num", "3", "--model", "blend"
    ).done()
    assert "3 new images by blend" in said.out
    half = SIZE[1] // 2
    for k in (1, 2, 3):
        made = picture(folder / "out" / f"{k:05d}.png")
        assert np.array_equal(made[:, :half], FIRST[:, :half])
        expected = FIRST + np.float32(k / 4) * (LAST.astype(np.float32) - FIRST)
        assert np.abs(made[:, half:] - expected[:, half:]).max() <= 0.51
    assert len(list((folder / "out").iterdir())) == 5


def test_one_image_by_default_and_python_says_the_same(frameloom: Command, folder: Path) -> None:
    file = folder / "plan" / "motion.json"
    frameloom("between", *with_files(folder), "--motion", file, "--model", "blend").done()
    made = fl.between(folder / "a.png", folder / "b.png", motion=file, model="blend")
    assert np.array_equal(made[0], picture(folder / "out" / "00001.png"))
    mask = cv2.imread(str(folder / "plan" / "left.png"), cv2.IMREAD_UNCHANGED)
    mover = fl.ObjectMotion(mask, "hold-start")
    maps = fl.distance_maps(like=FIRST, count=1, objects=[mover], rest=[0, 1], feather=0)
    assert np.array_equal(fl.between(FIRST, LAST, at=maps, model="blend")[0], made[0])


def test_feather_rest_and_curve_have_defaults(folder: Path) -> None:
    file = motion(folder, {"objects": [{"mask": "left.png"}]})
    assert np.array_equal(fl.between(FIRST, LAST, motion=file)[0], fl.between(FIRST, LAST)[0])
    full = motion(folder, {"objects": [{"mask": "left.png", "curve": "rush"}], "rest": "linear", "feather": 9})
    said = fl.between(FIRST, LAST, motion=full, model="blend")[0]
    short = motion(folder, {"objects": [{"mask": "left.png", "curve": "rush"}]})
    assert np.array_equal(fl.between(FIRST, LAST, motion=short, model="blend")[0], said)


@pytest.mark.parametrize(
    "mask",
    [
        np.dstack([np.zeros((*SIZE, 3), np.uint8), LEFT]),  # black, as opaque as the mask says
        np.dstack([LEFT, LEFT, LEFT, np.full(SIZE, 255, np.uint8)]),  # an alpha channel that says nothing
        np.dstack([LEFT, np.zeros((*SIZE, 2), np.uint8)]),  # red
        np.where(LEFT, 32768, 32767).astype(np.uint16),
        np.where(LEFT, 128, 127).astype(np.uint8),
    ],
    ids=["alpha", "opaque alpha", "colour", "16 bits", "just above half"],
)
def test_kinds_of_mask_images(folder: Path, mask: np.ndarray) -> None:
    file = folder / "plan" / "motion.json"
    expected = fl.between(FIRST, LAST, motion=file, model="blend")[0]
    write_png(folder / "plan" / "left.png", mask)
    assert np.array_equal(fl.between(FIRST, LAST, motion=file, model="blend")[0], expected)


ONE = {"mask": "left.png"}


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ('{"objects": [\n  {"mask": "left.png",}\n]}', "motion.json: line 2, column"),
        ("", "motion.json: line 1"),
        ('{"objects": [], "objects": []}', '"objects" is given twice'),
        ('{"feather": NaN, "objects": [{"mask": "left.png"}]}', "NaN"),
        ("[" * 100_000, "motion.json"),
        ('{"feather": ' + "9" * 5000 + "}", "motion.json"),
        ([1], "must be an object with the keys objects, rest, feather, not a list"),
        ({}, '"objects" must be a list'),
        ({"objects": {}}, '"objects" must be a list'),
        ({"objects": []}, "at least one"),
        ({"object": [ONE]}, 'unknown key "object"; did you mean objects'),
        ({"objects": [ONE], "fether": 3}, "did you mean feather"),
        ({"objects": [ONE, {"mask": "left.png", "curv": "linear"}]}, 'object 2 has the unknown key "curv"; did you'),
        ({"objects": ["left.png"]}, "object 1 must be an object with the keys mask, curve, not text"),
        ({"objects": [{"curve": "linear"}]}, 'object 1: "mask" is missing'),
        ({"objects": [{"mask": 3}]}, '"mask" is a number'),
        ({"objects": [{"mask": ""}]}, '"mask" names no file'),
        ({"objects": [{"mask": "none.png"}]}, "none.png does not exist"),
        ({"objects": [{"mask": "motion.json"}]}, "motion.json is damaged or not an image"),
        ({"objects": [{"mask": "../a\0.png"}]}, "names no file"),
        ({"objects": [{"mask": "small.png"}]}, "small.png is 6x5, the images are 64x48"),
        ({"objects": [{"mask": "dark.png"}]}, "dark.png is empty"),
        ({"objects": [{"mask": "left.png", "curve": "ease-uot"}]}, "object 1: no curve is called 'ease-uot'; did you"),
        ({"objects": [{"mask": "left.png", "curve": [0, 2]}]}, "object 1: a curve has the value 2"),
        ({"objects": [{"mask": "left.png", "curve": [0, "1"]}]}, "must all be numbers, or all pairs"),
        ({"objects": [{"mask": "left.png", "curve": [0, True]}]}, "must all be numbers, or all pairs"),
        ({"objects": [{"mask": "left.png", "curve": [[0, 0], [1]]}]}, "must all be numbers, or all pairs"),
        ({"objects": [{"mask": "left.png", "curve": [[0, 0], 1]}]}, "must all be numbers, or all pairs"),
        ({"objects": [{"mask": "left.png", "curve": [0]}]}, "at least two"),
        ({"objects": [{"mask": "left.png", "curve": []}]}, "at least two"),
        ({"objects": [{"mask": "left.png", "curve": None}]}, "object 1: a curve is a name or a list of points"),
        ({"objects": [{"mask": "left.png", "curve": [0, 10**400]}]}, "object 1: a curve is"),
        ({"objects": [ONE], "rest": "hold"}, '"rest": no curve is called'),
        ({"objects": [ONE], "rest": 0.5}, '"rest": a curve is a name or a list of points, not a number'),
        ({"objects": [ONE], "feather": -1}, '"feather" is -1'),
        ({"objects": [ONE], "feather": "9"}, '"feather" is text'),
        ({"objects": [ONE], "feather": True}, '"feather" is true or false'),
        ({"objects": [ONE], "feather": None}, '"feather" is null'),
        ({"objects": [ONE], "feather": 10**300}, '"feather" is 1'),
    ],
    ids=str,
)
def test_a_motion_file_that_cannot_be_meant_is_explained(
    frameloom: Command, folder: Path, plan: object, words: str
) -> None:
    write_png(folder / "plan" / "small.png", np.full((5, 6), 255, np.uint8))
    write_png(folder / "plan" / "dark.png", LEFT // 3)
    line = frameloom("between", *with_files(folder), "--motion", motion(folder, plan)).refused()
    assert words in line
    assert len(line) < 600
    assert not (folder / "out").exists()


def test_motion_files_that_cannot_be_read(frameloom: Command, folder: Path) -> None:
    (folder / "binary.json").write_bytes(b"\xff\xfe\x00{")
    for name, words in (("none.json", "does not exist"), ("plan", "cannot be read"), ("binary.json", "UTF-8")):
        assert words in frameloom("between", *with_files(folder), "--motion", folder / name).refused()


def test_a_motion_file_with_a_byte_order_mark_is_read(frameloom: Command, folder: Path) -> None:
    file = folder / "plan" / "motion.json"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    frameloom("between", *with_files(folder), "--motion", file).done()


def test_maps_make_one_image_each(frameloom: Command, folder: Path) -> None:
    ramp = np.tile(np.linspace(0, 1, SIZE[1], dtype=np.float32), (SIZE[0], 1))
    np.save(folder / "m.npy", ramp[::2, ::2].astype(np.float16))
    write_png(folder / "m.png", np.round(ramp * 65535).astype(np.uint16))
    maps = [folder / "m.npy", folder / "m.png"]
    frameloom("between", *with_files(folder), "--maps", *maps, "--model", "blend").done()
    assert len(list((folder / "out").iterdir())) == 4
    expected = FIRST + ramp[..., None] * (LAST.astype(np.float32) - FIRST)
    assert np.abs(picture(folder / "out" / "00002.png") - expected).max() <= 0.51
    assert np.abs(picture(folder / "out" / "00001.png") - expected).mean() < 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--maps", "m.npy", "--num", "2"], "each map makes one image"),
        (["--maps", "m.npy", "--at", "0.5"], "--at and --maps contradict"),
        (["--maps", "m.npy", "--motion", "plan/motion.json"], "--maps and --motion contradict"),
        (["--motion", "plan/motion.json", "--at", "0.5"], "--at and --motion contradict"),
        (["--motion", "plan/motion.json", "--num", "1", "1"], "one number for --num, not the passes 1 1"),
        (["--motion", "plan/motion.json", "--num", "0"], "num is 0"),
        (["--motion", "plan/motion.json", "--num", "-1"], "num is -1"),
        (["--maps"], "maps"),
        (["--motion"], "motion"),
        (["--maps", "none.npy"], "none.npy does not exist"),
        (["--maps", "m.npy", "nan.npy"], "nan.npy has 1 of 3072 values that are not numbers"),
        (["--maps", "wide.npy"], "wide.npy has values from -0.5 to 2"),
        (["--maps", "whole.npy"], "whole.npy has uint8 values"),
        (["--maps", "stack.npy"], "one to a file"),
        (["--maps", "a.png"], "a.png has colours"),
        (["--maps", "plan/motion.json"], "read from .npy and .png files"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_maps_and_options_that_cannot_be_meant_are_explained(
    frameloom: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    monkeypatch.chdir(folder)
    half, hole = np.full(SIZE, 0.5, np.float32), np.full(SIZE, 0.5, np.float32)
    hole[2, 3] = np.nan
    np.save("m.npy", half)
    np.save("nan.npy", hole)
    np.save("wide.npy", np.linspace(-0.5, 2, 3072).reshape(SIZE))
    np.save("whole.npy", np.zeros(SIZE, np.uint8))
    np.save("stack.npy", np.zeros((2, *SIZE)))
    assert words in frameloom("between", "a.png", "b.png", "out", *options).refused()
    assert not Path("out").exists()


def test_masks_and_maps_are_never_written_over(frameloom: Command, folder: Path) -> None:
    """A folder of numbered images is an earlier result, and with --overwrite it goes: not if it holds an input."""
    write_png(folder / "out" / "00001.png", LEFT)
    motion(folder, {"objects": [{"mask": "../out/00001.png"}]})
    for how in (["--motion", folder / "plan" / "motion.json"], ["--maps", folder / "out" / "00001.png"]):
        line = frameloom("between", *with_files(folder), *how, "--overwrite").refused()
        assert "lies inside the output folder" in line
    assert (folder / "out" / "00001.png").exists()
