"""Objects that each move by a curve of their own, as distance maps.

A mask says where an object is in the first image. A distance map holds, for every pixel, how far along its path it is;
whatever makes frames from maps then shows the object early or late (Zhong et al., "Clearer Frames, Anytime", ECCV 2024,
section 3.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError, RangeError, ShapeError
from frameloom.interpolation.curves import Curve, Position, position_along

Weights = NDArray[np.float64]  # (height, width) in [0, 1]


@dataclass(frozen=True, slots=True, eq=False)
class ObjectMotion:
    """An object and how it moves.

    Raises:
        ShapeError: the mask is not (height, width).
        InputError: the mask is of another type, or the curve is not one (`frameloom.interpolation.curves`).
        RangeError: a mask in which no pixel counts, a float mask or a curve with values outside [0, 1].
    """

    mask: NDArray[Any]
    """(height, width), where the object is in the first image: bool; or uint8 (counts above 127); or float in [0, 1]
    (counts above 0.5)."""
    curve: Curve = "linear"
    """Where along its path the object is: a preset ("linear", "ease-in", "ease-out", "ease-in-out", "hold-start",
    "hold-end", "delay", "rush", "reverse", "ping-pong"), values from 0 to 1 evenly spaced in time, or (time, value)."""

    def __post_init__(self) -> None:
        position_along(self.curve)
        _counting(self.mask)


def distance_maps(
    *,
    like: NDArray[Any],
    count: int,
    objects: Sequence[ObjectMotion],
    rest: Curve = "linear",
    feather: float = 9,
) -> list[NDArray[np.float32]]:
    """Distance maps for `count` evenly spaced images in which each object moves by its own curve.

    Where masks overlap the first object in the list wins. Map k belongs to time k / (count + 1).

    Args:
        like: The first image, or anything of its size: (height, width, ...).
        count: How many images, from 1 up.
        objects: What moves by itself.
        rest: The curve of all that no mask covers.
        feather: Width in pixels, 0 or more, of the linear ramp across the edge of each mask, half inside, half outside.
            Linear, because what is shown there is stretched by the slope, and no ramp of that width is less steep. It
            is the same in every map. Beyond it the values are exactly those of the curves.

    Returns:
        (height, width) float32 in [0, 1] each.

    Raises:
        ShapeError: a mask is not of that size.
        RangeError: an impossible count or feather.
        InputError: `rest` is not a curve, or `like` not an array.
    """
    if np.ndim(like) < 2:
        raise InputError(f"like is {like!r:.40}; give the first image's pixels (height, width, ...)")
    if isinstance(count, bool) or count != int(count) or count < 1:
        raise RangeError(f"count is {count}; it must be a whole number from 1 up")
    if not 0 <= feather < np.inf:
        raise RangeError(f"feather is {feather}; it must be a number of pixels from 0 up")
    size = (like.shape[0], like.shape[1])
    for number, item in enumerate(objects, 1):
        if np.shape(item.mask) != size:
            raise ShapeError(f"the mask of object {number} is {_shown(item.mask.shape)}, the image {_shown(size)}")
    movers = [position_along(item.curve) for item in objects]
    shares = _shares([feathered(item.mask, feather) for item in objects], size)
    return [_mapped(k / (count + 1), [*movers, position_along(rest)], shares) for k in range(1, int(count) + 1)]


def feathered(mask: NDArray[Any], feather: float) -> Weights:
    """How much each pixel belongs to the mask: 1 inside, 0 outside, a linear ramp of that width across the edge.

    The picture's border is no edge.
    """
    inside = _counting(mask)
    if not feather:
        return inside.astype(np.float64)
    # Both distances are to the centre of the nearest pixel on the other side; the edge lies half a pixel before it
    to_edge = np.where(inside, _distance(inside), 1.0 - _distance(~inside)) - 0.5
    return np.clip(0.5 + to_edge / feather, 0.0, 1.0)


def _distance(inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """To the nearest pixel outside; enormous where there is none."""
    return cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float64)


def _counting(mask: NDArray[Any]) -> NDArray[np.bool_]:
    """Which pixels of a mask count."""
    mask = np.asarray(mask)
    if mask.ndim != 2:
        raise ShapeError(f"a mask has shape {mask.shape}; expected (height, width)")
    if mask.dtype == np.bool_:
        inside = mask
    elif mask.dtype == np.uint8:
        inside = mask > 127
    elif mask.dtype.kind == "f":
        if mask.size and not (mask.min() >= 0 and mask.max() <= 1):
            raise RangeError(f"a mask has values from {mask.min()} to {mask.max()}; a float mask is from 0 to 1")
        inside = mask > 0.5
    else:
        raise InputError(f"a mask has {mask.dtype} values; expected bool, uint8 or float in [0, 1]")
    if not inside.any():
        hint = " (uint8 counts above 127; of zeros and ones make a bool mask)" if mask.any() else ""
        raise RangeError(f"a mask is empty: no pixel of it counts{hint}")
    return inside


def _shares(weights: Sequence[Weights], size: tuple[int, int]) -> list[Weights]:
    """How much each object and, last, the rest determine each pixel: an earlier object hides later ones."""
    shares: list[Weights] = []
    left = np.ones(size)
    for weight in weights:
        shares.append(weight * left)
        left = left * (1.0 - weight)
    return [*shares, left]


def _mapped(time: float, movers: Sequence[Position], shares: Sequence[Weights]) -> NDArray[np.float32]:
    """The map at one time. In float64, so that shares of one value add up to just that value in float32."""
    total = np.zeros_like(shares[-1])
    for mover, share in zip(movers, shares, strict=True):
        total += mover(time) * share
    return np.clip(total, 0.0, 1.0).astype(np.float32)


def _shown(size: tuple[int, ...]) -> str:
    return f"{size[1]}x{size[0]}"
