"""Videos made smoother or slower: paths and names in, results out. Nothing heavy is imported until a verb is called."""

import inspect
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

from frameloom.errors import FrameloomError, InputError
from frameloom.media.choices import AudioWish, OnError, VideoCodec
from frameloom.results.making import Batch, Interpolation
from frameloom.runtime import Backend, Device, Precision
from frameloom.verbs.load import DEFAULT_MODEL, choose, runtime_of


def interpolate(
    source: str | Path,
    output: str | Path,
    *,
    model: str = DEFAULT_MODEL,
    checkpoint: str | Path | None = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "auto",
    max_memory: str | int | None = None,
    scale: float = 1,
    iters: int | None = None,
    flow: str | None = None,
    flow_checkpoint: str | Path | None = None,
    seed: int | None = None,
    temperature: float | None = None,
    factor: int | None = None,
    fps: str | float | Fraction | None = None,
    slow: str | float | Fraction | None = None,
    num: Sequence[int] | None = None,
    codec: VideoCodec = "h264",
    crf: int | None = None,
    lossless: bool = False,
    pix_fmt: str | None = None,
    cuts: Literal["auto", "off"] | float = "auto",
    dedupe: bool = False,
    audio: AudioWish = "copy",
    on_error: OnError = "stop",
    workers: int = 1,
    overwrite: bool = False,
) -> Interpolation:
    """Make a video smoother or slower by putting new frames between its own.

    Without options the rate is doubled and the duration kept. Sound, subtitles, chapters and tags come along.

    Args:
        source: Video, animated GIF, WebP or PNG, folder of images (natural order), or image.
        output: .mp4, .mov, .mkv, .gif, .webp or .apng; any other name is a folder of numbered PNG files.
        model: What makes the frames; see `frameloom models list` for the names.
        checkpoint: Weights of the model: a file, or the folder that holds it as its authors lay it out.
        device: Where a network runs: auto, cpu, cuda or mps.
        precision: What a network computes in: auto, float32, bfloat16 or float16; motion is float32 always.
        backend: What runs a network: auto, torch, openvino or onnx.
        max_memory: What a network may take, such as 6G; larger frames are made in overlapping tiles. Half of what the
            machine has by default.
        scale: At which part of the size a network looks for motion, such as 0.5 for 4K; pictures keep their size.
        iters: Steps of reference-based estimation (variants tr and dr; 2 by default).
        flow: What finds the flow for a model that needs it (pervfi, pervfi-vb): raft (the default), raft-small, gma,
            gmflow, dis or one of your own. Both names together say the same: gma+pervfi.
        flow_checkpoint: Weights of that; where the checkpoint is a folder, they are looked for there too.
        seed: Which frames pervfi draws, a whole number from 0 (the default).
        temperature: How far they are from the likeliest ones: 0.3 by default, 0 draws none.
        factor: Same duration, so many times the rate (default 2).
        fps: Same duration, resampled to this rate: 60, 24000/1001, 59.94. With --slow or --num, and for images, the
            rate at which the output plays.
        slow: So many times longer, at the source's rate: 4, 2.5.
        num: So many frames between every two, played at the source's rate; several numbers are passes, each between all
            frames of the pass before (1 1 1 makes 7).
        codec: How video is encoded. h264 and hevc: .mp4, .mov, .mkv; av1: .mp4, .mkv; prores: .mov, .mkv; ffv1: .mkv.
        crf: Quality of the encoding, 0 (best, largest) to 51, av1 to 63; default 18 for h264, 20 for hevc and av1.
        lossless: Every sample comes back as it was: h264, hevc, ffv1 and .webp (.apng and folders always do).
        pix_fmt: How pixels are stored, by FFmpeg's name: yuv444p, yuv420p10le. The source's own or the nearest by
            default; images become yuv420p.
        cuts: At a cut the nearer frame is shown. A number from 0 to 1 is the score above which it is a cut (auto is
            0.28; less finds more); off makes frames across cuts.
        dedupe: Re-time over frames that repeat the one before, as in animation on twos or 3:2 pull-down: made frames
            take the place of the repeats.
        audio: copy keeps the sound as it is, and leaves it out where the output lasts longer; stretch makes it last
            as long, at the same pitch; drop leaves it out.
        on_error: What to do about frames that cannot be decoded and videos that break off: stop, or skip them (the last
            good frame is held).
        workers: Processes that make parts of the output side by side.
        overwrite: Replace an earlier output of that name.

    Raises:
        MediaError: the source cannot be read or the output not written; nothing is left under its name, and what is
            finished is kept for the next run of the same call (docs/resume.md).
        InputError: options that contradict each other or the source.
        UnknownModel: no model has that name.
    """
    options = dict(locals())
    make = _renderer(**{name: options[name] for name in _OPTIONS})
    return make(Path(source), Path(output))


_OPTIONS = {
    name: item.default
    for name, item in inspect.signature(interpolate).parameters.items()
    if item.kind is item.KEYWORD_ONLY
}
"""Options of `interpolate` and their defaults."""
_RUNTIME = tuple(inspect.signature(runtime_of).parameters)


def _renderer(**options: Any) -> Callable[[Path, Path], Interpolation]:
    """Check the options, once for however many inputs."""
    from frameloom.features.cuts import threshold_of
    from frameloom.interpolation.pace import Pace
    from frameloom.interpolation.render import Wishes, render
    from frameloom.media.writing.encoding import Encoding

    given = SimpleNamespace(**options)
    asked = runtime_of(*(options[name] for name in _RUNTIME))
    pace = Pace(factor=given.factor, fps=given.fps, slow=given.slow, num=given.num)
    wishes = Wishes(
        model=choose(given.model, asked, flow=given.flow),
        encoding=Encoding(codec=given.codec, crf=given.crf, lossless=given.lossless, pix_fmt=given.pix_fmt),
        cuts=threshold_of(given.cuts),
        dedupe=given.dedupe,
        audio=given.audio,
        on_error=given.on_error,
        workers=given.workers,
        overwrite=given.overwrite,
    )
    wishes.model.load()  # if it cannot be, say so before anything is opened
    return lambda source, output: render(source, output, pace, wishes)


def interpolate_all(sources: Sequence[str | Path], folder: str | Path, **options: Any) -> Batch:
    """Interpolate several inputs, one output each in `folder`; one failure does not stop the rest.

    A video or animation keeps its name and, where it is written and holds the codec, its type; all else becomes the
    first type of that codec (.mp4, .mov for prores, .mkv for ffv1). An input that is a folder of such folders or of
    videos stands for what is in it. Options are those of `interpolate`.

    Raises:
        InputError: there is no input, the folder is named like a file, two outputs would have one name, or an option is
            impossible.
        TypeError: an option that `interpolate` does not have.
    """
    from frameloom.interpolation.many import output_names
    from frameloom.media.writing.codecs import CODECS
    from frameloom.media.writing.sink import names_a_file

    unknown = sorted(options.keys() - _OPTIONS.keys())
    if unknown:
        raise TypeError(f"interpolate_all() got an unexpected keyword argument '{unknown[0]}'")
    given = {**_OPTIONS, **options}
    make = _renderer(**given)
    names = output_names([Path(source) for source in sources], Path(folder), CODECS[given["codec"]].suffixes)
    if names_a_file(Path(folder)) and not Path(folder).is_dir():
        raise InputError(f"{folder} names a file; several inputs, or a folder of them, go to a folder")
    results: list[Interpolation] = []
    failures: dict[str, str] = {}
    for source, output in names.items():
        try:
            results.append(make(source, output))
        except FrameloomError as error:
            failures[str(source)] = str(error)
    return Batch(results=tuple(results), failures=failures)


def is_collection(path: Path) -> bool:
    """Whether an input is a folder without images of its own, and stands for the inputs in it."""
    from frameloom.interpolation import many

    return many.is_collection(path)
