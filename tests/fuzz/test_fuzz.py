"""Damaged files: read, or refused in one line; never a crash, a hang, or memory without bound."""

import random
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from factories import Image, Sound, clip, moving_square, noise, write_png
from fuzz.mutations import mutated
from fuzz.reader import Reader

SECONDS_PER_FILE = 20
MILLISECOND = Fraction(1, 1000)
FEW, MANY = 60, 2000


def textured(index: int, size: tuple[int, int]) -> Image:
    """Something to encode: more than a few bytes a picture."""
    return (moving_square(index, size) * 0.8 + noise(size, seed=index // 3) * 0.2).astype(np.uint8)


def _video(name: str, **how: object) -> tuple[str, Callable[[Path], Path]]:
    return name, lambda path: clip(path, 12, draw=textured, **how)


B_FRAMES = {"g": "5", "bf": "2"}
X265 = {"x265-params": "keyint=5:min-keyint=5:log-level=none:pools=none"}
VIDEOS = dict(
    [
        _video("h264.mp4", options=B_FRAMES, sounds=[Sound(0.4)]),
        _video("front.mp4", options=B_FRAMES, layout={"movflags": "faststart"}),
        _video("pieces.mp4", options=B_FRAMES, layout={"movflags": "frag_keyframe+empty_moov"}),
        _video("h264.mkv", options=B_FRAMES, tick=MILLISECOND),
        _video("h264.mov", options=B_FRAMES),
        _video("h264.ts", options=B_FRAMES),
        _video("h264.avi", options=B_FRAMES),
        _video("raw.h264", options=B_FRAMES),
        _video("hevc.mp4", codec="libx265", options=X265),
        _video("hevc.mkv", codec="libx265", options=X265, tick=MILLISECOND),
        _video("vp9.webm", codec="libvpx-vp9", options={"g": "5", "b": "100k"}, tick=MILLISECOND),
        _video("vp8.webm", codec="libvpx", options={"g": "5", "b": "100k"}, tick=MILLISECOND),
        _video("mpeg4.avi", codec="mpeg4", options=B_FRAMES),
        _video("mpeg4.mp4", codec="mpeg4", options=B_FRAMES, rotation=90),
        _video("mpeg2.ts", codec="mpeg2video", options=B_FRAMES),
        _video("mjpeg.avi", codec="mjpeg", format="yuvj420p"),
        _video("mjpeg.mov", codec="mjpeg", format="yuvj420p"),
        _video("ffv1.mkv", codec="ffv1", tick=MILLISECOND),
        _video("loop.gif", codec="gif", format="rgb8", tick=Fraction(1, 100)),
    ]
)
IMAGES: dict[str, Callable[[Path], Path]] = {
    **{f"one.{kind}": lambda path: write_png(path, noise()) for kind in ("png", "jpg", "webp", "bmp", "tif", "ppm")},
    "deep.png": lambda path: write_png(path, noise(dtype=np.uint16)),
}


@pytest.fixture(scope="session")
def sound_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("sound")
    return {name: draw(folder / name).read_bytes() for name, draw in (VIDEOS | IMAGES).items()}


@pytest.fixture
def reader() -> Iterator[Reader]:
    started = Reader("reading.py", SECONDS_PER_FILE)
    yield started
    _, err = started.end()
    image_libraries = ("libpng", "JPEG", "JFIF", "OpenCV", "imdecode", "TIFF", "grfmt")  # these print what they think
    told = [line for line in err.splitlines() if line and not any(name in line for name in image_libraries)]
    assert told == [], "FFmpeg's messages must not reach the user"


def check(sound_files: dict[str, bytes], reader: Reader, folder: Path, numbers: range) -> None:
    """Damage files, each number in its own way, and read them; what goes wrong is kept in the folder."""
    names = sorted(sound_files)
    wrong: dict[str, str] = {}
    for number in numbers:
        dice = random.Random(number)
        name, other = names[number % len(names)], dice.choice(names)
        path = folder / f"{number:05d}-{name}"
        path.write_bytes(mutated(sound_files[name], sound_files[other], dice))
        said = reader.read(str(path), "skip" if zlib.crc32(path.name.encode()) % 3 else "stop")
        if said:
            wrong[path.name] = said
        else:
            path.unlink()
    assert not wrong, f"kept in {folder}:\n" + "\n".join(f"{name}: {said}" for name, said in wrong.items())


def test_undamaged_files_are_read(sound_files: dict[str, bytes], reader: Reader, tmp_path: Path) -> None:
    for name, data in sound_files.items():
        (tmp_path / name).write_bytes(data)
        assert reader.read(str(tmp_path / name), "stop") == ""


def test_a_few_damaged_files(sound_files: dict[str, bytes], reader: Reader, tmp_path: Path) -> None:
    check(sound_files, reader, tmp_path, range(FEW))


@pytest.mark.slow
def test_many_damaged_files(sound_files: dict[str, bytes], reader: Reader, tmp_path: Path) -> None:
    check(sound_files, reader, tmp_path, range(FEW, MANY))
