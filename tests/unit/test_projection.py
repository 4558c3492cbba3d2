"""What frameloom.models.layers.projection promises."""

import numpy as np

from frameloom.models.layers.projection import project


def test_a_whole_shift_moves_every_value() -> None:
    values = np.random.default_rng(0).random((9, 12, 2)).astype(np.float32)
    displacement = np.broadcast_to(np.float32([3.0, -2.0]), (9, 12, 2))
    landed = project(values, displacement, np.ones((9, 12), np.float32))
    assert np.allclose(landed.values[:7, 3:], values[2:, :9], atol=1e-6)
    assert np.allclose(landed.coverage[:7, 3:], 1.0)
    assert not landed.coverage[7:].any()
    assert not landed.coverage[:, :3].any()


def test_a_fractional_shift_shares_the_weight() -> None:
    displacement = np.zeros((5, 5, 2), np.float32)
    displacement[2, 2] = (0.25, 0.5)
    weight = np.zeros((5, 5), np.float32)
    weight[2, 2] = 2.0
    landed = project(np.ones((5, 5, 1), np.float32), displacement, weight)
    assert np.allclose(landed.coverage[2:4, 2:4], [[0.75, 0.25], [0.75, 0.25]])
    assert np.isclose(landed.coverage.sum(), 2.0)


def test_the_heavier_of_two_that_meet_wins() -> None:
    values = np.zeros((1, 4, 1), np.float32)
    values[0, 3] = 1.0
    displacement = np.zeros((1, 4, 2), np.float32)
    displacement[0, 3, 0] = -2.0  # pixel 3 lands on pixel 1
    weight = np.float32([[1.0, 1.0, 1.0, 9.0]])
    assert np.isclose(project(values, displacement, weight).values[0, 1, 0], 0.9)


def test_what_leaves_the_picture_is_dropped() -> None:
    far = np.full((6, 7, 2), 1e6, np.float32)
    landed = project(np.ones((6, 7, 1), np.float32), far, np.ones((6, 7), np.float32))
    assert not landed.coverage.any()
    assert np.isfinite(landed.values).all()
