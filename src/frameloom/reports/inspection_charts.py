"""Charts of an inspection as inline SVG: what was measured over time, with what was found marked on it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from frameloom.reports.page_charts import tick_step
from frameloom.results.inspection import Finding, InspectedFrame, Kind

_WIDTH, _HEIGHT = 1000.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 984.0, 30.0, 248.0
_MOST_POINTS = 900
"""Beyond this many frames each point stands for several: their maximum."""
_MOST_MARKS = 400
STYLES: dict[Kind, str] = {
    "flicker": "stage-1", "tearing": "stage-3", "duplicate": "stage-4", "jump": "stage-0", "cut": "stage-5",
    "damaged": "stage-2",
}  # fmt: skip
"""How each kind is coloured; the style sheet has them light and dark."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One line of a chart."""

    name: str
    style: str
    values: Sequence[float | None]
    """One per frame; None where nothing is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Axes:
    start: float
    end: float
    high: float

    def across(self, time: float) -> float:
        return _LEFT + (time - self.start) / (self.end - self.start) * (_RIGHT - _LEFT)

    def down(self, value: float) -> float:
        """What lies beyond the axis is drawn at its end."""
        return _BOTTOM - min(1.0, max(0.0, value / self.high)) * (_BOTTOM - _TOP)


def chart(
    frames: Sequence[InspectedFrame],
    curves: Sequence[Curve],
    marks: Sequence[tuple[Finding, float]],
    *,
    title: str,
    high: float,
    limit: float | None = None,
) -> str:
    """Draw curves over time, from 0 to `high`; marks are findings and how high they stand, a limit is a line."""
    times = [float(frame.time) for frame in frames]
    start, end = min(times), max(times)
    if start == end:  # a single frame stands in the middle
        start, end = start - 0.5, end + 0.5
    axes = _Axes(start=start, end=end, high=high)
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(title)} over time">',
        *_grid(axes, title),
    ]
    if limit is not None:
        height = axes.down(limit)
        parts.append(f'<line class="limit" x1="{_LEFT:g}" x2="{_RIGHT:g}" y1="{height:.1f}" y2="{height:.1f}"/>')
    parts += [_line(times, curve, axes) for curve in curves]
    parts += [_mark(finding, height, axes) for finding, height in marks[:_MOST_MARKS]]
    return "\n".join([*parts, "</svg>"])


def legend(curves: Sequence[Curve]) -> str:
    """The names of the curves as list items."""
    return "\n".join(
        f'<li><svg class="swatch" viewBox="0 0 30 10" aria-hidden="true"><line class="line {curve.style}" x1="1"'
        f' x2="29" y1="5" y2="5"/></svg>{escape(curve.name)}</li>'
        for curve in curves
    )


def _grid(axes: _Axes, title: str) -> list[str]:
    parts = [f'<text class="name" x="{_LEFT - 60:g}" y="{_TOP - 14:g}">{escape(title)}</text>']
    step = tick_step(axes.high, 5)
    for number in range(math.floor(axes.high / step + 1e-6) + 1):
        height = axes.down(number * step)
        parts.append(f'<line class="grid" x1="{_LEFT:g}" x2="{_RIGHT:g}" y1="{height:.1f}" y2="{height:.1f}"/>')
        label = f"{number * step:g}"
        parts.append(f'<text class="tick" x="{_LEFT - 10:g}" y="{height + 5:.1f}" text-anchor="end">{label}</text>')
    step = tick_step(axes.end - axes.start, 10)
    for number in range(math.ceil(axes.start / step - 1e-6), math.floor(axes.end / step + 1e-6) + 1):
        place = axes.across(number * step)
        parts.append(f'<line class="axis" x1="{place:.1f}" x2="{place:.1f}" y1="{_BOTTOM:g}" y2="{_BOTTOM + 6:g}"/>')
        parts.append(
            f'<text class="tick" x="{place:.1f}" y="{_BOTTOM + 23:g}" text-anchor="middle">{number * step:g}</text>'
        )
    parts.append(f'<line class="axis" x1="{_LEFT:g}" x2="{_RIGHT:g}" y1="{_BOTTOM:g}" y2="{_BOTTOM:g}"/>')
    middle = (_LEFT + _RIGHT) / 2
    parts.append(f'<text class="name" x="{middle:g}" y="{_HEIGHT - 4:g}" text-anchor="middle">time in seconds</text>')
    return parts


def _line(times: Sequence[float], curve: Curve, axes: _Axes) -> str:
    together = max(1, math.ceil(len(times) / _MOST_POINTS))
    places: list[str] = []
    for begin in range(0, len(times), together):
        known = [value for value in curve.values[begin : begin + together] if value is not None]
        if known:
            places.append(f"{axes.across(times[begin]):.1f},{axes.down(max(known)):.1f}")
    # A line of one point is not drawn at all; the same point twice shows as a round dot.
    points = " ".join(places * 2 if len(places) == 1 else places)
    return f'<polyline class="line {curve.style}" points="{points}"/>'


def _mark(finding: Finding, height: float, axes: _Axes) -> str:
    place = axes.across(float(finding.time))
    return (
        f'<circle class="mark {STYLES[finding.kind]}" cx="{place:.1f}" cy="{axes.down(height):.1f}" r="5">'
        f"<title>frame {finding.frame}, {finding.kind}: {escape(finding.reason)}</title></circle>"
    )
