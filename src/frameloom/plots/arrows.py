"""Where patches are found, as arrows from one image to another beside it."""

from itertools import product

import cv2
import numpy as np

from frameloom.plots.canvas import PAPER, Colour, Rgb
from frameloom.results.comparing import Comparison

MUTUAL: Colour = (64, 224, 255)
ONE_WAY: Colour = (255, 150, 40)
_OUTLINE: Colour = (12, 16, 22)
_FRACTION = 4  # bits of a pixel's fraction, as OpenCV takes coordinates
_DIMMED = 0.6
_HEAD = 9.0  # pixels
_WING = 0.42  # of that, to each side
_ONE_WAY_STRENGTH = 0.5

Point = tuple[float, float]


def draw_arrows(first: Rgb, second: Rgb, found: Comparison, *, gap: int, stride: int) -> Rgb:
    """Two images of one height side by side, with arrows from patches of the first to their matches in the second.

    Every stride-th row and column has an arrow, from the centre of its patch to the centre of the match.
    """
    space = np.full((first.shape[0], gap, 3), PAPER, np.uint8)
    dimmed = [np.rint(image.astype(np.float32) * _DIMMED).astype(np.uint8) for image in (first, second)]
    picture = np.concatenate([dimmed[0], space, dimmed[1]], axis=1)
    rows, columns = found.grid_a
    lines: dict[bool, list[tuple[Point, Point]]] = {False: [], True: []}
    for row, column in product(_every(rows, stride), _every(columns, stride)):
        match = found.ab.matches[row, column]
        x, y = _centre(int(match[0]), int(match[1]), found.grid_b, second)
        line = (_centre(row, column, found.grid_a, first), (x + first.shape[1] + gap, y))
        lines[bool(found.ab.mutual[row, column])].append(line)
    one_way = _with_arrows(picture, lines[False], ONE_WAY)  # many of them would hide the better ones
    faded = cv2.addWeighted(one_way, _ONE_WAY_STRENGTH, picture, 1 - _ONE_WAY_STRENGTH, 0)
    return _with_arrows(np.asarray(faded, np.uint8), lines[True], MUTUAL)


def _every(count: int, stride: int) -> range:
    """Every stride-th place, as far from one end as from the other."""
    first = ((count - 1) % stride) // 2
    return range(first, count, stride)


def _centre(row: int, column: int, grid: tuple[int, int], image: Rgb) -> Point:
    """(x, y) of a patch's centre in pixels, where 0 is the centre of the first pixel."""
    return (column + 0.5) * image.shape[1] / grid[1] - 0.5, (row + 0.5) * image.shape[0] / grid[0] - 0.5


def _with_arrows(picture: Rgb, lines: list[tuple[Point, Point]], colour: Colour) -> Rgb:
    """The picture with arrows, all of whose dark edges lie under all of their colours."""
    drawn = picture.copy()
    for shade, thickness in ((_OUTLINE, 3), (colour, 1)):
        for start, end in lines:
            along = np.subtract(end, start)
            along = along / max(float(np.hypot(*along)), 1e-6)
            across = np.array([-along[1], along[0]])
            for side in (-1, 1):
                wing = np.subtract(end, _HEAD * (along + side * _WING * across))
                cv2.line(drawn, _fine(wing), _fine(end), shade, thickness, cv2.LINE_AA, _FRACTION)
            cv2.line(drawn, _fine(start), _fine(end), shade, thickness, cv2.LINE_AA, _FRACTION)
            cv2.circle(drawn, _fine(start), (2 + thickness // 2) << _FRACTION, shade, -1, cv2.LINE_AA, _FRACTION)
    return drawn


def _fine(point: Point | np.ndarray) -> tuple[int, int]:
    return round(float(point[0]) * 2**_FRACTION), round(float(point[1]) * 2**_FRACTION)
