"""Commands about indexes of pools of images."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from frameloom.cli.commands.command import COUNT, MEMORY, WHOLE, Command, command, whole
from frameloom.verbs.match import build_index, index_info, search_index

_WORDS = "--descriptor", "--feature-method"
_SIZE = "--size", "--comparison-size"
_WORKERS = "--workers", "--num-workers"

COMMANDS: dict[str, Command] = {
    "index build": command(
        build_index,
        images=Path,
        index=Path,
        descriptor=Annotated[str, Parameter(name=_WORDS)],
        size=Annotated[int, Parameter(name=_SIZE, converter=whole)],
        aspect=str,
        pooling_method=Annotated[Literal["avg", "gem"], Parameter(name=("--pooling-method", "--pooling"))],
        spatial_grid=COUNT,
        ivf_nlist=WHOLE,
        ivf_nprobe=WHOLE,
        max_memory=MEMORY,
        workers=Annotated[int | None, Parameter(name=_WORKERS, converter=whole)],
    ),
    "index search": command(search_index, index=Path, image=Path, count=COUNT, images=Path | None, output=Path | None),
    "index info": command(index_info, index=Path, images=Path | None),
}

GROUPS = {"index": "Makes indexes of folders of images, and finds similar images in them."}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "index build": (
        "frameloom index build photos/ photos.index",
        "frameloom index build photos/ photos.index --descriptor hog --aspect 4:3",
        "frameloom index build photos/ photos.index --recall 0.95 --max-memory 500M",
    ),
    "index search": (
        "frameloom index search photos.index beach.jpg       a table",
        "frameloom index search photos.index beach.jpg --output sheet.png",
    ),
    "index info": (
        "frameloom index info photos.index --check           is it up to date?",
        "frameloom index info photos.index --duplicates      which images are nearly the same?",
    ),
}
