"""A contact sheet: what was looked for, and what was found."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from frameloom.errors import CannotWrite
from frameloom.images import SUFFIXES
from frameloom.media.writing.target import check_output
from frameloom.retrieval.pictures import read_picture

_COLUMNS = 4
_PICTURE = (180, 320)  # (height, width)
_GAP, _CAPTION, _FONT = 16, 44, 15
_GROUND, _INK, _FAINT = (250, 250, 248), (24, 24, 24), (120, 120, 120)
_LONGEST = 38  # letters of a caption


def check_sheet(path: Path, inputs: list[Path], *, overwrite: bool) -> None:
    """Refuse, before anything is searched, a sheet that cannot or must not be written.

    Raises:
        CannotWrite: it is no kind of image that is written.
        InputError: it is one of the inputs.
        OutputExists: it is there already, without `overwrite`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise CannotWrite(f"{path}: images of type '{path.suffix}' are not written; use .png")
    check_output(path, inputs, overwrite=overwrite)


def contact_sheet(pictures: Sequence[tuple[Path, str]]) -> NDArray[np.uint8]:
    """Images in rows of four, each whole, with its name and a word on it beneath.

    Args:
        pictures: Image file and what is said of it.

    Returns:
        (height, width, 3), RGB.

    Raises:
        CannotOpen: an image cannot be read.
    """
    columns = min(_COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    step = (_PICTURE[0] + _CAPTION + _GAP, _PICTURE[1] + _GAP)
    sheet = Image.new("RGB", (columns * step[1] + _GAP, rows * step[0] + _GAP), _GROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT)
    for number, (path, said) in enumerate(pictures):
        top, left = _GAP + number // columns * step[0], _GAP + number % columns * step[1]
        picture = _fitted(read_picture(path, smallest=_PICTURE))
        sheet.paste(picture, (left + (_PICTURE[1] - picture.width) // 2, top + (_PICTURE[0] - picture.height) // 2))
        draw.text((left, top + _PICTURE[0] + 4), said, _INK, font)
        draw.text((left, top + _PICTURE[0] + 22), caption_of(path), _FAINT, font)
    return np.asarray(sheet)


def _fitted(image: NDArray[np.uint8]) -> Image.Image:
    height, width = image.shape[:2]
    scale = min(_PICTURE[0] / height, _PICTURE[1] / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return Image.fromarray(np.asarray(cv2.resize(image, size, interpolation=method), np.uint8))


def caption_of(path: Path) -> str:
    """An image and its folder, in the letters that can be drawn."""
    name = str(Path(path.parent.name, path.name))
    shown = name.encode("ascii", "replace").decode()  # the built-in letters are few
    return shown if len(shown) <= _LONGEST else f"{shown[:16]}...{shown[-19:]}"
