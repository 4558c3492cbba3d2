"""Heat maps and colours of patches."""

from pathlib import Path

import numpy as np
import pytest

from frameloom.errors import RangeError
from frameloom.features.principal import PrincipalFit
from frameloom.plots.heat_map import Axis, heat_map, similarity_colours
from frameloom.plots.patch_pictures import draw_change
from frameloom.similarity.patch_scenes import PatchScenes


def fitted(tokens: np.ndarray, parts: int = 1) -> PrincipalFit:
    fit = PrincipalFit()
    for part in np.array_split(tokens, parts):
        fit.add(part)
    return fit


def tokens_along(strengths: tuple[float, ...], count: int = 400, dims: int = 10) -> np.ndarray:
    random = np.random.default_rng(3)
    basis = np.linalg.qr(random.standard_normal((dims, dims)))[0][: len(strengths)]
    return (5 + random.standard_normal((count, len(strengths))) * strengths @ basis).astype(np.float32)


def test_directions_are_those_of_a_singular_value_decomposition() -> None:
    tokens = tokens_along((4, 2, 1, 0.1))
    colours = fitted(tokens, parts=7).colours()
    centred = tokens.astype(np.float64) - tokens.mean(axis=0)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(colours.deviations, singular[:3] / np.sqrt(len(tokens) - 1), rtol=1e-4)
    np.testing.assert_allclose(np.abs(np.sum(colours.directions * directions[:3].T, axis=0)), 1, atol=1e-5)


def test_a_direction_points_where_its_largest_component_is_positive() -> None:
    colours = fitted(tokens_along((4, 2, 1))).colours()
    for direction in colours.directions.T:
        assert direction[np.abs(direction).argmax()] > 0


def test_colours_do_not_depend_on_how_tokens_come() -> None:
    tokens = tokens_along((4, 2, 1, 0.5))
    whole, parts = fitted(tokens).colours().paint(tokens), fitted(tokens[::-1], parts=9).colours().paint(tokens)
    assert np.abs(whole.astype(int) - parts).max() <= 1
    assert whole.std(axis=0).min() > 50


@pytest.mark.parametrize("strengths", [(), (3,), (3, 1)])
def test_directions_that_are_not_there_are_grey(strengths: tuple[float, ...]) -> None:
    tokens = tokens_along(strengths) if strengths else np.full((9, 10), 0.3, np.float32)
    painted = fitted(tokens).colours().paint(tokens)
    assert (painted[:, len(strengths) :] == 128).all()
    assert all(painted[:, place].std() > 20 for place in range(len(strengths)))


def test_fewer_dims_than_colours() -> None:
    tokens = np.random.default_rng(0).random((20, 2)).astype(np.float32)
    painted = fitted(tokens).colours().paint(tokens)
    assert painted.shape == (20, 3)
    assert (painted[:, 2] == 128).all()


def test_no_tokens_no_directions() -> None:
    with pytest.raises(RangeError):
        PrincipalFit().colours()


def test_negative_similarities_can_be_told_from_none() -> None:
    colours = similarity_colours(np.linspace(-1, 1, 41)).astype(int)
    assert (np.abs(np.diff(colours, axis=0)).sum(axis=1) > 3).all()
    below, above = colours[:20], colours[21:]
    assert (np.abs(below[:, None] - above[None]).sum(axis=2) > 20).all()
    np.testing.assert_array_equal(similarity_colours(np.array([-7.0, 7.0])), similarity_colours(np.array([-1.0, 1.0])))


@pytest.mark.parametrize("count", [1, 3, 900, 2500])
def test_a_value_has_one_colour_whatever_else_the_map_holds(count: int) -> None:
    axis = Axis(name="patch", labels=[str(index) for index in range(count)])
    map_ = heat_map(np.full((count, count), 0.25), axis, "title")
    assert (map_[100:400, 120:400] == similarity_colours(np.array(0.25))).all()
    assert max(map_.shape[:2]) < 1500


def test_change_is_laid_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change = np.zeros((3, 2, 4), np.float32)
    change[2, 1, 3] = 0.8
    drawn: list[np.ndarray] = []
    monkeypatch.setattr(
        "frameloom.plots.patch_pictures._write_video", lambda _, pictures, *rest: drawn.extend(pictures)
    )
    scenes = PatchScenes(
        picture=lambda _: np.full((80, 480, 3), 100, np.uint8), change=change, colours=np.zeros((3, 2, 4, 3), np.uint8)
    )
    draw_change(scenes, ["a", "b", "c"], tmp_path)
    assert (tmp_path / "change.png").exists()
    still, changed = drawn[1], drawn[2]
    assert (still[:40] == 100).all()
    assert (changed[:40] == 100).all()
    assert (np.abs(changed[45:75, 365:].astype(int) - 100).sum(axis=2) > 60).all()


def test_a_scale_of_its_own_shows_what_the_usual_one_would_hide() -> None:
    values = np.array([[1.0, 0.991], [0.991, 1.0]])
    axis = Axis(name="seconds", labels=["0", "1"])
    own, usual = (heat_map(values, axis, "title", lowest=lowest).astype(int) for lowest in (0.99, -1.0))
    there, beside = (slice(200, 210), slice(300, 310)), (slice(200, 210), slice(700, 710))
    assert np.abs(own[there] - own[beside]).max() > 150
    assert np.abs(usual[there] - usual[beside]).max() < 10
