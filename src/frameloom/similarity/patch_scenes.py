"""What is shown of the patches beside their similarities: how much each changes, and its colour."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.features.principal import PrincipalFit
from frameloom.progress import track
from frameloom.similarity.token_spool import TokenSpool


@dataclass(frozen=True)
class PatchScenes:
    """The sampled frames, small, with what is laid over them."""

    picture: Callable[[int], NDArray[np.uint8]]
    """A frame by its number: (height, width, 3) RGB."""
    change: NDArray[np.float32]
    """(frames, rows, columns): cosine distance of each patch to itself one sample before, 0..2; zeros in the first."""
    colours: NDArray[np.uint8]
    """(frames, rows, columns, 3): principal components, one basis for all frames."""


def scenes_of(spool: TokenSpool, grid: tuple[int, int]) -> PatchScenes:
    """Two passes over the tokens, a frame at a time."""
    fit = PrincipalFit()
    change = np.zeros((spool.frames, spool.patches), np.float32)
    before: NDArray[np.float32] | None = None
    for frame in track(range(spool.frames), "change", spool.frames):
        tokens = spool.tokens_of(frame)
        fit.add(tokens)
        if before is not None:
            change[frame] = np.clip(1 - np.einsum("pc,pc->p", tokens, before), 0, 2)
        before = tokens
    found = fit.colours()
    frames = track(range(spool.frames), "colours", spool.frames)
    colours = np.stack([found.paint(spool.tokens_of(frame)) for frame in frames])
    return PatchScenes(
        picture=spool.picture_of,
        change=change.reshape(spool.frames, *grid),
        colours=colours.reshape(spool.frames, *grid, 3),
    )
