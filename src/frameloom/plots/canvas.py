"""What pictures are put together from: words, images and colour bars on a white ground."""

from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Rgb = NDArray[np.uint8]

INK: Colour = (28, 30, 34)
FAINT: Colour = (112, 117, 125)
PAPER: Colour = (255, 255, 255)
TEXT_SIZE = 17
_LINE = 1.35  # heights of a line of text


@lru_cache(maxsize=16)
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib and knows more than Latin letters."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size)


def fitted(image: NDArray[np.uint8], size: tuple[int, int]) -> Rgb:
    """The image at (height, width)."""
    height, width = size
    if image.shape[:2] == size:
        return image
    shrinks = height * width < image.shape[0] * image.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=way), np.uint8)


def line_of_text(words: str, width: int, *, size: int = TEXT_SIZE, colour: Colour = INK, bold: bool = False) -> Rgb:
    """One line of so many pixels' width; what does not fit is cut in the middle, where paths say least."""
    letters = font(size, bold=bold)
    shown, left = words, len(words)
    while letters.getlength(shown) > width and left > 1:
        left -= 1
        shown = f"{words[: (left + 1) // 2]}…{words[len(words) - left // 2 :]}"
    image = Image.new("RGB", (width, round(size * _LINE)), PAPER)
    ImageDraw.Draw(image).text((0, image.height / 2), shown, fill=colour, font=letters, anchor="lm")
    return np.asarray(image, np.uint8)


def beside(images: list[Rgb], *, gap: int) -> Rgb:
    """Images from left to right, tops aligned."""
    height = max(image.shape[0] for image in images)
    return np.concatenate(_with_gaps([grown(image, height=height) for image in images], gap, axis=1), axis=1)


def below(images: list[Rgb], *, gap: int) -> Rgb:
    """Images from top to bottom, left edges aligned."""
    width = max(image.shape[1] for image in images)
    return np.concatenate(_with_gaps([grown(image, width=width) for image in images], gap, axis=0), axis=0)


def grown(image: Rgb, *, height: int = 0, width: int = 0, margin: int = 0) -> Rgb:
    """The image with white to the right and below up to a size, and a margin around all."""
    down, right = max(0, height - image.shape[0]), max(0, width - image.shape[1])
    sides = ((margin, margin + down), (margin, margin + right), (0, 0))
    return np.pad(image, sides, constant_values=255)


def _with_gaps(images: list[Rgb], gap: int, axis: int) -> list[Rgb]:
    shape = list(images[0].shape)
    shape[axis] = gap
    white = np.full(shape, 255, np.uint8)
    return [part for image in images for part in (white, image)][1:]


def colour_bar(colours: Rgb, width: int, marks: dict[float, str], title: str) -> Rgb:
    """A bar of 256 colours with words under it.

    Args:
        colours: (256, 3), from low to high.
        width: Pixels.
        marks: Place along the bar, 0..1, -> what it says there.
        title: What the numbers are; above the bar.
    """
    bar_width, bar_height, below_bar = width, 12, round(TEXT_SIZE * _LINE)
    picture = Image.new("RGB", (width, bar_height + below_bar), PAPER)
    bar = fitted(np.ascontiguousarray(colours[None]), (bar_height, bar_width))
    picture.paste(Image.fromarray(bar), (0, 0))
    pen = ImageDraw.Draw(picture)
    for place, words in marks.items():
        anchor = "la" if place <= 0 else "ra" if place >= 1 else "ma"
        pen.text((place * (width - 1), bar_height + 4), words, fill=FAINT, font=font(TEXT_SIZE - 3), anchor=anchor)
    head = line_of_text(title, width, size=TEXT_SIZE - 2, colour=INK)
    return below([head, np.asarray(picture, np.uint8)], gap=2)


def legend(meanings: dict[str, Colour], width: int) -> Rgb:
    """What colours mean: a dot of each, and the words."""
    picture = Image.new("RGB", (width, round(TEXT_SIZE * _LINE)), PAPER)
    pen, letters, x, middle = ImageDraw.Draw(picture), font(TEXT_SIZE - 2), 0.0, TEXT_SIZE * _LINE / 2
    for words, colour in meanings.items():
        pen.ellipse((x + 1, middle - 6, x + 13, middle + 6), fill=colour, outline=INK)
        pen.text((x + 20, middle), words, fill=INK, font=letters, anchor="lm")
        x += 20 + letters.getlength(words) + 28
    return np.asarray(picture, np.uint8)
