"""Charts of a demonstration page as inline SVG: scores over time, and where the time went."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from frameloom.reports.page_content import FrameScore, Stage, made_scores
from frameloom.reports.page_words import decibels
from frameloom.reports.time_chart import (
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    TimeAxes,
    grid,
    legend_line,
    polyline,
    tick_step,
    time_span,
)

_HEIGHT, _BOTTOM = 340.0, 288.0
_MOST_DOTS = 160
"""Beyond this many made frames the dots would touch: the line alone is clearer."""
_USUAL_DECIBELS = 40.0
"""What the axis shows when every frame is identical to the truth."""
_LEAST_SPAN = 2.0
"""Decibels: a smaller range would blow differences up that nobody sees."""
_BASELINE_STYLES = 3
_STAGE_STYLES = 6


def score_curve(model: str, scores: Sequence[FrameScore], baselines: Mapping[str, Sequence[FrameScore]]) -> str:
    """Draw the PSNR of the made frames over time with the baselines in lighter lines; empty without made frames."""
    made = made_scores(scores)
    if not made:
        return ""
    others = {name: made_scores(series) for name, series in baselines.items()}
    shown = [made, *others.values()]
    axes = _axes_for(scores, shown)
    best = any(score.psnr == math.inf for series in shown for score in series)
    lines = [
        _line(series, axes, f"baseline baseline-{order % _BASELINE_STYLES}")
        for order, series in enumerate(others.values())
    ]
    finite = [score.psnr for score in made if math.isfinite(score.psnr)]
    spread = f"from {min(finite):.1f} to {max(finite):.1f} dB" if finite else "all identical to the truth"
    return "\n".join(
        [
            f'<svg id="curve" class="chart" viewBox="0 0 {WIDTH:g} {_HEIGHT:g}" role="img"'
            f' data-left="{LEFT:g}" data-right="{RIGHT:g}" data-start="{axes.start:.6f}" data-end="{axes.end:.6f}"'
            f' aria-label="PSNR of the {len(made)} frames made by {escape(model)} over time, {spread}">',
            *grid(
                axes,
                values="PSNR in dB, higher is better",
                time="time in seconds",
                time_down=_HEIGHT - 4,
                most=6,
                edge="identical" if best else "",
            ),
            *lines,
            _line(made, axes, "own"),
            _dots(made, axes),
            f'<line id="playhead" class="playhead" x1="{LEFT:g}" x2="{LEFT:g}" y1="{TOP:g}" y2="{_BOTTOM:g}"/>',
            '<circle id="marker" class="marker" r="7" cx="-20" cy="-20"/>',
            "</svg>",
        ]
    )


def curve_legend(model: str, baselines: Mapping[str, Sequence[FrameScore]]) -> str:
    """Return the legend of `score_curve` as list items."""
    styles = [("own", model)]
    styles += [(f"baseline baseline-{order % _BASELINE_STYLES}", name) for order, name in enumerate(baselines)]
    return "\n".join(legend_line(name, style) for style, name in styles)


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


def _axes_for(scores: Sequence[FrameScore], shown: Sequence[Sequence[FrameScore]]) -> TimeAxes:
    """Choose ranges that hold every shown score and end on tick marks; the upper edge is for what is identical."""
    start, end = time_span([score.time for score in scores])
    shown_scores = [score.psnr for series in shown for score in series]
    finite = [psnr for psnr in shown_scores if math.isfinite(psnr)] or [_USUAL_DECIBELS]
    top = max(max(finite), min(finite) + _LEAST_SPAN)
    step = tick_step(top - min(finite), 5)
    low, high = math.floor(min(finite) / step) * step, math.ceil(top / step) * step
    if math.inf in shown_scores:  # an empty step keeps them apart from the best of the others
        high += step
    return TimeAxes(start=start, end=end, low=low, high=high, bottom=_BOTTOM)


def _line(series: Sequence[FrameScore], axes: TimeAxes, style: str) -> str:
    return polyline([(axes.across(score.time), axes.down(score.psnr)) for score in series], style)


def _dots(series: Sequence[FrameScore], axes: TimeAxes) -> str:
    """Mark each made frame; hidden on long clips, yet always there for the script to find its place."""
    style = "dot" if len(series) <= _MOST_DOTS else "dot faint"
    return "".join(
        f'<circle class="{style}" data-index="{score.index}" cx="{axes.across(score.time):.1f}"'
        f' cy="{axes.down(score.psnr):.1f}" r="3.5"><title>frame {score.index}: {decibels(score.psnr)}</title></circle>'
        for score in series
    )
