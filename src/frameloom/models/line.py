"""What interpolators made of a network share, whatever the network: frames of any size in, frames of that size out.

Pads as the network's `InputSpec` says and crops back, orders channels, makes moments in batches or side by side and
large frames in overlapping tiles, and keeps what one frame contributes to the next pair. Of tiles nothing is kept: all
of them together would take what tiles are to save. Networks never see any of this.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from frameloom.catalog import InputSpec, ModelCard
from frameloom.errors import InputError, ShapeError
from frameloom.frame import FloatPixels
from frameloom.models.backends.crew import ahead, side_by_side
from frameloom.models.backends.engine import Engine
from frameloom.models.padding import Padding
from frameloom.models.settle import settle
from frameloom.models.tiles import Tile, tiles
from frameloom.roles import Moment
from frameloom.runtime import Runtime

View = TypeVar("View")  # a frame, or a part of one, as the network sees it
Views = TypeVar("Views")  # two of them
Shared = TypeVar("Shared")  # what is known of two frames before they are divided into parts
_CHANNELS = 3


class NetworkInterpolator(ABC):
    """An `Interpolator` made of a network and a way to run it.

    Keeps what it knows of the last frame for the next pair, so an instance serves one thread at a time. Several moments
    of a pair, and pairs that are begun ahead, are made side by side where that was settled.
    """

    def __init__(self, card: ModelCard, runtime: Runtime) -> None:
        self._card = card
        self._runtime = runtime
        self._line: Line[Any, Any, Any] | None = None

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
        yield from self._begun(first, last, moments, alone=True)

    def begin(self, first: FloatPixels, last: FloatPixels, moments: Sequence[Moment]) -> Iterator[FloatPixels]:
        """What `between` yields; where frames are made side by side, as many as there are lanes are begun now."""
        return self._begun(first, last, moments, alone=False)

    def ahead(self, size: tuple[int, int]) -> int:
        """How many frames of one (height, width) to have begun, beyond the one that is waited for; 0 without lanes."""
        lanes = self._line_for(size).lanes
        return ahead(lanes) if lanes > 1 else 0

    def _begun(
        self, first: FloatPixels, last: FloatPixels, moments: Sequence[Moment], *, alone: bool
    ) -> Iterator[FloatPixels]:
        """One frame per moment; `alone` says that nothing else is made meanwhile."""
        checked = [self._checked(moment, first.shape[:2]) for moment in moments]
        inner = [moment for moment in checked if _end_of(moment) is None]
        line = self._line_for((first.shape[0], first.shape[1]))
        lanes = 1 if alone and len(inner) == 1 else line.lanes
        made = _made(line, first, last, inner, lanes) if inner else iter(())
        return _with_ends(first, last, checked, made)

    @abstractmethod
    def _new_line(self, settled: Runtime, size: tuple[int, int]) -> "Line[Any, Any, Any]":
        """What frames of one (height, width) need."""

    def _checked(self, moment: Moment, size: tuple[int, ...]) -> Moment:
        if isinstance(moment, np.ndarray) and moment.ndim:
            if moment.shape != size:
                raise ShapeError(f"a distance map is {moment.shape}, the frames are {size}; both must have one size")
            if self._card.variant in ("T", "TR"):
                raise InputError(f"{self._card.name} takes times, not distance maps; use a variant d or dr")
        return moment

    def _line_for(self, size: tuple[int, int]) -> "Line[Any, Any, Any]":
        """What is set up for frames of this size; one size is kept."""
        if self._line is None or self._line.size != size:
            settled = self._runtime if self._runtime.settled else settle(self._card, self._runtime, size)
            self._line = self._new_line(settled, size)
        return self._line


def _made(
    line: "Line[Any, Any, Any]", first: FloatPixels, last: FloatPixels, moments: list[Moment], lanes: int
) -> Iterator[FloatPixels]:
    """Frames (height, width, 3 or 4), some of which are begun now."""
    shared = line.shared(first[..., :3], last[..., :3])
    colours = line.frames("colour", first[..., :3], last[..., :3], moments, shared, lanes=lanes)
    if first.shape[2] == 3:
        return colours
    alphas = line.alphas(first[..., 3], last[..., 3], moments, shared, lanes=lanes)
    return (np.concatenate([colour, alpha[..., None]], axis=2) for colour, alpha in zip(colours, alphas, strict=True))


def _with_ends(
    first: FloatPixels, last: FloatPixels, moments: list[Moment], made: Iterator[FloatPixels]
) -> Iterator[FloatPixels]:
    """What was made, and the frames themselves at the moments at which they are."""
    for moment in moments:
        end = _end_of(moment)
        yield next(made) if end is None else (first, last)[end].copy()


def _end_of(moment: Moment) -> int | None:
    """0 or 1 where the whole frame is that; else None."""
    low, high = (moment, moment) if isinstance(moment, float | int) else (moment.min(), moment.max())
    return int(low) if low == high and low in (0, 1) else None


@dataclass(frozen=True, slots=True, eq=False)
class Whole(Generic[Shared]):
    """Two frames, before they are divided into parts."""

    first: FloatPixels
    """(height, width, 3) float32; of transparency a grey picture."""
    last: FloatPixels
    """Likewise."""
    shared: Shared
    """What `Line.shared` said of them."""


class Line(ABC, Generic[View, Views, Shared]):
    """Frames of one size through one network."""

    def __init__(self, engine: Engine[Any], spec: InputSpec, settled: Runtime, size: tuple[int, int]) -> None:
        self.size = size
        self.lanes = settled.lanes or 1
        """Frames that are made side by side, each by a thread of its own."""
        self._engine = engine
        self._spec = spec
        self._settled = settled
        part = settled.tile or size
        self._tiles: list[Tile] = tiles(size, part)
        self._padding = Padding.of(spec, part)
        self._kept: dict[str, tuple[Tensor, View]] = {}

    @abstractmethod
    def shared(self, first: FloatPixels, last: FloatPixels) -> Shared:
        """What the parts of two frames (height, width, 3), and their transparency, have in common."""

    @abstractmethod
    def _view(self, image: Tensor) -> View:
        """A part (1, 3, height, width), padded, as the network sees it."""

    @abstractmethod
    def _pair(self, views: tuple[View, View], tile: Tile, whole: Whole[Shared]) -> Views:
        """One part of the two frames, as the network sees both of them there."""

    @abstractmethod
    def _rendered(self, pair: Views, distance: Tensor, tile: Tile) -> Tensor:
        """(moments, 3, height, width), padded, of one part at distances (moments, 1, height, width)."""

    def frames(
        self, kind: str, first: FloatPixels, last: FloatPixels, moments: list[Moment], shared: Shared, *, lanes: int = 1
    ) -> Iterator[FloatPixels]:
        """(height, width, 3) float32 for each moment.

        `kind` tells colour from alpha among what is kept; of several lanes each begins a frame now.
        """
        beyond = _Beyond(first, last)
        whole = Whole(first, last, shared)
        made = self._at_once(kind, whole, moments, lanes) if len(self._tiles) == 1 else self._of_parts(whole, moments)
        return (beyond.added_to(frame, moment) for frame, moment in zip(made, moments, strict=True))

    def _at_once(self, kind: str, whole: Whole[Shared], moments: list[Moment], lanes: int) -> Iterator[FloatPixels]:
        """Frames whose parts are all of them; what is known of the last one is kept."""
        (tile,) = self._tiles
        pair = self._pair(self._views(kind, whole, tile), tile, whole)
        batches = (partial(self._part, pair, batch, tile) for batch in _batches(moments, self._settled.batch))
        made = side_by_side(batches, lanes) if lanes > 1 else (batch() for batch in batches)
        return chain.from_iterable(made)

    def _of_parts(self, whole: Whole[Shared], moments: list[Moment]) -> Iterator[FloatPixels]:
        """Frames of several parts. What the network knows of one part is gone before the next one is begun."""
        for group in _batches(moments, self._frames_that_fit()):
            frames = [np.zeros((*self.size, _CHANNELS), np.float32) for _ in group]
            for tile in self._tiles:
                self._add_part(frames, whole, group, tile)
            while frames:
                yield frames.pop(0)

    def _frames_that_fit(self) -> int:
        """How many frames can wait for their parts in what one part leaves of the memory: they share its features."""
        height, width = self.size
        of_part = self._spec.bytes_for(self._padding.area(self._settled.tile or self.size))
        left = (self._settled.max_memory or 0) - of_part
        of_frame = height * width * _CHANNELS * np.dtype(np.float32).itemsize
        return max(self._settled.batch or 1, left // of_frame)

    def _add_part(self, frames: list[FloatPixels], whole: Whole[Shared], moments: list[Moment], tile: Tile) -> None:
        """Add one part to the frames of some moments, with its weight."""
        views = self._view(self._tensor(whole.first, tile)), self._view(self._tensor(whole.last, tile))
        pair = self._pair(views, tile, whole)
        waiting = iter(frames)
        for batch in _batches(moments, self._settled.batch):
            for part in self._part(pair, batch, tile):
                next(waiting)[tile.rows, tile.columns] += part * tile.weight[..., None]

    def alphas(
        self,
        first: NDArray[np.float32],
        last: NDArray[np.float32],
        moments: list[Moment],
        shared: Shared,
        *,
        lanes: int = 1,
    ) -> Iterator[NDArray[np.float32]]:
        """(height, width) float32 for each moment: transparency moves as a grey picture would."""
        if (first == 1).all() and (last == 1).all():
            return (np.ones_like(first) for _ in moments)
        start, end = (np.repeat(alpha[..., None], 3, axis=2) for alpha in (first, last))
        return (made.mean(axis=2) for made in self.frames("alpha", start, end, moments, shared, lanes=lanes))

    def _views(self, kind: str, whole: Whole[Shared], tile: Tile) -> tuple[View, View]:
        """Both frames as the network sees them; the last of a pair is kept, as the first of the next."""
        kept = self._kept.get(kind)
        start, end = self._tensor(whole.first, tile), self._tensor(whole.last, tile)
        before = kept[1] if kept is not None and torch.equal(kept[0], start) else self._view(start)
        after = self._view(end)
        self._kept[kind] = end, after
        return before, after

    def _tensor(self, frame: FloatPixels, tile: Tile) -> Tensor:
        """(1, 3, height, width), padded, clipped to [0, 1]."""
        part = frame[tile.rows, tile.columns]
        ordered = part[..., ::-1] if self._spec.channels == "bgr" else part
        pixels = torch.from_numpy(np.ascontiguousarray(ordered)).to(self._engine.device)
        return self._padding.pad(pixels.permute(2, 0, 1)[None].clamp(0, 1))

    def _part(self, pair: Views, moments: list[Moment], tile: Tile) -> NDArray[np.float32]:
        """(moments, height, width, 3) float32 of one tile."""
        distance = self._padding.pad(self._distance(moments, tile), edge=True)
        with self._engine.running():
            pixels = self._padding.crop(self._rendered(pair, distance, tile)).permute(0, 2, 3, 1)
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


def _batches(moments: list[Moment], most: int | None) -> Iterator[list[Moment]]:
    """So many of them at a time."""
    pending = iter(moments)
    while batch := list(islice(pending, most)):
        yield batch


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
