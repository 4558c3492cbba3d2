"""Seeded pictures for the drawn scene: relief seen from above, woven checks, stripes, marble and dots.

Every painter returns `float32 (side, side, 3)` RGB in [0, 1] and depends on nothing but its arguments. Detail is
laid out in fractions of the picture, so a small scene shows the same cloth as a large one without the finest detail.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.float32]
"""`(side, side, 3)` RGB or `(side, side)` grey, in [0, 1]."""
Colour: TypeAlias = tuple[int, int, int]
"""8-bit RGB, as a designer writes it."""
Painter: TypeAlias = Callable[[int, np.random.Generator], Picture]
"""Paints a square picture of the given side with the given randomness."""

_RELIEF_HEIGHTS = (0.0, 0.30, 0.42, 0.47, 0.56, 0.68, 0.82, 1.0)
_RELIEF_COLOURS: tuple[Colour, ...] = (
    (22, 52, 74),
    (34, 84, 104),
    (74, 138, 142),
    (206, 194, 154),
    (122, 140, 88),
    (78, 106, 74),
    (132, 118, 98),
    (236, 230, 220),
)


def noise(side: int, random: np.random.Generator, *, cells: int, octaves: int, roughness: float = 0.5) -> Picture:
    """Return smooth noise `(side, side)` stretched to [0, 1]: `cells` bumps across, then twice as many per octave.

    `roughness` is the amplitude of an octave over that of the one before; 0.5 is the 1/f fall-off of natural pictures.
    """
    total = np.zeros((side, side), np.float32)
    for octave in range(octaves):
        count = cells * 2**octave
        # Drawn even where it is too fine to show, so that every size of a scene reads the same random numbers.
        lattice = random.random((count + 3, count + 3), np.float32)
        if count * 2 <= side:
            total += roughness**octave * cv2.resize(lattice, (side, side), interpolation=cv2.INTER_CUBIC)
    sparse = max(side // 512, 1)  # enough pixels to know the range of a large picture
    low, high = np.quantile(total[::sparse, ::sparse], [0.005, 0.995])
    if low == high:  # the picture is too small for even the coarsest bumps: nothing to show is mid-grey
        return np.full((side, side), 0.5, np.float32)
    return np.clip((total - np.float32(low)) / np.float32(high - low), 0, 1)


def relief(side: int, random: np.random.Generator) -> Picture:
    """Paint a coast seen from above: water, sand, woods and rock, lit from the upper left."""
    height = _terrain(side, random)
    colour = _ramp(height, _RELIEF_HEIGHTS, _RELIEF_COLOURS)
    # Slopes are taken per fraction of the picture, so that the light is the same at every size.
    down, right = np.gradient(cv2.GaussianBlur(height, (0, 0), max(side / 900, 0.3)), 1 / side)
    light = 1 - 0.034 * (right + down) / np.sqrt(1 + 0.003 * (right**2 + down**2))
    water = np.clip((0.47 - height) / 0.05, 0, 1)
    shade = np.clip(light, 0.55, 1.35) * (1 - 0.55 * water) + 0.55 * water
    grain = 0.94 + 0.12 * noise(side, random, cells=96, octaves=3, roughness=0.7)
    return np.clip(colour * (shade * grain)[..., None], 0, 1).astype(np.float32)


def tartan(ground: Colour, band: Colour, line: Colour, *, repeats: int) -> Painter:
    """Return a painter of woven checks: wide bands and thin lines that mix where they cross."""

    def paint(side: int, random: np.random.Generator) -> Picture:
        across = (np.arange(side, dtype=np.float32) + 0.5) / side * repeats % 1
        strip: Picture = np.broadcast_to(_unit(ground), (side, 3)).copy()
        strip[(across > 0.10) & (across < 0.46)] = _unit(band)
        strip[(np.abs(across - 0.28) < 0.05)] = _unit(ground) * 0.6 + _unit(band) * 0.4
        strip[np.abs(across - 0.73) < 0.035] = _unit(line)
        return _with_grain(((strip[None] + strip[:, None]) / 2).astype(np.float32), random)

    return paint


def stripes(colours: Sequence[Colour], *, repeats: int, wave: float = 0.0) -> Painter:
    """Return a painter of upright stripes that cycle through `colours`; `wave` bends them, in stripe widths."""

    def paint(side: int, random: np.random.Generator) -> Picture:
        bend = noise(side, random, cells=2, octaves=2) - 0.5
        across = (np.arange(side, dtype=np.float32) + 0.5) / side * repeats
        chosen = np.floor(across[None] + wave * 2 * bend).astype(np.intp) % len(colours)
        return _with_grain(np.stack([_unit(colour) for colour in colours])[chosen], random)

    return paint


def marble(colours: Sequence[Colour], *, cells: int = 3) -> Painter:
    """Return a painter of veined stone: noise folded over itself, coloured from the first colour to the last."""

    def paint(side: int, random: np.random.Generator) -> Picture:
        flow = noise(side, random, cells=cells, octaves=6)
        veins = 0.5 + 0.5 * np.sin(2 * np.pi * (2.2 * flow + 0.6 * noise(side, random, cells=cells * 3, octaves=4)))
        stops = np.linspace(0, 1, len(colours)).tolist()
        return _with_grain(_ramp(veins.astype(np.float32), stops, colours), random)

    return paint


def dots(ground: Colour, dot: Colour, *, repeats: int) -> Painter:
    """Return a painter of round dots on a staggered grid."""

    def paint(side: int, random: np.random.Generator) -> Picture:
        place = (np.arange(side, dtype=np.float32) + 0.5) / side * repeats
        row = np.floor(place)[:, None]
        offset_x = (place[None] + 0.5 * (row % 2)) % 1 - 0.5
        offset_y = place[:, None] % 1 - 0.5
        inside = (np.hypot(offset_x, offset_y) < 0.27)[..., None]
        return _with_grain(np.where(inside, _unit(dot), _unit(ground)), random)

    return paint


def _terrain(side: int, random: np.random.Generator) -> Picture:
    """Return heights `(side, side)` in [0, 1] that look alike in every direction: light on slopes would show a lattice.

    White noise is shaped in its spectrum, amplitude falling as 1/frequency^2.3 like eroded ground, at one fixed size.
    """
    drawn = 1024
    spectrum = np.fft.rfft2(random.standard_normal((drawn, drawn)))
    frequency = np.hypot(np.fft.fftfreq(drawn)[:, None], np.fft.rfftfreq(drawn)[None]) * drawn
    spectrum *= (frequency**2 + 4.0**2) ** -1.15
    heights = np.fft.irfft2(spectrum, s=(drawn, drawn)).astype(np.float32)
    low, high = np.quantile(heights, [0.01, 0.99])
    shaped = np.clip((heights - np.float32(low)) / np.float32(high - low), 0, 1)
    method = cv2.INTER_AREA if side < drawn else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(shaped, (side, side), interpolation=method), np.float32)


def _with_grain(picture: Picture, random: np.random.Generator) -> Picture:
    """Add the unevenness of cloth: slow fading plus fine fibres, so that no area is flat enough to hide motion."""
    side = picture.shape[0]
    fading = 0.90 + 0.16 * noise(side, random, cells=3, octaves=3)
    fibres = 0.93 + 0.14 * noise(side, random, cells=24, octaves=3, roughness=0.8)
    return np.clip(picture * (fading * fibres)[..., None], 0, 1).astype(np.float32)


def _ramp(values: Picture, stops: Sequence[float], colours: Sequence[Colour]) -> Picture:
    """Colour `values (side, side)` by straight lines between `colours` at `stops`."""
    table = np.stack([_unit(colour) for colour in colours])
    channels = [np.interp(values, stops, table[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def _unit(colour: Colour) -> Picture:
    return np.array(colour, np.float32) / np.float32(255)
