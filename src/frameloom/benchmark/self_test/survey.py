"""A look over a clip before it is tested: what changes from frame to frame, where shots begin, what is wrong where.

Frames are judged as `inspect` does, reduced to 640 columns. Of a long clip only parts are looked at, spread evenly, so
that a test takes about as long however long the clip is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import cv2

from frameloom.features.duplicates import change_between
from frameloom.features.lookahead import LOOKAHEAD, LOOKBACK
from frameloom.features.patches import grid_size
from frameloom.media.reading.source import FrameSource
from frameloom.progress import track
from frameloom.results.inspection import Finding
from frameloom.roles import PatchEncoder
from frameloom.similarity.inspect import Judged, inspect_frames

PART = LOOKBACK + 17 + LOOKAHEAD
"""Frames of a part of a long clip. Cuts and repeats of the 17 in its middle are told as in the whole clip."""

# Levels of 255 by which no block of 16 x 16 pixels may differ, for a frame to count as no other picture. Encoding a
# still image (x264, crf 18 to 30) stays below; a pan of a quarter pixel per frame over texture does not.
_STILL = 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame that was looked at."""

    index: int
    """In the clip, from 0."""
    time: Fraction
    """Seconds on the clip's clock."""
    change: float
    """Mean difference of luma from the frame before, in levels of 255; 0 where none is before it."""
    still: bool
    """Whether it shows the same as the frame before, up to what encoding does."""
    repeats: bool
    """Whether it repeats the frame before while the picture around moves."""
    begins_shot: bool
    damaged: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """Frames of a clip that were looked at."""

    frames: dict[int, Seen]
    """By index."""
    inner: tuple[int, ...]
    """Those of which enough is known to test them, in order."""
    whole: bool
    """Whether these are all frames of the clip."""

    def around(self, index: int, reach: int) -> list[Seen] | None:
        """The frames up to `reach` before and after a frame, and itself; None where one was not looked at."""
        wanted = range(index - reach, index + reach + 1)
        return [self.frames[one] for one in wanted] if all(one in self.frames for one in wanted) else None


def survey(source: FrameSource, encoder: PatchEncoder, *, parts: int) -> Survey:
    """Look over a clip, or over so many parts of it where it has more frames than these.

    Args:
        source: The clip.
        encoder: What frames are compared by.
        parts: At most so many times PART frames are looked at.
    """
    info = source.info
    spans = spans_of(info.frame_count, parts)
    whole = len(spans) == 1 and len(spans[0]) == info.frame_count
    grid = grid_size(encoder, info.size)
    total = sum(len(span) for span in spans)
    frames: dict[int, Seen] = {}
    for seen in track(_look(source, encoder, grid, spans), f"looking at {info.path.name}", total):
        frames[seen.index] = seen
    inner = sorted(frames) if whole else [one for span in spans for one in span[LOOKBACK : PART - LOOKAHEAD]]
    return Survey(frames=frames, inner=tuple(one for one in inner if one in frames), whole=whole)


def spans_of(count: int, parts: int) -> list[range]:
    """All of a clip of `count` frames, or parts of PART frames each that lie evenly over it and do not overlap."""
    if count <= parts * PART:
        return [range(count)]
    room = count - PART
    starts = [round(part * room / (parts - 1)) for part in range(parts)] if parts > 1 else [room // 2]
    return [range(start, start + PART) for start in starts]


def _look(source: FrameSource, encoder: PatchEncoder, grid: tuple[int, int], spans: list[range]) -> Iterator[Seen]:
    for span in spans:
        frames = islice(source.frames(span.start), len(span))
        for judged in inspect_frames(frames, encoder, grid=grid, size=source.info.size, start=span.start):
            yield _seen(judged)


def _seen(judged: Judged) -> Seen:
    frame, before, this = judged.frame, judged.previous, judged.this
    change, still = 0.0, False
    if before is not None:
        change = 255 * float(cv2.absdiff(before.small, this.small).mean())
        still = change_between(before.luma, this.luma).strongest <= _STILL
    return Seen(
        index=frame.index, time=frame.time, change=change, still=still, repeats=frame.duplicate,
        begins_shot=frame.cut, damaged=frame.damaged, findings=tuple(judged.findings),
    )  # fmt: skip
