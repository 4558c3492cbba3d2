"""Quality against speed as inline SVG: a dot for each model, with its name and how sure its mean is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from frameloom.reports.time_chart import tick_step

_WIDTH, _HEIGHT = 620.0, 360.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 600.0, 34.0, 296.0
_LINE = 15.0  # pixels, height of a name
_MOST_LINES = 7  # of the grid
_FOOT = 12.0  # pixels from the top of such a line to where letters stand
_GAP = 9.0
_SHIFTS = (-7.0, 8.0, -22.0, 23.0, -37.0, 38.0, -52.0, 53.0)
_RADIUS = 5.0
_LETTER = 7.0  # about the width of one in a name
_LEAST_SECONDS = 1e-4  # the clock's grain

_Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """A model."""

    name: str
    seconds: float
    """CPU seconds per megapixel."""
    value: float
    low: float
    high: float
    """The ends of the interval of its mean."""


@dataclass(frozen=True, slots=True)
class _Axes:
    """Powers of ten of seconds from left to right, values from bottom to top."""

    start: int
    end: int
    bottom: float
    top: float

    def across(self, seconds: float) -> float:
        power = math.log10(max(seconds, _LEAST_SECONDS))
        return _LEFT + (power - self.start) / (self.end - self.start) * (_RIGHT - _LEFT)

    def down(self, value: float) -> float:
        """The height of a value; what is infinite or lies outside is drawn at the edge."""
        share = (value - self.bottom) / (self.top - self.bottom)
        return _BOTTOM - min(max(share, 0), 1) * (_BOTTOM - _TOP)


def scatter(dots: Sequence[Dot], *, title: str, higher_is_better: bool) -> str:
    """Draw the models: better is up, whatever the direction of the metric, and faster is left.

    Models without a finite mean are left out; without any the result is empty.
    """
    shown = [dot for dot in dots if math.isfinite(dot.value)]
    if not shown:
        return ""
    axes = _axes(shown, higher_is_better)
    places = [(axes.across(dot.seconds), axes.down(dot.value), dot) for dot in shown]
    return "\n".join(
        [
            f'<svg class="chart" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(title)} against '
            f'CPU seconds per megapixel">',
            f'<text class="name" x="6" y="18">{escape(title)}</text>',
            *_grid(axes),
            *(_mark(x, y, dot, (axes.down(dot.low), axes.down(dot.high))) for x, y, dot in places),
            *_names(places, [box for x, y, dot in places for box in _boxes(x, y, dot, axes)]),
            "</svg>",
        ]
    )


def _axes(dots: Sequence[Dot], higher_is_better: bool) -> _Axes:
    """Ranges that hold all intervals and end at powers of ten."""
    edges = [edge for dot in dots for edge in (dot.value, dot.low, dot.high) if math.isfinite(edge)]
    low, high = min(edges), max(edges)
    margin = (high - low) * 0.08 or abs(high) * 0.05 or 1.0
    powers = [math.log10(max(dot.seconds, _LEAST_SECONDS)) for dot in dots]
    start = math.floor(min(powers))
    end = max(math.ceil(max(powers)), start + 1)
    if higher_is_better:
        return _Axes(start, end, low - margin, high + margin)
    return _Axes(start, end, high + margin, low - margin)


def _grid(axes: _Axes) -> list[str]:
    """Both axes with ticks, numbers and a name."""
    parts: list[str] = []
    low, high = sorted((axes.bottom, axes.top))
    step = tick_step(high - low, _MOST_LINES)
    for place in range(math.ceil(low / step), math.floor(high / step) + 1):
        height = axes.down(place * step)
        label = f"{place * step:.6g}"
        parts.append(f'<line class="grid" x1="{_LEFT:g}" x2="{_RIGHT:g}" y1="{height:.1f}" y2="{height:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 8:g}" y="{height + 5:.1f}" text-anchor="end">{label}</text>')
    parts.append(f'<line class="axis" x1="{_LEFT:g}" x2="{_RIGHT:g}" y1="{_BOTTOM:g}" y2="{_BOTTOM:g}"/>')
    for power in range(axes.start, axes.end + 1):
        place, label = axes.across(10.0**power), f"{10.0**power:g}"
        parts.append(f'<line class="axis" x1="{place:.1f}" x2="{place:.1f}" y1="{_BOTTOM:g}" y2="{_BOTTOM + 6:g}"/>')
        parts.append(f'<text class="tick" x="{place:.1f}" y="{_BOTTOM + 22:g}" text-anchor="middle">{label}</text>')
    middle, lowest = (_LEFT + _RIGHT) / 2, _HEIGHT - 8
    words = "CPU seconds per megapixel"
    return [*parts, f'<text class="name" x="{middle:g}" y="{lowest:g}" text-anchor="middle">{words}</text>']


def _boxes(x: float, y: float, dot: Dot, axes: _Axes) -> list[_Box]:
    """What a dot and its line take."""
    ends = sorted((axes.down(dot.low), axes.down(dot.high)))
    return [(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS), (x - 2, ends[0], x + 2, ends[1])]


def _mark(x: float, y: float, dot: Dot, ends: tuple[float, float]) -> str:
    line = f'<line class="own" x1="{x:.1f}" x2="{x:.1f}" y1="{ends[0]:.1f}" y2="{ends[1]:.1f}"/>'
    said = f"{escape(dot.name)}: {dot.value:.4g} ({dot.low:.4g} to {dot.high:.4g}), {dot.seconds:.3g} s per megapixel"
    return f'{line}<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS:g}"><title>{said}</title></circle>'


def _names(places: Sequence[tuple[float, float, Dot]], taken: list[_Box]) -> list[str]:
    """Names beside their dots, right or left, moved up or down where they would lie on something that is taken."""
    texts: list[str] = []
    for x, y, dot in sorted(places, key=lambda place: (place[1], place[0])):
        width = _LETTER * len(dot.name)
        choices = [
            (left, y + shift, left + width, y + shift + _LINE)
            for shift in _SHIFTS
            for left in (x + _GAP, x - _GAP - width)
            if left >= _LEFT and left + width <= _WIDTH
        ]
        box = next((box for box in choices if not any(_overlap(box, other) for other in taken)), None)
        left, top, *_ = box or (x + _GAP, y + _SHIFTS[0])
        taken.append((left, top, left + width, top + _LINE))
        texts.append(f'<text class="tick" x="{left:.1f}" y="{top + _FOOT:.1f}">{escape(dot.name)}</text>')
    return texts


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
