"""What the role Interpolator promises, kept by every model in the catalog."""

from collections.abc import Iterator

import numpy as np
import pytest

from factories import moving_square, noise
from frameloom.models.interpolators.nearest import Nearest
from frameloom.models.zoo import CARDS, catalog
from frameloom.roles import Interpolator

SIZES = [(1, 1), (3, 5), (5, 3), (17, 33), (64, 64), (1, 50)]
CONTENTS = ["moving square", "noise", "flat", "with alpha"]


@pytest.fixture(params=[card.name for card in CARDS if card.role == "interpolator" and card.checkpoint is None])
def model(request: pytest.FixtureRequest) -> Interpolator:
    return catalog.build(request.param, "interpolator")


def pair(size: tuple[int, int], content: str) -> tuple[np.ndarray, np.ndarray]:
    if content == "flat":
        return np.full((*size, 3), 0.2, np.float32), np.full((*size, 3), 0.7, np.float32)
    if content == "moving square":
        images = moving_square(0, size), moving_square(1, size)
    else:
        channels = 4 if content == "with alpha" else 3
        images = noise(size, seed=1, channels=channels), noise(size, seed=2, channels=channels)
    return images[0].astype(np.float32) / 255, images[1].astype(np.float32) / 255


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_results_have_the_shape_of_the_inputs_and_are_finite(
    model: Interpolator, size: tuple[int, int], content: str
) -> None:
    first, last = pair(size, content)
    kept = first.copy(), last.copy()
    made = list(model.between(first, last, [0.25, 0.5, 0.9]))
    assert len(made) == 3
    for image in made:
        assert (image.shape, image.dtype) == (first.shape, np.float32)
        assert np.isfinite(image).all()
        assert image.min() > -0.1
        assert image.max() < 1.1
    assert np.array_equal(first, kept[0]), "inputs are not written to"
    assert np.array_equal(last, kept[1]), "inputs are not written to"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_between_two_equal_images_lies_that_image(model: Interpolator, size: tuple[int, int]) -> None:
    image = noise(size, seed=5).astype(np.float32) / 255
    for made in model.between(image, image.copy(), [0.1, 0.5, 0.99]):
        assert np.abs(made - image).max() < 1e-4


def test_values_beyond_black_and_white_are_not_cut_off(model: Interpolator) -> None:
    """Video carries them and source frames keep them: made frames that clip them flicker in highlights."""
    image = noise((48, 64), seed=5).astype(np.float32) / 255 * 1.2 - 0.1
    (same,) = model.between(image, image.copy(), [0.5])
    assert np.abs(same - image).max() < 1e-4
    bright = np.full((48, 64, 3), 1.06, np.float32)
    bright[:, :10] = -0.04
    (made,) = model.between(bright, bright * np.float32(0.999), [0.5])
    assert np.abs(made - bright)[:, 20:].max() < 0.01
    assert np.abs(made - bright)[:, :4].max() < 0.01


@pytest.mark.parametrize("size", [(3, 5), (17, 33), (64, 64)], ids=str)
@pytest.mark.parametrize("moment", [0.125, 0.5, 0.8])
def test_a_number_and_a_constant_map_are_the_same(model: Interpolator, size: tuple[int, int], moment: float) -> None:
    first, last = pair(size, "moving square")
    by_number, by_map = model.between(first, last, [moment, np.full(size, moment, np.float32)])
    assert np.abs(by_number - by_map).max() < 2e-3
    assert np.abs(by_number - by_map).mean() < 1e-4


def test_the_ends_of_a_map_are_the_inputs(model: Interpolator) -> None:
    first, last = pair((40, 64), "moving square")
    start, end = model.between(first, last, [np.zeros((40, 64), np.float32), np.ones((40, 64), np.float32)])
    assert np.abs(start - first).max() < 1e-4
    assert np.abs(end - last).max() < 1e-4


def test_images_are_made_in_order_one_at_a_time(model: Interpolator) -> None:
    first, last = pair((17, 33), "flat")
    made = model.between(first, last, [0.2, 0.8, 0.4])
    assert isinstance(made, Iterator)
    expected = [0.2, 0.7, 0.2] if isinstance(model, Nearest) else [0.3, 0.6, 0.4]
    assert [round(float(image.mean()), 2) for image in made] == expected


def test_no_work_is_done_before_the_first_image_is_wanted(model: Interpolator) -> None:
    """A list of a thousand moments must not make a thousand images: taking one and leaving is cheap."""
    first, last = pair((64, 64), "moving square")
    many = model.between(first, last, [k / 100_001 for k in range(1, 100_001)])
    assert next(many).shape == (64, 64, 3)
    many.close()


def test_the_same_question_gets_the_same_answer(model: Interpolator) -> None:
    first, last = pair((48, 64), "moving square")
    once, again = (list(model.between(first, last, [0.3, 0.6])) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))


def test_an_image_does_not_depend_on_which_others_are_asked_for(model: Interpolator) -> None:
    first, last = pair((48, 64), "moving square")
    alone = next(model.between(first, last, [0.5]))
    _, among, _ = model.between(first, last, [0.1, 0.5, 0.7])
    assert np.array_equal(alone, among)


def test_no_moments_no_images(model: Interpolator) -> None:
    assert list(model.between(*pair((17, 33), "noise"), [])) == []


METHODS = {"interpolator": "between", "flow": "estimate", "encoder": "encode", "descriptor": "describe"}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_card_is_complete_and_builds(card: object) -> None:
    assert card.name == card.name.lower()
    assert card.summary
    assert card.licence
    if card.checkpoint is not None:
        assert card.network is None or card.new_network()  # without: its sizes are those of the file
        return
    built = catalog.build(card.name, card.role)
    assert callable(getattr(built, METHODS[card.role]))
