"""Which files are a pool's images, and how they are read."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from factories import noise, write_png
from frameloom.errors import CannotOpen, NoFrames
from frameloom.retrieval.pictures import read_picture
from frameloom.retrieval.pool import PoolImage, list_pool
from pools import draw_pool, picture


def test_nested_folders_are_listed_in_the_order_of_bytes(tmp_path: Path) -> None:
    draw_pool(tmp_path, 5)
    write_png(tmp_path / "Z.png", picture(9))
    (tmp_path / "notes.txt").write_text("no image")
    write_png(tmp_path / ".hidden.png", picture(9))
    write_png(tmp_path / ".folder" / "0.png", picture(9))
    paths = [image.path for image in list_pool(tmp_path).images]
    assert paths == ["000.png", "003.png", "Z.png", "a/001.png", "a/004.png", "a/b/002.png"]


def test_links_that_lead_back_end(tmp_path: Path) -> None:
    pool = draw_pool(tmp_path / "pool", 4)
    elsewhere = draw_pool(tmp_path / "elsewhere", 1)
    (pool / "a" / "up").symlink_to(pool)
    (pool / "a" / "self").symlink_to(pool / "a")
    (pool / "link").symlink_to(elsewhere)
    (pool / "dead.png").symlink_to(tmp_path / "nowhere.png")
    paths = [image.path for image in list_pool(pool).images]
    assert paths == ["000.png", "003.png", "a/001.png", "a/b/002.png", "link/000.png"]


def test_a_change_of_any_file_changes_the_hash_of_the_pool(tmp_path: Path) -> None:
    pool = draw_pool(tmp_path, 3)
    before = list_pool(pool).sha256
    assert list_pool(pool).sha256 == before
    write_png(pool / "000.png", picture(7))
    assert list_pool(pool).sha256 != before


def test_what_is_no_pool_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match=r"missing is not a folder"):
        list_pool(tmp_path / "missing")
    with pytest.raises(NoFrames, match="holds no image file"):
        list_pool(tmp_path)


def test_names_that_are_no_text_have_a_key_of_their_own() -> None:
    keys = {PoolImage(path, 1, 2).key for path in ("a.png", "\udcff.png", "\udcfe.png")}
    assert len(keys) == 3


def encoded(image: np.ndarray, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied_in_every_format(kind: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    image = noise((40, 80))
    (tmp_path / "image").write_bytes(encoded(image, kind, exif=exif))
    read = read_picture(tmp_path / "image")
    assert read.shape == (80, 40, 3)
    assert np.abs(read.astype(int) - np.rot90(image, -1)).mean() < 8


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "BMP", "JPEG", "WEBP", "PPM", "JPEG2000", "AVIF"])
def test_every_format_is_read(kind: str, tmp_path: Path) -> None:
    image = noise((40, 80))
    (tmp_path / "image").write_bytes(encoded(image, kind))
    read = read_picture(tmp_path / "image")
    assert read.shape == (40, 80, 3)
    assert np.abs(read.astype(int) - image).mean() < 12  # a GIF has 256 colours


def test_the_first_picture_of_an_animation_counts(tmp_path: Path) -> None:
    first, second = noise((40, 80)), 255 - noise((40, 80))
    Image.fromarray(first).save(tmp_path / "a.gif", save_all=True, append_images=[Image.fromarray(second)])
    assert np.abs(read_picture(tmp_path / "a.gif").astype(int) - first).mean() < 12


@pytest.mark.parametrize(
    ("shape", "dtype"), [((40, 80), np.uint8), ((40, 80, 4), np.uint8), ((40, 80, 3), np.uint16), ((2, 3, 3), np.uint8)]
)
def test_grey_alpha_and_16_bits_become_8_bit_rgb(shape: tuple[int, ...], dtype: type, tmp_path: Path) -> None:
    image = np.full(shape, np.iinfo(dtype).max // 2, dtype)
    read = read_picture(write_png(tmp_path / "image.png", image))
    assert read.shape == (*shape[:2], 3)
    assert read.dtype == np.uint8
    assert abs(int(read.mean()) - 127) <= 1


@pytest.mark.parametrize(
    ("size", "smallest", "expected"),
    [
        ((800, 1600), (144, 256), (200, 400)),  # an eighth would be too low
        ((1152, 2048), (144, 256), (144, 256)),
        ((2048, 1152), (144, 256), (256, 144)),  # upright: both sides stay long enough whichever way it is turned
        ((300, 511), (144, 256), (300, 511)),
        ((5000, 160), (144, 256), (5000, 160)),
        ((800, 1600), None, (800, 1600)),
    ],
)
def test_large_jpegs_are_decoded_at_a_part_of_their_size(
    size: tuple[int, int], smallest: tuple[int, int] | None, expected: tuple[int, int], tmp_path: Path
) -> None:
    (tmp_path / "image.jpg").write_bytes(encoded(noise(size), "JPEG"))
    assert read_picture(tmp_path / "image.jpg", smallest=smallest).shape[:2] == expected


def test_other_formats_are_decoded_whole(tmp_path: Path) -> None:
    path = write_png(tmp_path / "image.png", noise((800, 1600)))
    assert read_picture(path, smallest=(144, 256)).shape == (800, 1600, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("part", [0.1, 0.6, 0.97])
def test_what_breaks_off_is_refused(kind: str, part: float, tmp_path: Path) -> None:
    whole = encoded(noise((60, 80)), kind)
    (tmp_path / "image").write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(CannotOpen, match=r"image (is damaged|breaks off)"):
        read_picture(tmp_path / "image")


def test_other_things_that_cannot_be_read_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.jpg").write_text("no image")
    huge = bytearray(encoded(noise((8, 8)), "BMP"))
    huge[18:26] = (40000).to_bytes(4, "little") * 2
    (tmp_path / "huge.bmp").write_bytes(huge)
    for name, why in (("empty.png", "is empty"), ("text.jpg", "not an image"), ("huge.bmp", "claims 40000x40000"),
                      ("missing.png", "does not exist"), (".", "cannot be read")):  # fmt: skip
        with pytest.raises(CannotOpen, match=why):
            read_picture(tmp_path / name)
