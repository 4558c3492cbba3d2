"""Commands that measure frames."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from frameloom.cli.commands.command import (
    CHECKPOINT,
    COUNT,
    MEMORY,
    WHOLE,
    WHOLES,
    Command,
    command,
    whole,
)
from frameloom.verbs.measure import evaluate
from frameloom.verbs.patches import patches

_SIZE = Annotated[int, Parameter(name=("--size", "--image-size", "--resize"), converter=whole)]

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
        output=Path | None,
    ),
    "patches": command(
        patches,
        required="output",
        source=Path,
        output=Annotated[Path, Parameter(name=("--output", "--out"))],
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
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "evaluate": (
        "frameloom evaluate dis blend --root sequences/      a table",
        "frameloom evaluate dis --root sequences/ --factor 4 --output scores.json",
        "frameloom evaluate dis blend --root sequences/ --metrics psnr tof cosine:hog",
    ),
    "patches": (
        "frameloom patches walk.mp4 walk-patches/            edges, no weights",
        "frameloom patches walk.mp4 out/ --encoder color --fps 5",
        "frameloom patches walk.mp4 out/ --only position frame --size 224",
    ),
}
