"""Films of a pool, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.cli.summaries.units import rate, seconds
from frameloom.results.base import Result
from frameloom.results.morph import Morph

_SOUND = {"copied": ", with sound", "encoded": ", with sound (encoded)", "none": ""}


def _morph(made: Morph) -> str:
    shown = (
        f"{len(made.pictures)} pictures, {made.distinct} of {made.pool} images ({made.descriptor}, mean similarity "
        f"{made.mean_similarity:.3f}, least {made.least_similarity:.3f}; nearest first: {made.nearest_similarity:.3f})"
    )
    length = f"{made.frames} frames at {rate(made.rate)}, {float(made.duration):.3f} s long{_SOUND[made.sound]}"
    lines = [f"{made.output}: {shown}; took {seconds(made.seconds)}"]
    if made.made:
        length += f"; {made.made} made by {made.model}"
    lines += [f"  {video.name}: {width}x{height}, {length}"
              for video, (height, width) in zip(made.videos, made.sizes, strict=True)]  # fmt: skip
    return "\n".join(lines)


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {Morph: _morph}
