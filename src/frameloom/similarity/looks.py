"""What is kept of one frame while it and its neighbours are inspected."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.features.lookahead import Step
from frameloom.features.patches import prepare
from frameloom.features.similarity import unit_length
from frameloom.features.thumbnails import reduced_luma
from frameloom.frame import float_pixels
from frameloom.roles import PatchEncoder

SEGMENTS = 16  # parts of a row of pixels that are looked at one by one
_BLOCKS = (16, 9)  # across, down: small enough to tell a lamp from a gain, large enough to average noise out
_BANDS = 8  # rows of blocks for sharpness
_SMALL_SIDE = 320  # pixels; motion of a tenth of a pixel of the 640 that frames are reduced to is still seen
_SMALLEST_SIDE = 16  # pixels; in less no motion can be searched for


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A frame as it is inspected. Pixels are of the frame reduced to at most 640 columns."""

    index: int
    time: Fraction
    duration: Fraction
    damaged: bool
    begins_shot: bool
    repeats: bool
    """Whether it repeats the frame before it."""
    pixels: NDArray[np.uint8]  # (height, width, 3) RGB
    luma: NDArray[np.uint8]  # (height, width)
    blocks: NDArray[np.float32]  # (9, 16) mean luma, 0..255
    edges: NDArray[np.float32]  # (height - 1, 16) mean difference of each row from the next, in levels
    sharpness: NDArray[np.float32]  # (8, 16) the same over whole blocks
    small: NDArray[np.uint8]  # (height, width) luma, the longer side at most 320
    tokens: NDArray[np.float32]  # (rows, columns, channels), unit length

    @property
    def brightness(self) -> float:
        """Mean luma, 0..1."""
        return float(self.blocks.mean()) / 255


def looker(encoder: PatchEncoder, grid: tuple[int, int]) -> Callable[[int, Step, bool], Look]:
    """A function that looks at frame number `index`, given its step and whether it begins a shot.

    Args:
        encoder: What turns images into tokens.
        grid: Rows and columns of tokens.
    """

    def look(index: int, step: Step, begins_shot: bool) -> Look:
        frame = step.frame
        pixels = frame.to_uint8()
        luma = reduced_luma(frame.picture)
        edges = _edges(luma)
        tokens = encoder.encode(prepare(float_pixels(pixels), encoder, grid)[None])[0]
        return Look(
            index=index, time=frame.time, duration=frame.duration, damaged=frame.damaged, begins_shot=begins_shot,
            repeats=step.held, pixels=pixels, luma=luma, blocks=_resized(luma.astype(np.float32), _BLOCKS), edges=edges,
            sharpness=_resized(edges, (SEGMENTS, _BANDS)), small=_small(luma), tokens=unit_length(tokens),
        )  # fmt: skip

    return look


def _edges(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Each row against the next; a picture of one row has none, which counts as one that is flat."""
    if luma.shape[0] < 2:
        return np.zeros((1, SEGMENTS), np.float32)
    difference = cv2.absdiff(luma[1:], luma[:-1]).astype(np.float32)
    return _resized(difference, (SEGMENTS, difference.shape[0]))


def _small(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    shrink = min(1.0, _SMALL_SIDE / max(luma.shape))
    height, width = (max(_SMALLEST_SIDE, round(side * shrink)) for side in luma.shape)
    if luma.shape == (height, width):
        return luma
    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _resized(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
