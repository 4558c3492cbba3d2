"""Images of a pool to pixels: the one reader for what is described and for what is shown."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import CannotOpen
from frameloom.image_size import breaks_off, claimed_size
from frameloom.images import MOST_PIXELS

_REDUCED = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}
_JPEG = b"\xff\xd8"


def read_picture(path: Path, *, smallest: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Read an image of any format that OpenCV knows, turned as its EXIF orientation says; no alpha, 8 bits.

    Args:
        path: The file; of an animation the first picture is read.
        smallest: (height, width) that will do. A JPEG at least twice as large is decoded at 1/2, 1/4 or 1/8 of its
            size, which never goes below that. Other formats gain nothing from it.

    Returns:
        (height, width, 3), RGB.

    Raises:
        CannotOpen: missing, empty, damaged, not an image, or too large.
    """
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what is wrong is told once, by us
    data = _bytes_of(path)
    height, width = _claimed(path, data)
    flags = cv2.IMREAD_COLOR
    if smallest is not None and data.startswith(_JPEG):
        flags = _flags(min(height, width), max(height, width), smallest)
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError):
        decoded = None
    if decoded is None or decoded.size == 0:
        raise CannotOpen(f"{path} is damaged or not an image")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def _bytes_of(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CannotOpen(f"{path} does not exist") from None
    except OSError as error:
        raise CannotOpen(f"{path} cannot be read: {error.strerror or error}") from error
    if not data:
        raise CannotOpen(f"{path} is empty")
    if breaks_off(data):
        raise CannotOpen(f"{path} breaks off before its end; copy it again")
    return data


def _claimed(path: Path, data: bytes) -> tuple[int, int]:
    """Told from the header: decoding would take the memory first."""
    height, width = claimed_size(data) or (0, 0)
    if height * width > MOST_PIXELS:
        raise CannotOpen(
            f"{path} claims {width}x{height} pixels; it is damaged, or too large "
            f"(at most {MOST_PIXELS // 10**6} million pixels)"
        )
    return height, width


def _flags(shorter: int, longer: int, smallest: tuple[int, int]) -> int:
    """Whichever way up it is stored, both sides must stay long enough."""
    for factor, flag in _REDUCED.items():
        if shorter >= factor * min(smallest) and longer >= factor * max(smallest):
            return flag
    return cv2.IMREAD_COLOR
