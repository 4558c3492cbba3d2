"""Pictures and clips as data URIs, so that a page needs no other file."""

from base64 import b64encode
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_JPEG_QUALITY = 95
"""Where a picture of this size and its original can no longer be told apart by eye."""


def picture_uri(picture: NDArray[np.uint8]) -> str:
    """Return `(height, width, 3)` 8-bit RGB as a JPEG data URI with full colour resolution."""
    settings = [
        *(cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    ]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)
    return f"data:image/jpeg;base64,{b64encode(encoded.tobytes()).decode('ascii')}"


def clip_uri(clip: bytes | Path) -> str:
    """Return an mp4 clip, given as its bytes or as a file, as a data URI."""
    content = clip.read_bytes() if isinstance(clip, Path) else clip
    return f"data:video/mp4;base64,{b64encode(content).decode('ascii')}"


def amplified_difference(result: NDArray[np.uint8], truth: NDArray[np.uint8], *, gain: int) -> NDArray[np.uint8]:
    """Return the absolute difference of two `(height, width, 3)` pictures times `gain`, cut off at 255."""
    return np.asarray(cv2.convertScaleAbs(cv2.absdiff(result, truth), alpha=gain), np.uint8)
