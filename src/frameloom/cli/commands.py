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
from frameloom.results import Batch, Result
from frameloom.verbs.flow import flow, flow_of_video
from frameloom.verbs.make import between, demo, interpolate, interpolate_all, is_collection
from frameloom.verbs.measure import doctor, evaluate
from frameloom.verbs.models import models_convert, models_fetch, models_identify, models_list, models_show

Command = Callable[..., None]

_PATHS = inspect.Parameter(
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
_OUT = inspect.Parameter(
    "out",
    inspect.Parameter.KEYWORD_ONLY,
    annotation=Annotated[Path | None, Parameter(help="The output, instead of the last path.")],
    default=None,
)


def command(verb: Callable[..., Result], /, *, required: str = "", **annotations: Any) -> Command:
    """A command with the verb's parameters, `annotations` in place of those that a command line cannot take.

    `required` names a parameter that Python may leave out and the command line may not.
    """

    @wraps(verb)
    def run(*arguments: Any, reporting: Reporting | None = None, **options: Any) -> None:
        _report(lambda: verb(*arguments, **options), reporting)

    parameters = [
        item.replace(default=inspect.Parameter.empty) if item.name == required else item
        for item in inspect.signature(verb).parameters.values()
    ]
    return _signed(run, parameters, annotations)


def many_inputs(**annotations: Any) -> Command:
    """The `interpolate` command: one input or many, the output last or behind --out."""

    @wraps(interpolate)
    def run(*paths: Path, out: Path | None = None, reporting: Reporting | None = None, **options: Any) -> None:
        sources, output = _split(paths, out)
        if len(sources) == 1 and not is_collection(sources[0]):
            _report(lambda: interpolate(sources[0], output, **options), reporting)
        else:
            _report(lambda: interpolate_all(sources, output, **options), reporting)

    keywords = [item for item in inspect.signature(interpolate).parameters.values() if item.kind is item.KEYWORD_ONLY]
    return _signed(run, [_PATHS, _OUT, *keywords], annotations)


def two_images_or_a_video(**annotations: Any) -> Command:
    """The `flow` command: two images or one video, the output last or behind --out."""

    @wraps(flow)
    def run(*paths: Path, out: Path | None = None, reporting: Reporting | None = None, **options: Any) -> None:
        sources, output = _split(paths, out, example="frameloom flow a.png b.png flow.flo")
        if len(sources) > 2:
            raise InputError(f"{len(sources)} inputs; a flow is found between two images, or in one video")
        if len(sources) == 1:
            _report(lambda: flow_of_video(sources[0], output, **options), reporting)
        else:
            _report(lambda: flow(sources[0], sources[1], output, **options), reporting)

    paths = _PATHS.replace(annotation=Annotated[Path, Parameter(help=_FLOW_PATHS)])
    keywords = [item for item in inspect.signature(flow).parameters.values() if item.kind is item.KEYWORD_ONLY]
    return _signed(run, [paths, _OUT, *keywords], annotations)


_FLOW_PATHS = (
    "Two images, then a file: .flo, or an image. Or a video, animation or folder of images, then a folder for one file "
    "per pair of frames."
)


def _split(
    paths: Sequence[Path], out: Path | None, *, example: str = "frameloom interpolate walk.mp4 smooth.mp4"
) -> tuple[list[Path], Path]:
    if out is not None:
        if not paths:
            raise InputError("there is no input; name at least one video, folder of images, or image")
        return list(paths), out
    if len(paths) < 2:
        raise InputError(f"an input and an output are needed: {example}")
    return list(paths[:-1]), paths[-1]


def _signed(run: Command, parameters: list[inspect.Parameter], annotations: dict[str, Any]) -> Command:
    """Give the command the parameters that its help shows and its parser reads."""
    shown = [item.replace(annotation=annotations.get(item.name, item.annotation)) for item in parameters]
    reporting = inspect.Parameter(
        "reporting", inspect.Parameter.KEYWORD_ONLY, annotation=Reporting | None, default=None
    )
    run.__annotations__ = {item.name: item.annotation for item in shown} | {"reporting": Reporting | None}
    run.__signature__ = inspect.Signature([*shown, reporting])  # type: ignore[attr-defined]  # what inspect looks for
    return run


def _report(make: Callable[[], Result], reporting: Reporting | None) -> None:
    """Run a verb with progress and notices as asked, and print its result."""
    reporting = reporting or Reporting()
    silent = reporting.quiet
    progress = None if silent or reporting.json or not sys.stderr.isatty() else show_progress
    with listening(progress, None if silent else tell):
        result = make()
    print_result(result, summary(result), reporting)
    if isinstance(result, Batch) and result.failures:
        first = next(iter(result.failures.items()))
        more = f", and {len(result.failures) - 1} more" if len(result.failures) > 1 else ""
        raise BatchError(f"not made: {first[0]}: {first[1]}{more}", result.failures)


def _whole(kind: Any, tokens: Sequence[Token]) -> int:
    """Whole numbers only: the parser's own conversion would cut 2.5 to 2 without a word."""
    return _wholes(kind, tokens)[0]


def _wholes(kind: Any, tokens: Sequence[Token]) -> list[int]:
    for token in tokens:
        if not re.fullmatch(r"[+-]?[0-9]+", token.value):
            raise ValueError(f"{token.value} is not a whole number")
    return [int(token.value) for token in tokens]


def _cuts(kind: Any, tokens: Sequence[Token]) -> str | float:
    """A word as it is, for the verb to judge, or a number."""
    try:
        return float(tokens[0].value)
    except ValueError:
        return tokens[0].value


_WHOLE = Annotated[int | None, Parameter(converter=_whole)]
_SEED = Annotated[int, Parameter(converter=_whole)]
_COUNT = Annotated[int, Parameter(converter=_whole)]
_CHECKPOINT = Path | None
_MEMORY = str | None
_CUTS = Annotated[Literal["auto", "off"] | float, Parameter(converter=_cuts)]
_WHOLES = Annotated[Sequence[int] | None, Parameter(converter=_wholes)]


COMMANDS: dict[str, Command] = {
    "interpolate": many_inputs(
        checkpoint=_CHECKPOINT,
        max_memory=_MEMORY,
        iters=_WHOLE,
        flow_checkpoint=_CHECKPOINT,
        seed=_WHOLE,
        fps=str | None,
        slow=str | None,
        factor=_WHOLE,
        num=_WHOLES,
        crf=_WHOLE,
        cuts=_CUTS,
        workers=_COUNT,
    ),
    "between": command(
        between,
        required="output",
        checkpoint=_CHECKPOINT,
        max_memory=_MEMORY,
        iters=_WHOLE,
        flow_checkpoint=_CHECKPOINT,
        seed=_WHOLE,
        first=Path,
        last=Path,
        output=Path,
        samples=_COUNT,
        at=Sequence[float] | None,
        num=_WHOLES,
        maps=Sequence[Path] | None,
        motion=Path | None,
        fps=str,
    ),
    "flow": two_images_or_a_video(checkpoint=_CHECKPOINT, max_memory=_MEMORY),
    "evaluate": command(
        evaluate,
        checkpoint=Sequence[str] | None,
        max_memory=_MEMORY,
        iters=_WHOLE,
        flow_checkpoint=Sequence[str] | None,
        seed=_WHOLE,
        root=Path,
        factor=_WHOLES,
        limit=_WHOLE,
        output=Path | None,
    ),
    "demo": command(
        demo,
        checkpoint=_CHECKPOINT,
        max_memory=_MEMORY,
        iters=_WHOLE,
        flow_checkpoint=_CHECKPOINT,
        video=Path | None,
        output=Path,
        seed=_SEED,
    ),
    "doctor": command(doctor),
    "models list": command(models_list),
    "models show": command(models_show),
    "models fetch": command(models_fetch),
    "models identify": command(models_identify, file=Path),
    "models convert": command(models_convert, file=Path, output=Path),
}
"""Words as they are typed; those before the last name a group."""

GROUPS = {"models": "Lists models, and finds, fetches, recognises and converts their checkpoints."}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "interpolate": (
        "frameloom interpolate walk.mp4 smooth.mp4           twice the rate",
        "frameloom interpolate walk.mp4 smooth.mp4 --fps 60  60 frames a second",
        "frameloom interpolate walk.mp4 slow.mp4 --slow 4    four times longer",
        "frameloom interpolate photos/ film.mp4 --num 3      3 between every two",
        "frameloom interpolate a.mp4 b.mp4 smooth/           several at once",
    ),
    "between": (
        "frameloom between a.png b.png out/                  the one halfway",
        "frameloom between a.png b.png out/ --at 0.25 0.5    where you say",
        "frameloom between a.png b.png out/ --num 7 --gif    seven, and a GIF",
        "frameloom between a.png b.png out/ --num 7 --motion motion.json",
    ),
    "flow": (
        "frameloom flow a.png b.png flow.flo                 numbers",
        "frameloom flow a.png b.png flow.png                 a picture",
        "frameloom flow a.png b.png flow.png --form kitti    16-bit numbers",
        "frameloom flow walk.mp4 flows/ --form wheel --longest 20",
    ),
    "evaluate": (
        "frameloom evaluate dis blend --root sequences/      a table",
        "frameloom evaluate dis --root sequences/ --factor 4 --output scores.json",
    ),
    "demo": (
        "frameloom demo                                      a drawn scene",
        "frameloom demo walk.mp4                             your own clip",
    ),
    "models list": ("frameloom models list --json",),
    "models show": (
        "frameloom models show rife.dr-pro",
        "frameloom models show RIFE/DR-RIFE-pro              the authors' name",
    ),
    "models fetch": ("frameloom models fetch rife.dr-pro",),
    "models identify": ("frameloom models identify flownet_sdi.pkl",),
    "models convert": ("frameloom models convert flownet_sdi.pkl rife.dr.safetensors",),
}
"""What each command's help ends with; lines fit a terminal of 80 columns."""
