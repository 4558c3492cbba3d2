"""Videos as frames: exact times, upright pictures, any number of passes."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import readers
from factories import SIZE, Sound, Tags, audio_only, clip, moving_square, native, write_gif, write_video
from frameloom.errors import CannotOpen, MediaError, NoFrames
from frameloom.media.reading.source import open_source

MS = Fraction(1, 1000)


def timing(path: Path) -> list[tuple[Fraction, Fraction]]:
    return [(frame.time, frame.duration) for frame in open_source(path)]


def test_even_video_with_b_frames_has_exact_times_in_order(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 12, rate=Fraction(30000, 1001))
    assert any(picture.pict_type == 3 for picture in readers.pictures(path)), "the clip must have B-frames to mean much"
    source = open_source(path)
    step = Fraction(1001, 30000)
    assert [(frame.time, frame.duration) for frame in source] == [(k * step, step) for k in range(12)]
    info = source.info
    assert (info.rate, info.regular, info.frame_count, info.duration) == (1 / step, True, 12, 12 * step)
    assert (info.size, info.depth, info.pixel_format, info.has_time) == (SIZE, 8, "yuv420p", True)


def test_frames_keep_their_native_planes(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 5)
    for frame, truth in zip(open_source(path), readers.planes(path), strict=True):
        assert readers.same_planes(readers.planes_of(frame.picture.native), truth)


def test_variable_rate_is_read_as_it_is(tmp_path: Path) -> None:
    stamps = [0, 20, 100, 117, 300]
    path = clip(tmp_path / "v.mkv", 5, stamps=stamps, tick=MS, last=50)
    assert [time for time, _ in timing(path)] == [stamp * MS for stamp in stamps]
    assert [duration for _, duration in timing(path)] == [step * MS for step in (20, 80, 17, 183, 50)]
    assert not open_source(path).info.regular
    assert open_source(path).info.duration == 350 * MS


@pytest.mark.parametrize("name", ["late.mkv", "late.ts"])
def test_a_start_other_than_zero_is_kept_on_the_source_clock(tmp_path: Path, name: str) -> None:
    path = clip(tmp_path / name, 6, stamps=[100 + k for k in range(6)], tick=Fraction(1, 25))
    source = open_source(path)
    times = [frame.time for frame in source]
    assert times[0] == source.info.start == readers.times(path)[0] > 1
    assert [time - times[0] for time in times] == [Fraction(k, 25) for k in range(6)]
    assert source.info.duration == Fraction(6, 25)


@pytest.mark.parametrize("rate", ["24000/1001", "30000/1001", "60000/1001", "25", "50"])
def test_rounded_stamps_of_a_millisecond_clock_are_recognised_as_even(tmp_path: Path, rate: str) -> None:
    """.mkv rounds 23.976 fps to 0, 42, 83, 125 ms ..."""
    path = clip(tmp_path / "a.mkv", 40, rate=Fraction(rate), tick=MS)
    info = open_source(path).info
    assert info.regular
    assert info.rate == Fraction(rate)
    assert timing(path) == [(k / info.rate, 1 / info.rate) for k in range(40)]


def test_one_and_two_frames(tmp_path: Path) -> None:
    assert timing(clip(tmp_path / "1.mp4", 1)) == [(0, Fraction(1, 25))]
    assert timing(clip(tmp_path / "2.mp4", 2)) == [(0, Fraction(1, 25)), (Fraction(1, 25), Fraction(1, 25))]


def test_gif_delays_are_exact_hundredths(tmp_path: Path) -> None:
    delays = [10, 3, 20, 7]
    path = write_gif(tmp_path / "a.gif", [moving_square(k) for k in range(4)], delays)
    source = open_source(path)
    starts = [0, 10, 13, 33]
    assert timing(path) == [(Fraction(a, 100), Fraction(b, 100)) for a, b in zip(starts, delays, strict=True)]
    assert source.info.duration == Fraction(40, 100)
    assert all(frame.to_uint8().shape == (*SIZE, 3) for frame in source)


def test_gif_of_even_delays_is_regular(tmp_path: Path) -> None:
    info = open_source(write_gif(tmp_path / "a.gif", [moving_square(k) for k in range(5)], [4] * 5)).info
    assert (info.regular, info.rate, info.duration) == (True, 25, Fraction(20, 100))


def test_a_video_can_be_gone_through_again_and_left_early(tmp_path: Path) -> None:
    source = open_source(clip(tmp_path / "a.mp4", 6))
    next(iter(source))
    first, second = ([frame.to_uint8() for frame in source] for _ in range(2))
    assert len(first) == 6
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_video_filmed_sideways_comes_upright(tmp_path: Path, degrees: int) -> None:
    path = write_video(tmp_path / "r.mp4", [native(moving_square(2))], rotation=degrees, aspect=Fraction(4, 3))
    tagged = readers.pictures(path)[0]
    assert abs(tagged.rotation) == abs(degrees)
    turned = [np.rot90(plane, tagged.rotation // 90) for plane in readers.planes_of(tagged)]  # counter-clockwise, too
    source = open_source(path)
    upright = next(iter(source)).picture.native
    assert source.info.size == turned[0].shape == (upright.height, upright.width)
    assert readers.same_planes(readers.planes_of(upright), turned)
    assert source.info.sample_aspect == (Fraction(4, 3) if degrees == 180 else Fraction(3, 4))


def test_tags_and_depth_are_read(tmp_path: Path) -> None:
    path = clip(tmp_path / "d.mp4", 3, format="yuv420p10le", tags=Tags(1, 2, 1, 1))
    info = open_source(path).info
    assert (info.depth, info.pixel_format) == (10, "yuv420p10le")
    assert (info.tags.matrix, info.tags.range) == (1, 2)


@pytest.mark.parametrize(
    ("name", "content"), [("empty.mp4", b""), ("text.mp4", b"hello " * 100), ("junk.mkv", bytes(500))]
)
def test_what_is_not_a_video_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CannotOpen, match=name):
        open_source(tmp_path / name)


def test_sound_alone_has_no_frames(tmp_path: Path) -> None:
    with pytest.raises(NoFrames, match="only audio"):
        open_source(audio_only(tmp_path / "tone.mp4"))


def test_a_header_without_pictures_has_no_frames(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "h.mkv"), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        output.start_encoding()
    with pytest.raises((NoFrames, CannotOpen), match=r"h\.mkv"):
        open_source(tmp_path / "h.mkv")


def test_a_damaged_video_says_so_and_gives_no_garbage_times(tmp_path: Path) -> None:
    whole = clip(tmp_path / "a.mkv", 30)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    times: list[Fraction] = []
    with suppress(MediaError):
        times.extend(frame.time for frame in open_source(cut))
    assert len(times) < 30
    assert times == sorted(set(times))


def test_sound_does_not_count_as_pictures(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 4, sounds=[Sound(0.2)])
    assert open_source(path).info.frame_count == 4
