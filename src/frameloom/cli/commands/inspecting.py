"""The command that inspects frames."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frameloom.cli.commands.command import CHECKPOINT, COUNT, MEMORY, Command, command, whole
from frameloom.verbs.inspect import inspect

_SIZE = Annotated[
    int | None, Parameter(name=["--size", "--resize", "--image-size", "--comparison-size"], converter=whole)
]

COMMANDS: dict[str, Command] = {
    "inspect": command(
        inspect,
        checkpoint=CHECKPOINT,
        max_memory=MEMORY,
        video=Path,
        output=Path | None,
        size=_SIZE,
        worst=COUNT,
        fps=str | None,
    ),
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "inspect": (
        "frameloom inspect walk.mp4                          what is wrong, in words",
        "frameloom inspect walk.mp4 report/                  and a page to look at",
        "frameloom inspect frames/ report/ --kinds flicker tearing",
    ),
}
