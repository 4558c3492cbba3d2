"""The size of an image is known from its header, so that a lie does not cost memory."""

from pathlib import Path

import numpy as np
import pytest

from factories import noise, write_png
from frameloom import images
from frameloom.errors import CannotOpen
from frameloom.image_size import breaks_off, claimed_size

SUFFIXES = ("png", "jpg", "webp", "bmp", "tif", "ppm")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("size", [(48, 65), (300, 17)])
def test_the_header_says_the_size(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    path = write_png(tmp_path / f"a.{suffix}", noise(size))
    assert claimed_size(path.read_bytes()) == images.read_image(path).shape[:2] == size


def test_grey_and_deep_images_say_it_too(tmp_path: Path) -> None:
    grey = write_png(tmp_path / "a.pgm", noise()[..., 0])
    deep = write_png(tmp_path / "a.png", noise(dtype=np.uint16))
    assert claimed_size(grey.read_bytes()) == claimed_size(deep.read_bytes()) == (48, 64)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_beginnings_of_files_never_fail(tmp_path: Path, suffix: str) -> None:
    data = write_png(tmp_path / f"a.{suffix}", noise()).read_bytes()
    sizes = [claimed_size(data[:length]) for length in range(len(data))]
    assert sizes[:8] == [None] * 8
    assert claimed_size(data) == (48, 64)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_image_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    path = write_png(tmp_path / f"a.{suffix}", noise())
    monkeypatch.setattr(images, "MOST_PIXELS", 64 * 48 - 1)
    with pytest.raises(CannotOpen, match=rf"a\.{suffix} claims 64x48 pixels"):
        images.read_image(path)


def test_a_jpeg_that_claims_thirty_thousand_lines_is_refused(tmp_path: Path) -> None:
    path = write_png(tmp_path / "a.jpg", noise())
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = bytes.fromhex("75307530")
    path.write_bytes(bytes(data))
    with pytest.raises(CannotOpen, match="30000x30000"):
        images.read_image(path)


def test_a_png_that_claims_to_go_on_is_refused_at_once(tmp_path: Path) -> None:
    """A length of four gigabytes kept the decoder busy for eight seconds, to no end."""
    path = write_png(tmp_path / "a.png", noise())
    data = bytearray(path.read_bytes())
    assert not breaks_off(bytes(data) + b"what someone put behind")
    at = data.index(b"IDAT") - 4
    data[at : at + 4] = b"\xff" * 4
    path.write_bytes(bytes(data))
    with pytest.raises(CannotOpen, match=r"a\.png breaks off"):
        images.read_image(path)
