"""Frames around the ones that are left out, in one pass over the clip that leaps over what nobody needs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from frameloom.benchmark.self_test.sampling import Place
from frameloom.frame import Frame
from frameloom.media.reading.source import FrameSource

Image = NDArray[np.uint8]
"""(height, width, 3) RGB."""

_LEAP = 48  # frames: decoding on is cheaper than looking for the next key frame


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Two frames that a model is given, and when the true one is between them."""

    first: Image
    last: Image
    moment: float


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A true frame, and what it is restored from."""

    index: int
    time: Fraction
    truth: Image
    near: Given
    wider: Given | None
    """From two steps away, where these frames are there and of one shot."""


def windows(source: FrameSource, places: Iterable[Place]) -> Iterator[Window]:
    """Yield the frames around each place, in order of time; at most five frames are held.

    Raises:
        ShapeError, MediaError: pictures change their size, or are damaged.
    """
    held: dict[int, Frame] = {}
    frames, ahead = source.frames(), 0
    for place in places:
        reach = 2 if place.wider else 1
        start, end = place.index - reach, place.index + reach
        if start > ahead + _LEAP:
            frames, ahead = source.frames(start), start
        while ahead <= end:
            held[ahead] = next(frames)
            ahead += 1
        held = {index: frame for index, frame in held.items() if index >= start}
        yield _window(held, place)


def _window(held: dict[int, Frame], place: Place) -> Window:
    truth = held[place.index]
    return Window(
        index=place.index,
        time=truth.time,
        truth=_pixels(truth),
        near=_given(held, place.index, 1),
        wider=_given(held, place.index, 2) if place.wider else None,
    )


def _given(held: dict[int, Frame], index: int, reach: int) -> Given:
    first, truth, last = held[index - reach], held[index], held[index + reach]
    moment = float((truth.time - first.time) / (last.time - first.time))
    return Given(_pixels(first), _pixels(last), moment)


def _pixels(frame: Frame) -> Image:
    return np.ascontiguousarray(frame.to_uint8()[..., :3])
