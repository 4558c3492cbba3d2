"""Any flow network at any size: where arrays become tensors and tensors arrays again.

Pads as the network's `InputSpec` says and crops back, keeps to the memory that is allowed, and keeps what one frame
contributes to the next pair. Networks never see any of this.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from frameloom.catalog import ModelCard
from frameloom.errors import RangeError, ShapeError
from frameloom.frame import FloatPixels
from frameloom.models.backends.engine import Engine
from frameloom.models.flow.network import FlowNetwork, View
from frameloom.models.layers.warping import resize, resize_flow
from frameloom.models.loading import load_network
from frameloom.models.padding import Padding
from frameloom.models.settle import check, settle
from frameloom.runtime import Runtime

_VIEWS_KEPT = 2  # of a pair; the second is the first of the next


class FlowNetworkEstimator:
    """A `FlowEstimator` made of a network, its weights and a way to run it.

    Keeps what it knows of the last two frames for the next pair, so an instance serves one thread at a time.
    """

    def __init__(self, card: ModelCard, runtime: Runtime) -> None:
        """Load the weights.

        Raises:
            ModelError: no checkpoint, not one of this network, or a device or backend that is not there.
            InputError: an option that this model does not have.
        """
        check(card, runtime)
        self._card = card
        self._runtime = runtime
        self._network: FlowNetwork = load_network(card, runtime.checkpoint)
        self._line: _Line | None = None

    def estimate(self, first: FloatPixels, second: FloatPixels) -> NDArray[np.float32]:
        """Where each pixel of `first` is found in `second`.

        Args:
            first, second: (height, width, 3 or 4) float32, nominally [0, 1], of one size, from 1x1 up. Networks see
                them clipped; alpha is not looked at.

        Returns:
            (height, width, 2) float32, pixels; channel 0 = x right, 1 = y down; `second(x + flow(x)) ~ first(x)`.

        Raises:
            ShapeError: the frames differ in size.
            RangeError: they need more memory than is allowed.
        """
        return self._line_for(first, second).one_way(first, second)

    def estimate_both(self, first: FloatPixels, second: FloatPixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """`estimate(first, second)` and `estimate(second, first)`, with shared work done once; raises the same."""
        return self._line_for(first, second).both_ways(first, second)

    def _line_for(self, first: FloatPixels, second: FloatPixels) -> "_Line":
        """What is set up for frames of this size; one size is kept."""
        if first.shape[:2] != second.shape[:2]:
            raise ShapeError(f"the frames are {first.shape[:2]} and {second.shape[:2]}; both must have one size")
        size = (first.shape[0], first.shape[1])
        if self._line is None or self._line.size != size:
            settled = self._runtime if self._runtime.settled else settle(self._card, self._runtime, size)
            self._line = _Line(Engine(self._network, settled), self._card, settled, size)
        return self._line


class _Line:
    """Frames of one size through one network."""

    def __init__(self, engine: Engine[FlowNetwork], card: ModelCard, settled: Runtime, size: tuple[int, int]) -> None:
        self.size = size
        self._engine = engine
        self._searched = (max(1, round(size[0] * settled.scale)), max(1, round(size[1] * settled.scale)))
        self._padding = Padding.of(card.input, self._searched)
        self._memory = self._left_for_matches(card, settled)
        self._kept: list[View] = []

    def _left_for_matches(self, card: ModelCard, settled: Runtime) -> int | None:
        """Bytes that are left for what need not be kept, when the network has what it cannot do without."""
        if settled.max_memory is None:
            return None
        needed = card.input.bytes_for(self._padding.area(self._searched))
        if needed > settled.max_memory:
            height, width = self.size
            raise RangeError(
                f"{card.name} needs {-(-needed // 2**20)}M for frames of {width}x{height}, max_memory is "
                f"{settled.max_memory // 2**20}M; give more, or a smaller --scale"
            )
        return settled.max_memory - needed

    def one_way(self, first: FloatPixels, second: FloatPixels) -> NDArray[np.float32]:
        """(height, width, 2)."""
        with self._engine.running():
            here, there = self._views(first, second)
            return self._array(self._engine.network.flow(here, there, memory=self._memory))[0]

    def both_ways(self, first: FloatPixels, second: FloatPixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(height, width, 2) each: forward, backward."""
        with self._engine.running():
            here, there = self._views(first, second)
            forward, backward = self._array(self._engine.network.flow_both(here, there, memory=self._memory))
            return forward, backward

    def _views(self, first: FloatPixels, second: FloatPixels) -> tuple[View, View]:
        """Both frames as the network sees them, with what is known of them already."""
        views = [self._view(frame) for frame in (first, second)]
        self._kept = views[-_VIEWS_KEPT:]
        return views[0], views[1]

    def _view(self, frame: FloatPixels) -> View:
        image = self._tensor(frame)
        known = next((view for view in self._kept if torch.equal(view.image, image)), None)
        return known or self._engine.network.view(image)

    def _tensor(self, frame: FloatPixels) -> Tensor:
        """(1, 3, height, width), padded, clipped to [0, 1]."""
        pixels = torch.from_numpy(np.ascontiguousarray(frame[..., :3])).to(self._engine.device)
        return self._padding.pad(resize(pixels.permute(2, 0, 1)[None].clamp(0, 1), self._searched))

    def _array(self, flow: Tensor) -> NDArray[np.float32]:
        """(batch, height, width, 2), in pixels of the frames."""
        whole = resize_flow(self._padding.crop(flow), self.size)
        return whole.permute(0, 2, 3, 1).float().contiguous().cpu().numpy()
