"""Similarity of patches over a video: names and paths in, results out. Nothing heavy is imported until it is called."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

from frameloom.errors import RangeError
from frameloom.models.zoo import catalog
from frameloom.results.patches import PatchSimilarity
from frameloom.runtime import Backend, Device, EncoderPrecision
from frameloom.verbs.load import runtime_of

DEFAULT_ENCODER = "hog"


def patches(
    source: str | Path,
    output: str | Path | None = None,
    *,
    encoder: str = DEFAULT_ENCODER,
    checkpoint: str | Path | None = None,
    device: Device = "auto",
    precision: EncoderPrecision = "auto",
    backend: Backend = "auto",
    max_memory: str | int | None = None,
    fps: str | float | Fraction | None = None,
    max_frames: int = 100,
    size: int = 448,
    patch_size: int | None = None,
    only: Sequence[Literal["position", "frame", "intra"]] | None = None,
    dtype: Literal["float32", "float16"] = "float32",
    format: Literal["npz", "zarr", "hdf5"] = "npz",
    visualize_positions: int = 10,
    batch: int = 4,
    overwrite: bool = False,
) -> PatchSimilarity:
    """Measure how alike the patches of a video are: each with itself over time, and with all others of its frame.

    Frames are sampled, resized to a square and encoded; cosine similarities of their patches go to files, with heat
    maps, and with the change of each patch and its colour shown over the video.

    Args:
        source: Video, animated GIF, WebP or PNG, folder of images (natural order), or image.
        output: A folder. In Python it may be left out: then it is a temporary one that goes when the result does.
        encoder: What turns patches into tokens: hog (edges) or color, which need no weights, or a network; see
            `frameloom models list`, role encoder, for the names.
        checkpoint: Weights of a network: a file, or the folder that holds it as its authors lay it out.
        device: Where a network runs: auto, cpu, cuda or mps.
        precision: What a network computes in: auto, float32, bfloat16, float16, or int8 (on the CPU, by openvino).
            Similarities are float32 always.
        backend: What runs a network: auto, torch, openvino or onnx.
        max_memory: What a network may take, such as 6G.
        fps: Frames that are sampled per second of video: 1 by default. Of a folder, all images are looked at.
        max_frames: Of more frames than this, evenly chosen ones are looked at.
        size: Side of the square that frames are resized to, in pixels, to the nearest multiple of the patch.
        patch_size: Side of a patch in pixels, to make sure of it; anything but the encoder's own is refused.
        only: Which arrays are made: position, frame, intra; all by default. Intra is the large one.
        dtype: What the two large arrays are stored in.
        format: How: npz, which NumPy reads, or compressed by frame: zarr, hdf5.
        visualize_positions: Patches whose similarity over time is drawn.
        batch: Frames that are encoded at a time.
        overwrite: Replace an earlier result in that folder.

    Raises:
        MediaError: the source cannot be read or the output not written; nothing is left under its name.
        InputError: options that contradict each other, the encoder or the source.
        UnknownModel: no encoder has that name.
        ModelError: a checkpoint is missing, or not that encoder's.
    """
    from frameloom.models.choice import ModelChoice
    from frameloom.plots.patch_similarity import draw_all
    from frameloom.similarity.patches import ALL_ARRAYS, PatchWish, analyse

    wish = PatchWish(
        fps=None if fps is None else _rate(fps),
        max_frames=max_frames,
        size=size,
        patch_size=patch_size,
        visualize_positions=visualize_positions,
        dtype=dtype,
        format=format,
        batch=batch,
        overwrite=overwrite,
        only=ALL_ARRAYS if only is None else tuple(only),
    )
    asked = runtime_of(checkpoint, device, precision, backend, max_memory, 1, None)
    choice = ModelChoice(catalog.find(encoder, "encoder"), asked)
    return analyse(choice, Path(source), None if output is None else Path(output), wish, draw=draw_all)


def _rate(fps: str | float | Fraction) -> Fraction:
    try:
        return Fraction(str(fps))
    except (ValueError, ZeroDivisionError):
        raise RangeError(f"fps is '{fps}'; give a number such as 1, 0.5 or 24000/1001") from None
