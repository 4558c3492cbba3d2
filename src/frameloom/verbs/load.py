"""Models by their names. Nothing heavy is imported until a verb is called."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from frameloom.catalog import ModelCard, Role
from frameloom.models.zoo import catalog
from frameloom.runtime import Backend, Device, EncoderPrecision, Runtime

if TYPE_CHECKING:
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


def choose(name: str, asked: Runtime, *, flow: str | None) -> "ModelChoice":
    """The interpolator of that name, and how it is to be run; it is built when it is first needed."""
    from frameloom.models.choice import ModelChoice

    return ModelChoice(catalog.find(name, "interpolator", flow=flow), asked)


def register(card: ModelCard) -> None:
    """Add a model to the catalog, so that every verb and command knows its name.

    Raises:
        ModelError: the name is taken.
    """
    catalog.add(card)
