"""Modules of a network that a compiler runs, one by one; what lies between them stays in PyTorch, in float32."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from frameloom.errors import InputError, ModelError
from frameloom.extras import install_command
from frameloom.runtime import Backend, EncoderPrecision

Shapes = tuple[tuple[int, ...], ...]
Outputs = Tensor | tuple[Tensor, ...]
_SIZES_KEPT = 4  # a network with reference calls a module with two batch sizes; tiles and whole frames may take turns


class Compiler(ABC):
    """Makes callables of modules."""

    def prepare(self, module: nn.Module) -> None:  # noqa: B027  # most change nothing
        """Change what a module is made of, once, before it is compiled for some size."""

    @abstractmethod
    def compile(self, module: nn.Module, shapes: Shapes, *, sized: bool) -> Callable[[Sequence[Tensor]], Outputs]:
        """A callable that does what the module does.

        Args:
            module: Takes float32 tensors and returns one or several.
            shapes: Of its inputs.
            sized: Whether what the module computes depends on sizes in ways that a trace at others would not show.
        """


_COMPILERS = {
    "openvino": ("frameloom.models.backends.openvino:OpenVINO", "openvino"),
    "onnx": ("frameloom.models.backends.onnx:ONNXRuntime", "onnx"),
}
"""Backend -> where its compiler is, and the extra that brings what it needs."""


def new_compiler(backend: Backend, precision: EncoderPrecision) -> Compiler:
    """The compiler of a backend.

    Raises:
        ModelError: what it needs is not installed.
    """
    place, extra = _COMPILERS[backend]
    module, _, name = place.partition(":")
    try:
        return getattr(import_module(module), name)(precision)
    except ModuleNotFoundError as error:
        raise ModelError(
            f"the backend {backend} needs {error.name}, which is not installed; add it with: {install_command(extra)}"
        ) from error


class Divided(Protocol):
    """A network that says which of its modules may be compiled."""

    parts: tuple[str, ...]
    """Names of the modules that do nearly all the work, each of which may be compiled by itself."""
    sized_parts: tuple[str, ...]
    """Likewise, but for one size only: what they compute depends on it in ways that a trace does not show."""


def compile_parts(network: nn.Module, compiler: Compiler) -> None:
    """Let a compiler run the parts of a network; each is compiled when it is first called with inputs of some size.

    Raises:
        InputError: the network does not say what its parts are.
    """
    if not hasattr(network, "parts"):
        raise InputError(f"{type(network).__name__} is run by PyTorch alone; give --backend torch")
    divided = cast(Divided, network)
    for name in (*divided.parts, *divided.sized_parts):
        part = network.get_submodule(name)
        compiler.prepare(part)
        vars(part)["forward"] = _Compiled(_AsWritten(part), compiler, sized=name in divided.sized_parts)


class _AsWritten(nn.Module):
    """A module by its class, whatever its instance does in place of that."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._module = module
        self._forward = type(module).forward

    def forward(self, *inputs: Tensor) -> Outputs:
        return self._forward(self._module, *inputs)


class _Compiled:
    """In place of a module's forward."""

    def __init__(self, module: nn.Module, compiler: Compiler, *, sized: bool) -> None:
        self._module = module
        self._compiler = compiler
        self._sized = sized
        self._by_shapes: dict[Shapes, Callable[[Sequence[Tensor]], Outputs]] = {}

    def __call__(self, *inputs: Tensor) -> Outputs:
        shapes = tuple(tuple(tensor.shape) for tensor in inputs)
        if shapes not in self._by_shapes:
            while len(self._by_shapes) >= _SIZES_KEPT:
                self._by_shapes.pop(next(iter(self._by_shapes)))
            with torch.inference_mode(mode=False), torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that tracing will be replaced by something is no news to a user
                self._by_shapes[shapes] = self._compiler.compile(self._module, shapes, sized=self._sized)
        return self._by_shapes[shapes]([tensor.float().contiguous() for tensor in inputs])
