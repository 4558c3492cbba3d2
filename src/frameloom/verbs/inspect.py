"""Inspecting frames: names and paths in, results out. Nothing heavy is imported until the verb is called."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from frameloom.errors import InputError, RangeError
from frameloom.media.choices import OnError
from frameloom.models.zoo import catalog
from frameloom.results.inspection import KINDS, Inspection, Kind
from frameloom.runtime import Backend, Device, EncoderPrecision
from frameloom.verbs.load import runtime_of


def inspect(
    video: str | Path,
    output: str | Path | None = None,
    *,
    encoder: str = "hog",
    checkpoint: str | Path | None = None,
    device: Device = "auto",
    precision: EncoderPrecision = "auto",
    backend: Backend = "auto",
    max_memory: str | int | None = None,
    size: int | None = None,
    kinds: Sequence[Kind] = KINDS,
    worst: int = 12,
    fps: str | float | Fraction | None = None,
    on_error: OnError = "stop",
    overwrite: bool = False,
) -> Inspection:
    """Look for frames that flicker, are torn, repeated, missing or damaged, and for cuts.

    An interrupted run goes on where it was when the same call is made again.

    Args:
        video: A video, an animation, a folder of images or an image.
        output: A folder for the report (report.json), a table of all frames (frames.csv) and a page (index.html).
        encoder: What frames are compared by; see `frameloom models list` for the names.
        checkpoint: Weights of the encoder: a file, or the folder that holds it as its authors lay it out.
        device: Where a network runs: auto, cpu, cuda or mps.
        precision: What a network computes in: auto, float32, bfloat16, float16, or int8 (on the CPU, by openvino).
        backend: What runs a network: auto, torch, openvino or onnx.
        max_memory: What a network may take, such as 6G.
        size: Side of the square that frames are resized to for the encoder, in pixels; its own by default.
        kinds: What to look for: flicker, tearing, duplicate, jump, cut, damaged; all by default.
        worst: How many of the worst frames are named, and shown on the page.
        fps: The rate of images, which have no time of their own (10).
        on_error: What to do about damaged frames: stop, or skip them, which then are findings.
        overwrite: Replace an earlier inspection in that folder.

    Raises:
        UnknownModel: there is no encoder of that name.
        MediaError: the video cannot be read.
        OutputExists: the folder holds an earlier inspection, without `overwrite`.
        CannotWrite: the folder cannot be written, or another run makes it at this moment.
        RangeError: a number that is out of range.
    """
    from frameloom.media.reading.source import open_source
    from frameloom.media.timeline import rate_of
    from frameloom.models.choice import ModelChoice
    from frameloom.reports.inspection import Wish, make_inspection

    strange = [kind for kind in kinds if kind not in KINDS]
    if strange or not kinds:
        raise InputError(f"kinds is '{' '.join(strange)}'; give some of {', '.join(KINDS)}")
    if worst < 0:
        raise RangeError(f"worst is {worst}; it must be 0 or more")
    asked = runtime_of(checkpoint, device, precision, backend, max_memory, 1, None)
    card = catalog.find(encoder, "encoder")
    source = open_source(video, rate=None if fps is None else rate_of(fps), on_error=on_error)
    wanted: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind in kinds)
    model = card.load(asked)
    side = size or model.size
    choice = ModelChoice(card, asked).settled((side, side))
    wish = Wish(size=size, kinds=wanted, worst=worst, on_error=on_error, overwrite=overwrite)
    return make_inspection(source, choice, model, wish, None if output is None else Path(output))
