"""ONNX Runtime as a compiler of modules, on the CPU, in float32."""

import io
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import onnxruntime
import torch
from torch import Tensor, nn

from frameloom.errors import InputError
from frameloom.models.backends.compiled import Compiler, Outputs, Shapes
from frameloom.runtime import EncoderPrecision

_OPSET = 17  # the first with layer normalisation as one operation


class ONNXRuntime(Compiler):
    """Compiles for this machine's processor."""

    def __init__(self, precision: EncoderPrecision) -> None:
        """Args: must be float32.

        Raises:
            InputError: another precision.
        """
        if precision != "float32":
            raise InputError(f"the backend onnx computes in float32, not in {precision}; give --backend torch")
        import_module("onnx")  # PyTorch exports through it, and says so only when it does
        self._options: Any = onnxruntime.SessionOptions()
        self._options.intra_op_num_threads = torch.get_num_threads()
        self._options.log_severity_level = 3  # errors: what it says of unused constants is no one's concern

    def compile(self, module: nn.Module, shapes: Shapes, *, sized: bool) -> Callable[[Sequence[Tensor]], Outputs]:
        """See `Compiler`."""
        file = io.BytesIO()
        exporter: Any = torch.onnx  # its functions are typed in part
        exporter.export(
            module,
            tuple(torch.zeros(shape) for shape in shapes),
            file,
            dynamo=False,  # the newer exporter takes ten times as long and needs two more packages
            opset_version=_OPSET,
            input_names=[f"input{index}" for index in range(len(shapes))],
        )
        session: Any = onnxruntime.InferenceSession(file.getvalue(), self._options, providers=["CPUExecutionProvider"])
        return _Session(session)


class _Session:
    """A compiled model, as a function of tensors."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __call__(self, inputs: Sequence[Tensor]) -> Outputs:
        named = {f"input{index}": tensor.numpy() for index, tensor in enumerate(inputs)}
        outputs = [torch.from_numpy(array) for array in self._session.run(None, named)]
        return tuple(outputs) if len(outputs) > 1 else outputs[0]
