"""How well each frame of a clip was restored, over the clip's time, as inline SVG."""

import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from frameloom.reports.page_charts import tick_step
from frameloom.results.self_test import Exclusion, SelfTest, TestedFrame

_WIDTH, _HEIGHT = 1000.0, 350.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 984.0, 30.0, 284.0
_STYLES = 6
_MOST_MARKS = 300
_METRIC = "psnr"
_LEAST_SPAN = 4.0  # decibels: a smaller range would blow differences up that nobody sees
_HIGHEST = 60.0  # decibels: what lies beyond is drawn at the upper edge, for no eye sees the difference


@dataclass(frozen=True, slots=True)
class _Axes:
    start: float
    end: float
    low: float
    high: float

    def across(self, seconds: float) -> float:
        return _LEFT + (seconds - self.start) / (self.end - self.start) * (_RIGHT - _LEFT)

    def down(self, value: float) -> float:
        """What lies beyond the axis is drawn at its edge."""
        share = (value - self.low) / (self.high - self.low)
        return _BOTTOM - min(1.0, max(0.0, share)) * (_BOTTOM - _TOP)


def style_of(order: int) -> str:
    """How the model of that rank, from 0, is drawn."""
    return f"stage-{order % _STYLES}"


def score_chart(result: SelfTest) -> str:
    """Draw the PSNR of the tested frames, a line for each model; failures and frames left out are marked."""
    axes = _axes(result)
    models = [candidate.model for candidate in result.candidates]
    return "\n".join(
        [
            f'<svg class="chart" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="PSNR of '
            f'{len(result.frames)} tested frames over the time of the clip">',
            *_grid(axes),
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
        f'<li><svg class="swatch" viewBox="0 0 30 10" aria-hidden="true"><line class="line {style_of(order)}" x1="1"'
        f' x2="29" y1="5" y2="5"/></svg>{escape(candidate.model)}</li>'
        for order, candidate in enumerate(result.candidates)
    ]
    best = escape(result.candidates[0].model)
    items += [_sign('<circle class="failed" cx="15" cy="5" r="4.5"/>', f"{best} fails")]
    if any(one.kind == "cut" for one in result.exclusions):
        items.append(_sign('<line class="shot" x1="15" x2="15" y1="0" y2="10"/>', "cut"))
    if any(one.kind != "cut" for one in result.exclusions):
        items.append(
            _sign('<rect class="unmoved" x="5" y="3" width="20" height="5"/>', "repeated or still, not tested")
        )
    return "\n".join(items)


def _sign(shape: str, words: str) -> str:
    return f'<li><svg class="swatch" viewBox="0 0 30 10" aria-hidden="true">{shape}</svg>{words}</li>'


def _axes(result: SelfTest) -> _Axes:
    times = [float(one.time) for one in (*result.frames, *result.exclusions)]
    start, end = min(times), max(times)
    if start == end:  # a single frame stands in the middle
        start, end = start - 0.5, end + 0.5
    values = [min(_HIGHEST, scores[_METRIC]) for frame in result.frames for scores in frame.values.values()]
    finite = [value for value in values if math.isfinite(value)] or [_HIGHEST]
    top = max(max(finite), min(finite) + _LEAST_SPAN)
    step = tick_step(top - min(finite), 5)
    return _Axes(start, end, math.floor(min(finite) / step) * step, math.ceil(top / step) * step)


def _grid(axes: _Axes) -> list[str]:
    parts = [f'<text class="name" x="{_LEFT - 60:g}" y="{_TOP - 14:g}">PSNR in dB, higher is better</text>']
    step = tick_step(axes.high - axes.low, 6)
    for number in range(round((axes.high - axes.low) / step) + 1):
        value = axes.low + number * step
        height = axes.down(value)
        parts.append(f'<line class="grid" x1="{_LEFT:g}" x2="{_RIGHT:g}" y1="{height:.1f}" y2="{height:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 10:g}" y="{height + 5:.1f}" text-anchor="end">{value:g}</text>')
    step = tick_step(axes.end - axes.start, 10)
    for number in range(math.ceil(axes.start / step - 1e-6), math.floor(axes.end / step + 1e-6) + 1):
        place, label = axes.across(number * step), f"{number * step:g}"
        parts.append(f'<line class="axis" x1="{place:.1f}" x2="{place:.1f}" y1="{_BOTTOM:g}" y2="{_BOTTOM + 6:g}"/>')
        parts.append(f'<text class="tick" x="{place:.1f}" y="{_BOTTOM + 23:g}" text-anchor="middle">{label}</text>')
    parts.append(f'<line class="axis" x1="{_LEFT:g}" x2="{_RIGHT:g}" y1="{_BOTTOM:g}" y2="{_BOTTOM:g}"/>')
    middle = (_LEFT + _RIGHT) / 2
    words = "time in the clip, seconds"
    return [*parts, f'<text class="name" x="{middle:g}" y="{_HEIGHT - 8:g}" text-anchor="middle">{words}</text>']


def _left_out(one: Exclusion, axes: _Axes) -> str:
    place, said = axes.across(float(one.time)), f"<title>frame {one.frame}: {escape(one.reason)}</title>"
    if one.kind == "cut":
        return f'<line class="shot" x1="{place:.1f}" x2="{place:.1f}" y1="{_TOP:g}" y2="{_BOTTOM:g}">{said}</line>'
    return f'<rect class="unmoved" x="{place - 2:.1f}" y="{_BOTTOM - 6:g}" width="4" height="6">{said}</rect>'


def _shots(result: SelfTest) -> list[list[TestedFrame]]:
    """The tested frames from cut to cut."""
    cuts = [one.frame for one in result.exclusions if one.kind == "cut"]
    shots: dict[int, list[TestedFrame]] = {}
    for frame in result.frames:
        shots.setdefault(bisect(cuts, frame.frame), []).append(frame)
    return list(shots.values())


def _line(frames: Sequence[TestedFrame], model: str, axes: _Axes, style: str) -> str:
    places = [f"{axes.across(float(frame.time)):.1f},{axes.down(frame.values[model][_METRIC]):.1f}" for frame in frames]
    # A line of one point is not drawn at all; the same point twice shows as a round dot.
    return f'<polyline class="line {style}" points="{" ".join(places * 2 if len(places) == 1 else places)}"/>'


def _dot(frame: TestedFrame, model: str, axes: _Axes) -> str:
    """The best model's score of a frame; one that it failed at says why."""
    value = frame.values[model][_METRIC]
    style = "failed" if model in frame.fails else "tried"
    why = "".join(f"; {reason.kind}: {reason.text}" for reason in frame.reasons)
    said = f"frame {frame.frame}, {model} {value:.2f} dB{why}"
    return (
        f'<circle class="{style}" cx="{axes.across(float(frame.time)):.1f}" cy="{axes.down(value):.1f}" r="4.5">'
        f"<title>{escape(said)}</title></circle>"
    )
