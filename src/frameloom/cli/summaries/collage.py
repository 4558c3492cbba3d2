"""Collages, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.cli.summaries.units import rate, seconds
from frameloom.results.base import Result
from frameloom.results.collage import Collage, MethodComparison

_SOUND = {"copied": ", with sound", "left out": ", without the sound", "dropped": ", without the sound", "none": ""}


def _collage(made: Collage) -> str:
    shown = (
        f"{made.frames} frames by {made.distinct} of {made.pool} images ({made.descriptor}, "
        f"mean similarity {made.mean_similarity:.3f})"
    )
    lines = [f"{made.output}: {shown}; took {seconds(made.seconds)}"]
    if made.video is not None:
        length = f"{made.frames_written} frames at {rate(made.rate)}, {float(made.duration):.3f} s long"
        lines.append(f"  {made.video.name}: {length}{_SOUND[made.sound]}")
    if made.search != "exact":
        settings = ", ".join(f"{name} {number}" for name, number in made.search_settings.items())
        measured = "" if made.search_recall is None else f": recall@10 {made.search_recall:.3f} on a sample of the pool"
        lines.append(f"  searched by {made.search} ({settings}){measured}")
    if made.near_duplicates:
        lines.append(f"  {made.near_duplicates} images were left out because they are nearly the same as others")
    if made.below:
        fate = f"{made.kept} of them show themselves" if made.kept else "another image is shown"
        lines.append(f"  {made.below} frames have no image that is similar enough: {fate}")
    return "\n".join(lines)


def _comparison(made: MethodComparison) -> str:
    return f"{made.table}\n{made.output}: {len(made.pictures)} pictures of what they find"


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {
    Collage: _collage,
    MethodComparison: _comparison,
}
