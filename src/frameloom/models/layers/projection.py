"""Forward projection: carry values along their motion to where they will be (softmax splatting)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Projection:
    """What landed on each pixel."""

    values: NDArray[np.float32]  # (height, width, channels), the weighted mean of what landed, 0 where nothing did
    coverage: NDArray[np.float32]  # (height, width), sum of the weights that landed


def project(values: NDArray[np.float32], displacement: NDArray[np.float32], weight: NDArray[np.float32]) -> Projection:
    """Move every pixel's values by its displacement and average, by weight, what meets on one pixel.

    With weight = exp(importance) this is softmax splatting (Niklaus and Liu, "Softmax Splatting for Video Frame
    Interpolation", CVPR 2020, equation 6): a pixel that is better matched wins over the one it hides.

    Args:
        values: (height, width, channels) float32.
        displacement: (height, width, 2) float32, pixels, x right and y down. What leaves the picture is dropped.
        weight: (height, width) float32, positive.
    """
    height, width, channels = values.shape
    rows, columns = height + 2, width + 2  # one pixel of margin catches the corners that fall just outside
    left_floor, fraction_x = _split(displacement[..., 0], np.arange(width, dtype=np.float32))
    top_floor, fraction_y = _split(displacement[..., 1], np.arange(height, dtype=np.float32)[:, None])
    inside = (left_floor >= -1) & (left_floor < width) & (top_floor >= -1) & (top_floor < height)
    corner = np.where(inside, (top_floor + 1) * columns + left_floor + 1, 0).ravel()  # into the padded picture
    right = fraction_x * (weight * inside)
    left = weight * inside - right
    sums = np.zeros((channels + 1, rows * columns))
    for step, share in (
        (0, left - left * fraction_y),
        (1, right - right * fraction_y),
        (columns, left * fraction_y),
        (columns + 1, right * fraction_y),
    ):
        target = corner + step
        for channel in range(channels):
            sums[channel] += np.bincount(target, (share * values[..., channel]).ravel(), rows * columns)
        sums[channels] += np.bincount(target, share.ravel(), rows * columns)
    landed = sums.reshape(channels + 1, rows, columns)[:, 1:-1, 1:-1].astype(np.float32)
    coverage = landed[channels]
    mean = (landed[:channels] / np.maximum(coverage, np.float32(1e-6))).transpose(1, 2, 0)
    return Projection(values=np.ascontiguousarray(mean, np.float32), coverage=coverage)


def _split(
    displacement: NDArray[np.float32], start: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The whole and the fractional part of start + displacement, both (height, width)."""
    landing = start + displacement
    floor = np.floor(landing)
    return floor.astype(np.int32), landing - floor
