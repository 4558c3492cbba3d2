"""Pictures and times of animated WebP files; FFmpeg reads only still ones."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, UnidentifiedImageError

from frameloom.errors import CannotOpen, MediaError
from frameloom.media.reading.chunks import webp_durations
from frameloom.media.reading.clock import Clock, clock_of

_TICK = Fraction(1, 1000)


def webp_clock(path: Path) -> Clock:
    """When each frame is shown, without decoding any."""
    durations = webp_durations(path)
    if not durations:
        raise CannotOpen(f"{path} is damaged: it says that it is animated, and has no frame")
    stamps = np.cumsum([0, *durations[:-1]]).astype(np.int64)
    return clock_of(stamps, _TICK, [], durations[-1] * _TICK)


def webp_pictures(path: Path, clock: Clock, start: int = 0) -> Iterator[av.VideoFrame]:
    """Pictures from that index on, as RGB with alpha; one is held at a time."""
    index = start
    try:
        with Image.open(path) as animation:
            for index in range(start, len(clock.stamps)):
                animation.seek(index)
                yield av.VideoFrame.from_ndarray(np.asarray(animation.convert("RGBA")), "rgba")
    except UnidentifiedImageError as error:
        raise CannotOpen(f"{path} is damaged or not a WebP") from error
    except (OSError, EOFError) as error:
        raise MediaError(f"{path} is damaged after {float(clock.time(index)):.3f} s: {error}") from error
