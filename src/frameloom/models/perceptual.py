"""PerVFI and the flow estimator that it is given: any of the catalog, or a user's own."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from frameloom.catalog import ModelCard
from frameloom.errors import InputError, ModelError
from frameloom.frame import FloatPixels
from frameloom.models.backends.engine import Engine
from frameloom.models.interpolators.pervfi import PerVFI, PerVFIPair, PerVFIView, noise
from frameloom.models.interpolators.pervfi_decoders import Noise
from frameloom.models.line import Line, NetworkInterpolator, Whole
from frameloom.models.loading import load_network
from frameloom.models.padding import Padding
from frameloom.models.settle import check, runtime_of_flow
from frameloom.models.tiles import Tile
from frameloom.roles import FlowEstimator
from frameloom.runtime import Runtime

Flows = tuple[Tensor, Tensor]
"""Forward and backward, (1, 2, height, width) float32 each, pixels."""


class PerceptualInterpolator(NetworkInterpolator):
    """An `Interpolator` made of a flow estimator, a PerVFI network, its weights and a way to run it.

    The flows of a pair serve all its moments, and its transparency.
    """

    def __init__(self, card: ModelCard, runtime: Runtime) -> None:
        """Build the estimator and load the weights.

        Raises:
            ModelError: a checkpoint is missing or of another network, the estimator cannot be built, or a device is not
                there.
            InputError: an option that this model does not have.
        """
        check(card, runtime)
        if card.estimator is None:
            raise ModelError(f"{card.name} needs a flow estimator: give both names, {card.flow}+{card.own_name}")
        if runtime.backend not in ("auto", "torch"):
            raise InputError(f"{card.name} is run by PyTorch alone; give --backend torch")
        super().__init__(card, runtime)
        self._network: PerVFI = load_network(card, runtime.checkpoint)
        self._estimator: FlowEstimator = card.estimator.load(runtime_of_flow(card, runtime))

    def _new_line(self, settled: Runtime, size: tuple[int, int]) -> "_Line":
        return _Line(Engine(self._network, settled), self._card, settled, size, self._estimator)


class _Line(Line[PerVFIView, PerVFIPair, Flows]):
    """Frames of one size through one PerVFI network.

    Flows are those of whole frames, padded: what moves far leaves any part of them.
    """

    def __init__(
        self,
        engine: Engine[PerVFI],
        card: ModelCard,
        settled: Runtime,
        size: tuple[int, int],
        estimator: FlowEstimator,
    ) -> None:
        super().__init__(engine, card.input, settled, size)
        self._card = card
        self._estimator = estimator
        self._whole = Padding.of(card.input, size)
        height, width = size
        left, right, above, below = self._whole.amounts
        self._padded = (height + above + below, width + left + right)
        self._noise = noise(
            self._padded,
            temperature=settled.temperature or 0.0,
            seed=(settled.seed or 0, settled.sample),
            device=engine.device,
        )

    def shared(self, first: FloatPixels, last: FloatPixels) -> Flows:
        """The flows between two frames (height, width, 3)."""
        forward, backward = self._estimator.estimate_both(self._grown(first), self._grown(last))
        return self._flow(forward), self._flow(backward)

    def _grown(self, frame: FloatPixels) -> FloatPixels:
        """Padded, and clipped to [0, 1]: what the network sees, as an array."""
        pixels = torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1)[None].clamp(0, 1)
        return np.ascontiguousarray(self._whole.pad(pixels)[0].permute(1, 2, 0).numpy())

    def _flow(self, flow: NDArray[np.float32]) -> Tensor:
        """A flow (height, width, 2) of padded frames as a tensor; estimators may be anybody's, so it is looked at."""
        estimator = self._card.estimator
        name = estimator.name if estimator is not None else self._card.name
        if np.shape(flow) != (*self._padded, 2):
            raise ModelError(f"{name} gave a flow of shape {np.shape(flow)}; expected {(*self._padded, 2)}")
        if not np.isfinite(flow).all():
            raise ModelError(f"{name} gave a flow that holds infinity or NaN")
        tensor = torch.from_numpy(np.ascontiguousarray(flow, np.float32)).to(self._engine.device)
        return tensor.permute(2, 0, 1)[None].contiguous()

    def _view(self, image: Tensor) -> PerVFIView:
        return self._engine.network.view(image)

    def _pair(self, views: tuple[PerVFIView, PerVFIView], tile: Tile, whole: Whole[Flows]) -> PerVFIPair:
        before, after = views
        forward, backward = (_cut(flow, tile, before.size) for flow in whole.shared)
        return self._engine.network.pair(before, after, forward=forward, backward=backward)

    def _rendered(self, pair: PerVFIPair, distance: Tensor, tile: Tile) -> Tensor:
        network: PerVFI = self._engine.network
        return network.render(pair, distance, self._noise_of(pair.size, tile))

    def _noise_of(self, size: tuple[int, int], tile: Tile) -> Noise:
        """The part of the noise that belongs to a tile of some padded size."""
        half, quarter, eighth = (
            _cut(part, tile, (size[0] // shrink, size[1] // shrink), shrink=shrink)
            for part, shrink in zip(self._noise, (2, 4, 8), strict=True)
        )
        return half, quarter, eighth


def _cut(tensor: Tensor, tile: Tile, size: tuple[int, int], *, shrink: int = 1) -> Tensor:
    """The part (batch, channels, *size) of a padded whole at 1/shrink of its size that lies where a tile does."""
    top, left = tile.rows.start // shrink, tile.columns.start // shrink
    return tensor[..., top : top + size[0], left : left + size[1]]
