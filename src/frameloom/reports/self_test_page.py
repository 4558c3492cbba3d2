"""One HTML page that shows how models did on a clip; it needs no other file and no network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

import numpy as np
from numpy.typing import NDArray

from frameloom.benchmark.means import headed, number
from frameloom.reports.document import document, listed, part
from frameloom.reports.page_pictures import picture_uri
from frameloom.reports.scatter import Dot, scatter
from frameloom.reports.self_test_charts import chart_legend, score_chart
from frameloom.results.measuring import MetricScale
from frameloom.results.self_test import Candidate, SelfTest, TestedFrame

GAIN = 4
"""How much differences are amplified."""
_MOST_ROWS = 300


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A true frame, what the best model made of it, and how these differ; `(height, width, 3)` 8-bit RGB."""

    frame: int
    truth: NDArray[np.uint8]
    restored: NDArray[np.uint8]
    difference: NDArray[np.uint8]
    """Amplified `GAIN` times."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SelfTestPage:
    """Everything that the page shows."""

    result: SelfTest
    scenes: Sequence[Scene]
    """The worst frames, the worst first."""
    facts: Mapping[str, str]


def render_self_test(page: SelfTestPage) -> str:
    """Return the page as one HTML document with its pictures and style inside."""
    result = page.result
    title = escape(f"{result.source.name}, tested")
    failing = sum(bool(frame.reasons) for frame in result.frames)
    body = Template(part("self_test.html")).substitute(
        title=title,
        subtitle=escape(
            f"{_counted(len(result.candidates), 'model')}, {_counted(len(result.frames), 'frame')} restored"
        ),
        notices="\n".join(f"<p>{escape(notice)}</p>" for notice in result.notices),
        verdict=escape(result.verdict),
        evidence=escape(evidence(result)),
        failures_caption=f"{_counted(failing, 'frame')} that {escape(result.candidates[0].model)} fails at, by reason",
        failures=_failures(result),
        ranking_heads=_ranking_heads(result),
        ranking_rows="\n".join(_ranking_row(one, result) for one in result.candidates),
        rate_hint="" if not _predicted(result) else "Numbers at the clip's own rate are predicted, not measured.",
        speed_chart=_speed_chart(result),
        legend=chart_legend(result),
        chart=score_chart(result),
        worst_hidden="" if page.scenes else "hidden",
        worst_title="The worst frames" if failing else "The worst frames; none of them fails",
        worst="\n".join(_worst(scene, result) for scene in page.scenes),
        frames_summary=f"{_counted(len(result.frames), 'tested frame')} as a table",
        frame_heads=_frame_heads(result),
        frame_rows="\n".join(_frame_row(frame, result) for frame in result.frames[:_MOST_ROWS]),
        **_left_out(result),
        facts=listed(page.facts),
    )
    return document(title=title, body=body, styles=("inspection.css", "leaderboard.css", "self_test.css"))


def evidence(result: SelfTest) -> str:
    """The numbers behind the verdict in a sentence or two."""
    parts = [f"By {_counted(len(result.ranked), 'frame')} spread over the clip and over how much changes."]
    fastest = min(result.candidates, key=lambda one: one.speed_rank)
    best, *others = result.candidates
    if others:
        parts.append(f"Fastest is {fastest.model}: {seconds(fastest.wall_seconds)} a frame.")
    foreseen = best.predicted.get("psnr")
    if foreseen is not None:
        parts.append(
            f"At the clip's own rate {best.model} is predicted to reach {foreseen.value:.1f} dB "
            f"({foreseen.low:.1f} to {foreseen.high:.1f})."
        )
    return " ".join(parts)


def seconds(amount: float) -> str:
    """Three digits of seconds, milliseconds below a tenth."""
    return f"{amount:.3g} s" if amount >= 0.1 else f"{amount * 1000:.3g} ms"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _failures(result: SelfTest) -> str:
    told = {kind: count for kind, count in result.reasons.items() if count}
    rows = [f'<tr><th scope="row">{kind}</th><td>{count}</td></tr>' for kind, count in told.items()]
    return "\n".join(rows) or '<tr><th scope="row">none</th><td></td></tr>'


def _predicted(result: SelfTest) -> list[MetricScale]:
    return [scale for scale in result.scales if all(scale.name in one.predicted for one in result.candidates)]


def _ranking_heads(result: SelfTest) -> str:
    heads = ["Model"]
    heads += [_directed(scale) for scale in result.scales]
    heads += [
        f"{escape(scale.title)} <span class='direction'>at the clip's own rate</span>" for scale in _predicted(result)
    ]
    heads += ["Best <span class='direction'>in draws</span>", "Fails <span class='direction'>at frames</span>"]
    heads += ["CPU <span class='direction'>a frame</span>", "Time <span class='direction'>a frame</span>",
              "Speed <span class='direction'>rank</span>"]  # fmt: skip
    return "".join(f'<th scope="col">{head}</th>' for head in heads)


def _directed(scale: MetricScale) -> str:
    unit = f" ({escape(scale.unit)})" if scale.unit else ""
    way = "higher" if scale.higher_is_better else "lower"
    return f"{escape(scale.title)}{unit} <span class='direction'>{way} is better</span>"


def _ranking_row(one: Candidate, result: SelfTest) -> str:
    cells = [_measured(one, scale, result) for scale in result.scales]
    for scale in _predicted(result):
        seen = one.predicted[scale.name]
        spread = f'<span class="spread">{number(seen.low, scale)} to {number(seen.high, scale)}</span>'
        cells.append(f"<td>{number(seen.value, scale)} {spread}</td>")
    share = f"{one.fails} of {len(result.ranked)}"
    cells += [f"<td>{one.best_in:.0%}</td>", f"<td>{share}</td>", f"<td>{seconds(one.cpu_seconds)}</td>"]
    cells += [f"<td>{seconds(one.wall_seconds)}</td>", f"<td>{one.speed_rank}</td>"]
    return f'<tr><th scope="row">{escape(one.model)}</th>{"".join(cells)}</tr>'


def _measured(one: Candidate, scale: MetricScale, result: SelfTest) -> str:
    pick: Callable[[list[float]], float] = max if scale.higher_is_better else min
    values = [other.values[scale.name] for other in result.candidates if not np.isnan(other.values[scale.name])]
    best = len(result.candidates) > 1 and bool(values) and one.values[scale.name] == pick(values)
    low, high = (number(end, scale) for end in one.intervals[scale.name])
    style = ' class="best"' if best else ""
    return f'<td{style}>{number(one.values[scale.name], scale)} <span class="spread">{low} to {high}</span></td>'


def _speed_chart(result: SelfTest) -> str:
    scale = result.scales[0]
    area = result.size[0] * result.size[1] / 1e6
    dots = [
        Dot(name=one.model, seconds=one.cpu_seconds / area, value=one.values[scale.name],
            low=one.intervals[scale.name][0], high=one.intervals[scale.name][1])
        for one in result.candidates
    ]  # fmt: skip
    return scatter(dots, title=headed(scale), higher_is_better=scale.higher_is_better)


def _worst(scene: Scene, result: SelfTest) -> str:
    frame = next(one for one in result.frames if one.frame == scene.frame)
    best = result.candidates[0].model
    pictures = (
        ("Truth", scene.truth),
        (f"Restored by {best}", scene.restored),
        (f"Difference, {GAIN} times", scene.difference),
    )
    figures = "".join(
        f'<figure><img src="{picture_uri(picture)}" alt="{escape(name)}, frame {scene.frame}"'
        f' width="{picture.shape[1]}" height="{picture.shape[0]}"><figcaption>{escape(name)}</figcaption></figure>'
        for name, picture in pictures
    )
    others = ", ".join(f"{name} {values['psnr']:.2f} dB" for name, values in frame.values.items() if name != best)
    score = f"{frame.values[best]['psnr']:.2f} dB" + (f"; {others}" if others else "")
    told = "".join(
        f'<p class="reason"><strong>{escape(one.kind)}</strong>: {escape(one.text)}</p>' for one in frame.reasons
    )
    return (
        f'<article class="still" aria-label="frame {frame.frame}"><header><h3>frame {frame.frame}</h3>'
        f"<p>{float(frame.time):.3f} s, {escape(score)}{'' if frame.ranked else ', not in the ranking'}</p></header>"
        f'{told}<div class="trio">{figures}</div></article>'
    )


def _frame_heads(result: SelfTest) -> str:
    heads = ["Frame", "Time", "Ranked", *(f"{escape(one.model)}, PSNR" for one in result.candidates)]
    return "".join(f'<th scope="col">{head}</th>' for head in heads) + '<th scope="col" class="word">Why it fails</th>'


def _frame_row(frame: TestedFrame, result: SelfTest) -> str:
    cells = [f"<td>{float(frame.time):.3f} s</td>", f"<td>{'yes' if frame.ranked else 'no'}</td>"]
    cells += [f"<td>{frame.values[one.model]['psnr']:.2f}</td>" for one in result.candidates]
    why = ", ".join(reason.kind for reason in frame.reasons)
    return f'<tr><th scope="row">{frame.frame}</th>{"".join(cells)}<td class="word">{escape(why)}</td></tr>'


def _left_out(result: SelfTest) -> dict[str, str]:
    shown = result.exclusions[:_MOST_ROWS]
    count = len(result.exclusions)
    more = f'<p class="hint">The first {_MOST_ROWS} of {count}; report.json has all.</p>' if count > len(shown) else ""
    return {
        "left_out_hidden": "" if shown else "hidden",
        "left_out_summary": f"{_counted(count, 'frame')} that {'is' if count == 1 else 'are'} not tested",
        "left_out_rows": "\n".join(
            f'<tr><th scope="row">{one.frame}</th><td>{float(one.time):.3f} s</td><td class="word">{one.kind}</td>'
            f'<td class="word">{escape(one.reason)}</td></tr>'
            for one in shown
        ),
        "left_out_more": more,
    }
