"""Drawn clips with a fault planted in them, and what an inspection finds there."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from factories import noise
from frameloom.features.patches import grid_size
from frameloom.frame import ArrayPicture, Frame
from frameloom.models.encoders.hog import HOGCells
from frameloom.results.inspection import Finding
from frameloom.similarity.inspect import Judged, inspect_frames

Image = NDArray[np.uint8]
SIZE = (144, 256)
STEP = Fraction(1, 25)
AT = 12  # where faults are planted


def scenery(seed: int) -> Image:
    """A picture with coarse and fine texture, wider than what is seen of it at a time."""
    size = (SIZE[0] + 20, SIZE[1] + 200)
    coarse = noise(size, seed=seed).astype(np.float32)
    fine = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (*size, 1)).astype(np.float32), (0, 0), 1.2)
    return np.clip(0.7 * coarse + 30 + 60 * fine[..., None], 0, 255).astype(np.uint8)


def pan(count: int = 26, *, seed: int = 1, speed: int = 4) -> list[Image]:
    """A camera that pans evenly over the scenery."""
    whole = scenery(seed)
    return [whole[10 : 10 + SIZE[0], index * speed : index * speed + SIZE[1]].copy() for index in range(count)]


def frames_of(images: Sequence[Image], times: Sequence[Fraction] | None = None) -> Iterator[Frame]:
    times = times or [index * STEP for index in range(len(images))]
    return (Frame(ArrayPicture(image), time, STEP) for image, time in zip(images, times, strict=True))


def judged(images: Sequence[Image], times: Sequence[Fraction] | None = None) -> list[Judged]:
    encoder, size = HOGCells(), images[0].shape[:2]
    return list(inspect_frames(frames_of(images, times), encoder, grid=grid_size(encoder, size), size=size))


def findings(images: Sequence[Image], times: Sequence[Fraction] | None = None) -> list[Finding]:
    return [finding for one in judged(images, times) for finding in one.findings]


def with_frame(images: Sequence[Image], image: Image) -> list[Image]:
    return [*images[:AT], image, *images[AT + 1 :]]


def only(found: Sequence[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


def bent(image: Image, pixels: float) -> Image:
    """Displaced by smooth noise with a deviation of so many pixels."""
    height, width = image.shape[:2]
    noise_field = np.random.default_rng(4).normal(0, pixels, (2, 4, 4)).astype(np.float32)
    across, down = (cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) for one in noise_field)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(image, columns + across, rows + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
