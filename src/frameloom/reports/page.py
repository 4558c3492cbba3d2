"""One HTML page that shows what a model made and how good it is; it needs no other file and no network."""

import json
from collections.abc import Sequence
from html import escape
from string import Template

from frameloom.reports.document import document, listed, part
from frameloom.reports.page_charts import curve_legend, score_curve, time_bar, time_legend
from frameloom.reports.page_content import (
    DemoPage,
    FrameScore,
    Stage,
    Still,
    made_scores,
    mean_score,
    rank_label,
    telling_frames,
)
from frameloom.reports.page_pictures import amplified_difference, clip_uri, picture_uri
from frameloom.reports.page_words import decibels, evidence, headline

__all__ = ["DemoPage", "FrameScore", "Stage", "Still", "render_page", "telling_frames"]


def render_page(page: DemoPage) -> str:
    """Return `page` as one HTML document with its clips, pictures, style and script inside.

    Raises `OSError` if a clip is a file that cannot be read.
    """
    made = made_scores(page.scores)
    body = Template(part("page.html")).substitute(
        title=escape(page.title),
        subtitle=escape(page.subtitle),
        intro="\n".join(f"<p>{escape(sentence)}</p>" for sentence in page.intro),
        headline=headline(page),
        evidence=evidence(page),
        means=_mean_rows(page),
        means_hidden=_hidden_unless(made),
        panes=_panes(page),
        choices=_choices(page),
        curve=score_curve(page.model, page.scores, page.baseline_scores),
        legend=curve_legend(page.model, page.baseline_scores),
        curve_hidden=_hidden_unless(made),
        baseline_columns="".join(f'<th scope="col">{escape(name)}</th>' for name in page.baseline_scores),
        score_rows=_score_rows(page),
        stills="\n".join(_still(still, page) for still in page.stills),
        stills_hidden=_hidden_unless(page.stills),
        time_bar=time_bar(page.stages),
        time_legend=time_legend(page.stages),
        time_hidden=_hidden_unless(time_legend(page.stages)),
        facts=listed(page.facts),
        facts_hidden=_hidden_unless(page.facts or page.command),
        command=_command(page.command),
    )
    data = f'<script type="application/json" id="page-data">{_script_data(page)}</script>'
    return document(title=escape(page.title), body=body, script=f"{data}\n<script>\n{part('page.js')}\n</script>")


def _hidden_unless(content: object) -> str:
    return "" if content else "hidden"


def _mean_rows(page: DemoPage) -> str:
    """Return the table rows of mean scores: the model first, then every baseline that made a frame."""
    rows: list[str] = []
    for name, scores in [(page.model, page.scores), *page.baseline_scores.items()]:
        mean = mean_score(scores)
        if mean is not None:
            cells = f"<td>{decibels(mean.psnr)}</td><td>{mean.ssim:.4f}</td><td>{mean.ie:.2f}</td>"
            rows.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    return "\n".join(rows)


def _panes(page: DemoPage) -> str:
    """Return the clips of the player side by side; clips that nobody has are left out."""
    wanted = [
        ("input", "Input", "what the model was given", page.input_clip),
        ("result", "Result", f"made by {page.model}", page.result_clip),
        ("truth", "Truth", "what the result should look like", page.truth_clip),
        ("difference", "Difference", f"amplified {page.difference_gain} times", page.difference_clip),
    ]
    template = Template(part("page_pane.html"))
    return "".join(
        template.substitute(role=role, name=name, remark=escape(remark), clip=clip_uri(clip))
        for role, name, remark, clip in wanted
        if clip is not None
    )


def _choices(page: DemoPage) -> str:
    """Return one button per still for the split view."""
    return "\n".join(
        f'<button type="button" data-choose="{still.index}" aria-pressed="false">'
        f"{escape(rank_label(still.index, page.scores))}, frame {still.index}</button>"
        for still in page.stills
    )


def _still(still: Still, page: DemoPage) -> str:
    difference = amplified_difference(still.result, still.truth, gain=page.difference_gain)
    height, width = still.result.shape[:2]
    return Template(part("page_still.html")).substitute(
        index=still.index,
        time=f"{still.time:.3f}",
        psnr=decibels(still.psnr),
        label=escape(rank_label(still.index, page.scores)),
        first=picture_uri(still.first),
        last=picture_uri(still.last),
        result=picture_uri(still.result),
        truth=picture_uri(still.truth),
        difference=picture_uri(difference),
        gain=page.difference_gain,
        width=width,
        height=height,
    )


def _score_rows(page: DemoPage) -> str:
    """Return the scores of every made frame as table rows, the baselines' PSNR in the last columns."""
    rivals = [_psnr_by_frame(scores) for scores in page.baseline_scores.values()]
    return "\n".join(
        f'<tr><th scope="row">{score.index}</th><td>{score.time:.3f} s</td><td>{decibels(score.psnr)}</td>'
        f"<td>{score.ssim:.4f}</td><td>{score.ie:.2f}</td>"
        + "".join(f"<td>{rival.get(score.index, '')}</td>" for rival in rivals)
        + "</tr>"
        for score in made_scores(page.scores)
    )


def _psnr_by_frame(scores: Sequence[FrameScore]) -> dict[int, str]:
    return {score.index: decibels(score.psnr) for score in scores}


def _command(command: str) -> str:
    if not command:
        return ""
    return (
        f'<div class="command"><pre id="command">{escape(command)}</pre>'
        '<button type="button" data-copy="command">Copy</button></div>'
    )


def _script_data(page: DemoPage) -> str:
    """Return what the script needs as JSON that cannot end its script element."""
    rivals = {name: _psnr_by_frame(scores) for name, scores in page.baseline_scores.items()}
    frames = [
        {
            "index": score.index,
            "made": score.made,
            "psnr": decibels(score.psnr),
            "baselines": {name: known[score.index] for name, known in rivals.items() if score.index in known},
        }
        for score in page.scores
    ]
    return json.dumps({"rate": float(page.rate), "frames": frames}).replace("<", "\\u003c")
