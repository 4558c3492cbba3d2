"""Frames that were made, in a few lines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from frameloom.cli.summaries.units import rate, seconds
from frameloom.counting import counted
from frameloom.results.base import Result
from frameloom.results.making import Batch, Between, Demonstration, FlowField, Interpolation, VideoFlow

_SOUND = {
    "copied": ", with sound",
    "stretched": ", with sound",
    "left out": ", without the sound",
    "dropped": ", without the sound",
    "none": "",
}


def _interpolation(made: Interpolation) -> str:
    repeats = f", {counted(made.held, 'repeat')} re-timed" if made.held else ""
    sound = _SOUND[made.sound]
    return (
        f"{made.output}: {counted(made.frames_written, 'frame')} ({made.frames_made} made by {made.model}{repeats}) "
        f"at {rate(made.rate)}, {float(made.duration):.3f} s long{sound}; took {seconds(made.seconds)}"
    )


def _batch(batch: Batch) -> str:
    lines = [_interpolation(made) for made in batch.results]
    lines += [f"{source}: not made: {why}" for source, why in batch.failures.items()]
    total = len(batch.results) + len(batch.failures)
    return "\n".join([*lines, f"{len(batch.results)} of {total} made"])


def _between(made: Between) -> str:
    drawn = f", {made.samples} samples" if made.samples > 1 else ""
    new = f"{counted(len(made.moments), 'new image')} by {made.model}{drawn}"
    return f"{made.output}: {new}, {counted(len(made.files), 'file')} with both inputs"


def _flow(made: FlowField) -> str:
    height, width = made.size
    return (
        f"{made.output}: flow by {made.model} ({made.form}), {width}x{height}, "
        f"mean {made.mean:.2f} px, longest {made.longest:.1f} px"
    )


def _video_flow(made: VideoFlow) -> str:
    return (
        f"{made.output}: {counted(made.flows, 'flow')} by {made.model} ({made.form}), longest {made.longest:.1f} px; "
        f"took {seconds(made.seconds)}"
    )


def _demonstration(shown: Demonstration) -> str:
    rivals = ", ".join(f"{name} {values['psnr']:.2f} dB" for name, values in shown.baselines.items())
    return (
        f"{counted(shown.frames, 'frame')} restored by {shown.model}: {shown.psnr:.2f} dB PSNR, {shown.ssim:.4f} SSIM "
        f"({rivals})\nopen {Path(shown.page).resolve()} in a browser to see them; took {seconds(shown.seconds)}"
    )


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {
    Interpolation: _interpolation,
    Batch: _batch,
    Between: _between,
    FlowField: _flow,
    VideoFlow: _video_flow,
    Demonstration: _demonstration,
}
