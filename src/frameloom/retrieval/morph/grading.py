"""Colours of each picture brought nearer to those of the picture before it, by a table for each channel.

A picture is known by its histograms alone: what they become by a table follows from the table, so that the tables of a
whole film are found without making any of its frames, and a frame can be made without the ones before it.
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.retrieval.morph.choices import Grade

Table = NDArray[np.uint8]
"""(3, 256): what each level of each channel becomes."""
Histograms = NDArray[np.float64]
"""(3, 256): share of the pixels that have each level in each channel."""

_LEVELS = np.arange(256.0)
_COARSE = 64


def tables_along(pictures: Iterable[Histograms], grade: Grade, strength: float) -> Iterator[Table]:
    """One table for each picture, the first of which stays as it is.

    Args:
        pictures: Their histograms (`histograms_of`), in order.
        grade: How colours follow.
        strength: How far, 0 (not at all) to 1.
    """
    before: Histograms | None = None
    for own in pictures:
        table = table_for(own, own if before is None else before, grade, 0 if before is None else strength)
        before = through(own, table)
        yield table


def histograms_of(picture: NDArray[np.uint8], grade: Grade) -> Histograms:
    """Of an RGB picture (height, width, 3), in the colours that are graded."""
    channels = _to_graded(picture, grade)
    counts = [cv2.calcHist([channels], [channel], None, [256], [0, 256]).ravel() for channel in range(3)]
    return np.asarray(counts, np.float64) / (picture.shape[0] * picture.shape[1])


def table_for(own: Histograms, wanted: Histograms, grade: Grade, strength: float) -> Table:
    """What brings a picture with histograms `own` nearer to others, by a strength from 0 to 1."""
    match = {"histogram": _by_spread, "reinhard": _by_deviation, "lut": _by_coarse_spread}[grade]
    matched = np.stack([match(*pair) for pair in zip(own, wanted, strict=True)])
    return np.rint(np.clip((1 - strength) * _LEVELS + strength * matched, 0, 255)).astype(np.uint8)


def through(histograms: Histograms, table: Table) -> Histograms:
    """The histograms that a picture has once the table was applied."""
    channels = [np.bincount(levels, shares, 256) for levels, shares in zip(table, histograms, strict=True)]
    return np.asarray(channels, np.float64)


def graded(picture: NDArray[np.uint8], table: Table, grade: Grade) -> NDArray[np.uint8]:
    """An RGB picture (height, width, 3) with its colours looked up."""
    if (table == _LEVELS).all():
        return picture  # Lab of 8 bits and back would not be the same
    looked_up = cv2.LUT(_to_graded(picture, grade), np.ascontiguousarray(table.T[None]))
    return np.asarray(cv2.cvtColor(looked_up, cv2.COLOR_LAB2RGB) if grade == "reinhard" else looked_up, np.uint8)


def _to_graded(picture: NDArray[np.uint8], grade: Grade) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB) if grade == "reinhard" else picture, np.uint8)


def _by_spread(own: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each level to that below which there are as many pixels of what is wanted: scikit-image's `match_histograms`."""
    there = wanted > 0
    return np.interp(np.cumsum(own), np.cumsum(wanted)[there], np.arange(float(len(wanted)))[there])


def _by_coarse_spread(own: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same in 64 steps, with straight lines between their middles: small histograms have gaps that would show."""
    width = 256 // _COARSE
    coarse = _by_spread(own.reshape(_COARSE, width).sum(axis=1), wanted.reshape(_COARSE, width).sum(axis=1))
    middle = (width - 1) / 2
    return np.interp(_LEVELS, width * np.arange(_COARSE) + middle, width * coarse + middle)


def _by_deviation(own: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean and standard deviation of what is wanted: Reinhard et al. 2001, equations 10 and 11."""
    (mean, deviation), (wanted_mean, wanted_deviation) = _moments(own), _moments(wanted)
    return (_LEVELS - mean) * (wanted_deviation / deviation if deviation > 0 else 1) + wanted_mean


def _moments(histogram: NDArray[np.float64]) -> tuple[float, float]:
    mean = float(histogram @ _LEVELS)
    return mean, float(np.sqrt(histogram @ (_LEVELS - mean) ** 2))
