"""VMAF of Netflix, computed by libvmaf in the ffmpeg that the extra `vmaf` brings.

Li, Aaron, Katsavounidis, Moorthy, Manohara: "Toward a practical perceptual video quality metric", 2016; model
vmaf_v0.6.1, which comes with the library.
"""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from frameloom.errors import InputError, ShapeError
from frameloom.extras import install_command
from frameloom.metrics.metric import Image, Metric, Stretch

_MODEL = "vmaf_v0.6.1"
_SMALLEST = 17  # libvmaf fails below, without a word


def vmaf(stretch: Stretch) -> list[float]:
    """0..100 for each restored frame; its motion is measured from the frame before.

    Frames become 4:2:0 video of 8 bits for that. Equal frames get somewhat less than 100 unless they move.

    Raises:
        InputError: the stretch has no given frames, or there is no ffmpeg with libvmaf.
        ShapeError: a side is shorter than 17 pixels.
    """
    first, last = stretch.ends("VMAF")
    height, width = first.shape[:2]
    if min(height, width) < _SMALLEST:
        raise ShapeError(f"VMAF needs sides of at least {_SMALLEST} pixels; the image is {width}x{height}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, frames in (("made.rgb", stretch.predictions), ("true.rgb", stretch.truths)):
            _write(folder / file, (first, *frames, last))
        _run(folder, (height, width))
        measured = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    return [float(frame["metrics"]["vmaf"]) for frame in measured["frames"][1:-1]]


def _write(path: Path, frames: Sequence[Image]) -> None:
    with path.open("wb") as file:
        for frame in frames:
            file.write(frame.tobytes())


def _run(folder: Path, size: tuple[int, int]) -> None:
    source = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{size[1]}x{size[0]}", "-framerate", "25"]
    video = "format=yuv420p"
    graph = f"[0:v]{video}[made];[1:v]{video}[true];[made][true]libvmaf=model=version={_MODEL}"
    command = [_ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", *source, "-i", "made.rgb",
               *source, "-i", "true.rgb", "-lavfi", f"{graph}:n_threads=1:log_fmt=json:log_path=scores.json",
               "-f", "null", "-"]  # fmt: skip
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip().splitlines() or ["nothing"])[-1]
        raise InputError(f"vmaf: ffmpeg failed, it said: {said}; it needs libvmaf with {_MODEL}") from error


def _ffmpeg() -> str:
    try:
        return import_module("imageio_ffmpeg").get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:  # not installed, or without the program for this machine
        raise InputError(f"vmaf needs an ffmpeg with libvmaf; add it with: {install_command('vmaf')}") from error


METRIC = Metric(
    name="vmaf", title="VMAF", unit="", higher_is_better=True, bounds=(0, 100), equal=None, in_context=True,
    scores=vmaf, weights={"libvmaf": _MODEL}, require=_ffmpeg,
)  # fmt: skip
