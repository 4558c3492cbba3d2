"""What will be made, decided before any picture is: which source frames make which segment of the output.

A segment is a few seconds of output that can be made on its own, so it is the unit of resuming and of working side by
side. Its frames and its bytes do not depend on what else is made, or when.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from frameloom.interpolation.video import Span
from frameloom.media.reading.schedule import Schedule

_SECONDS = 4
_MOST_FRAMES = 240


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the output that is made on its own."""

    number: int
    span: Span
    before: int  # output frames before it
    count: int  # output frames in it


@dataclass(frozen=True, slots=True)
class Plan:
    """All segments of an output, in order."""

    segments: tuple[Segment, ...]
    count: int  # output frames
    duration: Fraction  # seconds of output


def plan_of(schedule: Schedule) -> Plan:
    """Cut the source into spans of a few seconds of output each, at most so many frames."""
    step = _source_frames_per_segment(schedule, schedule.output_count)
    segments: list[Segment] = []
    before = 0
    for number, first in enumerate(range(0, schedule.count, step)):
        stop = min(first + step, schedule.count)
        count = schedule.count_within(first, stop)
        span = Span(first, stop, schedule.origin, schedule.end_before(stop))
        segments.append(Segment(number, span, before, count))
        before += count
    return Plan(tuple(segments), before, schedule.duration)


def _source_frames_per_segment(schedule: Schedule, total: int) -> int:
    per_second = total / schedule.duration if schedule.duration > 0 else Fraction(total)
    wanted = min(_SECONDS * per_second, Fraction(_MOST_FRAMES))
    made_of_one = Fraction(max(1, total), schedule.count)
    return max(1, ceil(wanted / made_of_one))
