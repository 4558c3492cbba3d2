"""Tokens as colours: their three strongest directions, the same for all frames and the same in every run."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import RangeError

_COLOURS = 3
_CONTRAST = 2.0  # as VFI-Similarity has it: two standard deviations reach 0.02 and 0.98
_FAINT = 1e-3  # of the strongest direction: float32 products cannot tell anything weaker from rounding
_ROUNDING = 1e-6  # of the tokens' length: likewise of the tokens themselves


@dataclass(frozen=True)
class PrincipalColours:
    """A centre and three directions of tokens, each with the deviation along it."""

    mean: NDArray[np.float64]
    """(dims,)."""
    directions: NDArray[np.float64]
    """(dims, 3), strongest first, of unit length; zeros where tokens do not vary in so many."""
    deviations: NDArray[np.float64]
    """(3,)."""

    def shares(self, tokens: NDArray[np.floating]) -> NDArray[np.float64]:
        """Colours (..., 3) in [0, 1] of tokens (..., dims): red the strongest direction, then green, then blue.

        Deviations go through a logistic curve, so that none is cut off. Without variation all is grey.
        """
        along = (tokens @ self.directions - self.mean @ self.directions) / self.deviations
        return 1 / (1 + np.exp(-_CONTRAST * along))

    def paint(self, tokens: NDArray[np.floating]) -> NDArray[np.uint8]:
        """The same in 0..255."""
        return np.rint(255 * self.shares(tokens)).astype(np.uint8)


class PrincipalFit:
    """Finds them from tokens that come part by part: what is held is one (dims, dims) matrix."""

    def __init__(self) -> None:
        self._count = 0
        self._origin: NDArray[np.floating] = np.zeros(0, np.float32)
        self._sum = np.zeros(0)
        self._products = np.zeros((0, 0))

    def add(self, tokens: NDArray[np.floating]) -> None:
        """Take in (count, dims) tokens; in float32 their products are too."""
        if not self._count:  # sums around a point among the tokens keep small deviations
            self._origin = tokens.mean(axis=0)
            self._sum = np.zeros(tokens.shape[1])
            self._products = np.zeros((tokens.shape[1], tokens.shape[1]))
        apart = tokens - self._origin
        self._count += len(tokens)
        self._sum += apart.sum(axis=0, dtype=np.float64)
        self._products += apart.T @ apart

    def colours(self) -> PrincipalColours:
        """The three strongest directions of all tokens so far.

        An eigenvector may as well be its opposite: here its largest component is above zero, so that colours are the
        same in every run.

        Raises:
            RangeError: there were no tokens.
        """
        if not self._count:
            raise RangeError("no tokens were given, so there are no directions to find")
        shift = self._sum / self._count
        covariance = (self._products - self._count * np.outer(shift, shift)) / max(1, self._count - 1)
        strengths, vectors = np.linalg.eigh(covariance)
        kept = min(_COLOURS, len(strengths))
        directions = vectors[:, ::-1][:, :kept]
        deviations = np.sqrt(np.maximum(strengths[::-1][:kept], 0))
        largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None], axis=0)
        directions = directions * np.where(largest < 0, -1.0, 1.0)
        mean = self._origin + shift
        length = np.sqrt(mean @ mean + strengths.clip(0).sum())
        telling = deviations > max(_FAINT * deviations[0], _ROUNDING * length)
        directions = np.pad(directions * telling, ((0, 0), (0, _COLOURS - kept)))
        deviations = np.pad(np.where(telling, deviations, 1), (0, _COLOURS - kept), constant_values=1)
        return PrincipalColours(mean, directions, deviations)
