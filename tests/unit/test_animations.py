"""Animated WebP and PNG: every number, every time, transparency; what is a picture stays a picture."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import frameloom as fl
import readers
from factories import clip, image_folder, moving_square, noise, write_png
from frameloom.errors import CannotOpen, FrameloomError
from frameloom.frame import ArrayPicture, Frame
from frameloom.media.reading.source import ImageSource, VideoSource, WebpSource, open_source
from frameloom.media.writing.encoding import Encoding
from frameloom.media.writing.image_folder import ImageFolderSink
from frameloom.media.writing.sink import kind_of_output, sink_for

LENGTHS = [Fraction(1, 25), Fraction(3, 100), Fraction(1, 5), Fraction(7, 100)]


def drawn(channels: int, dtype: type = np.uint8) -> list[np.ndarray]:
    pictures = [noise((20, 26), seed=k, channels=channels, dtype=dtype) for k in range(4)]
    for picture in pictures:
        if channels == 4:
            picture[..., 3] = np.maximum(picture[..., 3], 1)  # WebP forgets the colour of what is fully transparent
            picture[5:9, 5:9, 3] = 77
    return pictures


def write(path: Path, pictures: list[np.ndarray], *, start: Fraction = Fraction(0), lossless: bool = True) -> Path:
    folder = path.with_suffix("")
    for number, picture in enumerate(pictures):
        write_png(folder / f"{number}.png", picture)
    info = open_source(folder).info
    with sink_for(
        path, like=info, rate=info.rate, unit=Fraction(1, 1000), encoding=Encoding(lossless=lossless)
    ) as sink:
        for number, picture in enumerate(pictures):
            begin = sum(LENGTHS[:number], start)
            sink.append(Frame(ArrayPicture(picture), begin, LENGTHS[number]))
    return path


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("suffix", "dtype"), [(".webp", np.uint8), (".apng", np.uint8), (".apng", np.uint16)])
def test_numbers_times_and_transparency_come_back(tmp_path: Path, suffix: str, dtype: type, channels: int) -> None:
    pictures = drawn(channels, dtype)
    source = open_source(write(tmp_path / f"a{suffix}", pictures, start=Fraction(9, 2)))
    frames = list(source)
    assert [frame.duration for frame in frames] == LENGTHS  # the last one too
    assert [frame.time for frame in frames] == [sum(LENGTHS[:k], Fraction(0)) for k in range(4)]
    assert (source.info.alpha, source.info.depth) == (channels == 4, 8 if dtype is np.uint8 else 16)
    for frame, picture in zip(frames, pictures, strict=True):
        assert np.array_equal(frame.picture.to_integer(source.info.depth), picture)


@pytest.mark.parametrize("suffix", [".webp", ".apng"])
def test_another_reader_sees_the_same(tmp_path: Path, suffix: str) -> None:
    pictures = drawn(4)
    with Image.open(write(tmp_path / f"a{suffix}", pictures)) as seen:
        assert seen.n_frames == 4
        assert seen.info["loop"] == 0
        for number, picture in enumerate(pictures):
            seen.seek(number)
            assert np.array_equal(np.asarray(seen.convert("RGBA")), picture)
            assert seen.info["duration"] == LENGTHS[number] * 1000


def test_a_webp_is_small_unless_it_must_be_exact(tmp_path: Path) -> None:
    exact = write(tmp_path / "a.webp", drawn(3))
    small = write(tmp_path / "b.webp", drawn(3), lossless=False)
    assert small.stat().st_size < exact.stat().st_size / 2
    for before, after in zip(open_source(exact), open_source(small), strict=True):
        assert np.abs(before.to_uint8().astype(int) - after.to_uint8()).mean() < 6


def test_equal_frames_of_a_webp_keep_their_time(tmp_path: Path) -> None:
    """Its encoder puts equal frames together, so the last one may begin early."""
    first, second, *_ = drawn(3)
    source = open_source(write(tmp_path / "a.webp", [first, second, second, second]))
    assert [frame.duration for frame in source] == [LENGTHS[0], sum(LENGTHS[1:])]


@pytest.mark.parametrize("suffix", [".webp", ".apng"])
def test_one_frame_is_a_picture(tmp_path: Path, suffix: str) -> None:
    assert np.array_equal(next(iter(open_source(write(tmp_path / f"a{suffix}", drawn(3)[:1])))).to_uint8(), drawn(3)[0])


def test_animated_and_still_files_of_one_suffix_are_told_apart(tmp_path: Path) -> None:
    moving = write(tmp_path / "a.apng", drawn(3)).rename(tmp_path / "moving.png")
    assert isinstance(open_source(moving), VideoSource)
    assert isinstance(open_source(write_png(tmp_path / "still.png", drawn(3)[0])), ImageSource)
    assert isinstance(open_source(write(tmp_path / "b.webp", drawn(3))), WebpSource)
    assert isinstance(open_source(write_png(tmp_path / "still.webp", drawn(3)[0])), ImageSource)


@pytest.mark.parametrize("keep", [30, 200, 0.5])
def test_a_cut_off_webp_is_an_error_and_no_surprise(tmp_path: Path, keep: float) -> None:
    path = write(tmp_path / "a.webp", drawn(3))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep) if keep < 1 else int(keep)])
    with pytest.raises(FrameloomError, match=r"a\.webp"):
        list(open_source(path))


def test_a_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match=r"none\.webp does not exist"):
        open_source(tmp_path / "none.webp")


@pytest.mark.parametrize("suffix", [".webp", ".apng", ".gif"])
def test_every_animation_becomes_every_other(tmp_path: Path, suffix: str) -> None:
    made = tmp_path / f"out{suffix}"
    fl.interpolate(clip(tmp_path / "in.mp4", 4), made, model="blend", lossless=suffix != ".gif")
    assert kind_of_output(made) == ("gif" if suffix == ".gif" else "animation")
    source = open_source(made)
    stored = 7 if suffix == ".webp" else 8  # the last frame is shown twice, which a WebP stores once
    assert len(list(source)) == stored
    assert abs(source.info.duration - Fraction(4, 25)) <= Fraction(1, 100)
    again = fl.interpolate(made, tmp_path / "again.mp4", model="blend")
    assert again.frames_written == 2 * stored
    assert len(readers.pictures(tmp_path / "again.mp4")) == 2 * stored


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp", ".bmp", ".ppm"])
def test_sequences_of_every_kind_of_image_are_read(tmp_path: Path, suffix: str) -> None:
    for number in range(3):
        write_png(tmp_path / f"{number}{suffix}", moving_square(number))
    frames = list(open_source(tmp_path))
    assert len(frames) == 3
    assert all(
        np.abs(frame.to_uint8().astype(int) - moving_square(number)).mean() < 4 for number, frame in enumerate(frames)
    )


@pytest.mark.parametrize(("count", "name"), [(None, "00000.png"), (100_000, "00000.png"), (100_001, "000000.png")])
def test_names_get_as_many_digits_as_the_count_needs(tmp_path: Path, count: int | None, name: str) -> None:
    """From 100,000 frames on, 100000.png would sort before 99999.png."""
    with ImageFolderSink(tmp_path, 8, count) as sink:
        sink.append(Frame(ArrayPicture(moving_square(0)), Fraction(0), Fraction(1, 10)))
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_folder_with_transparency_goes_through_an_animation_and_back(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "in", 3)
    fl.interpolate(folder, tmp_path / "a.apng", model="blend", factor=1)
    fl.interpolate(tmp_path / "a.apng", tmp_path / "out", model="blend", factor=1)
    pairs = zip(sorted(folder.iterdir()), sorted((tmp_path / "out").iterdir()), strict=True)
    assert all(before.name == after.name for before, after in pairs)
    for before, after in zip(open_source(folder), open_source(tmp_path / "out"), strict=True):
        assert np.array_equal(before.to_uint8(), after.to_uint8())
