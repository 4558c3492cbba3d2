"""The sheets of the drawn scene: what each looks like, how it moves and which lies above which."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.reports import cloth

Outline: TypeAlias = tuple[tuple[float, float], ...]
"""Corners of a closed polygon, in sheet radii from the sheet's middle, x right and y down."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Path:
    """A smooth closed curve: one swing across and one down, each a sine."""

    middle: tuple[float, float]
    """Fractions of the frame's width and height."""
    reach: tuple[float, float]
    """How far the swings go, in the same fractions."""
    speed: tuple[float, float]
    """Radians per second of the two swings; equal ones make an ellipse."""
    phase: tuple[float, float]
    """Radians at time 0."""

    def position_at(self, seconds: float) -> tuple[float, float]:
        """Return (across, down) in fractions of the frame's width and height."""
        return (
            self.middle[0] + self.reach[0] * math.cos(self.speed[0] * seconds + self.phase[0]),
            self.middle[1] + self.reach[1] * math.sin(self.speed[1] * seconds + self.phase[1]),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One shape cut from cloth."""

    name: str
    outlines: tuple[Outline, ...]
    """The outer edge and then the holes in it."""
    painter: cloth.Painter
    radius: float
    """Pixels of a 640x360 frame per unit of the outlines."""
    path: Path
    angle: float = 0.0
    """Radians at time 0, clockwise."""
    spin: float = 0.0
    """Radians per second."""
    swell: float = 0.0
    """How much the size grows and shrinks, as a fraction of it."""
    swell_speed: float = 1.4
    """Radians per second of growing and shrinking."""
    lift: float = 1.0
    """Height above what lies below, which sets how far the shadow falls."""

    def angle_at(self, seconds: float) -> float:
        """Return the turn in radians, clockwise."""
        return self.angle + self.spin * seconds

    def scale_at(self, seconds: float) -> float:
        """Return the size relative to the painted size."""
        return 1 + self.swell * math.sin(self.swell_speed * seconds)


def outline_mask(sheet: Sheet, side: int, pixels_per_radius: float) -> cloth.Picture:
    """Draw the sheet's coverage: `(side, side)` in [0, 1] with smooth edges."""
    fineness, fraction_bits = 4, 4
    drawn: NDArray[np.uint8] = np.zeros((side * fineness, side * fineness), np.uint8)
    middle = (side * fineness - 1) / 2
    corners = [
        np.rint((np.array(outline) * pixels_per_radius * fineness + middle) * 2**fraction_bits).astype(np.int32)
        for outline in sheet.outlines
    ]
    # fillPoly fills by the even-odd rule: an outline inside another one is a hole.
    cv2.fillPoly(drawn, corners, (255,), lineType=cv2.LINE_8, shift=fraction_bits)
    return cv2.resize(drawn, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)


def ellipse(across: float, down: float, *, points: int = 144) -> Outline:
    """Return an ellipse of the two half axes."""
    turns = [2 * math.pi * index / points for index in range(points)]
    return tuple((across * math.cos(turn), down * math.sin(turn)) for turn in turns)


def polygon(sides: int, radius: float = 1.0) -> Outline:
    """Return a regular polygon standing on a side."""
    start = math.pi / 2 - math.pi / sides
    turns = [start + 2 * math.pi * index / sides for index in range(sides)]
    return tuple((radius * math.cos(turn), radius * math.sin(turn)) for turn in turns)


def blob(lobes: int, *, depth: float, points: int = 180) -> Outline:
    """Return a circle whose edge waves `lobes` times by `depth` of its radius."""
    turns = [2 * math.pi * index / points for index in range(points)]
    radii = [1 - depth + depth * math.cos(lobes * turn) for turn in turns]
    return tuple((radius * math.cos(turn), radius * math.sin(turn)) for radius, turn in zip(radii, turns, strict=True))


LETTER_F: Outline = (
    (-0.58, -0.82), (0.58, -0.82), (0.58, -0.42), (-0.12, -0.42), (-0.12, -0.14),
    (0.40, -0.14), (0.40, 0.24), (-0.12, 0.24), (-0.12, 0.82), (-0.58, 0.82),
)  # fmt: skip
BAR: Outline = ((-1.0, -0.028), (1.0, -0.028), (1.0, 0.028), (-1.0, 0.028))


def _around(middle: tuple[float, float], reach: tuple[float, float], speed: float, phase: float) -> Path:
    """Return an ellipse walked at one angular speed."""
    return Path(middle=middle, reach=reach, speed=(speed, speed), phase=(phase, phase))


CREAM, INK, TEAL, SUN = (240, 228, 204), (34, 42, 62), (46, 116, 122), (250, 214, 96)
BRICK, MUSTARD, ROSE, PLUM = (186, 74, 52), (222, 164, 62), (214, 138, 128), (96, 52, 84)

CAST: Sequence[Sheet] = (
    Sheet(
        name="quilt",
        outlines=(polygon(6),),
        painter=cloth.tartan(BRICK, (122, 36, 44), CREAM, repeats=4),
        radius=112,
        path=_around((0.30, 0.57), (0.13, 0.15), -1.25, 2.4),
        spin=0.42,
        swell=0.07,
    ),
    Sheet(
        name="wheel",
        outlines=(ellipse(1.0, 1.0), ellipse(0.54, 0.54)),
        painter=cloth.stripes((CREAM, TEAL, CREAM, INK), repeats=20),
        radius=92,
        path=_around((0.66, 0.42), (0.17, 0.18), 1.35, 0.4),
        spin=-0.75,
        swell=0.10,
        swell_speed=1.8,
    ),
    Sheet(
        name="letter f",
        outlines=(LETTER_F,),
        painter=cloth.marble((MUSTARD, (246, 206, 120), (190, 118, 36)), cells=2),
        radius=98,
        path=_around((0.40, 0.44), (0.14, 0.13), 1.5, 3.4),
        angle=-0.25,
        spin=0.34,
        swell=0.12,
    ),
    Sheet(
        name="dart",
        outlines=(ellipse(1.0, 1.0),),
        painter=cloth.stripes((SUN, INK), repeats=5),
        radius=16,
        path=_around((0.50, 0.48), (0.43, 0.37), 1.9, 2.5),
        spin=3.0,
        lift=1.6,
    ),
    Sheet(
        name="blossom",
        outlines=(blob(6, depth=0.13), ellipse(0.20, 0.20)),
        painter=cloth.dots(PLUM, ROSE, repeats=11),
        radius=72,
        path=_around((0.72, 0.68), (0.14, 0.17), -1.7, 5.6),
        spin=0.95,
        swell=0.08,
        lift=1.3,
    ),
    Sheet(
        name="pebble",
        outlines=(ellipse(1.0, 0.66),),
        painter=cloth.marble((TEAL, (150, 196, 184), (24, 66, 84)), cells=3),
        radius=66,
        path=_around((0.24, 0.28), (0.12, 0.14), 1.6, 1.2),
        angle=0.5,
        spin=-0.8,
        swell=0.12,
        lift=1.3,
    ),
    Sheet(
        name="bar",
        outlines=(BAR,),
        painter=cloth.stripes((INK, CREAM), repeats=22),
        radius=120,
        path=_around((0.52, 0.60), (0.16, 0.14), 1.3, 4.4),
        angle=0.9,
        spin=-0.62,
        lift=1.8,
    ),
)  # fmt: skip
