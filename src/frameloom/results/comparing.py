"""Images that were compared with each other."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.results.base import Result


@dataclass(frozen=True, kw_only=True, eq=False)
class Matching:
    """Where the patches of one image are found in another. Arrays have the rows and columns of the first one's grid."""

    image: NDArray[np.uint8]
    """(height, width, 3) RGB, the image to show maps on: at most 1024 pixels a side."""
    similarity: NDArray[np.float32]
    """Cosine similarity to the most similar patch of the other image, -1..1."""
    matches: NDArray[np.int64]
    """(rows, columns, 2): row and column of that patch; of several, the first."""
    mutual: NDArray[np.bool_]
    """Whether that patch's own most similar one is this patch."""
    mismatch: NDArray[np.float32]
    """`1 - similarity`, times 1.25 where not mutual: 0 is the same, whatever the rest of the image is like."""
    relative_mismatch: NDArray[np.float32]
    """0 at the best match of this image and 1 at the worst, times 1.25 where not mutual; 0 where all match equally."""
    colours: NDArray[np.float32] | None
    """(rows, columns, 3) RGB in [0, 1]: the three main components of the tokens of both images together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ComparedPair(Result):
    """How alike two images are, in numbers."""

    label: str = ""
    """As the pairs file has it."""
    image_a: str
    """As it was given; 'the first image' for pixels."""
    image_b: str
    encoder: str
    encoder_settings: dict[str, Any]
    """How the encoder was run; empty for one that has nothing to set."""
    pool: str
    """What the embedding of an image is the mean of: 'patches', or 'all' tokens."""
    cosine_similarity: float
    """Of the two embeddings, -1..1."""
    cosine_distance: float
    """`1 - cosine_similarity`: 0 the same, 2 opposite."""
    grade: str | None
    """The distance in words, where it is known what distances of this encoder mean."""
    embedding_dim: int
    patch: int
    """Side of a patch in pixels; an image was resized to its grid times this."""
    grid_a: tuple[int, int]
    """(rows, columns) of patches."""
    grid_b: tuple[int, int]
    mean_similarity_a2b: float
    """Of each patch of A to the most similar one of B, mean."""
    mean_similarity_b2a: float
    mean_mismatch_a: float
    """Mean of `Matching.mismatch`."""
    mean_mismatch_b: float
    mean_relative_mismatch_a: float
    mean_relative_mismatch_b: float
    output: Path | None = None
    """The folder with its files."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison(ComparedPair):
    """How alike two images are, and where."""

    ab: Matching = field(metadata={"json": False})
    """The patches of A, looked for in B."""
    ba: Matching = field(metadata={"json": False})
    """The patches of B, looked for in A."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparisons(Result):
    """Several pairs of images of one call; their maps are drawn where asked for, and not kept."""

    encoder: str
    pairs: tuple[ComparedPair, ...]
    failures: dict[str, str]
    """Label of a pair -> why it could not be compared; where labels repeat, they are numbered."""
    images: int
    """Images that were read and encoded in this run."""
    pairs_reused: int
    """Pairs that an interrupted run had compared."""
    output: Path
    seconds: float
    """Wall-clock seconds."""
