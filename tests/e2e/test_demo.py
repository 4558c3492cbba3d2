"""The demonstration: a page with the clip halved and restored, scores that are true, old files respected."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import frameloom as fl
import readers
from commands import Command
from factories import clip, image_folder
from frameloom.errors import CannotWrite, NoFrames, OutputExists
from frameloom.media.reading.source import open_source
from frameloom.metrics.psnr import psnr

NAMES = ["difference.mp4", "index.html", "input.mp4", "result.mp4", "truth.mp4"]


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("demo") / "walk & <run>.mp4", 10, size=(64, 96))


def test_page_and_clips_are_there(walk: Path, tmp_path: Path) -> None:
    shown = fl.demo(walk, output=tmp_path / "demo", model="blend")
    assert names(tmp_path / "demo") == NAMES
    assert shown.page == tmp_path / "demo" / "index.html"
    page = shown.page.read_text()
    assert "walk &amp; &lt;run&gt;" in page
    assert "<run>" not in page
    assert readers.hidden_in(tmp_path) == []
    counts = {name: len(readers.times(tmp_path / "demo" / name)) for name in NAMES if name.endswith("mp4")}
    assert counts == {"difference.mp4": 9, "input.mp4": 5, "result.mp4": 9, "truth.mp4": 9}
    assert {readers.length(tmp_path / "demo" / name) for name in ("result.mp4", "truth.mp4")} == {Fraction(9, 25)}


def test_scores_are_those_of_the_dropped_frames(walk: Path, tmp_path: Path) -> None:
    shown = fl.demo(walk, output=tmp_path / "demo", model="blend")
    frames = [frame.to_uint8().astype(float) for frame in open_source(walk)]
    expected = [psnr(np.rint((frames[k - 1] + frames[k + 1]) / 2), frames[k]) for k in range(1, 9, 2)]
    assert shown.frames == 4
    assert shown.psnr == pytest.approx(np.mean(expected), abs=0.05)
    assert shown.baselines["cross-fade"]["psnr"] == pytest.approx(shown.psnr), "the model is the cross-fade"
    held = np.mean([psnr(frames[k - 1], frames[k]) for k in range(1, 9, 2)])
    assert shown.baselines["repeated frames"]["psnr"] == pytest.approx(held, abs=1e-6)


def test_seconds_say_how_much_is_used(walk: Path, tmp_path: Path) -> None:
    assert fl.demo(walk, output=tmp_path / "demo", model="blend", seconds=0.2).frames == 2


def test_a_folder_of_images_can_be_shown(frameloom: Command, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "f", 5)
    said = frameloom("demo", folder, "--output", tmp_path / "demo", "--model", "blend").done()
    assert "2 frames restored by blend" in said.out
    assert "index.html" in said.out


def test_json_holds_the_scores(frameloom: Command, walk: Path, tmp_path: Path) -> None:
    said = frameloom("demo", walk, "--output", tmp_path / "demo", "--model", "blend", "--json").done()
    result = json.loads(said.out)
    assert result["frames"] == 4
    assert set(result["baselines"]) == {"cross-fade", "repeated frames"}


def test_an_earlier_demo_is_replaced_only_when_asked_and_nothing_else_ever(walk: Path, tmp_path: Path) -> None:
    output = tmp_path / "demo"
    fl.demo(walk, output=output, model="blend")
    with pytest.raises(OutputExists, match="--overwrite"):
        fl.demo(walk, output=output, model="blend")
    fl.demo(walk, output=output, model="blend", overwrite=True)
    (output / "notes.txt").write_text("mine")
    with pytest.raises(CannotWrite, match=r"notes\.txt"):
        fl.demo(walk, output=output, model="blend", overwrite=True)
    assert names(output) == sorted([*NAMES, "notes.txt"])


def test_a_clip_is_not_overwritten_by_its_own_demo(tmp_path: Path) -> None:
    """A clip called truth.mp4 in the output folder looks like part of an earlier demo."""
    (tmp_path / "demo").mkdir()
    source = clip(tmp_path / "demo" / "truth.mp4", 5)
    before = source.read_bytes()
    with pytest.raises(fl.FrameloomError):
        fl.demo(source, output=tmp_path / "demo", model="blend", overwrite=True)
    assert source.read_bytes() == before


@pytest.mark.parametrize(("count", "size"), [(2, (48, 64)), (1, (48, 64)), (5, (8, 64))])
def test_too_short_or_too_small_is_refused(tmp_path: Path, count: int, size: tuple[int, int]) -> None:
    with pytest.raises(NoFrames, match="at least"):
        fl.demo(clip(tmp_path / "in.mp4", count, size=size), output=tmp_path / "demo")
    assert names(tmp_path) == ["in.mp4"]


def test_odd_sizes_are_shown(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "f", 3, size=(33, 47))
    fl.demo(folder, output=tmp_path / "demo", model="blend")
    assert names(tmp_path / "demo") == NAMES


@pytest.mark.slow
def test_the_drawn_scene_needs_no_input_and_dis_does_better_than_fading(tmp_path: Path) -> None:
    shown = fl.demo(output=tmp_path / "demo")
    assert shown.frames >= 29
    assert shown.psnr > shown.baselines["cross-fade"]["psnr"] + 1
