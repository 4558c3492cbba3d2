"""Films of a pool, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.cli.summaries.units import rate, seconds
from frameloom.counting import counted
from frameloom.results.base import Result
from frameloom.results.morph import Morph

_SOUND = {"copied": ", with sound", "encoded": ", with sound (encoded)", "none": ""}


def _morph(made: Morph) -> str:
    shown = (
        f"{counted(len(made.pictures), 'picture')}, {made.distinct} of {counted(made.pool, 'image')} "
        f"({made.descriptor}, mean similarity {made.mean_similarity:.3f}, "
        f"least {made.least_similarity:.3f}; nearest first: {made.nearest_similarity:.3f})"
    )
    length = (
        f"{counted(made.frames, 'frame')} at {rate(made.rate)}, {float(made.duration):.3f} s long{_SOUND[made.sound]}"
    )
    lines = [f"{made.output}: {shown}; took {seconds(made.seconds)}"]
    if made.made:
        length += f"; {made.made} made by {made.model}"
    lines += [f"  {video.name}: {width}x{height}, {length}"
              for video, (height, width) in zip(made.videos, made.sizes, strict=True)]  # fmt: skip
    return "\n".join(lines)


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {Morph: _morph}
