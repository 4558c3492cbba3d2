"""How well each frame of a clip was restored, over the clip's time, as inline SVG."""

import math
from bisect import bisect
from collections.abc import Sequence
from html import escape

from frameloom.reports.time_chart import (
    TOP,
    WIDTH,
    TimeAxes,
    grid,
    legend_item,
    legend_line,
    polyline,
    tick_step,
    time_span,
)
from frameloom.results.self_test import Exclusion, SelfTest, TestedFrame

_HEIGHT, _BOTTOM = 350.0, 284.0
_STYLES = 6
_MOST_MARKS = 300
_METRIC = "psnr"
_LEAST_SPAN = 4.0  # decibels: a smaller range would blow differences up that nobody sees
_HIGHEST = 60.0  # decibels: what lies beyond is drawn at the upper edge, for no eye sees the difference


def style_of(order: int) -> str:
    """How the model of that rank, from 0, is drawn."""
    return f"stage-{order % _STYLES}"


def score_chart(result: SelfTest) -> str:
    """Draw the PSNR of the tested frames, a line for each model; failures and frames left out are marked."""
    axes = _axes(result)
    models = [candidate.model for candidate in result.candidates]
    return "\n".join(
        [
            f'<svg class="chart" viewBox="0 0 {WIDTH:g} {_HEIGHT:g}" role="img" aria-label="PSNR of '
            f'{len(result.frames)} tested frames over the time of the clip">',
            *grid(
                axes,
                values="PSNR in dB, higher is better",
                time="time in the clip, seconds",
                time_down=_HEIGHT - 8,
                most=6,
            ),
            *(_left_out(one, axes) for one in result.exclusions[:_MOST_MARKS]),
            *(
                _line(shot, model, axes, style_of(order))
                for order, model in reversed([*enumerate(models)])
                for shot in _shots(result)
            ),
            *(_dot(frame, models[0], axes) for frame in result.frames),
            "</svg>",
        ]
    )


def chart_legend(result: SelfTest) -> str:
    """The models as list items, and what the marks mean."""
    items = [
        legend_line(candidate.model, f"line {style_of(order)}") for order, candidate in enumerate(result.candidates)
    ]
    items += [legend_item(f"{result.candidates[0].model} fails", '<circle class="failed" cx="15" cy="5" r="4.5"/>')]
    if any(one.kind == "cut" for one in result.exclusions):
        items.append(legend_item("cut", '<line class="shot" x1="15" x2="15" y1="0" y2="10"/>'))
    if any(one.kind != "cut" for one in result.exclusions):
        shape = '<rect class="unmoved" x="5" y="3" width="20" height="5"/>'
        items.append(legend_item("repeated or still, not tested", shape))
    return "\n".join(items)


def _axes(result: SelfTest) -> TimeAxes:
    start, end = time_span([float(one.time) for one in (*result.frames, *result.exclusions)])
    values = [min(_HIGHEST, scores[_METRIC]) for frame in result.frames for scores in frame.values.values()]
    finite = [value for value in values if math.isfinite(value)] or [_HIGHEST]
    top = max(max(finite), min(finite) + _LEAST_SPAN)
    step = tick_step(top - min(finite), 5)
    low, high = math.floor(min(finite) / step) * step, math.ceil(top / step) * step
    return TimeAxes(start=start, end=end, low=low, high=high, bottom=_BOTTOM)


def _left_out(one: Exclusion, axes: TimeAxes) -> str:
    place, said = axes.across(float(one.time)), f"<title>frame {one.frame}: {escape(one.reason)}</title>"
    if one.kind == "cut":
        return f'<line class="shot" x1="{place:.1f}" x2="{place:.1f}" y1="{TOP:g}" y2="{_BOTTOM:g}">{said}</line>'
    return f'<rect class="unmoved" x="{place - 2:.1f}" y="{_BOTTOM - 6:g}" width="4" height="6">{said}</rect>'


def _shots(result: SelfTest) -> list[list[TestedFrame]]:
    """The tested frames from cut to cut."""
    cuts = [one.frame for one in result.exclusions if one.kind == "cut"]
    shots: dict[int, list[TestedFrame]] = {}
    for frame in result.frames:
        shots.setdefault(bisect(cuts, frame.frame), []).append(frame)
    return list(shots.values())


def _line(frames: Sequence[TestedFrame], model: str, axes: TimeAxes, style: str) -> str:
    places = [(axes.across(float(frame.time)), axes.down(frame.values[model][_METRIC])) for frame in frames]
    return polyline(places, f"line {style}")


def _dot(frame: TestedFrame, model: str, axes: TimeAxes) -> str:
    """The best model's score of a frame; one that it failed at says why."""
    value = frame.values[model][_METRIC]
    style = "failed" if model in frame.fails else "tried"
    why = "".join(f"; {reason.kind}: {reason.text}" for reason in frame.reasons)
    said = f"frame {frame.frame}, {model} {value:.2f} dB{why}"
    return (
        f'<circle class="{style}" cx="{axes.across(float(frame.time)):.1f}" cy="{axes.down(value):.1f}" r="4.5">'
        f"<title>{escape(said)}</title></circle>"
    )
