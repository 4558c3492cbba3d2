"""Making frames: names and paths in, results out. Nothing heavy is imported until a verb is called."""

import inspect
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from frameloom.catalog import ModelCard, Role
from frameloom.errors import FrameloomError, InputError, RangeError
from frameloom.frame import Frame
from frameloom.media.choices import AudioWish, OnError, VideoCodec
from frameloom.models.zoo import catalog
from frameloom.progress import Notices
from frameloom.results.making import Batch, Between, Demonstration, Interpolation
from frameloom.roles import Interpolator
from frameloom.runtime import Backend, Device, EncoderPrecision, Precision, Runtime

if TYPE_CHECKING:
    from frameloom.media.reading.source import FrameSource
    from frameloom.media.writing.sink import FrameSink
    from frameloom.models.choice import ModelChoice

DEFAULT_MODEL = "dis"


def load(
    name: str,
    *,
    role: Role = "interpolator",
    checkpoint: str | Path | None = None,
    device: Device = "auto",
    precision: EncoderPrecision = "auto",
    backend: Backend = "auto",
    max_memory: str | int | None = None,
    scale: float = 1,
    iters: int | None = None,
    flow: str | None = None,
    flow_checkpoint: str | Path | None = None,
    seed: int | None = None,
    temperature: float | None = None,
) -> Any:
    """Build the model of that name.

    Args:
        name: Of the model, whatever its case; see `frameloom models list`.
        role: What it is to do.
        checkpoint: Weights of the model: a file, or the folder that holds it as its authors lay it out.
        device: Where a network runs: auto, cpu, cuda or mps.
        precision: What a network computes in: auto, float32, bfloat16 or float16, encoders also int8 (on the CPU, by
            openvino); motion is float32 always.
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

    Raises:
        UnknownModel: there is none; the message offers the nearest names.
        ModelError: its checkpoint is missing or not its own, or an extra is not installed.
        InputError: an option that it does not have.
    """
    asked = runtime_of(
        checkpoint, device, precision, backend, max_memory, scale, iters, flow_checkpoint, seed, temperature
    )
    return catalog.build(name, role, asked, flow=flow)


def runtime_of(
    checkpoint: str | Path | None,
    device: Device,
    precision: EncoderPrecision,
    backend: Backend,
    max_memory: str | int | None,
    scale: float,
    iters: int | None,
    flow_checkpoint: str | Path | None = None,
    seed: int | None = None,
    temperature: float | None = None,
) -> Runtime:
    """The options that every verb with a model has, checked."""
    from frameloom.memory import bytes_of

    return Runtime(
        checkpoint=None if checkpoint is None else Path(checkpoint),
        device=device,
        precision=precision,
        backend=backend,
        max_memory=bytes_of(max_memory),
        scale=scale,
        iters=iters,
        flow_checkpoint=None if flow_checkpoint is None else Path(flow_checkpoint),
        seed=seed,
        temperature=temperature,
    )


def _choose(name: str, asked: Runtime, *, flow: str | None) -> "ModelChoice":
    from frameloom.models.choice import ModelChoice

    return ModelChoice(catalog.find(name, "interpolator", flow=flow), asked)


def register(card: ModelCard) -> None:
    """Add a model to the catalog, so that every verb and command knows its name.

    Raises:
        ModelError: the name is taken.
    """
    catalog.add(card)


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
        model=_choose(given.model, asked, flow=given.flow),
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
        InputError: there is no input, two outputs would have one name, or an option is impossible.
        TypeError: an option that `interpolate` does not have.
    """
    from frameloom.interpolation.many import output_names
    from frameloom.media.writing.codecs import CODECS

    unknown = sorted(options.keys() - _OPTIONS.keys())
    if unknown:
        raise TypeError(f"interpolate_all() got an unexpected keyword argument '{unknown[0]}'")
    given = {**_OPTIONS, **options}
    make = _renderer(**given)
    names = output_names([Path(source) for source in sources], Path(folder), CODECS[given["codec"]].suffixes)
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


def between(
    first: str | Path | NDArray[Any],
    last: str | Path | NDArray[Any],
    output: str | Path | None = None,
    *,
    at: Sequence[float | NDArray[np.float32]] | None = None,
    num: Sequence[int] | int | None = None,
    maps: Sequence[str | Path] | None = None,
    motion: str | Path | None = None,
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
    samples: int = 1,
    gif: bool = False,
    fps: str | float | Fraction = 10,
    overwrite: bool = False,
) -> Between:
    """Make the images between two images.

    Args:
        first: Image file, or pixels `(height, width, 3 or 4)`: uint8, uint16 or float32 in [0, 1].
        last: The same, of the same size.
        output: A folder for numbered PNG files that begin with the first image and end with the last. Without it the
            images are returned.
        at: When: numbers from 0 (first) to 1 (last), or distance maps `(height, width)` with such numbers; maps of
            another size are resized.
        num: So many images evenly spaced (default 1); several numbers are passes, each between all images of the pass
            before (1 1 1 makes 7).
        maps: Files with a distance map for each new image: .npy with floats from 0 to 1, or grey .png, 8 or 16 bits,
            full scale 1. Maps of another size are resized.
        motion: A JSON file that names masks and gives each object a curve (docs/motion.md); `num` says how many images.
        model: What makes the images; see `frameloom models list` for the names.
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
        samples: How many draws of each image, one after the other by the same seed. With several, each goes to a folder
            of its own in the output, sample-1 and so on; in Python `images` holds all of the first, then of the next.
        gif: Write between.gif into the folder too.
        fps: At how many images a second the GIF plays.
        overwrite: Replace an earlier result in that folder.

    Raises:
        ShapeError: the images differ in size, or a mask does from them.
        RangeError: a moment outside 0..1, or impossible counts.
        InputError: options that contradict each other, a file that is not laid out as it must be, a GIF without a
            folder, or pixels of another type.
        CannotOpen: an image, a map or the motion file cannot be read.
        OutputExists: the folder holds an earlier result.
    """
    from frameloom.interpolation import pair
    from frameloom.interpolation.moments import wanted

    asked = runtime_of(
        checkpoint, device, precision, backend, max_memory, scale, iters, flow_checkpoint, seed, temperature
    )
    choice = _choose(model, asked, flow=flow)
    images = pair.open_pair(first, last)
    when = wanted(at=at, num=num, maps=maps, motion=motion, size=images.size)
    if gif and output is None:
        raise InputError("a GIF needs an output folder")
    job = pair.Job(images=images, asked=choice, moments=when.moments, counts=when.counts, files=when.files)
    wish = pair.Wish(samples=samples, gif=gif, fps=fps, overwrite=overwrite)
    return pair.in_memory(job, wish) if output is None else pair.to_folder(job, Path(output), wish)


def densify(frames: Iterable[Frame], model: Interpolator, *, factor: int = 2) -> Iterator[Frame]:
    """Yield `factor` frames for each of a stream, same duration; source frames are passed on as they came.

    The stream is read as it is needed and two frames of it are held at a time.

    Raises:
        RangeError: the factor is not a whole number from 1 up.
    """
    from frameloom.interpolation.video import densify as densified
    from frameloom.media.timeline import Multiply

    return densified(frames, model, Multiply(factor))


@contextmanager
def open_sink(
    path: str | Path,
    *,
    like: "FrameSource",
    rate: str | float | Fraction | None = None,
    codec: VideoCodec = "h264",
    crf: int | None = None,
    lossless: bool = False,
    pix_fmt: str | None = None,
    overwrite: bool = False,
) -> "Generator[FrameSink]":
    """Open an output for frames: `with open_sink("out.mp4", like=source) as sink: sink.append(frame)`.

    The output gets its name when the block ends well; after an error nothing is left. Times are kept to a sixteenth of
    the source's ticks and frames.

    Args:
        path: .mp4, .mov, .mkv, .gif, .webp or .apng; any other name is a folder of numbered PNG files.
        like: The source, whose size, depth, colours and pixel shape the output has.
        rate: Nominal frames per second; the source's by default.
        codec: How video is encoded; each codec goes into some types of files only.
        crf: Quality of the encoding, 0 (best) to 51, av1 to 63.
        lossless: Every sample comes back as it was.
        pix_fmt: How pixels are stored, by FFmpeg's name; what suits the source by default.
        overwrite: Replace an earlier output of that name.

    Raises:
        CannotWrite: a format or a place that cannot be written, or a file that does not hold the codec.
        InputError: a quality or pixel format that the codec does not have.
        OutputExists: it is there already.
    """
    from frameloom.media.timeline import common_unit, rate_of
    from frameloom.media.writing.encoding import Encoding
    from frameloom.media.writing.losses import losses
    from frameloom.media.writing.sink import VideoSink, check_encoding, kind_of_output, sink_for
    from frameloom.media.writing.target import check_output, staged_file, staged_folder

    info, output = like.info, Path(path)
    encoding = Encoding(codec=codec, crf=crf, lossless=lossless, pix_fmt=pix_fmt)
    check_encoding(output, encoding)
    folder = kind_of_output(output) == "folder"
    check_output(output, [info.path], overwrite=overwrite, folder=folder)
    nominal = info.rate if rate is None else rate_of(rate)
    unit = common_unit(common_unit(info.tick, 1 / info.rate), 1 / nominal) / 16
    staged = staged_folder(output, overwrite=overwrite) if folder else staged_file(output, overwrite=overwrite)
    with staged as working, sink_for(working, like=info, rate=nominal, unit=unit, encoding=encoding) as sink:
        notices = Notices()
        for loss in losses(info, output, sink.settings if isinstance(sink, VideoSink) else None):
            notices.add(f"{info.path.name}: {loss}")
        yield sink


def demo(
    video: str | Path | None = None,
    *,
    output: str | Path = "frameloom-demo",
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
    temperature: float | None = None,
    seconds: float = 3,
    seed: int = 7,
    overwrite: bool = False,
) -> Demonstration:
    """Halve the rate of a clip, restore it, and show on one page how close the restored frames come to the true ones.

    Without a video, a short scene with known motion is drawn.

    Args:
        video: A video or folder of images whose every second frame is dropped and restored.
        output: A folder for the page (index.html) and its clips.
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
        temperature: How far they are from the likeliest ones: 0.3 by default, 0 draws none.
        seconds: How much of the video is used, from its beginning.
        seed: Chooses the drawn scene, and which frames pervfi draws.
        overwrite: Replace an earlier demo in that folder.

    Raises:
        MediaError: the video cannot be read, or is shorter than three frames.
    """
    from frameloom.models.choice import ModelChoice
    from frameloom.reports.demo import drawn_material, filmed_material, make_demo

    if not 0 < seconds < math.inf:
        raise RangeError(f"seconds is {seconds}; it must be a number above 0")
    card = catalog.find(model, "interpolator", flow=flow)
    asked = runtime_of(checkpoint, device, precision, backend, max_memory, scale, iters, flow_checkpoint,
                       seed if card.samples else None, temperature)  # fmt: skip
    choice = ModelChoice(card, asked)
    material = drawn_material(seed) if video is None else filmed_material(Path(video), seconds)
    return make_demo(material, choice, Path(output), overwrite=overwrite)
