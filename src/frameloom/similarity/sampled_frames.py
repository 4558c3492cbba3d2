"""Which frames of a video are looked at, and fetching those alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from frameloom.errors import InputError, NoFrames, RangeError
from frameloom.frame import Frame
from frameloom.media.reading.source import FrameSource

DEFAULT_RATE = Fraction(1)
_WORTH_A_JUMP = 250  # frames: key frames of most videos lie closer, and a jump decodes from the one before its target


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame that is looked at. One that is shown for long may be sampled several times."""

    index: int
    """Of the frame in its source."""
    time: Fraction
    """Seconds from the first frame of the source to this one."""


def samples_of(source: FrameSource, *, fps: Fraction | None = None, max_frames: int) -> tuple[Sample, ...]:
    """The frames at an even rate; where these are too many, evenly chosen ones of them.

    Sample n is the last frame before (n + 1) / fps, and a last part shorter than 1 / fps has none: what FFmpeg's
    `fps=N:round=down` gives. Of a video that is shorter than that, the last frame before 1 / fps is looked at. Images
    have no time: each of them counts.

    Args:
        source: Where the frames come from.
        fps: Samples per second; 1 by default.
        max_frames: The most samples there may be.

    Raises:
        RangeError: `fps` or `max_frames` is not above 0.
        InputError: `fps` for images.
        NoFrames: the source is empty.
    """
    if max_frames < 1:
        raise RangeError(f"max_frames is {max_frames}; it must be a whole number from 1 up")
    if fps is not None and fps <= 0:
        raise RangeError(f"fps is {fps}; it must be above 0")
    info = source.info
    if not info.frame_count:
        raise NoFrames(f"{info.path} holds no frame")
    if info.has_time:
        chosen = _at_rate(source, fps or DEFAULT_RATE)
    elif fps is not None:
        raise InputError(f"{info.path} holds images, which have no time: all of them are looked at; leave out --fps")
    else:
        chosen = range(info.frame_count)
    kept = [chosen[place] for place in evenly_chosen(len(chosen), max_frames)]
    return tuple(Sample(index, source.time_of(index) - info.start) for index in kept)


def _at_rate(source: FrameSource, fps: Fraction) -> list[int]:
    info = source.info
    ticks = max(1, int(info.duration * fps))
    chosen: list[int] = []
    index = 0
    for tick in range(ticks):
        end = info.start + (tick + 1) / fps
        while index + 1 < info.frame_count and source.time_of(index + 1) < end:
            index += 1
        chosen.append(index)
    return chosen


def evenly_chosen(count: int, most: int) -> list[int]:
    """At most so many of `count` places from 0, evenly, the first and the last among them."""
    wanted = min(count, most)
    return [place * (count - 1) // max(1, wanted - 1) for place in range(wanted)]


def fetch(source: FrameSource, indices: Sequence[int]) -> Iterator[Frame]:
    """Yield the frames of these indices, which rise. What lies between is decoded only where that is quicker."""
    following: Iterator[Frame] | None = None
    place = 0
    for index in indices:
        if following is None or index - place > _WORTH_A_JUMP:
            following, place = source.frames(index), index
        frame = next(islice(following, index - place, None), None)
        if frame is None:
            raise NoFrames(f"{source.info.path} ends before frame {index}, which it lists; copy it again")
        place = index + 1
        yield frame
