"""The command that tests models on a clip."""

from collections.abc import Sequence
from pathlib import Path

from frameloom.cli.commands.command import COUNT, MEMORY, SEED, WHOLE, Command, command
from frameloom.verbs.selftest import selftest

COMMANDS: dict[str, Command] = {
    "selftest": command(
        selftest,
        video=Path,
        output=Path | None,
        samples=COUNT,
        seed=SEED,
        worst=COUNT,
        checkpoint=Sequence[str] | None,
        metric_checkpoint=Sequence[str] | None,
        max_memory=MEMORY,
        iters=WHOLE,
        flow_checkpoint=Sequence[str] | None,
        fps=str | None,
    ),
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "selftest": (
        "frameloom selftest walk.mp4                         which model is best on it",
        "frameloom selftest walk.mp4 tested/                 and a page to look at",
        "frameloom selftest walk.mp4 --models dis rife.dr --checkpoint weights/",
    ),
}
