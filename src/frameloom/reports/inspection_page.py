"""One HTML page that shows what is wrong with a video; it needs no other file and no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

import numpy as np
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.reports.document import document, listed, part
from frameloom.reports.inspection_charts import STYLES, Curve, chart, legend
from frameloom.reports.page_pictures import picture_uri
from frameloom.results.inspection import FAULTS, Finding, Inspection, Kind

_MOST_ROWS = 500
_HIGHEST = 4.0
"""Strengths beyond are drawn at the upper edge: by then it does not matter how far beyond."""
_NAMES: dict[Kind, tuple[str, str]] = {
    "flicker": ("flickering frame", "flickering frames"),
    "tearing": ("torn frame", "torn frames"),
    "duplicate": ("repeated frame", "repeated frames"),
    "jump": ("jump", "jumps"),
    "cut": ("cut", "cuts"),
    "damaged": ("damaged frame", "damaged frames"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A frame and its neighbours, `(height, width, 3)` 8-bit RGB; None where there is no neighbour."""

    index: int
    previous: NDArray[np.uint8] | None
    this: NDArray[np.uint8] | None
    following: NDArray[np.uint8] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class InspectionPage:
    """Everything that the page shows."""

    result: Inspection
    scenes: Mapping[int, Scene]
    """Pictures of the worst frames, by index."""
    facts: Mapping[str, str]


def render_inspection(page: InspectionPage) -> str:
    """Return the page as one HTML document with its pictures and style inside."""
    result = page.result
    strengths, measures = _strength_curves(result), _measure_curves(result)
    title = escape(f"{result.source.name}, inspected")
    body = Template(part("inspection.html")).substitute(
        title=title,
        headline=escape(headline(result)),
        evidence=escape(_evidence(result)),
        counts=_count_rows(result),
        strength_legend=legend(strengths),
        strength_chart=_strength_chart(result, strengths),
        measure_legend=legend(measures),
        measure_chart=chart(result.frames, measures, [], title="distance, and brightness", high=1.0),
        worst="\n".join(_worst(finding, page) for finding in result.worst if finding.frame in page.scenes),
        worst_hidden="" if result.worst else "hidden",
        rows=_finding_rows(result.findings[:_MOST_ROWS]),
        rows_hidden="" if result.findings else "hidden",
        left_out=_left_out(len(result.findings)),
        notices="\n".join(f"<p>{escape(notice)}</p>" for notice in result.notices),
        facts=listed(page.facts),
    )
    return document(title=title, body=body, styles=("inspection.css",))


def headline(result: Inspection) -> str:
    """Say in one plain sentence what is wrong."""
    faults = [
        f"{count} {_NAMES[kind][count != 1]}" for kind, count in result.counts.items() if count and kind in FAULTS
    ]
    if not faults:
        return "Nothing wrong was found."
    return f"{_listed(faults)} found." if len(faults) == 1 else f"Found: {_listed(faults)}."


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _evidence(result: Inspection) -> str:
    frames = len(result.frames)
    begins = f"{counted(frames, 'frame')} looked at, one by one, each against its neighbours."
    if not result.worst:
        return begins
    worst = result.worst[0]
    return f"{begins} Worst is frame {worst.frame} at {float(worst.time):.3f} s: {worst.reason}."


def _count_rows(result: Inspection) -> str:
    return "\n".join(
        f'<tr><th scope="row"><span class="key {STYLES[kind]}"></span>{kind}</th><td>{result.counts[kind]}</td></tr>'
        for kind in result.kinds
    )


def _strength_curves(result: Inspection) -> list[Curve]:
    frames = result.frames
    known = {
        "flicker": [frame.flicker for frame in frames],
        "tearing": [frame.tearing for frame in frames],
        "jump": [frame.jump for frame in frames],
    }
    return [Curve(name=kind, style=STYLES[kind], values=known[kind]) for kind in result.kinds if kind in known]


def _measure_curves(result: Inspection) -> list[Curve]:
    frames = result.frames
    return [
        Curve(name="distance to the previous frame", style="stage-5", values=[frame.to_previous for frame in frames]),
        Curve(name="to the middle of both neighbours", style="stage-0", values=[frame.to_midpoint for frame in frames]),
        Curve(name="brightness", style="stage-1", values=[frame.brightness for frame in frames]),
    ]


def _strength_chart(result: Inspection, curves: Sequence[Curve]) -> str:
    """The strengths with a mark at every finding; kinds without degrees stand at the foot."""
    marks = [
        (finding, finding.strength if finding.kind in ("flicker", "tearing", "jump") else 0.0)
        for finding in result.findings
    ]
    values = [value for curve in curves for value in curve.values if value is not None]
    high = min(_HIGHEST, max(1.5, *values)) if values else 1.5
    return chart(result.frames, curves, marks, title="strength, 1 is the limit", high=high, limit=1.0)


def _worst(finding: Finding, page: InspectionPage) -> str:
    scene = page.scenes[finding.frame]
    pictures = (("Before", scene.previous), (f"Frame {finding.frame}", scene.this), ("After", scene.following))
    figures = "".join(
        f'<figure><img src="{picture_uri(picture)}" alt="{escape(name)}" width="{picture.shape[1]}"'
        f' height="{picture.shape[0]}"><figcaption>{escape(name)}</figcaption></figure>'
        for name, picture in pictures
        if picture is not None
    )
    others = [one.kind for one in page.result.findings if one.frame == finding.frame and one.kind != finding.kind]
    also = f" (also {', '.join(others)})" if others else ""
    return (
        f'<article class="still" aria-label="frame {finding.frame}"><header><h3><span class="key '
        f'{STYLES[finding.kind]}"></span>{escape(finding.kind)}{also}</h3><p>frame {finding.frame}, '
        f"{float(finding.time):.3f} s, strength {finding.strength:.1f}</p></header>"
        f'<p class="reason">{escape(finding.reason)}</p><div class="trio">{figures}</div></article>'
    )


def _finding_rows(findings: Sequence[Finding]) -> str:
    return "\n".join(
        f'<tr><th scope="row">{finding.frame}</th><td>{float(finding.time):.3f} s</td>'
        f'<td class="word">{finding.kind}</td><td>{finding.strength:.2f}</td>'
        f'<td class="word">{escape(finding.reason)}</td></tr>'
        for finding in findings
    )


def _left_out(count: int) -> str:
    if count <= _MOST_ROWS:
        return ""
    return f'<p class="hint">The first {_MOST_ROWS} of {count}; report.json has all.</p>'
