"""Optical flow: names and paths in, results out. Nothing heavy is imported until a verb is called."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from frameloom.models.zoo import catalog
from frameloom.results.making import FlowField, VideoFlow
from frameloom.runtime import Backend, Device, Precision
from frameloom.verbs.load import runtime_of

if TYPE_CHECKING:
    from frameloom.models.choice import ModelChoice

DEFAULT_FLOW = "dis"
Form = Literal["flo", "kitti", "wheel"]


def flow(
    first: str | Path | NDArray[Any],
    second: str | Path | NDArray[Any],
    output: str | Path | None = None,
    *,
    form: Form | None = None,
    longest: float | None = None,
    model: str = DEFAULT_FLOW,
    checkpoint: str | Path | None = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "auto",
    max_memory: str | int | None = None,
    scale: float = 1,
    overwrite: bool = False,
) -> FlowField:
    """Find where each pixel of one image is in another, or of each frame of a video in the next.

    Args:
        first: Image file, or pixels `(height, width, 3 or 4)`: uint8, uint16 or float32 in [0, 1].
        second: The same, of the same size.
        output: A file for the flow. Without it the flow is only returned.
        form: flo (Middlebury, exact), kitti (16-bit .png, rounded to 1/64 pixel) or wheel (a picture: hue is direction,
            saturation is length). By default .flo files and folders are flo, images are wheel.
        longest: Pixels that are shown in full colour on the wheel; the longest of each flow by default.
        model: What finds the flow; see `frameloom models list`, role flow, for the names.
        checkpoint: Weights of the model: a file, or the folder that holds it as its authors lay it out.
        device: Where a network runs: auto, cpu, cuda or mps.
        precision: What a network computes in: auto, float32, bfloat16 or float16; motion is float32 always.
        backend: What runs a network: auto or torch; flow networks cannot be compiled by openvino or onnx.
        max_memory: What a network may take, such as 6G; what would not fit is computed again when it is needed. Half of
            what the machine has by default.
        scale: At which part of the size a network looks for motion, such as 0.5 for 4K.
        overwrite: Replace an earlier output of that name.

    Raises:
        ShapeError: the images differ in size.
        CannotOpen: an image cannot be read.
        InputError: options that contradict each other, or an output that is not named like a flow or a picture.
        OutputExists: the output is there already.
        UnknownModel: no model has that name.
    """
    from frameloom.optical_flow.export import Wish, flow_between

    wish = Wish(form=form, longest=longest, overwrite=overwrite)
    choice = _choose(model, checkpoint, device, precision, backend, max_memory, scale)
    return flow_between(choice, first, second, None if output is None else Path(output), wish)


def flow_of_video(
    source: str | Path,
    output: str | Path,
    *,
    form: Form | None = None,
    longest: float | None = None,
    model: str = DEFAULT_FLOW,
    checkpoint: str | Path | None = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "auto",
    max_memory: str | int | None = None,
    scale: float = 1,
    overwrite: bool = False,
) -> VideoFlow:
    """Write the flow from each frame of a video to the next, one file per pair, to a folder.

    Files are numbered from 0 by the frame that a flow goes out from.

    Args:
        source: Video, animated GIF, WebP or PNG, or folder of images (natural order).
        output: A folder.
        form: As in `flow`; flo by default.
        longest: As in `flow`; without it every picture of the wheel has a scale of its own.
        model: As in `flow`.
        checkpoint: As in `flow`.
        device: As in `flow`.
        precision: As in `flow`.
        backend: As in `flow`.
        max_memory: As in `flow`.
        scale: As in `flow`.
        overwrite: Replace an earlier result in that folder.

    Raises:
        MediaError: the source cannot be read or the output not written; nothing is left under its name.
        InputError: options that contradict each other, or an output that is named like a file.
        UnknownModel: no model has that name.
    """
    from frameloom.optical_flow import export

    wish = export.Wish(form=form, longest=longest, overwrite=overwrite)
    choice = _choose(model, checkpoint, device, precision, backend, max_memory, scale)
    return export.flow_of_video(choice, Path(source), Path(output), wish)


def _choose(
    name: str,
    checkpoint: str | Path | None,
    device: Device,
    precision: Precision,
    backend: Backend,
    max_memory: str | int | None,
    scale: float,
) -> "ModelChoice":
    from frameloom.models.choice import ModelChoice

    asked = runtime_of(checkpoint, device, precision, backend, max_memory, scale, None)
    return ModelChoice(catalog.find(name, "flow"), asked)
