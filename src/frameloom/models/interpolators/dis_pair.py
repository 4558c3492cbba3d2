"""What is known of two frames before any moment is asked for: the first part of `dis` (docs/dis.md)."""

from dataclasses import dataclass

import cv2
import numpy as np

from frameloom.models.flow.dis import DISFlow
from frameloom.models.layers.sampling import (
    Motion,
    Picture,
    Plane,
    as_float32,
    fetch,
    grey_with_slopes,
    is_inside,
    resize,
)

# Motion is decided at half size: full size costs four times the time and is 0.06 dB worse (costs get noisier). Only
# pictures of a thumbnail's size lose by it, 0.1 dB at 256x144.
_SHRINK = 2
_TINY_PIXELS = 40_000
# Splat weight exp(-0.05 * error in grey levels): 20 levels of mismatch lose to a perfect match by e.
_SPLAT_SHARPNESS = 0.05
# A pixel of a flow is sound if flow and counter-flow cancel to within so many half-size pixels.
ROUND_TRIP = 1.0
# Side of the box, applied twice, over which sound flow is carried to where content leaves, half-size pixels.
_LEAVING_BOX = (19, 19)
# Side of the box that decides where no sound flow is that near.
_LEAVING_FAR_BOX = (101, 101)


@dataclass(frozen=True, slots=True)
class Pair:
    """What is known of two frames before any moment is asked for."""

    first: Picture
    last: Picture
    bounds: tuple[float, float]  # of the values: [0, 1], and beyond it as far as the two frames go
    first_traits: Picture  # (half height, half width, 3): grey and its two gradients, in grey levels
    last_traits: Picture
    forward: Motion  # (half height, half width, 2), half-size pixels, on the grid of first
    backward: Motion  # on the grid of last, also pointing from first to last
    forward_weight: Plane  # (half height, half width), in (0, 1]: how well forward matches
    backward_weight: Plane


def study(first: Picture, last: Picture) -> Pair:
    """Flow both ways and what judging motion needs, at half size."""
    height, width = first.shape[:2]
    shrink = 1 if height * width <= _TINY_PIXELS else _SHRINK
    size = (-(-width // shrink), -(-height // shrink))
    per_pixel = np.array([size[0] / width, size[1] / height], np.float32)  # half-size pixels per pixel
    search = DISFlow()
    found_forward = resize(search.estimate(first, last), size) * per_pixel
    found_backward = resize(search.estimate(last, first), size) * -per_pixel
    forward = _continued_outwards(found_forward, found_backward, 1.0)
    backward = _continued_outwards(found_backward, found_forward, -1.0)
    first_traits, last_traits = _traits(first, size), _traits(last, size)
    return Pair(
        first=first,
        last=last,
        bounds=(min(0.0, float(first.min()), float(last.min())), max(1.0, float(first.max()), float(last.max()))),
        first_traits=first_traits,
        last_traits=last_traits,
        forward=forward,
        backward=backward,
        forward_weight=_match_weight(first_traits, last_traits, forward),
        backward_weight=_match_weight(last_traits, first_traits, -backward),
    )


def _continued_outwards(motion: Motion, counter: Motion, along: float) -> Motion:
    """The motion, with what its surroundings do where that carries a pixel out of the picture.

    Nothing can be matched there, and the search answers with whatever looks alike at the edge: a pan would tear.
    """
    round_trip = motion - fetch(counter, motion, along, cubic=False)
    returns = np.hypot(round_trip[..., 0], round_trip[..., 1]) < ROUND_TRIP
    sound = returns & is_inside(motion, along, margin=-1.0)
    share = sound[..., None].astype(np.float32)
    known = np.dstack([motion * share, share])
    spread = cv2.blur(cv2.blur(known, _LEAVING_BOX), _LEAVING_BOX)
    spread += np.float32(1e-3) * cv2.blur(known, _LEAVING_FAR_BOX)
    around = as_float32(spread[..., :2] / np.maximum(spread[..., 2:], np.float32(1e-6)))
    leaves = cv2.blur((~is_inside(around, along, margin=0.0)).astype(np.float32), (3, 3))[..., None]
    return as_float32(motion + leaves * (around - motion))


def _traits(image: Picture, size: tuple[int, int]) -> Picture:
    """(half height, half width, 3): grey 0..255 and its slopes, what frames are compared by."""
    code = cv2.COLOR_RGBA2GRAY if image.shape[2] == 4 else cv2.COLOR_RGB2GRAY
    return grey_with_slopes(resize(as_float32(cv2.cvtColor(image, code)), size) * np.float32(255.0))


def _match_weight(here: Picture, there: Picture, flow: Motion) -> Plane:
    """(height, width), in (0, 1]: how alike each pixel of `here` and the pixel its flow leads to are in grey."""
    error = cv2.absdiff(here[..., 0], fetch(there[..., 0], flow, 1.0, cubic=False))
    return as_float32(np.exp(np.float32(-_SPLAT_SHARPNESS) * cv2.blur(error, (3, 3))))
