"""The command that makes a film of a pool of images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frameloom.cli.commands.command import CHECKPOINT, COUNT, MEMORY, WHOLE, Command, command, whole
from frameloom.verbs.morph import morph

COMMANDS: dict[str, Command] = {
    "morph": command(
        morph,
        images=Path,
        output=Path,
        fps=str,
        formats=Sequence[str],
        hold=COUNT,
        between=COUNT,
        start=Path | None,
        smooth=COUNT,
        descriptor=Annotated[str | None, Parameter(name=("--descriptor", "--feature-method"))],
        descriptor_checkpoint=CHECKPOINT,
        audio=Path | None,
        checkpoint=CHECKPOINT,
        max_memory=MEMORY,
        iters=WHOLE,
        flow_checkpoint=CHECKPOINT,
        seed=WHOLE,
        crf=WHOLE,
        workers=Annotated[int | None, Parameter(name=("--workers", "--num-workers"), converter=whole)],
    ),
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "morph": (
        "frameloom morph photos/ film.mp4                    300 pictures in 10 s",
        "frameloom morph photos/ film.mp4 --start beach.jpg --duration 4 --hold 2",
        "frameloom morph photos/ film.mp4 --between 14       2 pictures a second",
        "frameloom morph photos/ film.mp4 --formats 1080x1920 1920x1080",
        "frameloom morph photos/ film.mp4 --grade reinhard --audio song.m4a",
    ),
}
