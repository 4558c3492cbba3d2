"""Commands that make frames."""

import inspect
from collections.abc import Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from frameloom.cli.commands.command import (
    CHECKPOINT,
    COUNT,
    CUTS,
    MEMORY,
    OUT,
    PATHS,
    SEED,
    WHOLE,
    WHOLES,
    Command,
    command,
    report,
    signed,
    split_paths,
)
from frameloom.cli.reporting import Reporting
from frameloom.errors import InputError
from frameloom.verbs.between import between
from frameloom.verbs.demo import demo
from frameloom.verbs.flow import flow, flow_of_video
from frameloom.verbs.interpolate import interpolate, interpolate_all, is_collection

_FLOW_PATHS = (
    "Two images, then a file: .flo, or an image. Or a video, animation or folder of images, then a folder for one file "
    "per pair of frames."
)


def many_inputs(**annotations: Any) -> Command:
    """The `interpolate` command: one input or many, the output last or behind --out."""

    @wraps(interpolate)
    def run(*paths: Path, out: Path | None = None, reporting: Reporting | None = None, **options: Any) -> None:
        sources, output = split_paths(paths, out)
        if len(sources) == 1 and not is_collection(sources[0]):
            report(lambda: interpolate(sources[0], output, **options), reporting)
        else:
            report(lambda: interpolate_all(sources, output, **options), reporting)

    keywords = [item for item in inspect.signature(interpolate).parameters.values() if item.kind is item.KEYWORD_ONLY]
    return signed(run, [PATHS, OUT, *keywords], annotations)


def two_images_or_a_video(**annotations: Any) -> Command:
    """The `flow` command: two images or one video, the output last or behind --out."""

    @wraps(flow)
    def run(*paths: Path, out: Path | None = None, reporting: Reporting | None = None, **options: Any) -> None:
        sources, output = split_paths(paths, out, example="frameloom flow a.png b.png flow.flo")
        if len(sources) > 2:
            raise InputError(f"{len(sources)} inputs; a flow is found between two images, or in one video")
        if len(sources) == 1:
            report(lambda: flow_of_video(sources[0], output, **options), reporting)
        else:
            report(lambda: flow(sources[0], sources[1], output, **options), reporting)

    paths = PATHS.replace(annotation=Annotated[Path, Parameter(help=_FLOW_PATHS)])
    keywords = [item for item in inspect.signature(flow).parameters.values() if item.kind is item.KEYWORD_ONLY]
    return signed(run, [paths, OUT, *keywords], annotations)


COMMANDS: dict[str, Command] = {
    "interpolate": many_inputs(
        checkpoint=CHECKPOINT,
        max_memory=MEMORY,
        iters=WHOLE,
        flow_checkpoint=CHECKPOINT,
        seed=WHOLE,
        fps=str | None,
        slow=str | None,
        factor=WHOLE,
        num=WHOLES,
        crf=WHOLE,
        cuts=CUTS,
        workers=COUNT,
    ),
    "between": command(
        between,
        required="output",
        checkpoint=CHECKPOINT,
        max_memory=MEMORY,
        iters=WHOLE,
        flow_checkpoint=CHECKPOINT,
        seed=WHOLE,
        first=Path,
        last=Path,
        output=Path,
        samples=COUNT,
        at=Sequence[float] | None,
        num=WHOLES,
        maps=Sequence[Path] | None,
        motion=Path | None,
        fps=str,
    ),
    "flow": two_images_or_a_video(checkpoint=CHECKPOINT, max_memory=MEMORY),
    "demo": command(
        demo,
        checkpoint=CHECKPOINT,
        max_memory=MEMORY,
        iters=WHOLE,
        flow_checkpoint=CHECKPOINT,
        video=Path | None,
        output=Path,
        seed=SEED,
    ),
}

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
    "demo": (
        "frameloom demo                                      a drawn scene",
        "frameloom demo walk.mp4                             your own clip",
    ),
}
