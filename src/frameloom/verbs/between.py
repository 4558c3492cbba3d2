"""Images between two images: paths, pixels and names in, results out. Nothing heavy is imported until it is called."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError
from frameloom.results.making import Between
from frameloom.runtime import Backend, Device, Precision
from frameloom.verbs.load import DEFAULT_MODEL, choose, runtime_of


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
    choice = choose(model, asked, flow=flow)
    images = pair.open_pair(first, last)
    when = wanted(at=at, num=num, maps=maps, motion=motion, size=images.size)
    if gif and output is None:
        raise InputError("a GIF needs an output folder")
    job = pair.Job(images=images, asked=choice, moments=when.moments, counts=when.counts, files=when.files)
    wish = pair.Wish(samples=samples, gif=gif, fps=fps, overwrite=overwrite)
    return pair.in_memory(job, wish) if output is None else pair.to_folder(job, Path(output), wish)
