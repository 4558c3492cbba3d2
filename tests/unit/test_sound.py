"""Sound is copied packet for packet and stays where it was beside the picture."""

from fractions import Fraction
from pathlib import Path

import pytest

import frameloom as fl
import readers
from factories import Sound, clip, moving_square, write_gif

MS = Fraction(1, 1000)


def sync(path: Path, number: int = 0) -> Fraction:
    """How long after the first picture the first sound packet starts (negative for a codec's run-up)."""
    return readers.packets(path, "audio", number).starts[0] - readers.times(path)[0]


@pytest.mark.parametrize("source", ["in.mp4", "in.mkv", "in.mov"])
@pytest.mark.parametrize("output", ["out.mp4", "out.mkv", "out.mov"])
@pytest.mark.parametrize(
    "sound",
    [
        Sound(1.0),
        Sound(0.4, start=Fraction(1, 2)),
        Sound(1.5),
    ],
    ids=["together", "later", "longer"],
)
def test_packets_are_identical_and_in_time(tmp_path: Path, source: str, output: str, sound: Sound) -> None:
    path = clip(tmp_path / source, 25, sounds=[sound])
    made = fl.interpolate(path, tmp_path / output, model="blend")
    assert made.sound == "copied"
    before, after = readers.packets(path, "audio"), readers.packets(tmp_path / output, "audio")
    assert after.data == before.data
    assert abs(sync(tmp_path / output) - sync(path)) <= MS
    if source != "in.mkv" and output != "out.mkv":  # Matroska does not say how long its streams are
        assert abs(after.duration - before.duration) <= MS / 10
    steps = zip(after.starts, before.starts, strict=True)
    assert all(abs((a - after.starts[0]) - (b - before.starts[0])) <= MS for a, b in steps)


@pytest.mark.parametrize("output", ["out.mp4", "out.mkv"])
@pytest.mark.parametrize("lead", [Fraction(1, 5), Fraction(1)])
def test_sound_that_begins_before_the_picture_is_not_moved(tmp_path: Path, output: str, lead: Fraction) -> None:
    start = int(lead * 25)
    path = clip(tmp_path / "in.mkv", 10, stamps=range(start, start + 10), tick=Fraction(1, 25), sounds=[Sound(1.0)])
    made = fl.interpolate(path, tmp_path / output, model="blend")
    assert made.sound == "copied"
    assert readers.packets(tmp_path / output, "audio").data == readers.packets(path, "audio").data
    assert abs(sync(tmp_path / output) - sync(path)) <= MS
    assert len(readers.times(tmp_path / output)) == 20


def test_fps_keeps_the_sound_too(tmp_path: Path) -> None:
    path = clip(tmp_path / "in.mp4", 24, rate=24, sounds=[Sound(1.0)])
    assert fl.interpolate(path, tmp_path / "out.mp4", model="blend", fps=60).sound == "copied"
    assert readers.packets(tmp_path / "out.mp4", "audio").data == readers.packets(path, "audio").data
    assert abs(sync(tmp_path / "out.mp4") - sync(path)) <= MS


def test_a_shifted_clip_keeps_picture_and_sound_together(tmp_path: Path) -> None:
    """Both start at 2 s on the source's clock; the output starts at 0."""
    path = clip(
        tmp_path / "in.mkv", 10, stamps=range(50, 60), tick=Fraction(1, 25), sounds=[Sound(0.4, start=Fraction(2))]
    )
    fl.interpolate(path, tmp_path / "out.mp4", model="blend")
    assert abs(sync(tmp_path / "out.mp4") - sync(path)) <= MS
    assert readers.times(tmp_path / "out.mp4")[0] < Fraction(1, 10)


def test_every_sound_track_is_copied(tmp_path: Path) -> None:
    path = clip(tmp_path / "in.mkv", 10, sounds=[Sound(0.4), Sound(0.4, codec="flac", rate=44100)])
    assert fl.interpolate(path, tmp_path / "out.mkv", model="blend").sound == "copied"
    for number in range(2):
        before, after = (readers.packets(file, "audio", number) for file in (path, tmp_path / "out.mkv"))
        assert after.data == before.data
        assert abs(sync(tmp_path / "out.mkv", number) - sync(path, number)) <= MS


def test_sound_that_the_output_cannot_hold_is_named(tmp_path: Path) -> None:
    path = clip(tmp_path / "in.mkv", 6, sounds=[Sound(0.2, codec="pcm_s16le")])
    made = fl.interpolate(path, tmp_path / "out.m4v", model="blend")
    if made.sound == "copied":
        assert readers.packets(tmp_path / "out.m4v", "audio").data == readers.packets(path, "audio").data
    else:
        assert any("pcm_s16le" in notice for notice in made.notices)


@pytest.mark.parametrize(
    ("name", "wish"), [("out.mp4", {"slow": 2}), ("out.mp4", {"num": [1]}), ("out.gif", {}), ("out", {})]
)
def test_sound_is_left_out_with_a_notice_where_it_does_not_fit(tmp_path: Path, name: str, wish: dict) -> None:
    path = clip(tmp_path / "in.mp4", 6, sounds=[Sound(0.2)])
    made = fl.interpolate(path, tmp_path / name, model="blend", **wish)
    assert made.sound == "left out"
    assert any("sound" in notice for notice in made.notices)
    if name.endswith("mp4"):
        with pytest.raises(IndexError):
            readers.packets(tmp_path / name, "audio")


def test_a_silent_clip_says_nothing_of_sound(tmp_path: Path) -> None:
    for source in (
        clip(tmp_path / "in.mp4", 3),
        write_gif(tmp_path / "in.gif", [moving_square(0), moving_square(1)], [5, 5]),
    ):
        made = fl.interpolate(source, tmp_path / f"{source.suffix}.mp4", model="blend")
        assert (made.sound, made.notices) == ("none", ())
