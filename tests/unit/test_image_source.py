"""Folders of images and single images as frames."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from factories import image_folder, moving_square, noise, write_png
from frameloom.errors import CannotOpen, NoFrames, ShapeError
from frameloom.media.reading.source import open_source


def test_frames_of_a_folder_come_in_natural_order_ten_a_second(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        write_png(tmp_path / f"frame{number}.png", moving_square(number))
    source = open_source(tmp_path)
    frames = list(source)
    for frame, number in zip(frames, (1, 2, 10), strict=True):
        assert np.array_equal(frame.to_uint8(), moving_square(number))
    assert [frame.time for frame in frames] == [0, Fraction(1, 10), Fraction(2, 10)]
    assert {frame.duration for frame in frames} == {Fraction(1, 10)}
    assert (source.info.kind, source.info.frame_count, source.info.duration) == ("folder", 3, Fraction(3, 10))
    assert not source.info.has_time


def test_a_folder_plays_at_the_rate_asked_for(tmp_path: Path) -> None:
    source = open_source(image_folder(tmp_path / "f", 3), rate=Fraction(24000, 1001))
    assert [frame.time for frame in source] == [0, Fraction(1001, 24000), Fraction(2002, 24000)]
    assert source.info.rate == Fraction(24000, 1001)


def test_a_folder_can_be_gone_through_again(tmp_path: Path) -> None:
    source = open_source(image_folder(tmp_path / "f", 3))
    first, second = ([frame.to_uint8() for frame in source] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_sixteen_bit_images_stay_sixteen_bit(tmp_path: Path) -> None:
    pixels = noise(dtype=np.uint16)
    write_png(tmp_path / "a.png", pixels)
    source = open_source(tmp_path / "a.png")
    assert source.info.depth == 16
    assert np.array_equal(next(iter(source)).to_uint16(), pixels)


def test_a_single_image_is_one_frame(tmp_path: Path) -> None:
    source = open_source(write_png(tmp_path / "only.png", moving_square(4)))
    frames = list(source)
    assert (len(frames), source.info.kind, frames[0].time) == (1, "image", 0)


def test_mixed_sizes_are_refused_naming_both_files(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "f", 2)
    write_png(folder / "00002.png", moving_square(0, (20, 30)))
    with pytest.raises(ShapeError, match=r"00002\.png is 30x20 but 00000\.png is 64x48"):
        list(open_source(folder))


def test_a_folder_without_images_and_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(NoFrames, match="no images"):
        open_source(tmp_path)
    with pytest.raises(CannotOpen, match="does not exist"):
        open_source(tmp_path / "none")


def test_a_broken_image_in_a_folder_is_named(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "f", 3)
    (folder / "00001.png").write_bytes(b"broken")
    with pytest.raises(CannotOpen, match=r"00001\.png"):
        list(open_source(folder))
