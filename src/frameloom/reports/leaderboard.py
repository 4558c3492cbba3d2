"""One HTML page that compares models: tables, quality against speed, the worst frames side by side."""

from collections import defaultdict
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

import numpy as np

from frameloom.benchmark.leaderboard import SavedEvaluation
from frameloom.benchmark.means import headed, number
from frameloom.images import read_image
from frameloom.reports.document import document, part
from frameloom.reports.page_pictures import picture_uri
from frameloom.reports.scatter import Dot, scatter
from frameloom.results.measuring import Board, MetricScale, ShownFrame, Standing

_MOST_FRAMES = 12
"""Worst frames that a board shows: more make a page that nobody loads."""
_HASH = 12  # digits that tell files apart by eye


def leaderboard_page(boards: Sequence[tuple[Board, Sequence[SavedEvaluation]]]) -> str:
    """Return the boards, each with the evaluations that it is of, as one HTML document with its pictures inside.

    Raises:
        CannotOpen: a picture that an evaluation names is damaged; one that is gone is left out.
    """
    models = len({standing.model for board, _ in boards for standing in board.standings})
    noun = "model" if models == 1 else "models"
    title = "Restored frames against true ones"
    body = Template(part("leaderboard.html")).substitute(
        title=title,
        subtitle=f"{models} {noun}, {', '.join(dict.fromkeys(escape(board.dataset) for board, _ in boards))}",
        boards="\n".join(_board(board, saved) for board, saved in boards),
    )
    return document(title=title, body=body, styles=("leaderboard.css",))


def _board(board: Board, saved: Sequence[SavedEvaluation]) -> str:
    remark = (
        f'<p class="remark">Not as published: {escape("; ".join(board.departures))}.</p>' if board.departures else ""
    )
    return "\n".join(
        [
            "<section>",
            f"<h2>{escape(board.dataset)}, {escape(board.protocol)}</h2>",
            f'<div class="scroll" tabindex="0" role="region" aria-label="Scores">{_table(board)}</div>',
            remark,
            f'<p class="hint">Files {escape(board.files_sha256[:_HASH])}.</p>',
            f'<div class="charts">{_charts(board)}</div>',
            _worst(board, saved),
            "</section>",
        ]
    )


def _table(board: Board) -> str:
    heads = "".join(
        f'<th scope="col">{escape(scale.title)}{f" ({escape(scale.unit)})" if scale.unit else ""}'
        f' <span class="direction">{"higher" if scale.higher_is_better else "lower"} is better</span></th>'
        f'<th scope="col">worst 5&nbsp;%</th>'
        for scale in board.scales
    )
    rows = "\n".join(_row(item, board) for item in board.standings)
    return (
        f'<table><thead><tr><th scope="col">Model</th><th scope="col">Factor</th>{heads}'
        f'<th scope="col">CPU s <span class="direction">per megapixel</span></th><th scope="col">Frames</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(item: Standing, board: Board) -> str:
    cells = [f'<th scope="row">{escape(item.model)}</th><td>{item.factor}x</td>']
    for scale in board.scales:
        low, high = (number(end, scale) for end in item.intervals[scale.name])
        best = ' class="best"' if _is_best(item, board, scale) else ""
        value, worst = number(item.values[scale.name], scale), number(item.tails[scale.name]["p5"], scale)
        cells.append(f'<td{best}>{value} <span class="spread">{low} to {high}</span></td><td>{worst}</td>')
    cells.append(f"<td>{item.cpu_seconds_per_megapixel:.3f}</td><td>{item.frames}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _is_best(item: Standing, board: Board, scale: MetricScale) -> bool:
    rivals = [other.values[scale.name] for other in board.standings if other.factor == item.factor]
    numbers = [value for value in rivals if not np.isnan(value)]
    pick = max if scale.higher_is_better else min
    return len(rivals) > 1 and bool(numbers) and item.values[scale.name] == pick(numbers)


def _charts(board: Board) -> str:
    """A chart for each metric and factor."""
    charts: list[str] = []
    for factor in sorted({item.factor for item in board.standings}):
        shown = [item for item in board.standings if item.factor == factor]
        for scale in board.scales:
            dots = [_dot(item, scale) for item in shown]
            title = f"{headed(scale)}, {factor}x"
            chart = scatter(dots, title=title, higher_is_better=scale.higher_is_better)
            charts += [f"<figure>{chart}</figure>"] if chart else []
    return "\n".join(charts)


def _dot(item: Standing, scale: MetricScale) -> Dot:
    low, high = item.intervals[scale.name]
    return Dot(
        name=item.model, seconds=item.cpu_seconds_per_megapixel, value=item.values[scale.name], low=low, high=high
    )


def _worst(board: Board, saved: Sequence[SavedEvaluation]) -> str:
    """What models made of the worst frames, beside the truth."""
    by_frame: dict[tuple[str, int, int], dict[str, tuple[ShownFrame, SavedEvaluation]]] = defaultdict(dict)
    for item in saved:
        for shown in item.pictures:
            if (item.path.parent / shown.file).is_file():
                name = "truth" if shown.model is None else _name_on_board(shown, item.path, board)
                by_frame[shown.sequence, shown.factor, shown.frame][name] = (shown, item)
    if not by_frame:
        return ""
    figures = [_frame(key, pictures, board.scales[0]) for key, pictures in list(by_frame.items())[:_MOST_FRAMES]]
    return "\n".join(['<h2 class="after">Worst frames</h2>', *figures])


def _name_on_board(shown: ShownFrame, source: Path, board: Board) -> str:
    """Models of one name bear that of their file there."""
    own = {item.model for item in board.standings if item.source == source and item.factor == shown.factor}
    return next((name for name in own if name in (shown.model, f"{shown.model} ({source.stem})")), str(shown.model))


def _frame(
    key: tuple[str, int, int], pictures: dict[str, tuple[ShownFrame, SavedEvaluation]], scale: MetricScale
) -> str:
    sequence, factor, frame = key
    figures: list[str] = []
    for name, (shown, item) in sorted(pictures.items(), key=lambda entry: entry[1][0].model is not None):
        pixels = read_image(item.path.parent / shown.file)[..., :3].astype(np.uint8)
        score = "" if shown.model is None else f", {scale.title} {_score(shown, item, scale)} {scale.unit}".rstrip()
        figures.append(
            f'<figure><img src="{picture_uri(np.ascontiguousarray(pixels))}" alt="{escape(name)}, {escape(sequence)} '
            f'frame {frame}"><figcaption><strong>{escape(name)}</strong>{escape(score)}</figcaption></figure>'
        )
    head = f"<h3>{escape(sequence)}, frame {frame}, {factor}x</h3>"
    return f'<article class="worst">{head}<div class="row">{"".join(figures)}</div></article>'


def _score(shown: ShownFrame, item: SavedEvaluation, scale: MetricScale) -> str:
    key = (shown.model, shown.sequence, shown.factor, shown.frame)
    for row in item.record["rows"]:
        if (row["model"], row["sequence"], row["factor"], row["frame"]) == key:
            return number(float(row["values"][scale.name]), scale)
    return "not measured"
