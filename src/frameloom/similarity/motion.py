"""How things move from one frame to the next, and how their motion turns at a frame.

Motion is found by inverse search at half the size (DIS: see `models/flow/dis.py`, which looks closer and takes twice
the time). A turn is what motion from a frame on differs by from the motion to it, followed along with what moves. A
single frame that is bent or shifted turns motion one way before it, twice as much the other way at it, and back after.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.models.layers.sampling import as_float32, fetch
from frameloom.similarity.looks import Look

_BLOCKS = (16, 9)  # along the longer side, along the shorter
_FINEST_LEVEL = 1  # half the size: level 0 takes four times as long
_ROUNDS = 4  # of fitting the camera's share; blocks that move on their own count less in each
GRAIN = 0.5  # 8-bit levels that no motion explains
_OFF, _LEAST_OFF = 2.0, 1e-3  # times the median and pixels from which on they do


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """How motion turns at a frame: `(9, 16, 2)`, upright `(16, 9, 2)`, pixels of `Look.small`, x right and y down."""

    whole: NDArray[np.float32]
    bent: NDArray[np.float32]
    """Without what a turn of the camera makes: an affine map."""


def flow_between(first: Look, second: Look) -> NDArray[np.float32]:
    """Where each pixel of the first frame is found in the second: `(height, width, 2)`, pixels of `Look.small`."""
    height, width = first.small.shape
    # a fresh object per call: OpenCV's keeps its pyramids inside and would mix up two threads
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    search.setFinestScale(_FINEST_LEVEL)
    flow = np.nan_to_num(as_float32(search.calc(first.small, second.small, np.empty(0))), posinf=0.0, neginf=0.0)
    return flow.clip(-height - width, height + width)  # in a flat picture the search may run off


def blocks_of(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over the blocks of a flow: `(9, 16, 2)`, or `(16, 9, 2)` of an upright picture."""
    height, width = flow.shape[:2]
    longer, shorter = _BLOCKS
    size = (longer, shorter) if width >= height else (shorter, longer)
    return as_float32(cv2.resize(flow, size, interpolation=cv2.INTER_AREA))


def turn(to_this: NDArray[np.float32], to_next: NDArray[np.float32]) -> Turn:
    """How motion turns at a frame, from the flow to it and the flow from it on."""
    whole = blocks_of(fetch(to_next, to_this, 1, cubic=False) - to_this)
    return Turn(whole, _without_camera(whole))


def unexplained(
    previous: Look, this: Look, following: Look, to_this: NDArray[np.float32], to_next: NDArray[np.float32]
) -> float:
    """How many times as much a frame differs from the nearer neighbour as these do, all of it moved along with motion.

    Args:
        previous: The frame before it.
        this: The frame in question.
        following: The frame after it.
        to_this: Flow from the frame before to it.
        to_next: Flow from it to the frame after.
    """
    nearer = min(left(previous.small, this.small, to_this), left(this.small, following.small, to_next))
    return nearer / (left(previous.small, following.small, flow_between(previous, following)) + GRAIN)


def left(first: NDArray[np.uint8], second: NDArray[np.uint8], flow: NDArray[np.float32]) -> float:
    """Levels by which the first image `(height, width)` differs on average from the second, fetched along the flow."""
    return float(np.abs(fetch(second.astype(np.float32), flow, 1, cubic=False) - first).mean())


def _without_camera(turned: NDArray[np.float32]) -> NDArray[np.float32]:
    """What an affine map, fitted to most of the blocks, leaves of a turn."""
    rows, columns = turned.shape[:2]
    down, across = (np.mgrid[:rows, :columns].reshape(2, -1) - [[(rows - 1) / 2], [(columns - 1) / 2]]) / columns
    places = np.stack((np.ones_like(across), across, down), axis=1)
    values = turned.reshape(-1, 2).astype(np.float64)
    weights = np.ones((len(values), 1))
    rest = values
    for _ in range(_ROUNDS):
        camera = np.linalg.lstsq(places * weights, values * weights, rcond=None)[0]
        rest = values - places @ camera
        off = np.hypot(*rest.T)
        weights = 1 / np.sqrt(1 + np.square(off / (_OFF * (np.median(off) + _LEAST_OFF))))[:, None]
    return rest.reshape(turned.shape).astype(np.float32)
