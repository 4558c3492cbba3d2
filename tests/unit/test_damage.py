"""Damaged videos: every listed picture is answered for, and the damage is told or skipped, as asked."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import readers
from factories import Image, Sound, clip, image_folder, moving_square, noise
from frameloom.errors import CannotOpen, DecodeError, NoFrames
from frameloom.frame import Frame
from frameloom.media.reading.source import open_source

COUNT = 24
MS = Fraction(1, 1000)
H264 = {"g": "6", "bf": "2"}
X265 = {"x265-params": "keyint=6:min-keyint=6:scenecut=0:log-level=none:pools=none"}


def textured(index: int, size: tuple[int, int]) -> Image:
    return (moving_square(index, size) * 0.8 + noise(size, seed=index // 3) * 0.2).astype(np.uint8)


KINDS: dict[str, dict[str, object]] = {
    "h264.mp4": {"options": H264},
    "h264.mkv": {"options": H264, "tick": MS},
    "hevc.mp4": {"codec": "libx265", "options": X265},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"g": "6"}},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"g": "6"}, "tick": MS},
    "mjpeg.mov": {"codec": "mjpeg", "format": "yuvj420p"},
    "h264.avi": {"options": H264},
}


def drawn(folder: Path, name: str) -> Path:
    return clip(folder / name, COUNT, draw=textured, **KINDS[name])


def spoil(path: Path, numbers: list[int], how: Callable[[bytearray], None]) -> list[Fraction]:
    """Change the packets with these numbers where they lie in the file; returns when they are shown."""
    packets = readers.packets(path, "video")
    data = bytearray(path.read_bytes())
    for number in numbers:
        content = bytearray(packets.data[number])
        start = bytes(data).index(bytes(content))
        how(content)
        data[start : start + len(content)] = content
    path.write_bytes(bytes(data))
    return sorted(packets.starts[number] for number in numbers)


def wipe(content: bytearray) -> None:
    content[:] = bytes(len(content))


def scramble(content: bytearray) -> None:
    """Keep the beginning, so that only the decoder of the picture itself notices."""
    half = len(content) // 2
    content[half:] = np.random.default_rng(4).bytes(len(content) - half)


def same(one: Frame, other: Frame) -> bool:
    return np.array_equal(one.to_uint8(), other.to_uint8())


def told(frames: list[Frame]) -> list[tuple[bytes, Fraction, Fraction, bool]]:
    return [(frame.to_uint8().tobytes(), frame.time, frame.duration, frame.damaged) for frame in frames]


@pytest.mark.parametrize("name", KINDS)
def test_a_wiped_picture_stops_with_its_time_or_is_held(tmp_path: Path, name: str) -> None:
    path = drawn(tmp_path, name)
    whole = list(open_source(path))
    (time,) = spoil(path, [9], wipe)
    with pytest.raises(DecodeError, match=rf"{name} is damaged at \d\.\d+ s.*--on-error skip") as caught:
        list(open_source(path))
    assert "\n" not in str(caught.value)
    frames = list(open_source(path, on_error="skip"))
    assert [(frame.time, frame.duration) for frame in frames] == [(frame.time, frame.duration) for frame in whole]
    bad = [index for index, frame in enumerate(frames) if frame.damaged]
    assert bad
    assert all(same(frames[index], frames[index - 1]) for index in bad)
    if name != "h264.avi":  # which knows no stamps: what is damaged is only known to within a few pictures
        assert any(frames[index].time == time for index in bad)
        assert all(same(frame, sound) for frame, sound in zip(frames[: bad[0]], whole, strict=False))


def test_the_first_sound_picture_stands_in_for_those_before_it(tmp_path: Path) -> None:
    path = drawn(tmp_path, "mjpeg.mov")
    whole = list(open_source(path))
    spoil(path, [0, 1], wipe)
    with pytest.raises(DecodeError, match=r"at 0\.000 s"):
        list(open_source(path))
    frames = list(open_source(path, on_error="skip"))
    assert [frame.damaged for frame in frames] == [True, True] + [False] * (COUNT - 2)
    assert all(same(frame, whole[2]) for frame in frames[:3])
    assert told(list(open_source(path, on_error="skip").frames(1))) == told(frames[1:])


def test_the_last_sound_picture_stands_in_for_those_after_it(tmp_path: Path) -> None:
    path = drawn(tmp_path, "vp9.webm")
    spoil(path, [COUNT - 2, COUNT - 1], wipe)
    frames = list(open_source(path, on_error="skip"))
    assert [frame.damaged for frame in frames[-3:]] == [False, True, True]
    assert same(frames[-1], frames[-3])


@pytest.mark.parametrize("how", [wipe, scramble])
@pytest.mark.parametrize("name", KINDS)
def test_damage_reads_the_same_every_time_and_from_everywhere(
    tmp_path: Path, name: str, how: Callable[[bytearray], None]
) -> None:
    path = drawn(tmp_path, name)
    spoil(path, [7, 8, 15], how)
    source = open_source(path, on_error="skip")
    whole = told(list(source))
    assert len(whole) == COUNT
    for _ in range(4):
        assert told(list(source)) == whole
    for start in range(COUNT + 2):
        assert told(list(source.frames(start))) == whole[start:], start


def test_a_picture_with_parts_missing_counts_as_damaged(tmp_path: Path) -> None:
    path = drawn(tmp_path, "h264.mp4")
    spoil(path, [6], scramble)
    with pytest.raises(DecodeError):
        list(open_source(path))
    assert any(frame.damaged for frame in open_source(path, on_error="skip"))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {"options": H264, "layout": {"movflags": "faststart"}}),
        ("a.mkv", {"options": H264, "tick": MS}),
        ("a.avi", {"codec": "mpeg4"}),
    ],
)
def test_a_file_that_breaks_off_says_where(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    path = clip(tmp_path / name, 60, draw=textured, **options)
    assert open_source(path).info.missing_seconds == 0
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(DecodeError, match=rf"{name} breaks off at .* s before its end; add --on-error skip"):
        open_source(path)
    source = open_source(path, on_error="skip")
    frames = list(source)
    assert 5 < len(frames) == source.info.frame_count < 60
    assert abs(frames[-1].time + frames[-1].duration + source.info.missing_seconds - Fraction(60, 25)) < Fraction(1, 10)


def test_sound_that_goes_on_after_the_picture_is_no_damage(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv", "a.avi"):
        source = open_source(clip(tmp_path / name, 10, sounds=[Sound(3.0)]))
        assert len(list(source)) == 10
        assert source.info.missing_seconds == 0


def test_a_broadcast_that_begins_between_key_frames_begins_with_the_first(tmp_path: Path) -> None:
    """Pictures whose references were never received are no damage, and have no place in the count."""
    path = clip(tmp_path / "a.ts", 30, draw=textured, codec="mpeg2video", options={"g": "6", "bf": "2"})
    whole = list(open_source(path))
    data = path.read_bytes()
    path.write_bytes(data[: 188 * 3] + data[len(data) // 188 // 3 * 188 :])
    source = open_source(path)
    frames = list(source)
    assert 10 < len(frames) == source.info.frame_count < 25
    assert not any(frame.damaged for frame in frames)
    assert all(same(frame, sound) for frame, sound in zip(frames, whole[-len(frames) :], strict=True))


def test_pictures_that_are_never_shown_are_not_counted(tmp_path: Path) -> None:
    """VP8 keeps alternate references in packets of their own; here the mark that shows a picture is taken away."""
    path = clip(tmp_path / "a.webm", COUNT, draw=textured, codec="libvpx", options={"g": "40"}, tick=MS)

    def hide(content: bytearray) -> None:
        assert content[0] & 0x11 == 0x11, "a picture that is predicted, and shown"
        content[0] &= ~0x10

    times = spoil(path, [4, 9], hide)
    shown = len(readers.pictures(path))
    assert len(readers.packets(path, "video").data) == COUNT == shown + 2
    frames = list(open_source(path))
    assert open_source(path).info.frame_count == len(frames) == shown
    assert not set(times) & {frame.time for frame in frames}


def test_nothing_that_can_be_decoded_is_no_frames_either_way(tmp_path: Path) -> None:
    path = drawn(tmp_path, "mjpeg.mov")
    spoil(path, list(range(COUNT)), wipe)
    for on_error in ("stop", "skip"):
        with pytest.raises(NoFrames, match=r"mjpeg\.mov"):
            open_source(path, on_error=on_error)


def test_pictures_beyond_the_limit_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drawn(tmp_path, "h264.mp4")
    monkeypatch.setattr("frameloom.media.reading.opening.MOST_PIXELS", 64 * 48 - 1)
    with pytest.raises(CannotOpen, match=r"h264\.mp4 claims pictures of 64x48"):
        open_source(path)


def test_a_picture_that_claims_a_huge_size_counts_as_damaged(tmp_path: Path) -> None:
    path = drawn(tmp_path, "mjpeg.mov")

    def enlarge(content: bytearray) -> None:
        at = content.index(b"\xff\xc0") + 5  # of the frame header: height and width
        content[at : at + 4] = bytes.fromhex("75307530")

    spoil(path, [5], enlarge)
    frames = list(open_source(path, on_error="skip"))
    assert [index for index, frame in enumerate(frames) if frame.damaged] == [5]


def test_two_recordings_in_one_file_play_one_after_the_other(tmp_path: Path) -> None:
    """The clock of the second starts anew; sorting all stamps would mix the two."""
    parts = [clip(tmp_path / f"{k}.ts", 10, draw=lambda i, size, k=k: textured(i + 20 * k, size)) for k in range(2)]
    (tmp_path / "both.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = list(open_source(tmp_path / "both.ts"))
    apart = [frame for part in parts for frame in open_source(part)]
    assert len(frames) == 20
    assert all(same(frame, sound) for frame, sound in zip(frames, apart, strict=True))
    assert [frame.time - frames[0].time for frame in frames] == [Fraction(k, 25) for k in range(20)]


def test_a_broken_image_of_a_folder_is_held_like_a_picture(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "f", 5)
    for name in ("00000.png", "00003.png"):
        (folder / name).write_bytes(b"broken")
    with pytest.raises(CannotOpen, match=r"00000\.png"):
        open_source(folder)
    source = open_source(folder, on_error="skip")
    frames = list(source)
    assert [frame.damaged for frame in frames] == [True, False, False, True, False]
    for frame, index in zip(frames, (1, 1, 2, 2, 4), strict=True):
        assert np.array_equal(frame.to_uint8(), moving_square(index))
    assert told(list(source.frames(3))) == told(frames[3:])


def test_ffmpeg_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = drawn(tmp_path, "h264.mp4")
    spoil(path, [3, 6, 12], scramble)
    capfd.readouterr()
    list(open_source(path, on_error="skip"))
    assert capfd.readouterr() == ("", "")
    assert av.logging.get_level() is None
