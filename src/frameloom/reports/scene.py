"""A drawn scene with known motion: paper shapes that glide, turn and cover each other above a slowly turning coast.

Any instant can be drawn, so the true frame between two frames is known exactly. Nothing is random once the seed is
chosen: the same scene gives the same bytes on the same machine.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.reports import cloth
from frameloom.reports.shapes import CAST, Sheet, outline_mask

_SUPERSAMPLING = 2
"""Canvas pixels per frame pixel and axis; with bilinear fetching and area averaging edges move smoothly."""
_REFERENCE_SIDE = 480.0
"""Square root of 640 * 360: sheet sizes are given in pixels of such a frame."""
_SHADOW_STRENGTH = 0.42
_SHADOW_OFFSET = (5.0, 8.0)
"""How far shadows fall to the right and down, in pixels of a 640x360 frame."""
_SHADOW_SOFTNESS = 4.0
"""Standard deviation of a shadow's edge, in pixels of a 640x360 frame."""
_BACKGROUND_REACH = 1.24
"""Side of the background picture over the canvas diagonal: what turning, panning and zooming out can uncover."""

_FINEST_PAINTING = 2048
"""Largest side that is painted in full; beyond it pictures are enlarged, so that a large scene is ready in seconds."""


@dataclass(frozen=True, slots=True)
class _Cutout:
    """A sheet painted at canvas resolution."""

    sheet: Sheet
    pixels: NDArray[np.uint8]
    """`(side, side, 4)`: RGB already multiplied by coverage, then coverage."""
    shadow: NDArray[np.uint8]
    """`(side, side)`: softened coverage times the shadow's strength."""


@dataclass(frozen=True)
class Scene:
    """A moving picture of `height x width` pixels and `seconds` length; `seed` chooses its cloth and its coast."""

    height: int
    width: int
    seed: int = 7
    seconds: int = 2

    def __post_init__(self) -> None:
        if self.height < 16 or self.width < 16 or self.seconds < 1:
            raise ValueError(
                f"scene is {self.width}x{self.height} for {self.seconds} s: needs at least 16x16 pixels and 1 s"
            )

    def frame_at(self, time: float | Fraction) -> NDArray[np.uint8]:
        """Draw the instant `time` (seconds, 0..`seconds`): `(height, width, 3)` RGB.

        Raises `ValueError` for a time outside the scene.
        """
        seconds = self._checked(time)
        canvas = self._draw_background(seconds)
        for cutout in self._cutouts:
            self._lay(canvas, cutout, seconds)
        return _averaged(canvas, self.height, self.width)

    def centre_at(self, name: str, time: float | Fraction) -> tuple[float, float]:
        """Return where the middle of the sheet called `name` is: (x, y) in pixels, (0, 0) the first pixel's middle.

        Raises `KeyError` for a name that is not in `sheet_names`, `ValueError` for a time outside the scene.
        """
        sheets = {sheet.name: sheet for sheet in CAST}
        across, down = sheets[name].path.position_at(self._checked(time))
        return across * self.width - 0.5, down * self.height - 0.5

    @property
    def sheet_names(self) -> tuple[str, ...]:
        """Names of the moving sheets, the deepest first."""
        return tuple(sheet.name for sheet in CAST)

    def _checked(self, time: float | Fraction) -> float:
        if not 0 <= time <= self.seconds:
            raise ValueError(f"time is {float(time):g} s: the scene lasts from 0 to {self.seconds} s")
        return float(time)

    @property
    def _canvas_per_reference(self) -> float:
        """Canvas pixels per pixel of a 640x360 frame."""
        return _SUPERSAMPLING * math.sqrt(self.height * self.width) / _REFERENCE_SIDE

    @cached_property
    def _background(self) -> NDArray[np.uint8]:
        diagonal = _SUPERSAMPLING * math.hypot(self.height, self.width)
        side = math.ceil(diagonal * _BACKGROUND_REACH)
        relief = cloth.relief(min(side, _FINEST_PAINTING), np.random.default_rng([self.seed, 0]))
        painted = np.rint(relief * 255).astype(np.uint8)
        return np.asarray(cv2.resize(painted, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)

    @cached_property
    def _cutouts(self) -> tuple[_Cutout, ...]:
        return tuple(self._cut(sheet, order) for order, sheet in enumerate(CAST, start=1))

    def _cut(self, sheet: Sheet, order: int) -> _Cutout:
        """Paint `sheet`; its own random stream keeps its cloth when another sheet changes."""
        unit = self._canvas_per_reference
        margin = math.ceil(3 * _SHADOW_SOFTNESS * unit) + 2
        side = 2 * (math.ceil(sheet.radius * unit) + margin)
        coverage = outline_mask(sheet, side, sheet.radius * unit)
        # Painted at twice the canvas and averaged, so that the cloth's own edges do not shimmer when it turns.
        painted = sheet.painter(min(2 * side, _FINEST_PAINTING), np.random.default_rng([self.seed, order]))
        colour = cv2.resize(painted, (side, side), interpolation=cv2.INTER_AREA)
        lit = np.clip(colour + _rim_light(coverage, unit)[..., None], 0, 1)
        pixels = np.dstack([lit * coverage[..., None], coverage])
        shadow = cv2.GaussianBlur(coverage, (0, 0), _SHADOW_SOFTNESS * unit) * _SHADOW_STRENGTH
        return _Cutout(sheet, np.rint(pixels * 255).astype(np.uint8), np.rint(shadow * 255).astype(np.uint8))

    def _draw_background(self, seconds: float) -> NDArray[np.uint8]:
        """Draw the coast on the canvas: it turns one way, swells and shrinks slowly and drifts along a wide arc."""
        canvas_height, canvas_width = self.height * _SUPERSAMPLING, self.width * _SUPERSAMPLING
        unit = self._canvas_per_reference
        zoom = 1.11 + 0.11 * math.sin(0.9 * seconds - 0.9)
        middle = (
            canvas_width / 2 - 0.5 + 30 * unit * math.sin(0.8 * seconds - 0.6),
            canvas_height / 2 - 0.5 + 22 * unit * math.cos(0.8 * seconds - 0.6),
        )
        matrix = _placing(self._background.shape[0], middle, angle=0.11 * seconds, scale=zoom)
        return np.asarray(
            cv2.warpAffine(
                self._background,
                matrix,
                (canvas_width, canvas_height),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT_101,
            ),
            np.uint8,
        )

    def _lay(self, canvas: NDArray[np.uint8], cutout: _Cutout, seconds: float) -> None:
        """Lay one sheet and the shadow it casts over what `canvas` already shows."""
        sheet, unit = cutout.sheet, self._canvas_per_reference
        across, down = sheet.path.position_at(seconds)
        middle = (across * canvas.shape[1] - 0.5, down * canvas.shape[0] - 0.5)
        pose = (sheet.angle_at(seconds), sheet.scale_at(seconds))
        fallen = (
            middle[0] + _SHADOW_OFFSET[0] * unit * sheet.lift,
            middle[1] + _SHADOW_OFFSET[1] * unit * sheet.lift,
        )
        below = _placed(cutout.shadow, canvas, fallen, *pose)
        if below is not None:
            area, shadow = below
            keep = cv2.cvtColor(cv2.bitwise_not(shadow), cv2.COLOR_GRAY2RGB)
            canvas[area] = cv2.multiply(canvas[area], keep, scale=1 / 255)
        above = _placed(cutout.pixels, canvas, middle, *pose)
        if above is not None:
            area, pixels = above
            keep = cv2.cvtColor(cv2.bitwise_not(pixels[..., 3]), cv2.COLOR_GRAY2RGB)
            canvas[area] = cv2.add(
                cv2.multiply(canvas[area], keep, scale=1 / 255), cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB)
            )


def _rim_light(coverage: cloth.Picture, unit: float) -> cloth.Picture:
    """Return what a thick sheet's edge adds to its brightness: a thin line where the coverage falls off."""
    inner = cv2.GaussianBlur(coverage, (0, 0), 1.1 * unit)
    return np.asarray(np.clip(0.95 - inner, 0, 0.5) * 0.34, np.float32)


def _placing(side: int, middle: tuple[float, float], *, angle: float, scale: float) -> NDArray[np.float64]:
    """Return the 2x3 matrix that brings the middle of a square picture to `middle`, turned by `angle` (radians)."""
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    own = (side - 1) / 2
    return np.array(
        [
            [cosine, -sine, middle[0] - cosine * own + sine * own],
            [sine, cosine, middle[1] - sine * own - cosine * own],
        ]
    )


def _placed(
    picture: NDArray[np.uint8], canvas: NDArray[np.uint8], middle: tuple[float, float], angle: float, scale: float
) -> tuple[tuple[slice, slice], NDArray[np.uint8]] | None:
    """Turn, scale and move `picture`: the canvas area that it touches and its pixels there; None outside the canvas."""
    side = picture.shape[0]
    # The corners of a sheet's picture are empty, so a circle around the middle bounds it at every angle.
    reach = side / 2 * scale
    left, top = max(math.floor(middle[0] - reach), 0), max(math.floor(middle[1] - reach), 0)
    right = min(math.ceil(middle[0] + reach) + 1, canvas.shape[1])
    bottom = min(math.ceil(middle[1] + reach) + 1, canvas.shape[0])
    if left >= right or top >= bottom:
        return None
    matrix = _placing(side, (middle[0] - left, middle[1] - top), angle=angle, scale=scale)
    warped = cv2.warpAffine(picture, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    return (slice(top, bottom), slice(left, right)), np.asarray(warped, np.uint8)


def _averaged(canvas: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
