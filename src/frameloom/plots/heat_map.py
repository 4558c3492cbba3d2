"""Cosine similarities as pictures: a colour for each value, axes, a scale. Drawn without matplotlib, in milliseconds.

From 0 to 1 the colours are viridis, as in most pictures of similarities; below 0 they turn to red. The scale is the
same in all pictures, so that they can be compared, unless one begins at its own lowest value.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
_STEPS = 256  # colours on each side of 0
_RED = (255.0, 70.0, 40.0)
_SIDE = 840  # pixels of the map: smaller ones are enlarged by whole factors, larger ones averaged
_LARGEST = 1200
_LEFT, _TOP, _RIGHT, _BOTTOM = 110, 80, 130, 100  # pixels around the map
_INK, _FAINT, _PAPER = (30, 30, 30), (120, 120, 120), (255, 255, 255)
_TICKS = 9


@dataclass(frozen=True, kw_only=True)
class Axis:
    """What rows and columns of a map are: both are the same things."""

    name: str
    labels: list[str]
    """One for each row."""


def similarity_colours(values: NDArray[np.floating]) -> Pixels:
    """Colours (..., 3) of cosine similarities in -1..1."""
    places = np.rint((np.asarray(values, np.float32) + 1) * ((2 * _STEPS - 1) / 2)).astype(np.intp)
    return _SCALE[np.clip(places, 0, 2 * _STEPS - 1)]


def _scale() -> Pixels:
    """(512, 3): the colours of -1..1."""
    ramp = np.arange(_STEPS, dtype=np.uint8)[:, None]
    viridis = np.asarray(cv2.applyColorMap(ramp, cv2.COLORMAP_VIRIDIS), np.uint8)[:, 0, ::-1]
    share = np.linspace(1, 0, _STEPS)[:, None]
    below = share * np.array(_RED) + (1 - share) * viridis[0]
    return np.concatenate((np.rint(below).astype(np.uint8), viridis))


def heat_map(values: NDArray[np.floating], axis: Axis, title: str, *, lowest: float = -1.0) -> Pixels:
    """A square map of similarities with a title, labelled axes and a scale.

    Args:
        values: (count, count) in -1..1.
        axis: What is compared with each other.
        title: One line above it.
        lowest: What the scale begins with, below 1; from there to 1 the colours are viridis. -1: the usual scale.

    Returns:
        (height, width, 3) RGB.
    """
    usual = lowest <= -1
    colours = _sized(values if usual else (np.asarray(values, np.float32) - lowest) / np.float32(1 - lowest))
    side = colours.shape[0]
    canvas = np.full((side + _TOP + _BOTTOM, side + _LEFT + _RIGHT, 3), 255, np.uint8)
    canvas[_TOP : _TOP + side, _LEFT : _LEFT + side] = colours
    bar = np.linspace(1, -1 if usual else 0, side, dtype=np.float32)
    canvas[_TOP : _TOP + side, _LEFT + side + 30 : _LEFT + side + 54] = similarity_colours(bar)[:, None]
    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    draw.text((_LEFT, 24), title, fill=_INK, font=text_font(24))
    _draw_axes(draw, axis, side)
    for share in (1.0, 0.75, 0.5, 0.25, 0.0):
        value, down = lowest + share * (1 - lowest), _TOP + (1 - share) * (side - 1)
        draw.text((_LEFT + side + 62, down), f"{value:.4g}", fill=_INK, font=text_font(18), anchor="lm")
    return np.asarray(picture)


def _sized(values: NDArray[np.floating]) -> Pixels:
    count = len(values)
    wide = np.asarray(values, np.float32)
    if count > _LARGEST:
        wide = np.asarray(cv2.resize(wide, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float32)
    factor = max(1, _SIDE // len(wide))
    return similarity_colours(wide).repeat(factor, axis=0).repeat(factor, axis=1)


def _draw_axes(draw: ImageDraw.ImageDraw, axis: Axis, side: int) -> None:
    count = len(axis.labels)
    font = text_font(18)
    for index in range(0, count, -(-count // _TICKS)):
        middle = (index + 0.5) * side / count
        draw.line((_LEFT - 7, _TOP + middle, _LEFT - 2, _TOP + middle), fill=_FAINT)
        label: str = axis.labels[index]
        draw.text((_LEFT - 12, _TOP + middle), label, fill=_INK, font=font, anchor="rm")
        draw.line((_LEFT + middle, _TOP + side + 2, _LEFT + middle, _TOP + side + 7), fill=_FAINT)
        draw.text((_LEFT + middle, _TOP + side + 12), label, fill=_INK, font=font, anchor="mt")
    draw.text((_LEFT + side / 2, _TOP + side + 54), axis.name, fill=_INK, font=font, anchor="mt")
    draw.text((_LEFT + side + 30, _TOP - 12), "cosine", fill=_INK, font=font, anchor="lb")


def text_font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow, so that pictures are the same on every machine."""
    return ImageFont.load_default(size)


_SCALE = _scale()
