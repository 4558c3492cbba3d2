"""How a model is to be run, as a user asks for it. What `auto` means is settled where the model is built."""

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from frameloom.errors import RangeError

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
EncoderPrecision = Literal["auto", "float32", "bfloat16", "float16", "int8"]
Backend = Literal["auto", "torch", "openvino", "onnx"]

_WORDS = {
    "device": ("auto", "cpu", "cuda", "mps"),
    "precision": ("auto", "float32", "bfloat16", "float16", "int8"),
    "backend": ("auto", "torch", "openvino", "onnx"),
}
_NOT_SHOWN = ("checkpoint", "flow_checkpoint", "max_memory", "sample")


@dataclass(frozen=True, kw_only=True, slots=True)
class Runtime:
    """What a user asks of a model besides its name; the defaults ask for nothing.

    Raises:
        RangeError: a word or number that is not among the possible ones.
    """

    checkpoint: Path | None = None
    """A file with weights, or the folder that holds it as its authors lay it out."""
    device: Device = "auto"
    precision: EncoderPrecision = "auto"
    """What convolutions and matrices compute in; warps and flows are float32 always. int8: encoders alone."""
    backend: Backend = "auto"
    max_memory: int | None = None
    """Bytes that the model may take; larger frames are made in overlapping tiles."""
    scale: float = 1.0
    """At which part of the size motion is looked for, (0, 1]; pictures are fetched at full size."""
    iters: int | None = None
    """Steps of reference-based estimation."""
    flow_checkpoint: Path | None = None
    """Likewise of the flow estimator that the model is given."""
    seed: int | None = None
    """Which frames a model draws that draws them at random."""
    temperature: float | None = None
    """How far from the likeliest ones, from 0 up."""
    sample: int = 0
    """Which of several draws with one seed."""
    tile: tuple[int, int] | None = None
    """(height, width) of the overlapping parts that frames are made in; None: not settled, or whole frames."""
    batch: int | None = None
    """Moments that are made at a time; None: not settled."""
    lanes: int | None = None
    """Frames that are made side by side, each by one thread; None: not settled, or one by all threads."""

    def __post_init__(self) -> None:
        for name, words in _WORDS.items():
            given = getattr(self, name)
            if given not in words:
                raise RangeError(f"{name} is '{given}'; give {', '.join(words[:-1])} or {words[-1]}")
        if not (math.isfinite(self.scale) and 0 < self.scale <= 1):
            raise RangeError(f"scale is {self.scale}; it must be above 0 and at most 1")
        if self.iters is not None and self.iters < 1:
            raise RangeError(f"iters is {self.iters}; it must be a whole number from 1 up")
        if self.seed is not None and self.seed < 0:
            raise RangeError(f"seed is {self.seed}; it must be a whole number from 0 up")
        if self.temperature is not None and not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise RangeError(f"temperature is {self.temperature}; it must be a number from 0 up")
        if self.max_memory is not None and self.max_memory < 1:
            raise RangeError(f"max_memory is {self.max_memory}; it must be a number of bytes above 0")

    @property
    def settled(self) -> bool:
        """Whether nothing is left to choose."""
        return "auto" not in (self.device, self.precision, self.backend) and self.batch is not None

    def settings(self) -> dict[str, object]:
        """What may change numbers or speed, as a result shows it; checkpoints apart."""
        named = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in named.items() if name not in _NOT_SHOWN}

    @property
    def asked(self) -> tuple[str, ...]:
        """Names of what differs from the defaults."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name) != item.default)
