"""Any network at any size: where arrays become tensors and tensors arrays again.

Pads as the network's `InputSpec` says and crops back, orders channels, makes moments in batches and large frames in
overlapping tiles, and keeps what one frame contributes to the next pair. Networks never see any of this.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from frameloom.catalog import InputSpec, ModelCard
from frameloom.errors import InputError, ShapeError
from frameloom.frame import FloatPixels
from frameloom.models.backends.engine import Engine
from frameloom.models.interpolators.network import AnyTimeNetwork, Pair, View, approach
from frameloom.models.layers.warping import resize
from frameloom.models.loading import load_network
from frameloom.models.padding import Padding, up_to_multiple
from frameloom.models.settle import check, settle
from frameloom.models.tiles import Tile, tiles
from frameloom.roles import Moment
from frameloom.runtime import Runtime


class AnyTimeInterpolator:
    """An `Interpolator` made of a network, its weights and a way to run it.

    Keeps what it knows of the last frame for the next pair, so an instance serves one thread at a time.
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
        self._network: AnyTimeNetwork = load_network(card, runtime.checkpoint)
        self._line: _Line | None = None

    def between(self, first: FloatPixels, last: FloatPixels, moments: Sequence[Moment]) -> Iterator[FloatPixels]:
        """Yield one frame per moment, in the order given.

        Args:
            first, last: (height, width, 3 or 4) float32, nominally [0, 1], of one size. Networks see them clipped; what
                lies beyond is cross-faded.
            moments: Numbers, or distance maps (height, width), in [0, 1]. Where all of a frame is at 0 or 1, it is the
                first or last frame itself.

        Raises:
            ShapeError: a map of another size than the frames.
            InputError: a map for a time-indexed network.
        """
        checked = [self._checked(moment, first.shape[:2]) for moment in moments]
        inner = [moment for moment in checked if _end_of(moment) is None]
        made = self._made(first, last, inner) if inner else iter(())
        for moment in checked:
            end = _end_of(moment)
            yield next(made) if end is None else (first, last)[end].copy()

    def _checked(self, moment: Moment, size: tuple[int, ...]) -> Moment:
        if isinstance(moment, np.ndarray) and moment.ndim:
            if moment.shape != size:
                raise ShapeError(f"a distance map is {moment.shape}, the frames are {size}; both must have one size")
            if self._card.variant in ("T", "TR"):
                raise InputError(f"{self._card.name} takes times, not distance maps; use a variant d or dr")
        return moment

    def _made(self, first: FloatPixels, last: FloatPixels, moments: list[Moment]) -> Iterator[FloatPixels]:
        line = self._line_for((first.shape[0], first.shape[1]))
        colours = line.frames("colour", first[..., :3], last[..., :3], moments)
        if first.shape[2] == 3:
            yield from colours
            return
        for colour, alpha in zip(colours, line.alphas(first[..., 3], last[..., 3], moments), strict=True):
            yield np.concatenate([colour, alpha[..., None]], axis=2)

    def _line_for(self, size: tuple[int, int]) -> "_Line":
        """What is set up for frames of this size; one size is kept."""
        if self._line is None or self._line.size != size:
            settled = self._runtime if self._runtime.settled else settle(self._card, self._runtime, size)
            self._line = _Line(Engine(self._network, settled), self._card.input, settled, size)
        return self._line


def _end_of(moment: Moment) -> int | None:
    """0 or 1 where the whole frame is that; else None."""
    low, high = (moment, moment) if isinstance(moment, float | int) else (moment.min(), moment.max())
    return int(low) if low == high and low in (0, 1) else None


class _Line:
    """Frames of one size through one network."""

    def __init__(
        self, engine: Engine[AnyTimeNetwork], spec: InputSpec, settled: Runtime, size: tuple[int, int]
    ) -> None:
        self.size = size
        self._engine = engine
        self._spec = spec
        self._settled = settled
        part = settled.tile or size
        self._tiles: list[Tile] = tiles(size, part)
        self._padding = Padding.of(spec, part)
        self._kept: dict[tuple[str, int], _Sight] = {}

    def frames(self, kind: str, first: FloatPixels, last: FloatPixels, moments: list[Moment]) -> Iterator[FloatPixels]:
        """(height, width, 3) float32 for each moment; `kind` tells colour from alpha among what is kept."""
        beyond = _Beyond(first, last)
        pairs = [self._pair((kind, index), first, last, tile) for index, tile in enumerate(self._tiles)]
        if len(pairs) > 1:
            self._share_mean(pairs, first, last)
        pending = iter(moments)
        while batch := list(islice(pending, self._settled.batch)):
            for moment, made in zip(batch, self._batch(pairs, batch), strict=True):
                yield beyond.added_to(made, moment)

    def alphas(
        self, first: NDArray[np.float32], last: NDArray[np.float32], moments: list[Moment]
    ) -> Iterator[NDArray[np.float32]]:
        """(height, width) float32 for each moment: transparency moves as a grey picture would."""
        if (first == 1).all() and (last == 1).all():
            yield from (np.ones_like(first) for _ in moments)
            return
        start, end = (np.repeat(alpha[..., None], 3, axis=2) for alpha in (first, last))
        for made in self.frames("alpha", start, end, moments):
            yield made.mean(axis=2)

    def _pair(self, key: tuple[str, int], first: FloatPixels, last: FloatPixels, tile: Tile) -> "_Sights":
        """Both frames as the network sees them; the last of a pair is kept, as the first of the next."""
        kept = self._kept.get(key)
        start = self._tensor(first, tile)
        if kept is None or not torch.equal(kept.fine.image, start):
            kept = self._sight(start)
        following = self._kept[key] = self._sight(self._tensor(last, tile))
        with self._engine.running():
            return _Sights(self._engine, kept, following)

    def _share_mean(self, pairs: "list[_Sights]", first: FloatPixels, last: FloatPixels) -> None:
        """What is a mean over two parts becomes that over the whole frames."""
        mean = float(np.mean([image.clip(0, 1).mean(dtype=np.float64) for image in (first, last)]))
        for pair in pairs:
            for seen in (pair.fine, pair.coarse):
                if seen is not None:
                    seen.mean = torch.tensor(mean, dtype=torch.float32, device=self._engine.device)

    def _tensor(self, frame: FloatPixels, tile: Tile) -> Tensor:
        """(1, 3, height, width), padded, clipped to [0, 1]."""
        part = frame[tile.rows, tile.columns]
        ordered = part[..., ::-1] if self._spec.channels == "bgr" else part
        pixels = torch.from_numpy(np.ascontiguousarray(ordered)).to(self._engine.device)
        return self._padding.pad(pixels.permute(2, 0, 1)[None].clamp(0, 1))

    def _sight(self, image: Tensor) -> "_Sight":
        fine = self._engine.network.view(image)
        if self._settled.scale == 1:
            return _Sight(fine, None)
        smaller = [
            max(self._spec.smallest, up_to_multiple(round(side * self._settled.scale), self._spec.multiple))
            for side in fine.size
        ]
        return _Sight(fine, self._engine.network.view(resize(image, (smaller[0], smaller[1]))))

    def _batch(self, pairs: "list[_Sights]", moments: list[Moment]) -> NDArray[np.float32]:
        """(moments, height, width, 3) float32."""
        if len(pairs) == 1:
            return self._part(pairs[0], moments, self._tiles[0])
        frames = np.zeros((len(moments), *self.size, 3), np.float32)
        for pair, tile in zip(pairs, self._tiles, strict=True):
            frames[:, tile.rows, tile.columns] += self._part(pair, moments, tile) * tile.weight[..., None]
        return frames

    def _part(self, pair: "_Sights", moments: list[Moment], tile: Tile) -> NDArray[np.float32]:
        """(moments, height, width, 3) float32 of one tile."""
        distance = self._padding.pad(self._distance(moments, tile), edge=True)
        with self._engine.running():
            *_, (_, frames) = approach(
                self._engine.network, pair.fine, distance, iterations=self._settled.iters or 1, coarse=pair.coarse
            )
            pixels = self._padding.crop(frames).permute(0, 2, 3, 1)
            ordered = pixels.flip(3) if self._spec.channels == "bgr" else pixels
            return ordered.float().contiguous().cpu().numpy()

    def _distance(self, moments: list[Moment], tile: Tile) -> Tensor:
        """(moments, 1, height, width) float32."""
        height, width = tile.weight.shape
        maps = [
            np.ascontiguousarray(np.broadcast_to(np.float32(moment), self.size)[tile.rows, tile.columns])
            if np.ndim(moment)
            else np.full((height, width), moment, np.float32)
            for moment in moments
        ]
        return torch.from_numpy(np.stack(maps)[:, None]).to(self._engine.device)


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """A frame at full size, and where motion is looked for if that is smaller."""

    fine: View
    coarse: View | None


class _Sights:
    """Two of them, as pairs."""

    def __init__(self, engine: Engine[AnyTimeNetwork], first: _Sight, last: _Sight) -> None:
        network = engine.network
        self.fine: Pair = network.pair(first.fine, last.fine)
        self.coarse: Pair | None = None
        if first.coarse is not None and last.coarse is not None:
            self.coarse = network.pair(first.coarse, last.coarse)


class _Beyond:
    """What lies beyond [0, 1] in two frames: video carries a little more than black and white."""

    def __init__(self, first: FloatPixels, last: FloatPixels) -> None:
        inside = all(image.min() >= 0 and image.max() <= 1 for image in (first, last))
        self._parts = None if inside else (first - np.clip(first, 0, 1), last - np.clip(last, 0, 1))

    def added_to(self, frame: FloatPixels, moment: Moment) -> FloatPixels:
        """The frame with that, cross-faded."""
        if self._parts is None:
            return frame
        share = np.asarray(moment, np.float32)
        weight = share[..., None] if share.ndim else share
        first, last = self._parts
        return (frame + (1 - weight) * first + weight * last).astype(np.float32, copy=False)
