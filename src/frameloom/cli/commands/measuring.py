"""Commands that measure frames."""

from collections.abc import Sequence
from pathlib import Path

from frameloom.cli.commands.command import (
    COUNT,
    MEMORY,
    WHOLE,
    WHOLES,
    Command,
    command,
)
from frameloom.verbs.measure import evaluate

COMMANDS: dict[str, Command] = {
    "evaluate": command(
        evaluate,
        checkpoint=Sequence[str] | None,
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
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "evaluate": (
        "frameloom evaluate dis blend --root sequences/      a table",
        "frameloom evaluate dis --root sequences/ --factor 4 --output scores.json",
        "frameloom evaluate dis --dataset snu-film-hard --root SNU-FILM/",
    ),
}
