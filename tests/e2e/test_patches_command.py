"""`frameloom patches` as a user meets it."""

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import frameloom as fl
from commands import Command
from factories import audio_only, clip, image_folder, moving_square, native, write_png, write_video
from frameloom.errors import CannotWrite, OutputExists
from frameloom.models.encoders.hog import HOGCells
from frameloom.plots.patch_similarity import save_maps
from frameloom.similarity import patch_files
from processes import workspace

ARRAYS = {"position_similarities.npz", "frame_similarity.npy", "intra_frame_similarities.npz"}
PICTURES = {"change.png", "change.mp4", "pca_colours.png", "pca_colours.mp4", "frame_similarity.png"}


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return clip(tmp_path / "film.mp4", 12)


def test_everything_that_is_documented_is_there(frameloom: Command, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = frameloom("patches", film, out, "--fps", "25", "--max-frames", 6, "--image-size", 64).done()
    assert "6 frames by hog, 4x4 patches" in said.out
    positions = {f"position_{index:04d}_r{index // 4:02d}_c{index % 4:02d}.png" for index in range(0, 16, 15)}
    got = set(names(out))
    assert got >= ARRAYS | PICTURES | positions | {"statistics.txt", "patches.json"}
    assert len([name for name in got if name.startswith("position_0")]) == 10
    assert len([name for name in got if name.startswith("intra_frame_0")]) == 5
    assert names(tmp_path) == ["film.mp4", "out"]
    with np.load(out / "position_similarities.npz") as stored:
        position = stored["position_similarities"]
    frames = [frame.to_float() for frame in fl.open_source(film)]
    told = json.loads((out / "patches.json").read_text())
    assert told["indices"] == [0, 2, 4, 6, 8, 11]
    assert told["times"][2] == str(Fraction(4, 25))
    assert set(told["files"]) == got
    resized = [cv2.resize(frames[index], (64, 64), interpolation=cv2.INTER_LINEAR) for index in told["indices"]]
    tokens = HOGCells().encode(np.stack(resized)).reshape(6, 16, -1)
    tokens /= np.linalg.norm(tokens, axis=2, keepdims=True)
    assert position.shape == (16, 6, 6)
    assert np.corrcoef(position.ravel(), np.einsum("tpc,upc->ptu", tokens, tokens).ravel())[0, 1] > 0.9
    for name in PICTURES - {"change.mp4", "pca_colours.mp4"}:
        assert cv2.imread(str(out / name)).std() > 5
    for name in ("change.mp4", "pca_colours.mp4"):
        with av.open(str(out / name)) as video:
            assert len(list(video.decode(video=0))) == 6


def test_a_repeated_frame_is_wholly_alike_and_encoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [native(moving_square(index)) for index in range(3)]
    film = write_video(tmp_path / "a.mp4", pictures, stamps=[0, 5, 100], tick=Fraction(1, 25), last=25)
    seen: list[int] = []
    encode = HOGCells.encode
    monkeypatch.setattr(HOGCells, "encode", lambda self, images: seen.append(len(images)) or encode(self, images))
    found = fl.patches(film, tmp_path / "out", size=64)
    assert found.indices == (1, 1, 1, 1, 2)
    assert sum(seen) == 2
    np.testing.assert_allclose(found.position[:, :4, :4], 1, atol=1e-6)
    assert found.position[:, 0, 4].min() < 0.99


def test_a_single_frame_has_no_change(frameloom: Command, tmp_path: Path) -> None:
    for name, source in (
        ("video", clip(tmp_path / "one.mp4", 1)),
        ("image", write_png(tmp_path / "one.png", moving_square(0))),
    ):
        out = tmp_path / name
        frameloom("patches", source, out, "--size", "32", "--visualize-positions", 50).done()
        assert not {"change.png", "change.mp4"} & set(names(out))
        assert {"pca_colours.png", "pca_colours.mp4", "intra_frame_0000.png"} <= set(names(out))
        assert len([entry for entry in names(out) if entry.startswith("position_0")]) == 4
        assert np.load(out / "frame_similarity.npy") == pytest.approx(np.ones((1, 1)))


def test_one_patch_is_enough(frameloom: Command, film: Path, tmp_path: Path) -> None:
    frameloom("patches", film, tmp_path / "out", "--size", "16", "--fps", "25").done()
    with np.load(tmp_path / "out" / "intra_frame_similarities.npz") as stored:
        assert stored["intra_frame_similarities"].shape == (12, 1, 1)


def test_a_size_that_is_no_multiple_is_told(frameloom: Command, film: Path, tmp_path: Path) -> None:
    said = frameloom("patches", film, tmp_path / "out", "--resize", "70").done()
    assert "70 is not a multiple of 16" in said.err
    assert "64x64" in said.err


def test_an_image_folder_has_no_times(frameloom: Command, tmp_path: Path) -> None:
    images = image_folder(tmp_path / "images", 3)
    frameloom("patches", images, tmp_path / "out", "--size", "32", "--encoder", "color").done()
    told = json.loads((tmp_path / "out" / "patches.json").read_text())
    assert (told["indices"], told["times"]) == ([0, 1, 2], [])
    assert "no time" in frameloom("patches", images, tmp_path / "more", "--fps", "2").refused()


def test_only_what_is_asked_for_is_made(frameloom: Command, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    frameloom("patches", film, out, "--fps", "5", "--size", "32", "--only", "frame", "position").done()
    assert not any(name.startswith("intra") for name in names(out))
    assert "position_similarities.npz" in names(out)
    found = fl.patches(film, tmp_path / "more", fps=5, size=32, only=["intra"], dtype="float16")
    assert (found.position, found.frame) == (None, None)
    assert (found.intra.shape, found.intra.dtype) == ((2, 4, 4), np.float16)
    assert isinstance(found.intra, np.memmap)


def test_bad_input_is_refused_before_anything_is_written(frameloom: Command, film: Path, tmp_path: Path) -> None:
    audio_only(tmp_path / "sound.m4a")
    before = names(tmp_path)
    for words, why in (
        ((film, tmp_path / "out", "--patch-size", "14"), "hog has patches of 16 pixels, not of 14"),
        ((film, tmp_path / "out", "--encoder", "hogg"), "did you mean hog"),
        ((film, tmp_path / "out", "--size", "8"), "at least 16 pixels"),
        ((film, tmp_path / "out", "--max-frames", "0"), "max_frames is 0"),
        ((film, tmp_path / "out", "--fps", "often"), "fps is 'often'"),
        ((film, tmp_path / "out", "--fps", "0"), "above 0"),
        ((film, tmp_path / "out", "--batch", "0"), "batch is 0"),
        ((film, tmp_path / "out", "--visualize-positions", "-1"), "visualize_positions is -1"),
        ((film, tmp_path / "out", "--device", "cuda"), "takes no --device"),
        ((film, tmp_path / "out.mp4"), "go to a folder"),
        ((film, film), "go to a folder"),
        ((tmp_path, tmp_path), "both input and output"),
        ((tmp_path / "sound.m4a", tmp_path / "out"), "no video stream"),
        ((tmp_path / "none.mp4", tmp_path / "out"), "does not exist"),
    ):
        assert why in frameloom("patches", *words).refused()
    assert names(tmp_path) == before


def test_an_earlier_result_is_replaced_only_when_asked(frameloom: Command, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("patches", film, out, "--size", "64", "--fps", "25")
    frameloom(*words).done()
    assert "--overwrite" in frameloom(*words).refused()
    frameloom("patches", film, out, "--size", "32", "--fps", "5", "--overwrite").done()
    assert len([name for name in names(out) if name.startswith("position_0")]) == 4
    (out / "mine.txt").write_text("kept")
    assert "mine.txt" in frameloom(*words, "--overwrite").refused()


@pytest.fixture
def interrupted(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An output whose run ended after eight of twelve frames."""
    encode = HOGCells.encode
    calls: list[int] = []

    def encode_two(self: HOGCells, images: np.ndarray) -> np.ndarray:
        calls.append(len(images))
        if len(calls) > 2:
            raise KeyboardInterrupt
        return encode(self, images)

    with monkeypatch.context() as patch:
        patch.setattr(HOGCells, "encode", encode_two)
        with pytest.raises(KeyboardInterrupt):
            fl.patches(film, tmp_path / "out", fps=25, size=64)
    assert not (tmp_path / "out").exists()
    return tmp_path / "out"


def test_an_interrupted_run_goes_on_where_it_was(film: Path, interrupted: Path, tmp_path: Path) -> None:
    found = fl.patches(film, interrupted, fps=25, size=64)
    assert found.frames_reused == 8
    assert "8 of 12 frames" in found.notices[0]
    whole = fl.patches(film, tmp_path / "whole", fps=25, size=64)
    assert whole.frames_reused == 0
    for name in names(interrupted):
        if name != "patches.json":
            assert (interrupted / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert not workspace(interrupted).exists()


_KILLED = """
import os, signal, sys
import frameloom as fl
from frameloom.models.encoders.hog import HOGCells

encode, calls = HOGCells.encode, []

def encode_two(self, images):
    calls.append(images)
    if len(calls) > 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return encode(self, images)

HOGCells.encode = encode_two
fl.patches(sys.argv[1], sys.argv[2], fps=25, size=64, batch=3)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_killed_run_goes_on_where_it_was(film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(film), str(out)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not out.exists()
    assert fl.patches(film, out, fps=25, size=64, batch=5).frames_reused == 6
    assert not workspace(out).exists()


def test_other_work_does_not_use_what_was_left(film: Path, interrupted: Path) -> None:
    found = fl.patches(film, interrupted, fps=25, size=32)
    assert found.frames_reused == 0
    assert "starting afresh" in found.notices[0]


def test_tokens_that_a_power_cut_took_are_made_again(film: Path, interrupted: Path) -> None:
    os.truncate(workspace(interrupted) / "tokens", 1000)
    assert fl.patches(film, interrupted, fps=25, size=64).frames_reused == 0


def test_a_full_disk_is_told_and_keeps_the_tokens(
    frameloom: Command, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def __init__(self, *_: object) -> None: ...

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None: ...

        def append(self, _: object) -> None:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(patch_files, "array_writer", Full)
        said = frameloom("patches", film, tmp_path / "out", "--size", "32", "--fps", "25")
    assert said.code == 2
    assert "the disk is full; make room" in said.err
    assert not (tmp_path / "out").exists()
    assert fl.patches(film, tmp_path / "out", size=32, fps=25).frames_reused == 12


def test_too_little_room_is_told_before_the_work(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    little = shutil.disk_usage(tmp_path)._replace(free=10**6)
    monkeypatch.setattr("frameloom.similarity.disk_space.shutil.disk_usage", lambda _: little)
    with pytest.raises(CannotWrite, match="make room"):
        fl.patches(film, tmp_path / "out")
    assert names(tmp_path) == ["film.mp4"]


@pytest.mark.parametrize(("form", "package", "file"), [("hdf5", "h5py", "h5"), ("zarr", "zarr", "zarr")])
def test_other_formats_hold_the_same_and_are_replaced(
    film: Path, tmp_path: Path, form: str, package: str, file: str
) -> None:
    pytest.importorskip(package)
    whole = fl.patches(film, tmp_path / "npz", size=32, fps=25)
    for overwrite in (False, True):
        found = fl.patches(film, tmp_path / "out", size=32, fps=25, format=form, overwrite=overwrite)
        assert f"intra_frame_similarities.{file}" in found.files
        for name in ("position", "intra"):
            np.testing.assert_array_equal(getattr(found, name)[:], getattr(whole, name))
        del found


def test_a_result_without_an_output_lasts_as_long_as_it_is_held(film: Path) -> None:
    found = fl.patches(film, size=32, fps=25)
    folder = found.output
    assert "change.png" in names(folder)
    assert found.position.shape == (4, 12, 12)
    del found
    gc.collect()
    assert not folder.parent.exists()


def test_the_output_can_be_named_by_an_option(frameloom: Command, film: Path, tmp_path: Path) -> None:
    frameloom("patches", film, "--out", tmp_path / "out", "--size", "32").done()
    assert "statistics.txt" in names(tmp_path / "out")
    assert "OUTPUT is missing" in frameloom("patches", film).refused()


def test_maps_can_be_drawn_again(film: Path, tmp_path: Path) -> None:
    found = fl.patches(film, tmp_path / "out", size=32, fps=25)
    maps = tmp_path / "maps"
    drawn = save_maps(found, maps, positions=2)
    assert [file.name for file in drawn[-2:]] == ["position_0000_r00_c00.png", "position_0003_r01_c01.png"]
    for file in drawn:
        assert file.read_bytes() == (tmp_path / "out" / file.name).read_bytes()
    with pytest.raises(OutputExists):
        save_maps(found, maps)
    assert len(save_maps(found, maps, positions=3, overwrite=True)) == len(drawn) + 1


def test_the_result_is_told_as_json(frameloom: Command, film: Path, tmp_path: Path) -> None:
    told = json.loads(frameloom("patches", film, tmp_path / "out", "--json", "--size", "64").done().out)
    assert (told["encoder"], told["grid"], told["indices"]) == ("hog", [4, 4], [11])
    assert set(told["statistics"]) == {"position", "frame", "intra"}
