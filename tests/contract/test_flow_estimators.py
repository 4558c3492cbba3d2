"""What the role FlowEstimator promises, kept by every model in the catalog that needs no weights."""

import numpy as np
import pytest

from factories import moving_square, noise
from frameloom.models.zoo import CARDS, catalog
from frameloom.roles import FlowEstimator

SIZES = [(1, 1), (1, 50), (17, 33), (70, 90)]


@pytest.fixture(params=[card.name for card in CARDS if card.role == "flow" and card.checkpoint is None])
def model(request: pytest.FixtureRequest) -> FlowEstimator:
    return catalog.build(request.param, "flow")


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_flows_have_the_size_of_the_frames_and_are_finite(
    model: FlowEstimator, size: tuple[int, int], channels: int
) -> None:
    first, second = (noise(size, seed=seed, channels=channels).astype(np.float32) / 255 for seed in (1, 2))
    kept = first.copy(), second.copy()
    for flow in (model.estimate(first, second), *model.estimate_both(first, second)):
        assert (flow.shape, flow.dtype) == ((*size, 2), np.float32)
        assert np.isfinite(flow).all()
    assert np.array_equal(first, kept[0]), "inputs are not written to"
    assert np.array_equal(second, kept[1]), "inputs are not written to"


def test_both_directions_are_those_of_two_calls(model: FlowEstimator) -> None:
    first, second = (moving_square(step, (70, 90)).astype(np.float32) / 255 for step in (0, 2))
    forward, backward = model.estimate_both(first, second)
    assert np.abs(forward - model.estimate(first, second)).max() < 1e-4
    assert np.abs(backward - model.estimate(second, first)).max() < 1e-4
    assert np.abs(forward - backward).max() > 1


def test_the_flow_leads_to_where_things_went(model: FlowEstimator) -> None:
    """x to the right comes first, and the second frame fetched along the flow is the first."""
    first, second = (moving_square(step, (96, 128), step=6).astype(np.float32) / 255 for step in (1, 2))
    inside = model.estimate(first, second)[40:50, 12:24]
    assert np.abs(inside.mean(axis=(0, 1)) - [6, 0]).max() < 1
