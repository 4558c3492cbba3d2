"""Words beneath pictures."""

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

PAPER, INK, FAINT = (250, 250, 247), (32, 34, 37), (110, 112, 115)
"""Red, green and blue, 0..255."""


@lru_cache
def font(size: int) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    """The one that comes with Pillow."""
    return ImageFont.load_default(size)


def write_line(paper: Image.Image, corner: tuple[int, int], width: int, title: str, name: str, size: int) -> None:
    """The title at the left, the name at the right as far as there is room."""
    draw, letters = ImageDraw.Draw(paper), font(size)
    draw.text(corner, title, INK, letters)
    room = width - draw.textlength(title, letters) - size
    shown = name
    for cut in range(1, len(name) + 1):
        if draw.textlength(shown, letters) <= room:
            break
        shown = f"...{name[cut:]}"
    draw.text((corner[0] + width, corner[1]), shown, FAINT, letters, anchor="ra")
