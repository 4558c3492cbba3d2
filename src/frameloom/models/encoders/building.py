"""Cards of encoders to encoders: weights found, read and put into their networks."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from frameloom.catalog import ModelCard
from frameloom.checkpoints.identification import shapes_of
from frameloom.checkpoints.loading import load_strictly
from frameloom.checkpoints.locations import find_checkpoint
from frameloom.checkpoints.shards import read_part
from frameloom.errors import RangeError, ShapeError
from frameloom.models.encoders.adapter import EncoderAdapter, check_asked
from frameloom.models.encoders.videollama3 import VideoLLaMA3, merged
from frameloom.models.encoders.videollama3_files import (
    CONFIGURATION,
    MARKER,
    PREFIXES,
    PREPROCESSING,
    read_settings,
)
from frameloom.models.loading import load_network
from frameloom.progress import Notices
from frameloom.runtime import Runtime


def build_vit(card: ModelCard, runtime: Runtime) -> EncoderAdapter:
    """A vision transformer with one set of sizes, which the card's network knows.

    Raises:
        ModelError: no checkpoint, not one of this network, or a device or backend that is not there.
        InputError: an option that this model does not have.
    """
    check_asked(card, runtime)
    return EncoderAdapter(card, runtime, load_network(card, runtime.checkpoint))


class VideoLLaMA3Encoder(EncoderAdapter):
    """The encoder of VideoLLaMA3; `encode` gives its tokens before they are merged, `merged` as they are afterwards."""

    def __init__(self, card: ModelCard, runtime: Runtime) -> None:
        """Load the weights; of a checkpoint with a language model, only the encoder's are read.

        Raises:
            ModelError: no checkpoint, not one of this network, its `config.json` is missing or contradicts it, or a
                device or backend that is not there.
            InputError: an option that this model does not have.
        """
        check_asked(card, runtime)
        super().__init__(card, runtime, _loaded_videollama3(card, runtime))

    def merged(self, tokens: NDArray[np.float32], by: int = 2) -> NDArray[np.float32]:
        """What the language model is given of `encode`'s tokens: one of each `by` x `by`; 2 for video, 1 for images.

        Args:
            tokens: (batch, rows, columns, channels).
            by: Neighbours along each side.

        Returns:
            (batch, rows / by, columns / by, channels).

        Raises:
            RangeError: `by` is below 1.
            ShapeError: rows or columns are not a multiple of it.
        """
        if by < 1:
            raise RangeError(f"{by} tokens a side cannot be merged; give a whole number from 1 up")
        if tokens.shape[1] % by or tokens.shape[2] % by:
            raise ShapeError(f"a grid of {tokens.shape[1]}x{tokens.shape[2]} tokens cannot be merged {by} by {by}")
        return merged(torch.from_numpy(np.ascontiguousarray(tokens, np.float32)), by).contiguous().numpy()


def _loaded_videollama3(card: ModelCard, runtime: Runtime) -> VideoLLaMA3:
    path = find_checkpoint(card, runtime.checkpoint)
    beside = (path, path.with_name(CONFIGURATION), path.with_name(PREPROCESSING))
    return _read_videollama3(card, path, tuple(file.stat().st_mtime_ns for file in beside if file.is_file()))


@lru_cache(maxsize=1)
def _read_videollama3(card: ModelCard, path: Path, changed: tuple[int, ...]) -> VideoLLaMA3:
    """The last one is kept: several inputs of one call ask for it again."""
    part = read_part(path, prefixes=PREFIXES, marker=MARKER, what=card.name)
    settings = read_settings(path, shapes_of(part.tensors), Notices())
    with torch.device("meta"):  # weights that are replaced at once need not be drawn: there are 400 million
        network = VideoLLaMA3(settings)
    network = network.to_empty(device="cpu")
    load_strictly(network, part.tensors, name=card.name, path=path)
    return network.eval().requires_grad_(requires_grad=False)
