"""OpenVINO as a compiler of modules, on the CPU."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import openvino
import torch
from torch import Tensor, nn

from frameloom.models.backends.compiled import Compiler, Outputs, Shapes
from frameloom.models.backends.quantization import quantize
from frameloom.runtime import EncoderPrecision

_HINTS: dict[EncoderPrecision, str] = {"float32": "f32", "bfloat16": "bf16", "float16": "f16", "int8": "bf16"}
_GROUP = 64  # channels that share a scale; of 768 it is a tenth faster, and one large value coarsens all of them
_PICTURE = 4  # dimensions
_FEW = 16  # tokens
_SMALL = 64  # pixels: tracing at this size and giving the model its real one takes a fifth of the time


@cache
def _core() -> openvino.Core:
    """The only one, never given up.

    Each puts a stack for signal handlers in place, and puts back what was there before when it goes. Of two, the one
    that goes last puts back that of the first, which is freed by then: the next Ctrl-C was a segmentation fault.
    """
    return openvino.Core()


class OpenVINO(Compiler):
    """Compiles for this machine's processor."""

    def __init__(self, precision: EncoderPrecision) -> None:
        """Args: what is computed in between inputs and outputs, which are float32.

        In int8, matrices with weights are multiplied in eight bits, what goes into them being rounded as it comes
        (dynamic quantization); all else is bfloat16.
        """
        self._quantizes = precision == "int8"
        self._options: dict[str, str | int] = {
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "NUM_STREAMS": 1,
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": _GROUP if self._quantizes else 0,
        }

    def prepare(self, module: nn.Module) -> None:
        """See `Compiler`."""
        if self._quantizes:
            quantize(module)

    def compile(self, module: nn.Module, shapes: Shapes, *, sized: bool) -> Callable[[Sequence[Tensor]], Outputs]:
        """See `Compiler`."""
        examples = [torch.zeros(shape) for shape in (shapes if sized else _smaller(shapes))]
        toolkit: Any = openvino  # its functions are typed in part
        model = toolkit.convert_model(module, example_input=tuple(examples))
        model.reshape({index: list(shape) for index, shape in enumerate(shapes)})
        request = _core().compile_model(model, "CPU", self._options).create_infer_request()
        return _Request(request)


class _Request:
    """A compiled model, as a function of tensors."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def __call__(self, inputs: Sequence[Tensor]) -> Outputs:
        found = self._request.infer([tensor.numpy() for tensor in inputs], share_inputs=True)
        outputs = [torch.from_numpy(array) for array in found.to_tuple()]
        return tuple(outputs) if len(outputs) > 1 else outputs[0]


def _smaller(shapes: Shapes) -> Shapes:
    """Few tokens (..., tokens, channels), or small square pictures (batch, channels, side, side), in their proportions.

    What is traced at these must not depend on sizes in other ways: see `Compiler.compile`.
    """
    if any(len(shape) < _PICTURE for shape in shapes):
        return tuple((*shape[:-2], min(shape[-2], _FEW), shape[-1]) for shape in shapes)
    longest = max(max(shape[2:]) for shape in shapes)
    sides = [_SMALL // round(longest / max(shape[2:])) for shape in shapes]
    return tuple((*shape[:2], side, side) for shape, side in zip(shapes, sides, strict=True))
