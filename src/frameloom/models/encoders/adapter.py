"""Any encoder that is a network: where arrays become tensors and tensors arrays again.

Normalises images, makes batches that keep to the memory that is allowed, and runs them as was asked. Networks never see
any of this.
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from frameloom.catalog import ModelCard
from frameloom.errors import InputError, RangeError, ShapeError
from frameloom.models.backends.engine import Engine
from frameloom.models.encoders.network import EncoderNetwork
from frameloom.models.encoders.sizes import input_spec
from frameloom.models.settle import check, settle
from frameloom.roles import PatchEncoder
from frameloom.runtime import Runtime


def check_asked(card: ModelCard, runtime: Runtime) -> None:
    """What can be told before the weights are read.

    Raises:
        InputError: an option that encoders do not have.
        ModelError: a device or backend that is not there.
    """
    check(card, runtime)
    if runtime.scale != 1:
        raise InputError(f"{card.name} takes no --scale: it looks for no motion; --size says how large images are seen")


class EncoderAdapter(PatchEncoder):
    """A `PatchEncoder` made of a network with its weights and a way to run it; serves one thread at a time."""

    def __init__(self, card: ModelCard, runtime: Runtime, network: EncoderNetwork) -> None:
        """Args: what is known of it, how it is to be run (`check_asked`), and a network that is loaded."""
        self.card = replace(card, input=input_spec(network.width, network.patch))  # sizes may vary under one card
        self.patch = network.patch
        self.size = network.size
        self._runtime = runtime
        self._network = network
        self._engine: Engine[EncoderNetwork] | None = None

    def encode(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Tokens (batch, rows, columns, channels) of images (batch, height, width, 3) in [0, 1]: see `PatchEncoder`.

        Raises:
            ShapeError: a side is not a multiple of `patch`, or the array is no batch of RGB images.
            RangeError: one image needs more memory than is allowed.
        """
        return self.encode_all(images)[0]

    def encode_all(self, images: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """`encode(images)`, and the class token and registers, where there are any: (batch, count, channels)."""
        self._check_shape(images.shape)
        settled = self._settled(images.shape[1:3])
        engine = self._engine_for(settled)
        step = settled.batch or 1
        parts = [self._tokens(engine, images[start : start + step]) for start in range(0, len(images), step)]
        grids, others = zip(*parts, strict=True)
        return np.concatenate(grids), np.concatenate(others)

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 4 or shape[3] != 3 or 0 in shape:
            raise ShapeError(f"images are {shape}; {self.card.name} takes (batch, height, width, 3), none of them 0")
        if shape[1] % self.patch or shape[2] % self.patch:
            raise ShapeError(f"images are {shape[1]}x{shape[2]}; {self.card.name} needs multiples of {self.patch}")

    def _settled(self, size: tuple[int, ...]) -> Runtime:
        """How images of one (height, width) are run.

        Raises:
            RangeError: one of them does not fit into the memory that is allowed.
        """
        height, width = size
        asked = self._runtime
        settled = asked if asked.settled else settle(self.card, asked, (height, width))
        needed = self.card.input.bytes_for(height * width)
        if settled.max_memory is not None and needed > settled.max_memory:
            raise RangeError(
                f"{self.card.name} needs {-(-needed // 2**20)}M for an image of {width}x{height}, max_memory is "
                f"{settled.max_memory // 2**20}M; give more, or a smaller --size"
            )
        return settled

    def _engine_for(self, settled: Runtime) -> Engine[EncoderNetwork]:
        """The network as it is run; that does not depend on the size of images."""
        if self._engine is None:
            if settled.backend != "torch" and not (self._network.parts or self._network.sized_parts):
                raise InputError(f"{self.card.name} is run by PyTorch alone; give --backend torch")
            self._engine = Engine(self._network, settled)
        return self._engine

    def _tokens(
        self, engine: Engine[EncoderNetwork], images: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Of one batch."""
        pixels = torch.from_numpy(np.ascontiguousarray(images, np.float32)).to(engine.device)
        with engine.running():
            grid, others = engine.network.tokens(self._normalised(pixels))
            return _array(grid), _array(others)

    def _normalised(self, pixels: Tensor) -> Tensor:
        """(batch, height, width, 3) in [0, 1] to (batch, 3, height, width) as the network wants it."""
        mean, deviation = pixels.new_tensor(self._network.mean), pixels.new_tensor(self._network.deviation)
        return ((pixels - mean) / deviation).permute(0, 3, 1, 2).contiguous()


def _array(tokens: Tensor) -> NDArray[np.float32]:
    return tokens.float().contiguous().cpu().numpy()
