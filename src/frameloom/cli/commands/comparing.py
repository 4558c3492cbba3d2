"""Commands that compare images."""

import inspect
from collections.abc import Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from frameloom.cli.commands.command import CHECKPOINT, COUNT, MEMORY, OUT, PATHS, WHOLE, Command, report, signed
from frameloom.cli.reporting import Reporting
from frameloom.errors import InputError
from frameloom.verbs.compare import compare, compare_pairs

_PATHS_HELP = "Two images, and perhaps a folder for what is written. With --config: the folder alone."
_OUT_HELP = "The folder, instead of the last path."
_CONFIG_HELP = (
    "A JSON file with many pairs: a list of objects with image_a, image_b and perhaps label. "
    "One table for all goes to the folder; paths are relative to the file."
)
_EXAMPLE = "frameloom compare a.png b.png"


def two_images_or_a_list(**annotations: Any) -> Command:
    """The `compare` command: two images, or the pairs of a file."""

    @wraps(compare)
    def run(
        *paths: Path,
        out: Path | None = None,
        config: Path | None = None,
        reporting: Reporting | None = None,
        **options: Any,
    ) -> None:
        if config is not None:
            folder = _output(paths, out, inputs=0)
            if folder is None:
                raise InputError("--config needs a folder for its results: frameloom compare --config pairs.json out/")
            report(lambda: compare_pairs(config, folder, **options), reporting)
            return
        folder = _output(paths, out, inputs=2)
        report(lambda: compare(paths[0], paths[1], folder, **options), reporting)

    paths = PATHS.replace(annotation=Annotated[Path, Parameter(help=_PATHS_HELP)])
    out = OUT.replace(annotation=Annotated[Path | None, Parameter(name=["--out", "--output"], help=_OUT_HELP)])
    config = inspect.Parameter(
        "config", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[Path | None, Parameter(help=_CONFIG_HELP)],
        default=None,
    )  # fmt: skip
    keywords = [item for item in inspect.signature(compare).parameters.values() if item.kind is item.KEYWORD_ONLY]
    return signed(run, [paths, out, config, *keywords], annotations)


def _output(paths: Sequence[Path], out: Path | None, *, inputs: int) -> Path | None:
    """The folder behind the inputs, or --out; raises InputError where there are too few or too many paths."""
    most = inputs + (out is None)
    if len(paths) < inputs:
        raise InputError(f"two images are needed: {_EXAMPLE}")
    if len(paths) > most:
        raise InputError(f"{len(paths)} paths are too many here; {_PATHS_HELP[0].lower()}{_PATHS_HELP[1:]}")
    return out if len(paths) == inputs else paths[-1]


COMMANDS: dict[str, Command] = {
    "compare": two_images_or_a_list(
        encoder=Annotated[str, Parameter(name=["--encoder", "--model-name"])],
        checkpoint=CHECKPOINT,
        max_memory=MEMORY,
        size=Annotated[WHOLE, Parameter(name=["--size", "--resize", "--image-size", "--comparison-size"])],
        arrow_stride=COUNT,
        pca=Annotated[bool, Parameter(negative="--no-pca")],
    ),
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "compare": (
        "frameloom compare a.png b.png                       a number",
        "frameloom compare a.png b.png out/ --visualize      pictures too",
        "frameloom compare --config pairs.json out/          a table of many",
    ),
}
