"""Commands that measure frames."""

import inspect
from collections.abc import Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from frameloom.cli.commands.command import (
    CHECKPOINT,
    COUNT,
    MEMORY,
    OUT,
    PATHS,
    WHOLE,
    WHOLES,
    Command,
    command,
    report,
    signed,
    whole,
)
from frameloom.cli.reporting import Reporting
from frameloom.verbs.measure import evaluate, leaderboard
from frameloom.verbs.patches import patches

_SIZE = Annotated[int, Parameter(name=("--size", "--image-size", "--resize"), converter=whole)]
_OUTPUTS = (".md", ".html")
_PATHS_HELP = "Results (.json), and perhaps a .md or .html file for the table."
_OUT_HELP = "The .md or .html file, instead of the last path."


def several_results(**annotations: Any) -> Command:
    """The `leaderboard` command: results, and perhaps an output last or behind --out."""

    @wraps(leaderboard)
    def run(*paths: Path, out: Path | None = None, reporting: Reporting | None = None, **options: Any) -> None:
        named = out is None and bool(paths) and _names_an_output(paths[-1], alone=len(paths) == 1)
        results, output = (paths[:-1], paths[-1]) if named else (paths, out)
        report(lambda: leaderboard(*results, output=output, **options), reporting)

    paths = PATHS.replace(annotation=Annotated[Path, Parameter(help=_PATHS_HELP)])
    out = OUT.replace(annotation=Annotated[Path | None, Parameter(name=("--out", "--output"), help=_OUT_HELP)])
    keywords = [item for item in inspect.signature(leaderboard).parameters.values() if item.kind is item.KEYWORD_ONLY]
    shown = [item for item in keywords if item.name != "output"]
    return signed(run, [paths, out, *shown], annotations)


def _names_an_output(path: Path, *, alone: bool) -> bool:
    """Whether the last path is meant for the table: by its suffix, or because it is no result and not there."""
    suffix = path.suffix.lower()
    return suffix in _OUTPUTS or not (alone or suffix == ".json" or path.exists())


COMMANDS: dict[str, Command] = {
    "evaluate": command(
        evaluate,
        checkpoint=Sequence[str] | None,
        metric_checkpoint=Sequence[str] | None,
        max_memory=MEMORY,
        iters=WHOLE,
        flow_checkpoint=Sequence[str] | None,
        seed=WHOLE,
        root=Path,
        factor=WHOLES,
        limit=WHOLE,
        worst=COUNT,
        output=Path | None,
    ),
    "patches": command(
        patches,
        required="output",
        source=Path,
        output=Path,
        checkpoint=CHECKPOINT,
        max_memory=MEMORY,
        fps=str | None,
        max_frames=COUNT,
        size=_SIZE,
        patch_size=WHOLE,
        only=Annotated[Sequence[Literal["position", "frame", "intra"]] | None, Parameter(consume_multiple=True)],
        visualize_positions=COUNT,
        batch=COUNT,
    ),
    "leaderboard": several_results(),
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "evaluate": (
        "frameloom evaluate dis blend --root sequences/      a table",
        "frameloom evaluate dis --root sequences/ --factor 4 --output scores.json",
        "frameloom evaluate dis blend --root sequences/ --metrics psnr tof cosine:hog",
        "frameloom evaluate dis --dataset snu-film-hard --root SNU-FILM/",
    ),
    "patches": (
        "frameloom patches walk.mp4 walk-patches/            edges, no weights",
        "frameloom patches walk.mp4 out/ --encoder color --fps 5",
        "frameloom patches walk.mp4 out/ --only position frame --size 224",
    ),
    "leaderboard": (
        "frameloom leaderboard rife.json dis.json            a table",
        "frameloom leaderboard results/*.json board.html     a page with charts",
    ),
}
