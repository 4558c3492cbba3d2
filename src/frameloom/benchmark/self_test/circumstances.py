"""What goes on in a picture where a restored frame is wrong: motion, uneven motion, things that come into view.

All is weighted by the squared error, so that a small ball that is restored badly counts, and a large pan that is
restored well does not.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.benchmark.self_test.windows import Image, Window
from frameloom.frame import float_pixels
from frameloom.models.flow.dis import DISFlow
from frameloom.models.layers.sampling import as_float32, fetch

_WIDTH = 320  # pixels that flow is looked for at; small things that matter are still seen
_RETURNS = 1.5  # pixels of these by which flow and counter-flow may differ where nothing is hidden
_SPREAD = (5, 5)  # pixels over which errors are averaged: the flow is that of a neighbourhood
_MOST = 0.8  # share of the error that `spot` is about
_PART = 0.25  # of the error goes as far as is said: the rest is where things came from, or go to, and stands

_FLOW = DISFlow()


@dataclass(frozen=True, slots=True)
class Motion:
    """Of each pixel of a picture reduced to at most 320 columns, `(height, width)`; lengths as shares of its width."""

    moved: NDArray[np.float32]
    """How far what is seen there goes from one given frame to the other."""
    uneven: NDArray[np.float32]
    """How far it lies from where even motion would have it."""
    hidden: NDArray[np.float32]
    """1 where what is seen there is not found in one of the given frames, else 0."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What goes on where the error of a restored frame is."""

    moved: float
    """How far a quarter of it at least goes between the given frames, as a share of the width."""
    uneven: float
    """How far a quarter of it at least is from where even motion would have it, as a share of the width."""
    hidden: float
    """Share of the error, 0..1, in what one of the given frames does not show."""
    spot: float
    """Share of the picture, 0..1, that holds four fifths of the error."""


def motion_around(window: Window) -> Motion:
    """Motion from the true frame to both of its neighbours."""
    truth, first, last = (_small(image) for image in (window.truth, window.near.first, window.near.last))
    width = np.float32(truth.shape[1])
    to_first, back_from_first = _FLOW.estimate_both(truth, first)
    to_last, back_from_last = _FLOW.estimate_both(truth, last)
    moment = np.float32(window.near.moment)
    hidden = (_lost(to_first, back_from_first) | _lost(to_last, back_from_last)).astype(np.float32)
    return Motion(
        moved=_length(to_last - to_first) / width,
        uneven=_length(as_float32((1 - moment) * to_first + moment * to_last)) / width,
        hidden=hidden,
    )


def circumstances(motion: Motion, made: Image, truth: Image) -> Circumstances:
    """What goes on where a restored frame is wrong; both `(height, width, 3)`."""
    squares = as_float32(np.square(cv2.absdiff(made, truth).astype(np.float32)).sum(axis=2))
    height, width = motion.moved.shape
    weight = as_float32(cv2.blur(cv2.resize(squares, (width, height), interpolation=cv2.INTER_AREA), _SPREAD))
    total = float(weight.sum())
    if total == 0:
        return Circumstances(0.0, 0.0, 0.0, 0.0)
    seen = 1 - motion.hidden  # flow says nothing of what it cannot find
    moved, uneven = (_reached(of, weight) for of in (motion.moved, motion.uneven * seen))
    falling = np.sort(weight, axis=None)[::-1].astype(np.float64).cumsum()
    spot = (np.count_nonzero(falling < _MOST * falling[-1]) + 1) / falling.size
    return Circumstances(moved, uneven, float((weight * motion.hidden).sum()) / total, min(1.0, spot))


def _reached(values: NDArray[np.float32], weight: NDArray[np.float32]) -> float:
    """The value that a quarter of the weight lies at or above."""
    falling = np.argsort(values, axis=None)[::-1]
    heavy = weight.ravel()[falling].astype(np.float64).cumsum()
    return float(values.ravel()[falling[np.searchsorted(heavy, _PART * heavy[-1])]])


def _small(image: Image) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    if width > _WIDTH:
        size = (_WIDTH, max(1, round(height * _WIDTH / width)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return float_pixels(grey)


def _length(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.hypot(flow[..., 0], flow[..., 1])


def _lost(flow: NDArray[np.float32], back: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where following the flow and coming back by the counter-flow does not end where it began."""
    return _length(flow + fetch(back, flow, 1.0, cubic=False)) > _RETURNS
