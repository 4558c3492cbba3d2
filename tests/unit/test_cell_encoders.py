"""Encoders without weights, and what features are made of."""

import numpy as np
import pytest
from skimage.feature import hog

from frameloom.errors import RangeError, ShapeError
from frameloom.features.patches import grid_size, prepare
from frameloom.features.pooling import gem_pool, mean_pool
from frameloom.features.similarity import cosine_distance, cosine_similarity, unit_length
from frameloom.models.encoders.hog import HOGCells, block_vectors, cell_histograms
from frameloom.models.zoo import catalog

ENCODERS = ("hog", "color")


def picture(seed: int, height: int = 64, width: int = 96) -> np.ndarray:
    """Smooth colours with some edges."""
    random = np.random.default_rng(seed)
    coarse = prepare(random.random((6, 9, 3)).astype(np.float32), HOGCells(), (height // 16, width // 16))
    coarse[height // 4 : height // 2, width // 3 :] *= 0.4
    return coarse


@pytest.mark.parametrize("cell", [8, 32])
def test_cells_make_the_blocks_that_scikit_image_makes(cell: int) -> None:
    gray = (np.random.default_rng(3).random((149, 200)) * 255).astype(np.uint8)
    theirs = hog(gray, 9, (cell, cell), (2, 2), "L2-Hys", feature_vector=False)
    ours = block_vectors(cell_histograms(gray, cell))
    np.testing.assert_allclose(ours.reshape(theirs.shape), theirs, atol=1e-6)


@pytest.mark.parametrize("name", ENCODERS)
def test_tokens_are_finite_and_one_per_patch(name: str) -> None:
    encoder = catalog.build(name, "encoder")
    tokens = encoder.encode(np.stack([picture(1), picture(2)]))
    assert tokens.shape[:3] == (2, 4, 6)
    assert tokens.dtype == np.float32
    assert np.isfinite(tokens).all()
    grid, others = encoder.encode_all(np.stack([picture(1)]))
    assert np.array_equal(grid[0], tokens[0])
    assert others.shape == (1, 0, tokens.shape[3])


@pytest.mark.parametrize("name", ENCODERS)
def test_the_same_image_is_at_distance_zero_and_a_flat_one_too(name: str) -> None:
    encoder = catalog.build(name, "encoder")
    for image in (picture(1), np.full((64, 96, 3), 0.5, np.float32), np.zeros((64, 96, 3), np.float32)):
        tokens = unit_length(encoder.encode(np.stack([image, image])))
        np.testing.assert_allclose(np.sum(tokens[0] * tokens[1], axis=-1), 1, atol=1e-6)


@pytest.mark.parametrize("name", ENCODERS)
def test_a_faint_change_is_nearer_than_another_picture(name: str) -> None:
    encoder = catalog.build(name, "encoder")
    faint = picture(1) + np.random.default_rng(0).normal(0, 0.004, (64, 96, 3)).astype(np.float32)
    here, noisy, elsewhere = unit_length(encoder.encode(np.stack([picture(1), faint, picture(7)])))
    assert np.mean(np.sum(here * noisy, axis=-1)) > 0.9
    assert np.mean(np.sum(here * elsewhere, axis=-1)) < 0.8


def test_hog_sees_edges_and_not_their_colour_and_color_the_other_way_round() -> None:
    upright = np.tile(np.repeat([0.2, 0.8], 8), 6)[None, :, None] * np.ones((64, 1, 3))
    lying = np.tile(np.repeat([0.2, 0.8], 8), 4)[:, None, None] * np.ones((1, 96, 3))
    images = np.stack([upright, lying]).astype(np.float32)
    distance = {name: cosine_distance(*mean_pool(catalog.build(name, "encoder").encode(images))) for name in ENCODERS}
    assert distance["hog"] > 0.5
    assert distance["color"] < 0.01


@pytest.mark.parametrize("name", ENCODERS)
def test_sides_must_be_whole_patches(name: str) -> None:
    with pytest.raises(ShapeError, match="multiples of 16"):
        catalog.build(name, "encoder").encode(np.zeros((1, 60, 96, 3), np.float32))


def test_grids_are_square_unless_proportions_are_kept() -> None:
    encoder = HOGCells()
    assert grid_size(encoder, (480, 640)) == (16, 16)
    assert grid_size(encoder, (480, 640), size=130) == (8, 8)
    assert grid_size(encoder, (480, 960), size=128, keep_aspect=True) == (8, 16)
    with pytest.raises(RangeError, match="at least 16"):
        grid_size(encoder, (480, 640), size=15)


def test_preparing_shrinks_with_antialiasing_and_leaves_alpha_out() -> None:
    checks = np.indices((128, 128)).sum(0) % 2
    image = np.repeat(checks[..., None], 4, axis=2).astype(np.float32)
    prepared = prepare(image, HOGCells(), (2, 2))
    assert prepared.shape == (32, 32, 3)
    np.testing.assert_allclose(prepared, 0.5, atol=0.02)


def test_pooling_goes_part_by_part_and_leaves_the_rest_out() -> None:
    tokens = np.arange(5 * 5 * 2, dtype=np.float32).reshape(1, 5, 5, 2)
    pooled = mean_pool(tokens, grid=2).reshape(2, 2, 2)
    np.testing.assert_allclose(pooled[0, 1], tokens[0, :2, 2:4].mean(axis=(0, 1)))
    np.testing.assert_allclose(gem_pool(tokens + 1, power=1.0), mean_pool(tokens + 1), rtol=1e-6)
    assert (gem_pool(tokens, power=8.0) > mean_pool(tokens)).all()
    with pytest.raises(ShapeError, match="6x6 parts"):
        mean_pool(tokens, grid=6)
    with pytest.raises(RangeError, match="above 0"):
        gem_pool(tokens, power=0)


def test_what_has_no_length_is_like_nothing() -> None:
    some = np.array([3.0, 4.0], np.float32)
    assert cosine_similarity(some, 2 * some) == pytest.approx(1)
    assert cosine_distance(some, -some) == pytest.approx(2)
    assert cosine_similarity(np.zeros(2), np.zeros(2)) == 0
