"""Collages, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.cli.summaries.units import rate, seconds
from frameloom.counting import counted
from frameloom.results.base import Result
from frameloom.results.collage import BestChoice, Calm, Collage, MethodComparison

_SOUND = {"copied": ", with sound", "left out": ", without the sound", "dropped": ", without the sound", "none": ""}


def _collage(made: Collage) -> str:
    similar = "" if made.mean_similarity is None else f", mean similarity {made.mean_similarity:.3f}"
    shown = (
        f"{counted(made.frames, 'frame')} by {made.distinct} of {counted(made.pool, 'image')} "
        f"({made.descriptor}{similar})"
    )
    lines = [f"{made.output}: {shown}; took {seconds(made.seconds)}"]
    if made.video is not None:
        length = f"{counted(made.frames_written, 'frame')} at {rate(made.rate)}, {float(made.duration):.3f} s long"
        lines.append(f"  {made.video.name}: {length}{_SOUND[made.sound]}")
    if made.search != "exact":
        settings = ", ".join(f"{name} {number}" for name, number in made.search_settings.items())
        measured = "" if made.search_recall is None else f": recall@10 {made.search_recall:.3f} on a sample of the pool"
        lines.append(f"  searched by {made.search} ({settings}){measured}")
    if made.near_duplicates:
        were, are = ("was", "it is") if made.near_duplicates == 1 else ("were", "they are")
        left_out = f"{counted(made.near_duplicates, 'image')} {were} left out"
        lines.append(f"  {left_out} because {are} nearly the same as others")
    if made.best_choice is not None:
        lines.append(f"  {_best_choice(made.best_choice)}")
    if made.calm is not None:
        lines.append(_calm(made.calm))
    if made.below:
        fate = f"{made.kept} of them show themselves" if made.kept else "another image is shown"
        have = "has" if made.below == 1 else "have"
        lines.append(f"  {counted(made.below, 'frame')} {have} no image that is similar enough: {fate}")
    return "\n".join(lines)


def _best_choice(best: BestChoice) -> str:
    known = "no choice without repeats is better" if best.proved else "the bound is for the images that the index found"
    return f"sum of similarities {best.objective:.6f}, at most {best.bound:.6f}, gap {best.gap:.1e}: {known}"


def _calm(calm: Calm) -> str:
    proof = (
        "no choice has more" if not calm.gap else f"no choice has more than {calm.bound:.3f}, a gap of {calm.gap:.2g}"
    )
    return (
        f"  calm: {counted(calm.switches, 'change')} of the picture, {calm.switches_per_second:.2f} a second; mean "
        f"difference from frame to frame {calm.difference:.4f}, of the video {calm.source_difference:.4f}\n"
        f"  objective {calm.objective:.3f}, of {counted(calm.candidates, 'image')} {proof}"
    )


def _comparison(made: MethodComparison) -> str:
    return f"{made.table}\n{made.output}: {counted(len(made.pictures), 'picture')} of what they find"


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {
    Collage: _collage,
    MethodComparison: _comparison,
}
