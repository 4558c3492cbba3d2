"""Several inputs of one call: one output each, one failure does not stop the rest."""

import json
from pathlib import Path

import pytest

import frameloom as fl
import readers
from commands import Command
from factories import clip, image_folder, moving_square, write_gif, write_png
from frameloom.errors import CannotOpen, InputError
from frameloom.interpolation.many import is_collection, members, output_names

BLEND = ("--model", "blend")


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_each_input_keeps_its_name_and_where_written_its_type(frameloom: Command, tmp_path: Path) -> None:
    inputs = [
        clip(tmp_path / "a.mp4", 3),
        clip(tmp_path / "b.mkv", 3),
        write_gif(tmp_path / "c.gif", [moving_square(0), moving_square(1)], [5, 5]),
        clip(tmp_path / "d.ts", 3),
        image_folder(tmp_path / "e.folder", 3),
        write_png(tmp_path / "f.png", moving_square(0)),
    ]
    said = frameloom("interpolate", *inputs, tmp_path / "out", *BLEND).done()
    assert names(tmp_path / "out") == ["a.mp4", "b.mkv", "c.gif", "d.mp4", "e.folder.mp4", "f.mp4"]
    assert "6 of 6 made" in said.out
    assert len(readers.times(tmp_path / "out" / "b.mkv")) == 6


def test_what_does_not_hold_the_codec_becomes_what_does(frameloom: Command, tmp_path: Path) -> None:
    """Videos once kept their type, so `--codec ffv1` refused every .mp4 of a folder."""
    inputs = [clip(tmp_path / "a.mp4", 3), clip(tmp_path / "b.mkv", 3), image_folder(tmp_path / "c", 3)]
    frameloom("interpolate", *inputs, tmp_path / "ffv1", *BLEND, "--codec", "ffv1").done()
    assert names(tmp_path / "ffv1") == ["a.mkv", "b.mkv", "c.mkv"]
    frameloom("interpolate", *inputs, tmp_path / "prores", *BLEND, "--codec", "prores").done()
    assert names(tmp_path / "prores") == ["a.mov", "b.mkv", "c.mov"]


def test_animations_stay_animations(frameloom: Command, tmp_path: Path) -> None:
    """.apng in a folder was passed over, and .webp became .mp4."""
    for name in ("a.apng", "b.webp", "c.gif"):
        fl.interpolate(image_folder(tmp_path / "frames", 3), tmp_path / "in" / name, model="blend")
    still = write_png(tmp_path / "in" / "d.webp", moving_square(0))
    inputs = [*sorted((tmp_path / "in").iterdir())]
    frameloom("interpolate", *inputs, tmp_path / "out", *BLEND).done()
    assert names(tmp_path / "out") == ["a.apng", "b.webp", "c.gif", "d.mp4"]
    still.unlink()
    (tmp_path / "in" / "b.webp").unlink()
    assert [path.name for path in members(tmp_path / "in")] == ["a.apng", "c.gif"]


def test_several_inputs_do_not_become_a_folder_that_is_called_like_a_video(frameloom: Command, tmp_path: Path) -> None:
    """`interpolate a.mp4 b.mp4 both.mp4` made a folder both.mp4 with two videos in it."""
    inputs = [clip(tmp_path / "a.mp4", 3), clip(tmp_path / "b.mp4", 3)]
    said = frameloom("interpolate", *inputs, tmp_path / "both.mp4", *BLEND).refused()
    assert "both.mp4 names a file; several inputs, or a folder of them, go to a folder" in said
    assert names(tmp_path) == ["a.mp4", "b.mp4"]


def test_one_failure_does_not_stop_the_others(frameloom: Command, tmp_path: Path) -> None:
    good, other = clip(tmp_path / "good.mp4", 3), clip(tmp_path / "other.mp4", 3)
    (tmp_path / "bad.mp4").write_text("not a video")
    said = frameloom("interpolate", good, tmp_path / "bad.mp4", other, tmp_path / "out", *BLEND)
    assert said.code == 2
    assert names(tmp_path / "out") == ["good.mp4", "other.mp4"]
    assert "2 of 3 made" in said.out
    assert said.err.count("\n") == 1
    assert "bad.mp4" in said.err


def test_json_of_several_is_still_one_object(frameloom: Command, tmp_path: Path) -> None:
    good = clip(tmp_path / "good.mp4", 3)
    said = frameloom("interpolate", good, tmp_path / "none.mp4", tmp_path / "out", *BLEND, "--json")
    assert said.code == 2
    result = json.loads(said.out)
    assert [made["output"] for made in result["results"]] == [str(tmp_path / "out" / "good.mp4")]
    assert list(result["failures"]) == [str(tmp_path / "none.mp4")]


def test_a_folder_of_folders_and_videos_stands_for_what_is_in_it(frameloom: Command, tmp_path: Path) -> None:
    """Names such as walk and walk2 once could not be sorted."""
    image_folder(tmp_path / "all" / "walk", 2)
    image_folder(tmp_path / "all" / "walk2", 2)
    image_folder(tmp_path / "all" / "walk10", 2)
    clip(tmp_path / "all" / "run.mp4", 2)
    (tmp_path / "all" / "notes.txt").write_text("")
    (tmp_path / "all" / ".hidden.mp4").write_text("")
    (tmp_path / "all" / "bare").mkdir()
    assert [path.name for path in members(tmp_path / "all")] == ["run.mp4", "walk", "walk2", "walk10"]
    frameloom("interpolate", tmp_path / "all", tmp_path / "out", *BLEND).done()
    assert names(tmp_path / "out") == ["run.mp4", "walk.mp4", "walk10.mp4", "walk2.mp4"]


def test_a_folder_with_images_is_one_input_and_without_anything_an_error(frameloom: Command, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "f", 2)
    clip(folder / "video.mp4", 2)
    assert not is_collection(folder)
    (tmp_path / "bare").mkdir()
    with pytest.raises(CannotOpen, match="neither images, nor videos"):
        members(tmp_path / "bare")
    assert "bare" in frameloom("interpolate", tmp_path / "bare", tmp_path / "out").refused()


def test_animations_are_members_and_stay_animations(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    for name in ("a.apng", "b.gif", "c.mxf"):
        (tmp_path / "all" / name).write_bytes(b"")
    outputs = output_names([tmp_path / "all"], tmp_path / "out").values()
    assert [path.name for path in outputs] == ["a.apng", "b.gif", "c.mp4"]


@pytest.mark.parametrize("pair", [("x/a.mp4", "y/a.mp4"), ("x/a.ts", "y/a.avi"), ("x/a.png", "x/a.mp4")])
def test_two_outputs_of_one_name_are_refused_before_any_work(tmp_path: Path, pair: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="both become"):
        output_names([Path(name) for name in pair], tmp_path)


def test_existing_outputs_count_as_failures_of_theirs_alone(frameloom: Command, tmp_path: Path) -> None:
    inputs = [clip(tmp_path / f"{name}.mp4", 2) for name in "ab"]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.mp4").write_text("old")
    said = frameloom("interpolate", *inputs, tmp_path / "out", *BLEND)
    assert said.code == 2
    assert "--overwrite" in said.err
    assert (tmp_path / "out" / "a.mp4").read_text() == "old"
    assert names(tmp_path / "out") == ["a.mp4", "b.mp4"]


def test_an_impossible_option_is_said_once_and_not_per_input(frameloom: Command, tmp_path: Path) -> None:
    inputs = [clip(tmp_path / f"{name}.mp4", 2) for name in "ab"]
    for options in (["--model", "nope"], ["--fps", "0"], ["--factor", "2", "--slow", "2"], ["--crf", "99"]):
        said = frameloom("interpolate", *inputs, tmp_path / "out", *options)
        said.refused()
        assert "not made" not in said.err, "the option is wrong, not the input"
        assert said.out == ""


def test_several_inputs_need_a_folder_as_output(frameloom: Command, tmp_path: Path) -> None:
    inputs = [clip(tmp_path / f"{name}.mp4", 2) for name in "ab"]
    target = clip(tmp_path / "c.mp4", 2)
    before = target.read_bytes()
    assert frameloom("interpolate", *inputs, target, *BLEND, "--overwrite").code == 2
    assert target.read_bytes() == before


def test_the_same_in_python(tmp_path: Path) -> None:
    made = fl.interpolate_all([clip(tmp_path / "a.mp4", 2), tmp_path / "none.mp4"], tmp_path / "out", model="blend")
    assert [result.frames_written for result in made.results] == [4]
    assert "does not exist" in made.failures[str(tmp_path / "none.mp4")]
    with pytest.raises(InputError, match="no input"):
        fl.interpolate_all([], tmp_path / "out")
