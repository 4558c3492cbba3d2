"""Image files: every kind of pixel as stored, names in the order people count, errors that name the file."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from factories import moving_square, noise, write_png
from frameloom.errors import CannotOpen, CannotWrite, InputError
from frameloom.images import images_in, natural_key, read_image, write_image


def test_rgb_png_is_read_as_rgb(tmp_path: Path) -> None:
    pixels = moving_square(1)
    assert np.array_equal(read_image(write_png(tmp_path / "a.png", pixels)), pixels)


def test_sixteen_bit_png_is_exact(tmp_path: Path) -> None:
    pixels = noise(dtype=np.uint16)
    read = read_image(write_png(tmp_path / "a.png", pixels))
    assert read.dtype == np.uint16
    assert np.array_equal(read, pixels)


def test_transparency_is_kept(tmp_path: Path) -> None:
    pixels = noise(channels=4)
    assert np.array_equal(read_image(write_png(tmp_path / "a.png", pixels)), pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_becomes_three_equal_channels(tmp_path: Path, dtype: type) -> None:
    grey = noise(channels=1, dtype=dtype)[..., 0]
    read = read_image(write_png(tmp_path / "a.png", grey))
    assert read.dtype == dtype
    assert np.array_equal(read, np.dstack([grey] * 3))


def png(header: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG from its chunks, for kinds that OpenCV does not write."""
    import zlib

    blocks = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    body = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in blocks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def test_grey_with_alpha_becomes_rgba(tmp_path: Path) -> None:
    import zlib

    values = np.array([[[10, 255], [200, 0]], [[90, 128], [255, 64]]], np.uint8)  # (grey, alpha)
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    path = tmp_path / "a.png"
    path.write_bytes(png(struct.pack(">IIBBBBB", 2, 2, 8, 4, 0, 0, 0), (b"IDAT", zlib.compress(rows))))
    assert np.array_equal(read_image(path), values[..., [0, 0, 0, 1]])


@pytest.mark.parametrize("transparent", [False, True])
def test_palette_png_becomes_its_colours(tmp_path: Path, transparent: bool) -> None:
    import zlib

    palette = np.array([[255, 0, 0], [0, 255, 0], [10, 20, 200]], np.uint8)
    indices = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in indices)
    chunks = [(b"PLTE", palette.tobytes()), *([(b"tRNS", bytes([255, 0, 128]))] * transparent)]
    path = tmp_path / "a.png"
    path.write_bytes(png(struct.pack(">IIBBBBB", 3, 2, 8, 3, 0, 0, 0), *chunks, (b"IDAT", zlib.compress(rows))))
    read = read_image(path)
    assert np.array_equal(read[..., :3], palette[indices])
    if transparent:
        assert np.array_equal(read[..., 3], np.array([255, 0, 128], np.uint8)[indices])


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_put_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:16, :24] = (255, 0, 0)  # the upper left quarter is red, the lower right blue
    pixels[16:, 24:] = (0, 0, 255)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / f"a.{kind}"
    Image.fromarray(pixels).save(path, exif=exif, quality=100)
    with Image.open(path) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))
    read = read_image(path)
    assert read.shape == expected.shape
    assert np.abs(read.astype(int) - expected).mean() < 8


def test_an_orientation_that_does_not_exist_and_damaged_exif_change_nothing(tmp_path: Path) -> None:
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[0] = 200
    broken, ninth = b"MM\0*" + b"\xff" * 20, b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 9, 0, 0)
    for number, exif in enumerate((broken, b"MM", ninth)):
        path = tmp_path / f"{number}.png"
        Image.fromarray(pixels).save(path, exif=exif)
        assert np.array_equal(read_image(path), pixels)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n"])
def test_a_bad_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(CannotOpen, match=r"bad\.png"):
        read_image(path)


def test_a_truncated_png_is_not_half_a_picture(tmp_path: Path) -> None:
    path = write_png(tmp_path / "cut.png", noise((64, 64)))
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(CannotOpen, match=r"cut\.png"):
        read_image(path)


def test_missing_file_and_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="does not exist"):
        read_image(tmp_path / "none.png")
    with pytest.raises(CannotOpen, match="cannot be read"):
        read_image(tmp_path)


def test_float_images_are_refused(tmp_path: Path) -> None:
    done, data = cv2.imencode(".tiff", np.zeros((4, 4, 3), np.float32))
    assert done
    (tmp_path / "a.tiff").write_bytes(data.tobytes())
    with pytest.raises(InputError, match="8 or 16 bits"):
        read_image(tmp_path / "a.tiff")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_written_pixels_are_read_back_exactly(tmp_path: Path, dtype: type, channels: int) -> None:
    pixels = noise((5, 3), channels=channels, dtype=dtype)
    write_image(tmp_path / "a.png", pixels)
    assert np.array_equal(read_image(tmp_path / "a.png"), pixels)


def test_an_unknown_image_type_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=r"use \.png"):
        write_image(tmp_path / "a.xyz", moving_square(0))
    with pytest.raises(CannotWrite, match="cannot be written"):
        write_image(tmp_path / "no" / "a.png", moving_square(0))


@pytest.mark.parametrize(
    "names",
    [
        ["frame2.png", "frame10.png", "frame100.png"],
        ["a1b2.png", "a1b10.png", "a2b1.png"],
        ["007.png", "8.png", "0010.png"],
        ["Take1.png", "take2.png", "TAKE3.png"],
    ],
)
def test_names_are_sorted_as_people_count(names: list[str]) -> None:
    assert [path.name for path in sorted(map(Path, reversed(names)), key=natural_key)] == names


@pytest.mark.parametrize("names", [["walk", "walk2"], ["a1.png", "a1.png2.png"], ["1.png", "1²2.png"], ["", "1"]])
def test_a_name_that_begins_another_can_be_sorted(names: list[str]) -> None:
    """Names of different make were compared text against number, which is a TypeError; '²' is a digit but no number."""
    assert {path.name for path in sorted(map(Path, names), key=natural_key)} == set(names)


def test_only_visible_image_files_of_a_folder_count(tmp_path: Path) -> None:
    for name in ("b.png", "a.PNG", ".hidden.png", "notes.txt"):
        write_png(tmp_path / "x.png", moving_square(0)).rename(tmp_path / name)
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in images_in(tmp_path)] == ["a.PNG", "b.png"]
