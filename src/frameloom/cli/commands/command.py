"""Verbs as commands: the same words, with files in place of arrays and the options that every command has."""

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter, Token

from frameloom.cli.reporting import Reporting, print_result, show_progress, tell
from frameloom.cli.summaries import summary
from frameloom.errors import BatchError, InputError
from frameloom.progress import listening
from frameloom.results.base import Result
from frameloom.results.comparing import Comparisons
from frameloom.results.making import Batch

Command = Callable[..., None]

PATHS = inspect.Parameter(
    "paths",
    inspect.Parameter.VAR_POSITIONAL,
    annotation=Annotated[
        Path,
        Parameter(
            help="One or more inputs (videos, GIFs, folders of images, images), then the output. "
            "With several inputs, or a folder of such inputs, the output is a folder."
        ),
    ],
)
OUT = inspect.Parameter(
    "out",
    inspect.Parameter.KEYWORD_ONLY,
    annotation=Annotated[
        Path | None, Parameter(name=("--out", "--output"), help="The output, instead of the last path.")
    ],
    default=None,
)


def command(verb: Callable[..., Result], /, *, required: str = "", **annotations: Any) -> Command:
    """A command with the verb's parameters, `annotations` in place of those that a command line cannot take.

    `required` names a parameter that Python may leave out and the command line may not.
    """

    @wraps(verb)
    def run(*arguments: Any, reporting: Reporting | None = None, **options: Any) -> None:
        report(lambda: verb(*arguments, **options), reporting)

    parameters = [
        item.replace(default=inspect.Parameter.empty) if item.name == required else item
        for item in inspect.signature(verb).parameters.values()
    ]
    return signed(run, parameters, annotations)


def split_paths(
    paths: Sequence[Path], out: Path | None, *, example: str = "frameloom interpolate walk.mp4 smooth.mp4"
) -> tuple[list[Path], Path]:
    """Inputs and output; raises InputError where there is no output."""
    if out is not None:
        if not paths:
            raise InputError("there is no input; name at least one video, folder of images, or image")
        return list(paths), out
    if len(paths) < 2:
        raise InputError(f"an input and an output are needed: {example}")
    return list(paths[:-1]), paths[-1]


def signed(run: Command, parameters: list[inspect.Parameter], annotations: dict[str, Any]) -> Command:
    """Give the command the parameters that its help shows and its parser reads."""
    shown = [item.replace(annotation=annotations.get(item.name, item.annotation)) for item in parameters]
    shown = [_by_either_name(item) for item in shown]
    reporting = inspect.Parameter(
        "reporting", inspect.Parameter.KEYWORD_ONLY, annotation=Reporting | None, default=None
    )
    run.__annotations__ = {item.name: item.annotation for item in shown} | {"reporting": Reporting | None}
    run.__signature__ = inspect.Signature([*shown, reporting])  # type: ignore[attr-defined]  # what inspect looks for
    return run


def _by_either_name(item: inspect.Parameter) -> inspect.Parameter:
    """Every output answers to --output and to --out."""
    if item.name != "output":
        return item
    return item.replace(annotation=Annotated[item.annotation, Parameter(name=("--output", "--out"))])


def report(make: Callable[[], Result], reporting: Reporting | None) -> None:
    """Run a verb with progress and notices as asked, and print its result."""
    reporting = reporting or Reporting()
    silent = reporting.quiet
    progress = None if silent or reporting.json or not sys.stderr.isatty() else show_progress
    with listening(progress, None if silent else tell):
        result = make()
    print_result(result, summary(result), reporting)
    if isinstance(result, (Batch, Comparisons)) and result.failures:
        first = next(iter(result.failures.items()))
        more = f", and {len(result.failures) - 1} more" if len(result.failures) > 1 else ""
        undone = "not made" if isinstance(result, Batch) else "not compared"
        raise BatchError(f"{undone}: {first[0]}: {first[1]}{more}", result.failures)


def whole(kind: Any, tokens: Sequence[Token]) -> int:
    """Whole numbers only: the parser's own conversion would cut 2.5 to 2 without a word."""
    return wholes(kind, tokens)[0]


def wholes(kind: Any, tokens: Sequence[Token]) -> list[int]:
    """Several of them."""
    for token in tokens:
        if not re.fullmatch(r"[+-]?[0-9]+", token.value):
            raise ValueError(f"{token.value} is not a whole number")
    return [int(token.value) for token in tokens]


def cuts(kind: Any, tokens: Sequence[Token]) -> str | float:
    """A word as it is, for the verb to judge, or a number."""
    try:
        return float(tokens[0].value)
    except ValueError:
        return tokens[0].value


WHOLE = Annotated[int | None, Parameter(converter=whole)]
SEED = Annotated[int, Parameter(converter=whole)]
COUNT = Annotated[int, Parameter(converter=whole)]
CHECKPOINT = Path | None
MEMORY = str | None
CUTS = Annotated[Literal["auto", "off"] | float, Parameter(converter=cuts)]
WHOLES = Annotated[Sequence[int] | None, Parameter(converter=wholes)]
