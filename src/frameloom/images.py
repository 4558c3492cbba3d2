"""Image files to arrays and back."""

import os
import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import CannotOpen, CannotWrite, InputError, RangeError, ShapeError
from frameloom.frame import Pixels
from frameloom.image_size import breaks_off, claimed_size

# More than the largest cameras take; as float RGB that is 3.2 GB.
MOST_PIXELS = 2**28
_EXIF = cv2.IMAGE_METADATA_EXIF
_ORIENTATION = 0x0112

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"})


def read_image(path: str | os.PathLike[str]) -> Pixels:
    """Read an image file as `(height, width, 3 or 4)` RGB(A), uint8 or uint16 as stored; grey becomes RGB.

    Pictures are turned as their EXIF orientation says.

    Raises:
        CannotOpen: missing, empty, damaged, or not an image.
        InputError: a pixel type other than 8 or 16 bits per channel.
    """
    path = Path(path)
    try:
        data = np.fromfile(path, dtype=np.uint8)  # cv2.imread cannot open every name on every system
    except FileNotFoundError:
        raise CannotOpen(f"{path} does not exist") from None
    except OSError as error:
        raise CannotOpen(f"{path} cannot be read: {error.strerror or error}") from error
    if data.size == 0:
        raise CannotOpen(f"{path} is empty")
    content = data.tobytes()
    if breaks_off(content):
        raise CannotOpen(f"{path} breaks off before its end; copy it again")
    height, width = claimed_size(content) or (0, 0)
    if height * width > MOST_PIXELS:  # told from the header: decoding would take the memory first
        raise CannotOpen(
            f"{path} claims {width}x{height} pixels; it is damaged, or too large "
            f"(at most {MOST_PIXELS // 10**6} million pixels)"
        )
    try:
        # UNCHANGED keeps alpha, and ignores the orientation but that of TIFF, which is not in the metadata then
        decoded, kinds, metadata = cv2.imdecodeWithMetadata(data, flags=cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError):
        decoded, kinds, metadata = None, (), ()
    if decoded is None or decoded.size == 0:
        raise CannotOpen(f"{path} is damaged or not an image")
    decoded = _TURNS.get(_orientation(kinds, metadata), lambda upright: upright)(decoded)
    if decoded.dtype == np.uint8:
        return _to_rgb(decoded.astype(np.uint8, copy=False))
    if decoded.dtype == np.uint16:
        return _to_rgb(decoded.astype(np.uint16, copy=False))
    raise InputError(f"{path} has {decoded.dtype} pixels; 8 or 16 bits per channel are read")


_TURNS: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: stored[::-1].swapaxes(0, 1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: stored[:, ::-1].swapaxes(0, 1),
}
"""How a picture is put upright, by the number of its orientation (EXIF 2.32, table 8)."""


def _orientation(kinds: Sequence[int], metadata: Sequence[NDArray[Any]]) -> int:
    """What the file says of it; 1 is upright."""
    found = next((data for kind, data in zip(kinds, metadata, strict=True) if kind == _EXIF), None)
    if found is None:
        return 1
    exif = found.tobytes()
    order = "<" if exif[:2] == b"II" else ">"
    try:
        (first,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, first)
        for entry in range(first + 2, first + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if tag == _ORIENTATION:
                return value
    except struct.error:  # damage there leaves the picture whole
        return 1
    return 1


def _to_rgb(decoded: Pixels) -> Pixels:
    if decoded.ndim == 2 or decoded.shape[2] == 1:
        return np.repeat(decoded.reshape(*decoded.shape[:2], 1), 3, axis=2)
    order = [2, 1, 0] if decoded.shape[2] == 3 else [2, 1, 0, 3]
    return np.ascontiguousarray(decoded[..., order])


def pixels_of(item: str | os.PathLike[str] | NDArray[Any], name: str) -> Pixels:
    """The pixels of a file, or of an array once it is checked; float64 becomes float32.

    Args:
        item: Image file, or pixels `(height, width, 3 or 4)`: uint8, uint16 or float in [0, 1].
        name: What messages call it.

    Raises:
        CannotOpen: a file is missing or not an image.
        ShapeError: an array is not an image.
        InputError: pixels of another type.
        RangeError: pixels that are not finite.
    """
    if isinstance(item, (str, os.PathLike)):
        return read_image(item)
    image = np.asarray(item)
    if image.ndim != 3 or image.shape[2] not in (3, 4) or not image.size:
        raise ShapeError(f"{name} has shape {image.shape}; expected (height, width, 3 or 4)")
    if image.dtype.name not in ("uint8", "uint16", "float32", "float64"):
        raise InputError(f"{name} has {image.dtype} pixels; expected uint8, uint16 or float32 in [0, 1]")
    if image.dtype.kind == "f":
        if not np.isfinite(image).all():
            raise RangeError(f"{name} holds values that are not finite")
        return image.astype(np.float32, copy=False)
    return image


def write_image(path: str | os.PathLike[str], pixels: Pixels) -> None:
    """Write uint8 or uint16 RGB(A) pixels; the suffix of the path says the format.

    Raises:
        CannotWrite: the folder cannot be written, or the format cannot hold these pixels.
    """
    path = Path(path)
    order = [2, 1, 0] if pixels.shape[2] == 3 else [2, 1, 0, 3]
    try:
        done, data = cv2.imencode(path.suffix.lower(), np.ascontiguousarray(pixels[..., order]))
    except cv2.error as error:
        raise CannotWrite(f"{path}: images of type '{path.suffix}' cannot be written; use .png") from error
    if not done:
        raise CannotWrite(f"{path}: {pixels.dtype} pixels do not fit '{path.suffix}'; use .png")
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror or error}") from error


def natural_key(path: Path) -> tuple[tuple[object, ...], str]:
    """Sort key that counts: frame2 before frame10."""
    pieces = re.split(r"([0-9]+)", path.name.lower())  # text and numbers take turns, so that like meets like
    return tuple(int(piece) if piece.isdecimal() else piece for piece in pieces), path.name


def images_in(folder: Path) -> list[Path]:
    """The image files directly in a folder, in natural order; hidden files are not looked at.

    Raises:
        CannotOpen: the folder cannot be listed.
    """
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise CannotOpen(f"{folder} cannot be listed: {error.strerror or error}") from error
    found = [entry for entry in entries if entry.suffix.lower() in SUFFIXES and not entry.name.startswith(".")]
    return sorted((entry for entry in found if entry.is_file()), key=natural_key)
