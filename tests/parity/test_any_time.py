"""The any-time networks equal the originals: frames, flows, masks and reference steps as recorded."""

import pytest

from frameloom.models.backends import convolutions
from parity.any_time import FLOW_TOLERANCE, FRAME_TOLERANCE, MANIFEST, Case, build, cases, differences

TOLERANCES = {"frame": FRAME_TOLERANCE, "first step": FRAME_TOLERANCE, "flow": FLOW_TOLERANCE, "mask": FLOW_TOLERANCE}


@pytest.mark.parametrize("case", cases(), ids=str)
def test_frames_and_flows_are_those_of_the_original(case: Case) -> None:
    found = differences(case)
    assert {"frame", "flow"} <= found.keys()
    assert ("first step" in found) == case.variant.endswith("R")
    assert {what: value for what, value in found.items() if value > TOLERANCES[what]} == {}


@pytest.mark.skipif(not convolutions.available(), reason="this PyTorch has no NNPACK")
@pytest.mark.parametrize("case", [case for case in cases() if case.name in ("a_lr", "b_lr")], ids=str)
def test_faster_convolutions_stay_within_the_same_tolerances(case: Case) -> None:
    found = differences(case, hastened=True)
    assert {what: value for what, value in found.items() if value > TOLERANCES[what]} == {}


@pytest.mark.parametrize("model", [name for name in MANIFEST if name != "_about"])
def test_the_official_checkpoint_would_load_strictly(model: str) -> None:
    """Every key and every shape, and nothing else."""
    ours = {key: list(value.shape) for key, value in build(model).state_dict().items()}
    assert ours == MANIFEST[model]["keys"]
