"""Charts of an inspection as inline SVG: what was measured over time, with what was found marked on it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from frameloom.reports.time_chart import LEFT, RIGHT, WIDTH, TimeAxes, grid, legend_line, polyline, time_span
from frameloom.results.inspection import Finding, InspectedFrame, Kind

_HEIGHT, _BOTTOM = 300.0, 248.0
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
    start, end = time_span(times)
    axes = TimeAxes(start=start, end=end, low=0.0, high=high, bottom=_BOTTOM)
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(title)} over time">',
        *grid(axes, values=title, time="time in seconds", time_down=_HEIGHT - 4, most=5),
    ]
    if limit is not None:
        height = axes.down(limit)
        parts.append(f'<line class="limit" x1="{LEFT:g}" x2="{RIGHT:g}" y1="{height:.1f}" y2="{height:.1f}"/>')
    parts += [_line(times, curve, axes) for curve in curves]
    parts += [_mark(finding, height, axes) for finding, height in marks[:_MOST_MARKS]]
    return "\n".join([*parts, "</svg>"])


def legend(curves: Sequence[Curve]) -> str:
    """The names of the curves as list items."""
    return "\n".join(legend_line(curve.name, f"line {curve.style}") for curve in curves)


def _line(times: Sequence[float], curve: Curve, axes: TimeAxes) -> str:
    together = max(1, math.ceil(len(times) / _MOST_POINTS))
    places: list[tuple[float, float]] = []
    for begin in range(0, len(times), together):
        known = [value for value in curve.values[begin : begin + together] if value is not None]
        if known:
            places.append((axes.across(times[begin]), axes.down(max(known))))
    return polyline(places, f"line {curve.style}")


def _mark(finding: Finding, height: float, axes: TimeAxes) -> str:
    place = axes.across(float(finding.time))
    return (
        f'<circle class="mark {STYLES[finding.kind]}" cx="{place:.1f}" cy="{axes.down(height):.1f}" r="5">'
        f"<title>frame {finding.frame}, {finding.kind}: {escape(finding.reason)}</title></circle>"
    )
