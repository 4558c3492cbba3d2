"""Commands that work: what is written, what is said, and where."""

import json
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

import readers
from commands import Command
from factories import BT601, LIMITED, Sound, clip, image_folder, moving_square, noise, write_gif, write_png
from frameloom.images import read_image


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("model", ["dis", "blend"])
def test_interpolate_doubles_by_default(frameloom: Command, tmp_path: Path, model: str) -> None:
    source, output = clip(tmp_path / "walk.mp4", 6, sounds=[Sound(0.2)]), tmp_path / "smooth.mp4"
    said = frameloom("interpolate", source, output, "--model", model).done()
    assert readers.times(output) == [Fraction(k, 50) for k in range(12)]
    assert readers.length(output) == readers.length(source) == Fraction(6, 25)
    assert said.err == ""
    assert "12 frames (5 made by" in said.out
    assert "50 fps" in said.out
    assert "with sound" in said.out
    assert names(tmp_path) == ["smooth.mp4", "walk.mp4"]


def test_source_frames_are_in_the_output_sample_for_sample(frameloom: Command, tmp_path: Path) -> None:
    source = clip(tmp_path / "walk.mp4", 6)
    frameloom("interpolate", source, tmp_path / "out.mp4", "--crf", 0, "--model", "blend").done()
    before, after = readers.planes(source), readers.planes(tmp_path / "out.mp4")
    assert all(readers.same_planes(a, b) for a, b in zip(before, after[::2], strict=True))
    for number in range(5):
        assert not readers.same_planes(after[2 * number], after[2 * number + 1])
        middle = (before[number][0].astype(float) + before[number + 1][0]) / 2
        assert np.abs(after[2 * number + 1][0] - middle).mean() < 1
    assert readers.same_planes(after[10], after[11]), "the last frame is held"


@pytest.mark.parametrize(
    ("options", "count", "seconds", "step"),
    [
        (["--factor", 3], 30, Fraction(10, 25), Fraction(1, 75)),
        (["--fps", 60], 24, Fraction(10, 25), Fraction(1, 60)),
        (["--fps", "30000/1001"], 12, Fraction(10, 25), Fraction(1001, 30000)),
        (["--fps", 12], 5, Fraction(10, 25), Fraction(1, 12)),
        (["--slow", 4], 40, Fraction(40, 25), Fraction(1, 25)),
        (["--slow", 2.5], 25, Fraction(25, 25), Fraction(1, 25)),
        (["--slow", 2, "--fps", 50], 40, Fraction(20, 25), Fraction(1, 50)),
        (["--num", 2], 28, Fraction(28, 25), Fraction(1, 25)),
        (["--num", 1, 1], 37, Fraction(37, 25), Fraction(1, 25)),
        (["--num", 1, "--fps", 60], 19, Fraction(19, 60), Fraction(1, 60)),
    ],
)
@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_the_table_time_end_to_end(
    frameloom: Command, tmp_path: Path, name: str, options: list, count: int, seconds: Fraction, step: Fraction
) -> None:
    source = clip(tmp_path / "in.mp4", 10)
    said = frameloom("interpolate", source, tmp_path / name, *options, "--model", "blend", "--json").done()
    slack = Fraction(1, 2000) if name.endswith("mkv") else 0
    times = readers.times(tmp_path / name)
    assert len(times) == count
    assert all(abs(time - k * step) <= slack for k, time in enumerate(times))
    assert abs(readers.length(tmp_path / name) - seconds) <= Fraction(1, 1000)
    result = json.loads(said.out)
    assert (result["frames_read"], result["frames_written"]) == (10, count)
    assert Fraction(result["duration"]) == seconds
    assert Fraction(result["rate"]) == 1 / step


def test_variable_rate_stays_variable(frameloom: Command, tmp_path: Path) -> None:
    stamps = [0, 40, 100, 240]
    source = clip(tmp_path / "v.mkv", 4, stamps=stamps, tick=Fraction(1, 1000), last=60)
    frameloom("interpolate", source, tmp_path / "out.mp4", "--model", "blend").done()
    assert readers.times(tmp_path / "out.mp4") == [Fraction(t, 1000) for t in (0, 20, 40, 70, 100, 170, 240, 270)]
    assert readers.length(tmp_path / "out.mp4") == Fraction(300, 1000)


def test_json_is_one_object_and_nothing_else(frameloom: Command, tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 3, size=(48, 64), sounds=[Sound(0.1)])
    said = frameloom("interpolate", source, tmp_path / "out.mp4", "--slow", 2, "--model", "blend", "--json").done()
    result = json.loads(said.out)
    assert result["output"] == str(tmp_path / "out.mp4")
    assert (result["frames_made"], result["size"], result["sound"]) == (2, [48, 64], "left out")
    assert len(result["notices"]) == 1
    assert "left out: sound (aac)" in said.err


def test_quiet_says_nothing(frameloom: Command, tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 1, sounds=[Sound(0.1)])
    for flag in ("--quiet", "-q"):
        said = frameloom("interpolate", source, tmp_path / f"{flag}.mp4", "--num", 3, flag).done()
        assert (said.out, said.err) == ("", "")


def test_one_frame_comes_out_as_it_was_with_a_notice(frameloom: Command, tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 1)
    said = frameloom("interpolate", source, tmp_path / "out.mp4", "--factor", 4).done()
    assert "single frame" in said.err
    assert readers.times(tmp_path / "out.mp4") == [0]
    assert readers.length(tmp_path / "out.mp4") == Fraction(1, 25)


def test_an_image_becomes_a_one_frame_video(frameloom: Command, tmp_path: Path) -> None:
    image = write_png(tmp_path / "a.png", moving_square(0))
    assert "single frame" in frameloom("interpolate", image, tmp_path / "out.mp4").done().err


def test_odd_sizes_are_padded_with_a_notice(frameloom: Command, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "f", 3, size=(47, 63))
    said = frameloom("interpolate", folder, tmp_path / "out.mp4", "--model", "blend").done()
    assert "63x47 is written as 64x48" in said.err
    assert readers.pictures(tmp_path / "out.mp4")[0].width == 64


def test_tiny_videos_and_images(frameloom: Command, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "f", 3, size=(3, 5))
    frameloom("interpolate", folder, tmp_path / "out").done()
    assert names(tmp_path / "out") == [f"{k:05d}.png" for k in range(6)]
    first, last = (write_png(tmp_path / f"{k}.png", moving_square(k, (3, 5))) for k in range(2))
    frameloom("between", first, last, tmp_path / "between", "--num", 2).done()
    assert len(names(tmp_path / "between")) == 4


def test_a_tiny_video(frameloom: Command, tmp_path: Path) -> None:
    """5 x 3 pixels: H.264 takes it only with its full chroma resolution."""
    source = clip(tmp_path / "in.mp4", 3, size=(3, 5), format="yuv444p")
    frameloom("interpolate", source, tmp_path / "out.mp4").done()
    assert len(readers.times(tmp_path / "out.mp4")) == 6


def test_a_folder_of_images_plays_at_the_rate_given(frameloom: Command, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "f", 4)
    frameloom("interpolate", folder, tmp_path / "a.mp4", "--factor", 3, "--fps", 24, "--model", "blend").done()
    assert readers.times(tmp_path / "a.mp4") == [Fraction(k, 24) for k in range(12)]
    picture = readers.pictures(tmp_path / "a.mp4")[1]
    tags = picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc
    assert tags == (BT601, LIMITED, BT601, BT601), "players must not guess"
    frameloom("interpolate", folder, tmp_path / "b.mp4", "--num", 1, "--model", "blend").done()
    assert readers.times(tmp_path / "b.mp4") == [Fraction(k, 10) for k in range(7)]


def test_gif_in_gif_out(frameloom: Command, tmp_path: Path) -> None:
    source = write_gif(tmp_path / "a.gif", [moving_square(k) for k in range(4)], [10, 20, 6, 8])
    frameloom("interpolate", source, tmp_path / "b.gif", "--model", "blend").done()
    assert readers.times(tmp_path / "b.gif") == [Fraction(t, 100) for t in (0, 5, 10, 20, 30, 33, 36, 40)]
    assert readers.length(tmp_path / "b.gif") == Fraction(44, 100)


def test_a_gif_faster_than_players_go_says_so(frameloom: Command, tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mp4", 10)
    said = frameloom("interpolate", source, tmp_path / "b.gif", "--fps", 100, "--model", "blend").done()
    assert "50 frames a second" in said.err
    assert f"{len(readers.times(tmp_path / 'b.gif'))} frames" in said.out, "it said 40, and every second was left out"
    assert "at 50 fps" in said.out
    assert readers.times(tmp_path / "b.gif") == [Fraction(k, 50) for k in range(20)]
    assert readers.length(tmp_path / "b.gif") == Fraction(40, 100)


def test_at_a_cut_the_nearer_frame_is_shown_unless_told_otherwise(frameloom: Command, tmp_path: Path) -> None:
    scenes = [(noise((90, 160), seed=seed) * np.array(tint)).astype(np.uint8) for seed, tint in
              ((1, (1, 0.2, 0.1)), (9, (0.1, 0.4, 1)))]  # fmt: skip
    for k, scene in enumerate((scenes[0], scenes[1])):
        write_png(tmp_path / "f" / f"{k}.png", scene)
    for choice, made in (("auto", 0), ("off", 3), ("0.1", 0), ("1", 3)):
        output = tmp_path / choice
        said = frameloom("interpolate", tmp_path / "f", output, "--num", 3, "--cuts", choice, "--json").done()
        assert json.loads(said.out)["frames_made"] == made
        assert json.loads(said.out)["cuts"] == 1 - made // 3
        written = [read_image(output / f"{k:05d}.png") for k in range(5)]
        assert [np.array_equal(image, scenes[k > 2]) for k, image in enumerate(written)].count(True) == 5 - made


def test_repeats_are_re_timed_on_request(frameloom: Command, tmp_path: Path) -> None:
    """On twos: with --dedupe every frame but the drawings themselves is made, and the source's pictures stay."""
    for k in range(7):
        write_png(tmp_path / "f" / f"{k}.png", moving_square(k // 2, (96, 128)))
    said = frameloom("interpolate", tmp_path / "f", tmp_path / "out", "--num", 1, "--dedupe", "--model", "blend").done()
    assert "(9 made by blend, 3 repeats re-timed)" in said.out
    written = [read_image(tmp_path / "out" / f"{k:05d}.png") for k in range(13)]
    for k in range(0, 13, 4):
        assert np.array_equal(written[k], moving_square(k // 2 // 2, (96, 128)))
    assert all(not np.array_equal(first, second) for first, second in pairwise(written))
    again = frameloom("interpolate", tmp_path / "f", tmp_path / "without", "--num", 1, "--model", "blend", "--json")
    assert json.loads(again.done().out)["held"] == 0
    assert len(list((tmp_path / "without").iterdir())) == 13


def test_what_is_not_carried_over_is_named(frameloom: Command, tmp_path: Path) -> None:
    with av.open(str(clip(tmp_path / "plain.mkv", 4))) as plain, av.open(str(tmp_path / "in.mkv"), "w") as output:
        targets = [output.add_stream_from_template(plain.streams.video[0]) for _ in range(2)]
        output.set_chapters(
            [{"id": 1, "start": 0, "end": 100, "time_base": Fraction(1, 1000), "metadata": {"title": "one"}}]
        )
        for packet in plain.demux(video=0):
            if packet.size:
                packet.stream = targets[0]
                output.mux(packet)
    said = frameloom("interpolate", tmp_path / "in.mkv", tmp_path / "out.mp4", "--model", "blend").done()
    assert "left out: further video (h264)" in said.err


def test_out_is_the_same_as_the_last_path(frameloom: Command, tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 2)
    frameloom("interpolate", source, "--out", tmp_path / "out.mp4", "--model", "blend").done()
    assert len(readers.times(tmp_path / "out.mp4")) == 4


@pytest.mark.parametrize(
    "name",
    [
        "with space.mp4",
        'it\'s "quoted".mp4',
        "new\nline.mp4",
        "größe-東京-🎬.mp4",
        "%03d.mp4",
        "a#b?c.mp4",
        "file:x.mp4",
    ],
)
def test_any_name_a_file_can_have(frameloom: Command, tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    source = clip(tmp_path / "plain.mp4", 2).rename(tmp_path / "in" / name)
    output = tmp_path / "out" / name
    frameloom("interpolate", source, output, "--model", "blend").done()
    assert len(readers.times(output.rename(tmp_path / "check.mp4"))) == 4


def test_a_name_that_begins_with_a_dash(frameloom: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clip(tmp_path / "plain.mp4", 2).rename(tmp_path / "-in.mp4")
    frameloom("interpolate", "--model", "blend", "--", "-in.mp4", "-out.mp4").done()
    assert names(tmp_path) == ["-in.mp4", "-out.mp4"]


def test_overwrite_replaces(frameloom: Command, tmp_path: Path) -> None:
    source, output = clip(tmp_path / "in.mp4", 2), tmp_path / "out.mp4"
    output.write_text("old")
    assert "--overwrite" in frameloom("interpolate", source, output).refused()
    assert output.read_text() == "old"
    frameloom("interpolate", source, output, "--overwrite", "--model", "blend").done()
    assert len(readers.times(output)) == 4


def test_doctor_shows_versions_models_and_extras(frameloom: Command) -> None:
    said = frameloom("doctor").done().out
    assert all(word in said for word in ("dis", "blend", "h264", "torch", "numpy"))
    found = json.loads(frameloom("doctor", "--json").done().out)
    assert found["codecs"] == dict.fromkeys(("h264", "hevc", "av1", "prores", "ffv1"), True)
    assert {extra["name"] for extra in found["extras"]} >= {"torch", "openvino", "vmaf", "app"}


def test_python_m_frameloom_is_the_same_program(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 3)
    words = [sys.executable, "-m", "frameloom", "interpolate", str(source), str(tmp_path / "out.mp4"), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["frames_written"] == 6
    assert done.stderr == ""
