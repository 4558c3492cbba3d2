"""Films of a pool alone: names and paths in, results out. Nothing heavy is imported until a verb is called."""

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from frameloom.errors import InputError, RangeError
from frameloom.media.choices import Preset, VideoCodec
from frameloom.models.zoo import catalog
from frameloom.results.morph import Morph
from frameloom.retrieval.morph.choices import Grade
from frameloom.runtime import Backend, Device, Precision, Runtime
from frameloom.verbs.load import DEFAULT_MODEL, runtime_of


def morph(
    images: str | Path,
    output: str | Path,
    *,
    duration: float = 10,
    fps: str | float | Fraction = 30,
    formats: Sequence[str] = ("1920x1080",),
    hold: int = 1,
    between: int = 0,
    start: str | Path | None = None,
    repeat: bool = False,
    smooth: int = 1,
    descriptor: str | None = None,
    descriptor_checkpoint: str | Path | None = None,
    grade: Grade | None = None,
    strength: float = 0.7,
    audio: str | Path | None = None,
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
    codec: VideoCodec = "h264",
    crf: int | None = None,
    preset: Preset = "ultrafast",
    workers: int | None = None,
    overwrite: bool = False,
) -> Morph:
    """Make a film of a pool of images alone: from each picture to one that is like it.

    No picture comes twice. Pictures are cropped to fill each format. An interrupted run goes on where it was.

    Args:
        images: Folder of the images, also in folders within it; or an index made by `frameloom index build`.
        output: .mp4, .mov or .mkv; with several formats each name gets its size. Any other name is a folder for the
            videos and results.json.
        duration: Seconds.
        fps: Frames a second: 30, 24000/1001, 59.94.
        formats: Sizes of the videos, all made in one pass: 1920x1080 1080x1920.
        hold: Frames that show each picture.
        between: Frames made between every two pictures.
        start: The first picture: an image of the pool. By default one where many are alike.
        repeat: Let a film be longer than the pool: it goes back the way it came.
        smooth: Choose each picture by the mean of so many before it; 1 gives the most similar neighbours, more a slower
            change.
        descriptor: How images are compared: spatial_color (the default), canny, spatial_pyramid, hog, mobilenet,
            efficientnet, or any encoder; see `frameloom models list`. An index keeps its own.
        descriptor_checkpoint: Weights of an encoder.
        grade: Bring the colours of each picture nearer to those of the one before: histogram (the spread of each
            channel), reinhard (mean and deviation in Lab) or lut (the spread, coarsely).
        strength: How near, from 0 (not at all) to 1.
        audio: A file whose sound goes under the film, from its beginning, cut where the film ends.
        model: What makes frames between pictures; see `frameloom models list` for the names.
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
        codec: How video is encoded. h264 and hevc: .mp4, .mov, .mkv; av1: .mp4, .mkv; prores: .mov, .mkv; ffv1: .mkv.
        crf: Quality of the encoding, 0 (best, largest) to 51, av1 to 63; default 18 for h264, 20 for hevc and av1.
        preset: How much work h264 and hevc take for a smaller file: ultrafast to veryslow.
        workers: Processes that describe images, and threads that read them; as many as there are processors by default.
        overwrite: Replace an earlier output of that name.

    Raises:
        MediaError: an image or the sound cannot be read, or the output not written; nothing is left under its name, and
            what is finished is kept for the next run of the same call.
        InputError: too few images, a start that is not among them, or options that contradict each other.
        UnknownModel: no descriptor or model has that name.
    """
    from frameloom.media.timeline import rate_of
    from frameloom.media.writing.encoding import Encoding
    from frameloom.models.choice import ModelChoice
    from frameloom.retrieval.describing import processors
    from frameloom.retrieval.morph.making import make_morph
    from frameloom.retrieval.morph.pace import Pace
    from frameloom.retrieval.morph.wishes import Wishes, pool_wish, sizes_of

    if not math.isfinite(duration):
        raise RangeError(f"duration is {duration}; give seconds above 0")
    asked = runtime_of(
        checkpoint, device, precision, backend, max_memory, scale, iters, flow_checkpoint, seed, temperature
    )
    if not between and (asked != Runtime() or model != DEFAULT_MODEL or flow is not None):
        raise InputError("--model and what goes with it make frames between pictures; add --between N")
    choice = ModelChoice(catalog.find(model, "interpolator", flow=flow), asked) if between else None
    wishes = Wishes(
        pace=Pace(rate=rate_of(fps), seconds=Fraction(str(duration)), hold=hold, between=between),
        sizes=sizes_of(formats),
        encoding=Encoding(codec=codec, crf=crf, preset=preset),
        start=None if start is None else Path(start),
        repeat=repeat,
        smooth=smooth,
        grade=grade,
        strength=strength,
        audio=None if audio is None else Path(audio),
        model=choice,
        workers=processors() if workers is None else workers,
        overwrite=overwrite,
    )
    if choice is not None:
        choice.load()  # if it cannot be, say so before anything is opened
    weights = None if descriptor_checkpoint is None else Path(descriptor_checkpoint)
    return make_morph(pool_wish(Path(images), descriptor, weights, workers), Path(output), wishes)
