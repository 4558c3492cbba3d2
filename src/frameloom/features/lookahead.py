"""Source frames with what must be known of their neighbours before frames are made between them: cuts and repeats.

What is said of a frame depends on LOOKBACK frames before it and LOOKAHEAD after it and on nothing else, so a part of a
stream that begins and ends that much earlier and later is annotated as the whole is.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from frameloom.features import cuts as shots
from frameloom.features.duplicates import LONGEST_RUN, Change, change_between, stands_out
from frameloom.features.thumbnails import reduced_luma, thumbnail
from frameloom.frame import Frame
from frameloom.progress import Stopwatch

LOOKBACK = max(shots.BEFORE, LONGEST_RUN)
"""Frames before a frame that what is said of it depends on."""
LOOKAHEAD = LONGEST_RUN + shots.AFTER
"""Frames after a frame that what is said of it depends on: the end of a run that it begins may be a cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A source frame, and between which two frames lies what is shown from then until the next source frame."""

    frame: Frame
    following: Frame | None
    """The next source frame; None at the end of the stream."""
    first: Frame
    """The first frame of the run of repeats that `frame` belongs to: itself, if it is in none."""
    last: Frame | None
    """The frame that ends the run: `following`, if it is in none."""
    cut: bool
    """Whether a new shot begins with `following`."""

    @property
    def held(self) -> bool:
        """Whether `frame` repeats an earlier one."""
        return self.frame is not self.first

    @property
    def ends_run(self) -> bool:
        """Whether the next step belongs to another run."""
        return self.following is self.last

    @property
    def alone(self) -> bool:
        """Whether `frame` is in no run."""
        return self.ends_run and not self.held


def reach(cuts: float | None, dedupe: bool) -> tuple[int, int]:
    """How many frames before and after a frame are needed to say what is asked; see `look_ahead`."""
    back = LONGEST_RUN if dedupe else shots.BEFORE if cuts is not None else 0
    return back, (LONGEST_RUN if dedupe else 1) + (shots.AFTER if cuts is not None else 0)


def look_ahead(
    frames: Iterable[Frame], *, cuts: float | None = None, dedupe: bool = False, stopwatch: Stopwatch | None = None
) -> Iterator[Step]:
    """Yield a step for every frame of a stream.

    Reads only as far ahead as what is asked needs; at most LOOKBACK + 1 + LOOKAHEAD frames are held.

    Args:
        frames: In order of time.
        cuts: The score, 0..1, above which a new shot begins; None looks for no cuts.
        dedupe: Whether to look for runs of repeated frames.
        stopwatch: Kept up to date where given.
    """
    back, ahead = reach(cuts, dedupe)
    window = _Window(cuts, dedupe, back, stopwatch or Stopwatch())
    source = iter(frames)
    for frame in islice(source, ahead):
        window.append(frame)
    for frame in source:
        window.append(frame)
        yield window.step()
    while window.waiting:
        yield window.step()


@dataclass(slots=True)
class _Seen:
    """A frame, and how it differs from the one before."""

    frame: Frame
    sketch: shots.Sketch | None
    dissimilarity: float  # 0..1, for cuts
    change: Change  # for repeats
    begins_shot: bool | None = None  # None: not looked at yet


class _Window:
    """The frames around the one whose step is next."""

    def __init__(self, cuts: float | None, dedupe: bool, back: int, stopwatch: Stopwatch) -> None:
        self._cuts = cuts
        self._dedupe = dedupe
        self._back = back  # frames kept before the next one
        self._stopwatch = stopwatch
        self._seen: deque[_Seen] = deque()
        self._luma: NDArray[np.uint8] | None = None  # of the latest frame
        self._at = 0

    @property
    def waiting(self) -> bool:
        """Whether a frame is left whose step was not taken."""
        return self._at < len(self._seen)

    def append(self, frame: Frame) -> None:
        """Compare a frame with the one before it."""
        with self._stopwatch.timing("look ahead"):
            sketch = None if self._cuts is None else shots.sketch(thumbnail(frame.picture))
            before = self._seen[-1].sketch if self._seen else None
            change = shots.dissimilarity(before, sketch) if before is not None and sketch is not None else 0.0
            self._seen.append(_Seen(frame, sketch, change, self._change(frame)))

    def _change(self, frame: Frame) -> Change:
        if not self._dedupe:
            return Change(0, 0)
        before, self._luma = self._luma, reduced_luma(frame.picture)
        return Change(0, 0) if before is None else change_between(before, self._luma)

    def step(self) -> Step:
        """The step of the next frame; what is no longer needed is dropped."""
        with self._stopwatch.timing("look ahead"):
            at = self._at
            begin, end = self._run(at) if self._dedupe else (at, at + 1)
            step = Step(
                frame=self._seen[at].frame,
                following=self._frame(at + 1),
                first=self._seen[begin].frame,
                last=self._frame(end),
                cut=self._is_cut(at + 1),
            )
        self._advance()
        return step

    def _advance(self) -> None:
        self._at += 1
        if self._at > self._back:
            self._seen.popleft()
            self._at -= 1

    def _frame(self, index: int) -> Frame | None:
        return self._seen[index].frame if index < len(self._seen) else None

    def _run(self, at: int) -> tuple[int, int]:
        """The run of repeats around a frame: index of its first, and of the frame that ends it; else itself alone."""
        alone = at, at + 1
        begin, end = at, at + 1
        while begin > 0 and self._seen[begin].change.repeats:
            begin -= 1
        while end < len(self._seen) and self._seen[end].change.repeats:
            end += 1
        if not 1 < end - begin <= LONGEST_RUN or end == len(self._seen) or self._is_cut(end):
            return alone
        repeats = [self._seen[index].change for index in range(begin + 1, end)]
        return (begin, end) if stands_out(self._seen[end].change, repeats) else alone

    def _is_cut(self, index: int) -> bool:
        """Whether a new shot begins with that frame; each is looked at once."""
        if self._cuts is None or index >= len(self._seen):
            return False
        seen = self._seen[index]
        if seen.begins_shot is None:
            seen.begins_shot = self._looks_cut(index, self._cuts)
        return seen.begins_shot

    def _looks_cut(self, index: int, threshold: float) -> bool:
        start, stop = max(0, index - 1 - shots.BEFORE), index + 1 + shots.AFTER
        around = list(islice(self._seen, start, stop))
        sketches = [seen.sketch for seen in around if seen.sketch is not None]
        changes = [seen.dissimilarity for seen in around[1:]]
        return shots.is_cut_at(index - 1 - start, sketches, changes, threshold)
