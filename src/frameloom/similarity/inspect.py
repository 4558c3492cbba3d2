"""A stream of frames, judged one by one by what lies around each.

What is said of a frame depends on a bounded number of frames around it, so that memory does not grow with the stream.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from frameloom.features.cuts import AUTO
from frameloom.features.lookahead import look_ahead
from frameloom.features.thumbnails import LUMA_WIDTH, reduced_rgb
from frameloom.frame import ArrayPicture, Frame
from frameloom.results.inspection import Finding, InspectedFrame
from frameloom.roles import PatchEncoder
from frameloom.similarity import bending, flicker, jumps, tearing
from frameloom.similarity.bending import bend
from frameloom.similarity.findings import Evidence, findings_of
from frameloom.similarity.flicker import Departure, departure, distance
from frameloom.similarity.jumps import Move, jump, move
from frameloom.similarity.looks import Look, looker
from frameloom.similarity.motion import Turn, turn
from frameloom.similarity.partial_repeats import NO_REPEAT, partial_repeat
from frameloom.similarity.seams import Seam, seam
from frameloom.similarity.tearing import NO_TEAR, Tear, tear

AROUND = max(flicker.AROUND, jumps.AROUND, bending.AROUND, tearing.AROUND) + 1
"""Frames on either side that are held while a frame is judged, besides those that `look_ahead` holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A frame with all that is said of it, and how it and its neighbours look."""

    frame: InspectedFrame
    findings: tuple[Finding, ...]
    previous: Look | None
    this: Look
    following: Look | None


def inspect_frames(
    frames: Iterable[Frame], encoder: PatchEncoder, *, grid: tuple[int, int], size: tuple[int, int], start: int = 0
) -> Iterator[Judged]:
    """Yield every frame, judged.

    Args:
        frames: In order of time, all of one size.
        encoder: What frames are compared by.
        grid: Rows and columns of its tokens: `features.patches.grid_size`.
        size: Height and width of the frames.
        start: Index of the first of them.
    """
    width = max(LUMA_WIDTH, grid[1] * encoder.patch)
    reduced = (
        Frame(ArrayPicture(reduced_rgb(frame.picture, width)), frame.time, frame.duration, frame.damaged)
        for frame in frames
    )
    look = looker(encoder, grid)
    window = _Window(size)
    cut = False
    for index, step in enumerate(look_ahead(reduced, cuts=AUTO, dedupe=True), start):
        window.append(look(index, step, cut))
        cut = step.cut
        if window.ahead == AROUND:
            yield window.judged()
    while window.ahead >= 0:
        yield window.judged()


@dataclass(slots=True, eq=False)
class _Seen:
    """A frame, and what its neighbours say of it once they are there."""

    look: Look
    move: Move | None = None
    """To the next frame."""
    departure: Departure | None = None
    """Even where a cut is near: its distances are told."""
    within_shot: bool = False
    """Whether both neighbours are there and belong to its shot."""
    turn: Turn | None = None
    seam: Seam | None = None
    tear: Tear = NO_TEAR
    """Known from when it is judged on."""


class _Window:
    """The frames around the one that is judged next."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._seen: deque[_Seen] = deque()
        self._at = 0

    @property
    def ahead(self) -> int:
        """How many frames are held after the one that is judged next; -1: there is none to judge."""
        return len(self._seen) - 1 - self._at

    def append(self, look: Look) -> None:
        """Take a frame in, and complete what can be said of the one before it."""
        self._seen.append(_Seen(look))
        if len(self._seen) < 2:
            return
        before = self._seen[-2]
        before.move = move(before.look, look)
        if len(self._seen) > 2:
            self._complete(self._seen[-3], before, look)

    def _complete(self, first: _Seen, this: _Seen, following: Look) -> None:
        """What is said of a frame by both its neighbours."""
        if first.move is None or this.move is None:
            return
        to_this, to_next = first.move.flow, this.move.flow
        this.departure = departure(first.look, this.look, following, to_this=to_this, to_next=to_next)
        this.within_shot = not (this.look.begins_shot or following.begins_shot)
        if this.within_shot:
            this.turn = turn(to_this, to_next)
            this.seam = seam(first.look, this.look, following)

    def judged(self) -> Judged:
        """What is said of the next frame; frames that are no longer needed are dropped."""
        at = self._at
        evidence = self._evidence(at)
        previous, following = self._look(at - 1), self._look(at + 1)
        judged = Judged(
            _measured(self._seen[at].look, evidence, previous, following), tuple(findings_of(evidence)),
            previous, self._seen[at].look, following,
        )  # fmt: skip
        self._at += 1
        if self._at > AROUND:
            self._seen.popleft()
            self._at -= 1
        return judged

    def _evidence(self, at: int) -> Evidence:
        seen, look = self._seen[at], self._seen[at].look
        scale = look.luma.shape[1] / look.small.shape[1]
        turns = [one.turn for one in self._seen]
        moves = [one.move for one in self._seen]
        if seen.within_shot:
            whole = look.repeats or self._seen[at + 1].look.repeats  # then what repeats is no part
            repeat = NO_REPEAT if whole else partial_repeat(moves, [one.seam for one in self._seen], at)
            seen.tear = tear(seen.seam, repeat, turns, at, scale)
        stands_in = look.repeats or look.damaged  # it lies beside where motion leads, but not bent
        bent = bending.NO_BEND if stands_in else bend(turns, at)
        departures = [one.departure if one.within_shot else None for one in self._seen]
        steps = [one for one in moves if one is not None]
        strength, moved = jump(steps, at - 1) if at and not self._spoilt(at) else (0.0, 1.0)
        return Evidence(
            index=look.index, time=look.time, height=self._size[0], scale=self._size[1] / look.luma.shape[1],
            departure=seen.departure, flicker=flicker.flicker(departures, at, bent.strength), bent=bent.pixels * scale,
            tear=seen.tear, jump=strength, moved=moved, repeats=look.repeats, begins_shot=look.begins_shot,
            damaged=look.damaged,
        )  # fmt: skip

    def _spoilt(self, at: int) -> bool:
        """Whether the step to a frame goes far because of another fault: a tear moves too, a stand-in stays behind."""
        before, own = self._seen[at - 1], self._seen[at]
        return before.look.damaged or max(before.tear.strength, own.tear.strength) >= 1

    def _look(self, index: int) -> Look | None:
        return self._seen[index].look if 0 <= index < len(self._seen) else None


def _measured(look: Look, evidence: Evidence, previous: Look | None, following: Look | None) -> InspectedFrame:
    return InspectedFrame(
        index=look.index,
        time=look.time,
        duration=look.duration,
        brightness=look.brightness,
        to_previous=None if previous is None else distance(previous, look),
        to_next=None if following is None else distance(look, following),
        to_midpoint=None if evidence.departure is None else evidence.departure.to_midpoint,
        flicker=evidence.flicker.strength,
        tearing=evidence.tear.strength,
        jump=evidence.jump,
        duplicate=look.repeats and not look.damaged,
        cut=look.begins_shot,
        damaged=look.damaged,
    )
