"""Colours brought nearer to the picture before: by the formulas that others compute pixel by pixel."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.exposure import match_histograms

from factories import noise
from frameloom.retrieval.morph.choices import Grade
from frameloom.retrieval.morph.grading import graded, histograms_of, table_for, tables_along, through

GRADES: tuple[Grade, ...] = ("histogram", "reinhard", "lut")
Image = NDArray[np.uint8]


def picture(seed: int, *, low: int = 0, high: int = 255) -> Image:
    """Smooth noise between two levels."""
    return np.rint(low + noise((90, 120), seed=seed) / 255 * (high - low)).astype(np.uint8)


def by_table(image: Image, before: Image, grade: Grade, strength: float) -> Image:
    return graded(image, table_for(histograms_of(image, grade), histograms_of(before, grade), grade, strength), grade)


def apart(first: Image, second: NDArray) -> NDArray[np.floating]:
    return np.abs(first.astype(np.float64) - second)


@pytest.mark.parametrize("strength", [0.3, 0.7, 1])
def test_histogram_is_that_of_scikit_image(strength: float) -> None:
    image, before = picture(1, high=180), picture(2, low=90)
    matched = match_histograms(image, before, channel_axis=2).astype(np.float64)
    expected = np.rint((1 - strength) * image + strength * matched)
    assert apart(by_table(image, before, "histogram", strength), expected).max() <= 1


def test_reinhard_has_mean_and_deviation_of_the_picture_before_in_lab() -> None:
    image, before = picture(1, low=60, high=180), picture(2, low=90, high=200)
    own, wanted = (cv2.cvtColor(item, cv2.COLOR_RGB2LAB).astype(np.float64) for item in (image, before))
    mean, deviation = own.mean(axis=(0, 1)), own.std(axis=(0, 1))
    moved = (own - mean) * wanted.std(axis=(0, 1)) / deviation + wanted.mean(axis=(0, 1))
    expected = cv2.cvtColor(np.clip(np.rint(moved), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
    assert apart(by_table(image, before, "reinhard", 1), expected).max() <= 1
    half = cv2.cvtColor(np.clip(np.rint((own + moved) / 2), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
    assert apart(by_table(image, before, "reinhard", 0.5), half).max() <= 1
    in_rgb = 0.5 * image + 0.5 * expected.astype(np.float64)  # where the original mixes
    assert apart(by_table(image, before, "reinhard", 0.5), in_rgb).mean() < 2


def cube_of(image: Image, before: Image) -> NDArray[np.float64]:
    """The original's cube (64, 64, 64, 3), filled colour by colour."""
    tables = []
    for channel in range(3):
        own, wanted = (np.bincount(item[..., channel].ravel() >> 2, minlength=64) / item[..., 0].size
                       for item in (image, before))  # fmt: skip
        there = wanted > 0
        tables.append(np.interp(own.cumsum(), wanted.cumsum()[there], np.arange(64)[there]))
    cube = np.zeros((64, 64, 64, 3))
    for red in range(64):
        for green in range(64):
            for blue in range(64):
                cube[red, green, blue] = tables[0][red], tables[1][green], tables[2][blue]
    return cube * 4 + 1.5


def test_lut_is_the_cube_of_64_levels() -> None:
    image, before = picture(1, high=200), picture(2, low=50)
    cube = cube_of(image, before)
    table = table_for(histograms_of(image, "lut"), histograms_of(before, "lut"), "lut", 1)
    for channel, levels in enumerate((cube[:, 0, 0, 0], cube[0, :, 0, 1], cube[0, 0, :, 2])):
        middles = (table[channel, 1::4].astype(np.float64) + table[channel, 2::4]) / 2
        inner = slice(1, 63)  # beyond the outermost middles the table is level
        assert np.abs(middles - levels)[inner].max() <= 1
    coarse = image >> 2
    stepped = cube[coarse[..., 0], coarse[..., 1], coarse[..., 2]]
    assert apart(by_table(image, before, "lut", 1), stepped).mean() < 2.5


@pytest.mark.parametrize("grade", ["histogram", "lut"])
def test_histograms_go_through_a_table_as_pixels_do(grade: Grade) -> None:
    image, before = picture(3), picture(4, low=30, high=120)
    table = table_for(histograms_of(image, grade), histograms_of(before, grade), grade, 0.7)
    found = histograms_of(graded(image, table, grade), grade)
    assert np.allclose(through(histograms_of(image, grade), table), found)


@pytest.mark.parametrize("grade", GRADES)
def test_each_picture_follows_the_graded_one_before(grade: Grade) -> None:
    images = [picture(1, high=90), picture(2, low=160), picture(3, low=100)]
    tables = list(tables_along((histograms_of(image, grade) for image in images), grade, 0.7))
    assert (tables[0] == np.arange(256)).all()
    first = histograms_of(images[0], grade)
    second = table_for(histograms_of(images[1], grade), first, grade, 0.7)
    assert (tables[1] == second).all()
    third = table_for(histograms_of(images[2], grade), through(histograms_of(images[1], grade), second), grade, 0.7)
    assert (tables[2] == third).all()
    brightness = [graded(image, table, grade).mean() for image, table in zip(images, tables, strict=True)]
    assert brightness[0] < brightness[1] < images[1].mean()


@pytest.mark.parametrize("grade", GRADES)
def test_no_strength_changes_nothing_and_the_same_picture_stays(grade: Grade) -> None:
    image, before = picture(1), picture(2, low=100)
    assert apart(by_table(image, before, grade, 0), image).max() == 0
    assert apart(by_table(image, image, grade, 1), image).max() <= (2 if grade == "lut" else 0)


@pytest.mark.parametrize("grade", GRADES)
def test_pictures_of_one_colour(grade: Grade) -> None:
    flat = np.full((20, 30, 3), (40, 90, 160), np.uint8)
    other = np.full((20, 30, 3), (200, 100, 20), np.uint8)
    assert apart(by_table(flat, other, grade, 1), other).max() <= 4
    assert np.isfinite(by_table(flat, picture(1), grade, 1)).all()
    assert np.isfinite(by_table(picture(1), flat, grade, 1)).all()
