"""Any any-time network at any size: where arrays become tensors and tensors arrays again (`models/line.py`)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from frameloom.catalog import ModelCard
from frameloom.frame import FloatPixels
from frameloom.models.backends.engine import Engine
from frameloom.models.interpolators.network import AnyTimeNetwork, Pair, View, approach
from frameloom.models.layers.warping import resize
from frameloom.models.line import Line, NetworkInterpolator, Whole
from frameloom.models.loading import load_network
from frameloom.models.padding import up_to_multiple
from frameloom.models.settle import check
from frameloom.models.tiles import Tile
from frameloom.runtime import Runtime


class AnyTimeInterpolator(NetworkInterpolator):
    """An `Interpolator` made of an any-time network, its weights and a way to run it."""

    def __init__(self, card: ModelCard, runtime: Runtime) -> None:
        """Load the weights.

        Raises:
            ModelError: no checkpoint, not one of this network, or a device or backend that is not there.
            InputError: an option that this model does not have.
        """
        check(card, runtime)
        super().__init__(card, runtime)
        self._network: AnyTimeNetwork = load_network(card, runtime.checkpoint)

    def _new_line(self, settled: Runtime, size: tuple[int, int]) -> "_Line":
        return _Line(Engine(self._network, settled), self._card.input, settled, size)


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """A frame at full size, and where motion is looked for if that is smaller."""

    fine: View
    coarse: View | None


class _Sights:
    """Two of them, as pairs."""

    def __init__(self, network: AnyTimeNetwork, first: _Sight, last: _Sight) -> None:
        self.fine: Pair = network.pair(first.fine, last.fine)
        self.coarse: Pair | None = None
        if first.coarse is not None and last.coarse is not None:
            self.coarse = network.pair(first.coarse, last.coarse)


class _Line(Line[_Sight, _Sights, None]):
    """Frames of one size through one any-time network."""

    def shared(self, first: FloatPixels, last: FloatPixels) -> None:
        """Nothing: a network finds the motion of each part itself."""

    def _view(self, image: Tensor) -> _Sight:
        image = image.contiguous()  # arrays come with channels last, in which these networks' layers are slower
        fine = self._engine.network.view(image)
        if self._settled.scale == 1:
            return _Sight(fine, None)
        smaller = [
            max(self._spec.smallest, up_to_multiple(round(side * self._settled.scale), self._spec.multiple))
            for side in fine.size
        ]
        return _Sight(fine, self._engine.network.view(resize(image, (smaller[0], smaller[1]))))

    def _pair(self, views: tuple[_Sight, _Sight], tile: Tile, whole: Whole[None]) -> _Sights:
        with self._engine.running():
            pair = _Sights(self._engine.network, *views)
        if len(self._tiles) > 1:
            self._share_mean(pair, whole)
        return pair

    def _share_mean(self, pair: _Sights, whole: Whole[None]) -> None:
        """What is a mean over two parts becomes that over the whole frames."""
        mean = float(np.mean([image.clip(0, 1).mean(dtype=np.float64) for image in (whole.first, whole.last)]))
        for seen in (pair.fine, pair.coarse):
            if seen is not None:
                seen.mean = torch.tensor(mean, dtype=torch.float32, device=self._engine.device)

    def _rendered(self, pair: _Sights, distance: Tensor, tile: Tile) -> Tensor:
        *_, (_, frames) = approach(
            self._engine.network, pair.fine, distance, iterations=self._settled.iters or 1, coarse=pair.coarse
        )
        return frames
