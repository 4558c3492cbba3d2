"""Commands that make collages."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from frameloom.cli.commands.command import CHECKPOINT, COUNT, MEMORY, SEED, WHOLE, Command, command, whole
from frameloom.verbs.collage import collage, compare_methods

COMMANDS: dict[str, Command] = {
    "collage": command(
        collage,
        video=Path,
        images=Path,
        output=Path,
        descriptor=Annotated[str | None, Parameter(name=("--descriptor", "--feature-method"))],
        repeat=Annotated[bool, Parameter(name="--repeat", negative="--no-repeat")],
        search_depth=Annotated[int, Parameter(name=("--search-depth", "--top-n"), converter=whole)],
        seed=SEED,
        hold=COUNT,
        size=Annotated[int, Parameter(name=("--size", "--comparison-size"), converter=whole)],
        pooling_method=Annotated[Literal["avg", "gem"], Parameter(name=("--pooling-method", "--pooling"))],
        spatial_grid=COUNT,
        ivf_nlist=WHOLE,
        ivf_nprobe=WHOLE,
        max_memory=MEMORY,
        checkpoint=CHECKPOINT,
        fps_override=str | None,
        demo_images=COUNT,
        frames=Annotated[bool, Parameter(name="--frames", negative="--no-frames")],
        save_samples=COUNT,
        sample_interval=COUNT,
        crf=WHOLE,
        checkpoint_batch=COUNT,
        workers=Annotated[int | None, Parameter(name=("--workers", "--num-workers"), converter=whole)],
    ),
    "compare-methods": command(
        compare_methods,
        video=Path,
        images=Path,
        output=Path,
        frames=COUNT,
        top_k=COUNT,
        seed=SEED,
        size=Annotated[int, Parameter(name=("--size", "--comparison-size"), converter=whole)],
        spatial_grid=COUNT,
        demo_images=WHOLE,
    ),
}

EXAMPLES: dict[str, tuple[str, ...]] = {
    "collage": (
        "frameloom collage walk.mp4 photos/ collage.mp4      a video, with sound",
        "frameloom collage walk.mp4 photos/ out/ --no-repeat a folder; no image twice",
        "frameloom collage walk.mp4 photos/ out/ --no-repeat --assign optimal",
        "frameloom collage walk.mp4 photos/ out/ --descriptor hog --save-samples 20",
        "frameloom collage walk.mp4 photos/ calm.mp4 --hold 5 --smooth 0.05",
        "frameloom collage walk.mp4 photos/ out/ --demo      quickly: 20 s, 1000 images",
    ),
    "compare-methods": ("frameloom compare-methods walk.mp4 photos/ compared/ --frames 5 --top-k 3",),
}
