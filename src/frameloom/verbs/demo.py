"""The demo page: names and paths in, a result out. Nothing heavy is imported until it is called."""

import math
from pathlib import Path

from frameloom.errors import RangeError
from frameloom.models.zoo import catalog
from frameloom.results.making import Demonstration
from frameloom.runtime import Backend, Device, Precision
from frameloom.verbs.load import DEFAULT_MODEL, runtime_of


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
