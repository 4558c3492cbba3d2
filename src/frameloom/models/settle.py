"""What `auto` means: device, precision, backend, tiles and batches for frames of one size.

Everything follows from what was asked, the size and the machine as a whole, not from what is free
at the moment: a run that is resumed must come to the same answer.
"""

from dataclasses import replace
from importlib import import_module
from typing import Any

from frameloom.catalog import InputSpec, ModelCard
from frameloom.checkpoints.locations import find_flow_checkpoint
from frameloom.errors import InputError, ModelError
from frameloom.memory import total_memory
from frameloom.models.tiles import tile_size
from frameloom.runtime import Backend, Device, Runtime

_SHARE_OF_MEMORY = 0.5  # the rest is for frames that wait, encoders, and whatever else runs
_ITERS = 2  # as upstream
_ON_CPU: tuple[Backend, ...] = ("openvino", "onnx")
_BATCH_ON_ACCELERATORS = 8
_TEMPERATURE = 0.3  # PerVFI, section 4.1


def settle(card: ModelCard, runtime: Runtime, size: tuple[int, int]) -> Runtime:
    """Decide everything that was left open.

    Args:
        card: A network.
        runtime: What was asked.
        size: (height, width) of the frames.

    Raises:
        ModelError: a device or backend that is not there, with what to install.
        InputError: options that do not go together, or with this model.
    """
    device = _device(runtime)
    budget = runtime.max_memory or int(_memory_of(device) * _SHARE_OF_MEMORY)
    spec = card.input
    tile = None
    if card.role == "interpolator":  # what moves far leaves any tile: flow networks save memory otherwise
        tile = tile_size(size, lambda rows, columns: spec.bytes_for(rows * columns) <= budget, multiple=spec.multiple)
    return replace(
        runtime,
        device=device,
        precision="float32" if runtime.precision == "auto" else runtime.precision,
        backend=_backend(runtime),
        max_memory=budget,
        tile=tile,
        batch=_batch(spec, tile or size, budget, device),
        lanes=_lanes(card, size, budget) if device == "cpu" and _backend(runtime) == "torch" and tile is None else None,
        iters=(runtime.iters or _ITERS) if card.iterates else None,
        seed=(runtime.seed or 0) if card.samples else None,
        temperature=_temperature(runtime) if card.samples else None,
    )


def check(card: ModelCard, runtime: Runtime) -> None:
    """What can be told before any frame is seen.

    Raises:
        InputError: an option that this model does not have.
        ModelError: a device or backend that is not there.
    """
    if runtime.iters is not None and not card.iterates:
        raise InputError(f"{card.name} takes no --iters: it makes its frames in one step")
    if not card.samples and (runtime.seed is not None or runtime.temperature is not None):
        option = "--seed" if runtime.temperature is None else "--temperature"
        raise InputError(f"{card.name} takes no {option}: it makes the same frames every time")
    if runtime.flow_checkpoint is not None and card.estimator is None:
        raise InputError(f"{card.name} takes no --flow-checkpoint: it is given no flow")
    if runtime.precision == "int8" and (card.role != "encoder" or _backend(runtime) != "openvino"):
        raise InputError("int8 is what openvino computes networks of the role encoder in; give another --precision")
    device = _device(runtime)
    if _backend(runtime) in _ON_CPU and device != "cpu":
        raise InputError(f"the backend {_backend(runtime)} runs on the CPU, not on {device}; leave out --device")


def runtime_of_flow(card: ModelCard, runtime: Runtime) -> Runtime:
    """How the flow estimator that a model is given is to be run.

    Args:
        card: A model with an estimator.
        runtime: How the model itself is run.

    Raises:
        ModelError: the estimator's checkpoint is not there.
        InputError: a checkpoint for an estimator that has none.
    """
    estimator = card.estimator
    if estimator is None or estimator.checkpoint is None:
        if estimator is not None and runtime.flow_checkpoint is not None:
            raise InputError(f"{estimator.name} has no weights: {card.name} takes no --flow-checkpoint")
        return Runtime(scale=runtime.scale)
    checkpoint = find_flow_checkpoint(estimator, runtime.flow_checkpoint, runtime.checkpoint)
    return Runtime(
        checkpoint=checkpoint,
        device=runtime.device,
        precision=runtime.precision,
        max_memory=runtime.max_memory,
        scale=runtime.scale,
    )


def _backend(runtime: Runtime) -> Backend:
    """The fastest, as measured (docs/networks.md), of those that compute in the precision."""
    if runtime.backend != "auto":
        return runtime.backend
    return "openvino" if runtime.precision == "int8" else "torch"


def _temperature(runtime: Runtime) -> float:
    return _TEMPERATURE if runtime.temperature is None else runtime.temperature


def _device(runtime: Runtime) -> Device:
    torch = _torch()
    there: dict[Device, bool] = {
        "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True
    }  # fmt: skip
    usable: list[Device] = [name for name, usable in there.items() if usable]
    if runtime.device == "auto":
        return "cpu" if _backend(runtime) in _ON_CPU else usable[0]
    if runtime.device not in usable:
        raise ModelError(f"PyTorch sees no {runtime.device} device here; usable: {', '.join(usable)}")
    return runtime.device


def _memory_of(device: Device) -> int:
    return _torch().cuda.get_device_properties(device).total_memory if device == "cuda" else total_memory()


def _torch() -> Any:
    """Imported when a network is asked for, not before: models without one are chosen through here too."""
    return import_module("torch")


def _lanes(card: ModelCard, size: tuple[int, int], budget: int) -> int | None:
    """Frames side by side: one for each thread that PyTorch has, or as many as fit if that is most of them.

    A model that is given flow has had all threads look for it, and is left to work with all of them; so is one that
    likes several moments at a time.
    """
    if card.role != "interpolator" or card.estimator is not None or card.input.prefers_batch > 1:
        return None
    height, width = size
    threads = int(_torch().get_num_threads())
    lanes = min(threads, budget // max(1, card.input.bytes_for(height * width)))
    return lanes if lanes > max(1, threads // 2) else None


def _batch(spec: InputSpec, size: tuple[int, int], budget: int, device: Device) -> int:
    """Moments at a time: as many as fit. On the CPU, where several gain nothing, as many as the network likes."""
    height, width = size
    most = spec.prefers_batch if device == "cpu" else max(spec.prefers_batch, _BATCH_ON_ACCELERATORS)
    return max(1, min(most, budget // max(1, spec.bytes_for(height * width))))
