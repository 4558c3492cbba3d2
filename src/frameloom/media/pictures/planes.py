"""The planes of planar pictures, as arrays without padding."""

from collections.abc import Sequence
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray


def read_planes(picture: av.VideoFrame) -> list[NDArray[np.uint8 | np.uint16]]:
    """Each plane as (rows, columns): uint8 at 8 bits per channel, else uint16."""
    deep = max(component.bits for component in picture.format.components) > 8
    kind = np.dtype("<u2") if deep else np.dtype(np.uint8)
    rows = [np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1) for plane in picture.planes]
    return [values[:, : plane.width] for values, plane in zip(rows, picture.planes, strict=True)]


def write_planes(planes: Sequence[NDArray[Any]], format: str) -> av.VideoFrame:
    """A picture of that format and the size of the first plane, with exactly these planes."""
    picture, places = unwritten(planes[0].shape, format, planes[0].dtype)
    for place, values in zip(places, planes, strict=True):
        place[...] = values
    return picture


def unwritten(size: tuple[int, ...], format: str, kind: np.dtype[Any]) -> tuple[av.VideoFrame, list[NDArray[Any]]]:
    """A picture (height, width) of that format, and its planes (rows, columns): what is put there is in the picture.

    What lies behind the rows is zero, so that a picture never depends on what was in memory.
    """
    picture = av.VideoFrame(size[1], size[0], format)
    rows = [np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1) for plane in picture.planes]
    for values, plane in zip(rows, picture.planes, strict=True):
        values[:, plane.width :] = 0
    return picture, [values[:, : plane.width] for values, plane in zip(rows, picture.planes, strict=True)]
