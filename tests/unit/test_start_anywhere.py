"""Frames from any index on are those of a whole pass, and only what is needed is decoded for them."""

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from factories import Image, clip, image_folder, moving_square, noise, planes_of
from frameloom.frame import Frame
from frameloom.media.pictures.colour import is_yuv
from frameloom.media.reading import decode
from frameloom.media.reading.source import ImageSource, VideoSource, open_source

COUNT = 40
MS = Fraction(1, 1000)
X264 = {"g": "8", "bf": "3", "x264-params": "scenecut=0"}
OPEN = {"g": "8", "bf": "3", "x264-params": "open-gop=1:scenecut=0:b-adapt=0"}
X265 = {"x265-params": "keyint=8:min-keyint=8:scenecut=0:log-level=none:pools=none"}
VP = {"g": "8", "b": "100k"}
KINDS: dict[str, dict[str, object]] = {
    "h264.mp4": {"options": X264},
    "open.mp4": {"options": OPEN},
    "open.mkv": {"options": OPEN, "tick": MS},
    "open.ts": {"options": OPEN},
    "refresh.mp4": {"options": {"g": "8", "bf": "0", "x264-params": "intra-refresh=1"}},
    "one-group.mp4": {"options": {"g": "250"}},
    "variable.mkv": {
        "options": X264,
        "tick": MS,
        "stamps": [0] + [k * 40 + k * k * 7 % 31 for k in range(1, COUNT)],
    },
    "late.mkv": {"options": X264, "tick": MS, "stamps": [5000 + 40 * k for k in range(COUNT)]},
    "hevc.mp4": {"codec": "libx265", "options": X265},
    "hevc.mkv": {"codec": "libx265", "options": X265, "tick": MS},
    "hevc.ts": {"codec": "libx265", "options": X265},
    "mpeg2.ts": {"codec": "mpeg2video", "options": {"g": "8", "bf": "2"}},
    "mpeg2.mpg": {"codec": "mpeg2video", "options": {"g": "8", "bf": "2"}},
    "vp8.webm": {"codec": "libvpx", "options": VP, "tick": MS},
    "vp9.webm": {"codec": "libvpx-vp9", "options": VP | {"auto-alt-ref": "1", "lag-in-frames": "10"}, "tick": MS},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"g": "8"}},
    "b-frames.avi": {"codec": "mpeg4", "options": {"g": "8", "bf": "2"}},
    "h264.avi": {"options": {"g": "8", "bf": "2"}},
    "raw.h264": {"options": X264},
    "mjpeg.mov": {"codec": "mjpeg", "format": "yuvj420p"},
    "mjpeg.avi": {"codec": "mjpeg", "format": "yuvj420p"},
    "ffv1.mkv": {"codec": "ffv1", "options": {"g": "4"}, "tick": MS},
    "loop.gif": {"codec": "gif", "format": "rgb8", "tick": Fraction(1, 100)},
    "loop.apng": {"codec": "apng", "format": "rgb24"},
    "wmv.wmv": {"codec": "wmv2", "tick": MS},
    "h264.flv": {"options": X264, "tick": MS},
}
READ_THROUGH = {"h264.avi", "raw.h264", "loop.gif", "one-group.mp4", "refresh.mp4"}


def textured(index: int, size: tuple[int, int]) -> Image:
    return (moving_square(index, size) * 0.8 + noise(size, seed=index // 3) * 0.2).astype(np.uint8)


def told(frame: Frame) -> tuple[int, Fraction, Fraction, bool]:
    native = frame.picture.native
    if not is_yuv(native.format):
        return hash(frame.to_uint8().tobytes()), frame.time, frame.duration, frame.damaged
    return hash(b"".join(bytes(plane) for plane in planes_of(native))), frame.time, frame.duration, frame.damaged


@pytest.fixture
def decoded_count(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Counts the pictures that decoders give, since the last call."""
    seen: list[object] = []
    resolve = decode._Places.resolve

    def counted(places: decode._Places, picture: object) -> object:
        seen.append(None)
        return resolve(places, picture)

    monkeypatch.setattr(decode._Places, "resolve", counted)

    def since() -> int:
        count = len(seen)
        seen.clear()
        return count

    return since


@pytest.mark.parametrize("name", KINDS)
def test_frames_from_anywhere_are_those_of_a_whole_pass(
    tmp_path: Path, name: str, decoded_count: Callable[[], int]
) -> None:
    source = open_source(clip(tmp_path / name, COUNT, draw=textured, **KINDS[name]))
    whole = [told(frame) for frame in source]
    assert len(whole) == source.info.frame_count == COUNT
    assert not any(damaged for *_, damaged in whole)
    for start in range(COUNT + 2):
        decoded_count()
        assert [told(frame) for frame in source.frames(start)] == whole[start:], start
        if name not in READ_THROUGH:
            assert decoded_count() <= max(0, COUNT - start) + 24


def test_one_frame_can_be_fetched(tmp_path: Path) -> None:
    source = open_source(clip(tmp_path / "a.mp4", COUNT, draw=textured, options=X264))
    whole = list(source)
    for index in (30, 5, 39, 0):
        assert told(next(source.frames(index))) == told(whole[index])


def test_images_from_anywhere(tmp_path: Path) -> None:
    source = open_source(image_folder(tmp_path / "f", 4))
    assert isinstance(source, ImageSource)
    assert [frame.time for frame in source.frames(2)] == [Fraction(2, 10), Fraction(3, 10)]
    assert np.array_equal(next(source.frames(3)).to_uint8(), moving_square(3))
    assert list(source.frames(4)) == []


@pytest.mark.real
@pytest.mark.slow
def test_real_clips_from_anywhere(real_clip: Path) -> None:
    source = open_source(real_clip)
    assert isinstance(source, VideoSource)
    whole = [told(frame) for frame in source]
    assert len(whole) == source.info.frame_count
    dice = random.Random(real_clip.name)
    for start in {dice.randrange(len(whole)) for _ in range(4)}:
        assert [told(frame) for frame in source.frames(start)] == whole[start:], start
