"""Two images as tokens to how alike they are, and where: after VFI-Similarity. Objects in, result objects out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError, RangeError, ShapeError
from frameloom.features.principal import PrincipalFit
from frameloom.features.similarity import cosine_distance
from frameloom.results.comparing import Comparison, Matching
from frameloom.similarity.matching import Nearest, mismatch, mutual, nearest_both, relative_mismatch

Pool = Literal["patches", "all"]
Grades = tuple[tuple[float, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """How images are compared.

    Raises:
        RangeError: a way of pooling that there is not.
    """

    encoder: str
    """Its name."""
    patch: int
    """Side of its patches in pixels."""
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    """How it is run, as results show it."""
    identity: Sequence[Any] = ()
    """All that its tokens depend on, as JSON can hold it."""
    grades: Grades = ()
    """Of the encoder's card."""
    pool: Pool = "patches"
    """What an embedding is the mean of: the tokens of patches, or all tokens, as the original tool takes it."""
    colours: bool = True
    """Whether tokens are shown as colours too."""

    def __post_init__(self) -> None:
        if self.pool not in get_args(Pool):
            raise RangeError(f"pool is '{self.pool}'; give patches or all")


@dataclass(frozen=True, slots=True, eq=False)
class EncodedImage:
    """An image as its tokens."""

    name: str
    picture: NDArray[np.uint8]  # (height, width, 3) RGB, to show maps on
    tokens: NDArray[np.float32]  # (rows, columns, channels), one for each patch
    others: NDArray[np.float32]  # (count, channels), of no patch: class token, registers

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return self.picture.nbytes + self.tokens.nbytes + self.others.nbytes


def compare_encoded(first: EncodedImage, second: EncodedImage, method: Method) -> Comparison:
    """Compare two images of any sizes; their grids may differ.

    Raises:
        ShapeError: tokens of two encoders.
        InputError: all tokens are asked for, and the encoder has none but those of patches.
    """
    channels = first.tokens.shape[2]
    if second.tokens.shape[2] != channels:
        raise ShapeError(f"tokens of {first.name} have {channels} channels, of {second.name} {second.tokens.shape[2]}")
    distance = cosine_distance(_embedding(first, method), _embedding(second, method))
    here, there = nearest_both(first.tokens.reshape(-1, channels), second.tokens.reshape(-1, channels))
    colours = _joint_colours(first.tokens, second.tokens) if method.colours else (None, None)
    ab = _matching(first, second, here, there, colours[0])
    ba = _matching(second, first, there, here, colours[1])
    return Comparison(
        image_a=first.name,
        image_b=second.name,
        encoder=method.encoder,
        encoder_settings=method.settings,
        pool=method.pool,
        cosine_similarity=1 - distance,
        cosine_distance=distance,
        grade=grade_of(distance, method.grades),
        embedding_dim=channels,
        patch=method.patch,
        grid_a=(first.tokens.shape[0], first.tokens.shape[1]),
        grid_b=(second.tokens.shape[0], second.tokens.shape[1]),
        mean_similarity_a2b=float(ab.similarity.mean()),
        mean_similarity_b2a=float(ba.similarity.mean()),
        mean_mismatch_a=float(ab.mismatch.mean()),
        mean_mismatch_b=float(ba.mismatch.mean()),
        mean_relative_mismatch_a=float(ab.relative_mismatch.mean()),
        mean_relative_mismatch_b=float(ba.relative_mismatch.mean()),
        ab=ab,
        ba=ba,
    )


def grade_of(distance: float, grades: Grades) -> str | None:
    """What a cosine distance means in words; None where nobody knows."""
    return next((words for limit, words in grades if distance < limit), None)


def _embedding(image: EncodedImage, method: Method) -> NDArray[np.float64]:
    """Mean of tokens, (channels,)."""
    tokens = image.tokens.reshape(-1, image.tokens.shape[2])
    if method.pool == "all":
        if not len(image.others):
            raise InputError(f"{method.encoder} has no tokens but those of patches: it takes no --pool all")
        tokens = np.concatenate([image.others, tokens])
    return tokens.mean(axis=0, dtype=np.float64)


def _joint_colours(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colours in [0, 1] of the tokens of both, found together so that the same colour is the same thing."""
    fit = PrincipalFit()
    fit.add(np.concatenate([tokens.reshape(-1, tokens.shape[2]) for tokens in (first, second)]).astype(np.float64))
    colours = fit.colours()
    return colours.shares(first).astype(np.float32), colours.shares(second).astype(np.float32)


def _matching(
    image: EncodedImage, other: EncodedImage, ours: Nearest, theirs: Nearest, colours: NDArray[np.float32] | None
) -> Matching:
    """Lists of patches as maps."""
    rows, columns = image.tokens.shape[:2]
    is_mutual = mutual(ours, theirs).reshape(rows, columns)
    similarity = ours.similarity.reshape(rows, columns)
    matches = np.stack(np.divmod(ours.index, other.tokens.shape[1]), axis=1)
    return Matching(
        image=image.picture,
        similarity=similarity,
        matches=matches.reshape(rows, columns, 2),
        mutual=is_mutual,
        mismatch=mismatch(similarity, is_mutual),
        relative_mismatch=relative_mismatch(similarity, is_mutual),
        colours=colours,
    )
