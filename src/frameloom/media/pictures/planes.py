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
    height, width = planes[0].shape
    picture = av.VideoFrame(width, height, format)
    for plane, values in zip(picture.planes, planes, strict=True):
        rows = np.zeros((plane.height, plane.line_size // values.itemsize), values.dtype)
        rows[:, : plane.width] = values
        plane.update(rows.tobytes())
    return picture
