"""What `auto` means: device, precision, backend, tiles and batches for frames of one size.

Everything follows from what was asked, the size, the number of frames and the machine as a whole, not from what is free
at the moment: a run that is resumed must come to the same answer.
"""

from dataclasses import replace
from importlib import import_module
from typing import Any

from frameloom.catalog import InputSpec, ModelCard
from frameloom.errors import InputError, ModelError
from frameloom.memory import total_memory
from frameloom.models.tiles import tile_size
from frameloom.runtime import Backend, Device, Precision, Runtime

_SHARE_OF_MEMORY = 0.5  # the rest is for frames that wait, encoders, and whatever else runs
_ITERS = 2  # as upstream


def settle(card: ModelCard, runtime: Runtime, size: tuple[int, int], frames: int | None = None) -> Runtime:
    """Decide everything that was left open.

    Args:
        card: A network.
        runtime: What was asked.
        size: (height, width) of the frames.
        frames: How many will be made; None where nobody knows. Backends that take long to prepare need many.

    Raises:
        ModelError: a device or backend that is not there, with what to install.
        InputError: options that do not go together, or with this model.
    """
    device = _device(runtime)
    backend = _backend(card, runtime, device, frames)
    budget = runtime.max_memory or int(_memory_of(device) * _SHARE_OF_MEMORY)
    spec = card.input
    tile = None
    if card.role == "interpolator":  # what moves far leaves any tile: flow networks save memory otherwise
        tile = tile_size(size, lambda rows, columns: spec.bytes_for(rows * columns) <= budget, multiple=spec.multiple)
    return replace(
        runtime,
        device=device,
        precision=_precision(runtime, device, backend),
        backend=backend,
        max_memory=budget,
        tile=tile,
        batch=_batch(spec, tile or size, budget),
        iters=(runtime.iters or _ITERS) if card.iterates else None,
    )


def check(card: ModelCard, runtime: Runtime) -> None:
    """What can be told before any frame is seen.

    Raises:
        InputError: an option that this model does not have.
        ModelError: a device or backend that is not there.
    """
    if runtime.iters is not None and not card.iterates:
        raise InputError(f"{card.name} takes no --iters: it makes its frames in one step")
    _backend(card, runtime, _device(runtime), None)


def _device(runtime: Runtime) -> Device:
    torch = _torch()
    there: dict[Device, bool] = {
        "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True
    }  # fmt: skip
    usable: list[Device] = [name for name, usable in there.items() if usable]
    if runtime.device == "auto":
        return "cpu" if runtime.backend in ("openvino", "onnx") else usable[0]
    if runtime.device not in usable:
        raise ModelError(f"PyTorch sees no {runtime.device} device here; usable: {', '.join(usable)}")
    return runtime.device


def _memory_of(device: Device) -> int:
    return _torch().cuda.get_device_properties(device).total_memory if device == "cuda" else total_memory()


def _torch() -> Any:
    """Imported when a network is asked for, not before: models without one are chosen through here too."""
    return import_module("torch")


def _backend(card: ModelCard, runtime: Runtime, device: Device, frames: int | None) -> Backend:
    """The one asked for, or the fastest that pays within so many frames."""
    return "torch" if runtime.backend == "auto" else runtime.backend


def _precision(runtime: Runtime, device: Device, backend: Backend) -> Precision:
    return "float32" if runtime.precision == "auto" else runtime.precision


def _batch(spec: InputSpec, size: tuple[int, int], budget: int) -> int:
    height, width = size
    return max(1, min(spec.prefers_batch, budget // max(1, spec.bytes_for(height * width))))
