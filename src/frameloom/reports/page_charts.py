"""Charts of a demonstration page as inline SVG: scores over time, and where the time went."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from frameloom.reports.page_content import FrameScore, Stage, made_scores
from frameloom.reports.page_words import decibels

_WIDTH, _HEIGHT = 1000.0, 340.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 984.0, 30.0, 288.0
_TICK_STEPS = (1, 2, 5, 10)
_MOST_DOTS = 160
"""Beyond this many made frames the dots would touch: the line alone is clearer."""
_USUAL_DECIBELS = 40.0
"""What the axis shows when every frame is identical to the truth."""
_LEAST_SPAN = 2.0
"""Decibels: a smaller range would blow differences up that nobody sees."""
_BASELINE_STYLES = 3
_STAGE_STYLES = 6


@dataclass(frozen=True, slots=True)
class _Axes:
    """The ranges of a chart: seconds from left to right, decibels from bottom to top."""

    start: float
    end: float
    low: float
    high: float
    identical: bool
    """Whether the upper edge stands for frames that are identical to the truth."""

    def across(self, time: float) -> float:
        return _LEFT + (time - self.start) / (self.end - self.start) * (_RIGHT - _LEFT)

    def down(self, psnr: float) -> float:
        """Return the height of `psnr`; a frame identical to the truth sits on the chart's upper edge."""
        if psnr == math.inf:
            return _TOP
        return _BOTTOM - (psnr - self.low) / (self.high - self.low) * (_BOTTOM - _TOP)


def score_curve(model: str, scores: Sequence[FrameScore], baselines: Mapping[str, Sequence[FrameScore]]) -> str:
    """Draw the PSNR of the made frames over time with the baselines in lighter lines; empty without made frames."""
    made = made_scores(scores)
    if not made:
        return ""
    others = {name: made_scores(series) for name, series in baselines.items()}
    axes = _axes_for(scores, [made, *others.values()])
    lines = [
        _line(series, axes, f"baseline baseline-{order % _BASELINE_STYLES}")
        for order, series in enumerate(others.values())
    ]
    finite = [score.psnr for score in made if math.isfinite(score.psnr)]
    spread = f"from {min(finite):.1f} to {max(finite):.1f} dB" if finite else "all identical to the truth"
    return "\n".join(
        [
            f'<svg id="curve" class="chart" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img"'
            f' data-left="{_LEFT:g}" data-right="{_RIGHT:g}" data-start="{axes.start:.6f}" data-end="{axes.end:.6f}"'
            f' aria-label="PSNR of the {len(made)} frames made by {escape(model)} over time, {spread}">',
            *_grid(axes),
            *lines,
            _line(made, axes, "own"),
            _dots(made, axes),
            f'<line id="playhead" class="playhead" x1="{_LEFT:g}" x2="{_LEFT:g}" y1="{_TOP:g}" y2="{_BOTTOM:g}"/>',
            '<circle id="marker" class="marker" r="7" cx="-20" cy="-20"/>',
            "</svg>",
        ]
    )


def curve_legend(model: str, baselines: Mapping[str, Sequence[FrameScore]]) -> str:
    """Return the legend of `score_curve` as list items."""
    styles = [("own", model)]
    styles += [(f"baseline baseline-{order % _BASELINE_STYLES}", name) for order, name in enumerate(baselines)]
    return "\n".join(
        f'<li><svg class="swatch" viewBox="0 0 30 10" aria-hidden="true"><line class="{style}" x1="1" x2="29" y1="5"'
        f' y2="5"/></svg>{escape(name)}</li>'
        for style, name in styles
    )


def time_bar(stages: Sequence[Stage]) -> str:
    """Draw the stages as one stacked bar, as wide as the seconds they took; empty if nothing took time."""
    total = sum(stage.seconds for stage in stages)
    if total <= 0:
        return ""
    pieces: list[str] = []
    start = 0.0
    for order, stage in enumerate(stages):
        width = 100 * stage.seconds / total
        pieces.append(
            f'<rect class="stage-{order % _STAGE_STYLES}" x="{start:.3f}" y="0" width="{width:.3f}" height="10">'
            f"<title>{escape(stage.name)}: {stage.seconds:.2f} s, {stage.seconds / total:.0%}</title></rect>"
        )
        start += width
    summary = ", ".join(f"{escape(stage.name)} {stage.seconds / total:.0%}" for stage in stages)
    return (
        f'<svg class="time-bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img"'
        f' aria-label="Where {total:.2f} seconds went: {summary}">{"".join(pieces)}</svg>'
    )


def time_legend(stages: Sequence[Stage]) -> str:
    """Return the stages with their seconds and shares as table rows."""
    total = sum(stage.seconds for stage in stages)
    if total <= 0:
        return ""
    rows = [
        f'<tr><th scope="row"><span class="key stage-{order % _STAGE_STYLES}"></span>{escape(stage.name)}</th>'
        f"<td>{stage.seconds:.2f} s</td><td>{stage.seconds / total:.0%}</td></tr>"
        for order, stage in enumerate(stages)
    ]
    return "\n".join([*rows, f'<tr class="total"><th scope="row">Total</th><td>{total:.2f} s</td><td></td></tr>'])


def _axes_for(scores: Sequence[FrameScore], shown: Sequence[Sequence[FrameScore]]) -> _Axes:
    """Choose ranges that hold every shown score and end on tick marks."""
    times = [score.time for score in scores]
    start, end = min(times), max(times)
    if start == end:  # a single frame stands in the middle
        start, end = start - 0.5, end + 0.5
    shown_scores = [score.psnr for series in shown for score in series]
    finite = [psnr for psnr in shown_scores if math.isfinite(psnr)] or [_USUAL_DECIBELS]
    top = max(max(finite), min(finite) + _LEAST_SPAN)
    step = tick_step(top - min(finite), 5)
    low, high = math.floor(min(finite) / step) * step, math.ceil(top / step) * step
    identical = math.inf in shown_scores
    if identical:  # an empty step keeps them apart from the best of the others
        high += step
    return _Axes(start, end, low, high, identical)


def tick_step(span: float, most: int) -> float:
    """Return the smallest round step (1, 2 or 5 times a power of ten) that cuts `span` into at most `most` parts."""
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _TICK_STEPS if step * power >= rough * 0.999)


def _grid(axes: _Axes) -> list[str]:
    """Draw both axes with ticks, numbers and names."""
    parts: list[str] = []
    step = tick_step(axes.high - axes.low, 6)
    count = round((axes.high - axes.low) / step)
    for number in range(count + 1):
        value = axes.low + number * step
        height = axes.down(value)
        label = "identical" if axes.identical and number == count else f"{value:g}"
        parts.append(f'<line class="grid" x1="{_LEFT:g}" x2="{_RIGHT:g}" y1="{height:.1f}" y2="{height:.1f}"/>')
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
    parts.append(f'<text class="name" x="{_LEFT - 60:g}" y="{_TOP - 14:g}">PSNR in dB, higher is better</text>')
    return parts


def _line(series: Sequence[FrameScore], axes: _Axes, style: str) -> str:
    places = [f"{axes.across(score.time):.1f},{axes.down(score.psnr):.1f}" for score in series]
    # A line of one point is not drawn at all; the same point twice shows as a round dot.
    points = " ".join(places * 2 if len(places) == 1 else places)
    return f'<polyline class="{style}" points="{points}"/>'


def _dots(series: Sequence[FrameScore], axes: _Axes) -> str:
    """Mark each made frame; hidden on long clips, yet always there for the script to find its place."""
    style = "dot" if len(series) <= _MOST_DOTS else "dot faint"
    return "".join(
        f'<circle class="{style}" data-index="{score.index}" cx="{axes.across(score.time):.1f}"'
        f' cy="{axes.down(score.psnr):.1f}" r="3.5"><title>frame {score.index}: {decibels(score.psnr)}</title></circle>'
        for score in series
    )
