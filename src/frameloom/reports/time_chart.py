"""What charts over time share, as inline SVG: seconds from left to right, values from bottom to top, ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 1000.0
LEFT, RIGHT, TOP = 74.0, 984.0, 30.0
_TICK_STEPS = (1, 2, 5, 10)
_MOST_TIMES = 10
_ROUNDING = 1e-6  # of a step


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeAxes:
    """The ranges of a chart."""

    start: float
    end: float
    """Seconds."""
    low: float
    high: float
    bottom: float
    """Where the axis of time is, in pixels from the top."""

    def across(self, time: float) -> float:
        """Pixels from the left."""
        return LEFT + (time - self.start) / (self.end - self.start) * (RIGHT - LEFT)

    def down(self, value: float) -> float:
        """Pixels from the top; what is infinite or lies beyond the axis is drawn at its end."""
        share = (value - self.low) / (self.high - self.low)
        return self.bottom - min(1.0, max(0.0, share)) * (self.bottom - TOP)


def time_span(times: Sequence[float]) -> tuple[float, float]:
    """First and last of them; a single frame stands in the middle."""
    start, end = min(times), max(times)
    return (start - 0.5, end + 0.5) if start == end else (start, end)


def tick_step(span: float, most: int) -> float:
    """Return the smallest round step (1, 2 or 5 times a power of ten) that cuts `span` into at most `most` parts."""
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _TICK_STEPS if step * power >= rough * 0.999)


def grid(axes: TimeAxes, *, values: str, time: str, time_down: float, most: int, edge: str = "") -> list[str]:
    """Both axes with ticks, numbers and names.

    Args:
        axes: The ranges; `low` is a tick.
        values: What goes up, in words; above the chart.
        time: What goes right, in words; beneath it.
        time_down: Where these stand, in pixels from the top.
        most: Steps of values at most.
        edge: What stands at the upper edge in place of a number.
    """
    parts = [f'<text class="name" x="{LEFT - 60:g}" y="{TOP - 14:g}">{escape(values)}</text>']
    step = tick_step(axes.high - axes.low, most)
    count = math.floor((axes.high - axes.low) / step + _ROUNDING)
    ticks = {axes.low + number * step: f"{axes.low + number * step:g}" for number in range(count + 1)}
    if edge:
        ticks = {value: label for value, label in ticks.items() if value < axes.high - _ROUNDING * step}
        ticks[axes.high] = edge
    for value, label in ticks.items():
        height = axes.down(value)
        parts.append(f'<line class="grid" x1="{LEFT:g}" x2="{RIGHT:g}" y1="{height:.1f}" y2="{height:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 10:g}" y="{height + 5:.1f}" text-anchor="end">{label}</text>')
    middle = (LEFT + RIGHT) / 2
    name = f'<text class="name" x="{middle:g}" y="{time_down:g}" text-anchor="middle">{escape(time)}</text>'
    return [*parts, *_times(axes), name]


def _times(axes: TimeAxes) -> list[str]:
    """The axis of time with its ticks and numbers."""
    parts: list[str] = []
    step = tick_step(axes.end - axes.start, _MOST_TIMES)
    first, last = math.ceil(axes.start / step - _ROUNDING), math.floor(axes.end / step + _ROUNDING)
    for number in range(first, last + 1):
        place, bottom, label = axes.across(number * step), axes.bottom, f"{number * step:g}"
        parts.append(f'<line class="axis" x1="{place:.1f}" x2="{place:.1f}" y1="{bottom:g}" y2="{bottom + 6:g}"/>')
        parts.append(f'<text class="tick" x="{place:.1f}" y="{bottom + 23:g}" text-anchor="middle">{label}</text>')
    return [*parts, f'<line class="axis" x1="{LEFT:g}" x2="{RIGHT:g}" y1="{axes.bottom:g}" y2="{axes.bottom:g}"/>']


def polyline(places: Sequence[tuple[float, float]], style: str) -> str:
    """A line through places in pixels."""
    points = [f"{across:.1f},{down:.1f}" for across, down in places]
    # A line of one point is not drawn at all; the same point twice shows as a round dot.
    return f'<polyline class="{style}" points="{" ".join(points * 2 if len(points) == 1 else points)}"/>'


def legend_item(words: str, shape: str) -> str:
    """What a shape of at most 30 by 10 pixels means, as a list item."""
    return f'<li><svg class="swatch" viewBox="0 0 30 10" aria-hidden="true">{shape}</svg>{escape(words)}</li>'


def legend_line(words: str, style: str) -> str:
    """What a line means, as a list item."""
    return legend_item(words, f'<line class="{style}" x1="1" x2="29" y1="5" y2="5"/>')
