"""The any-time networks equal the originals: frames, flows, masks and reference steps as recorded."""

import numpy as np
import pytest
import torch

from frameloom.models.interpolators.network import Motion, approach
from parity.any_time import (
    FLOW_TOLERANCE,
    FRAME_TOLERANCE,
    MANIFEST,
    Case,
    build,
    cases,
    cropped,
    distance_map,
    images,
    padded,
)


def outputs(case: Case) -> tuple[list[tuple[Motion, torch.Tensor]], tuple[int, int, int, int]]:
    network = build(case.model)
    (first, amounts), (last, _) = (padded(case, image) for image in images(case))
    distance, _ = padded(case, distance_map(case), "edge")
    with torch.inference_mode():
        pair = network.pair(network.view(first), network.view(last))
        return list(approach(network, pair, distance, iterations=case.facts["iters"] or 1)), amounts


@pytest.mark.parametrize("case", cases(), ids=str)
def test_frames_and_flows_are_those_of_the_original(case: Case) -> None:
    steps, amounts = outputs(case)
    motion, frame = steps[-1]
    recorded = case.recorded
    assert np.abs(cropped(frame, amounts) - recorded["out"]).max() <= FRAME_TOLERANCE
    stride = 8 if case.network == "AMT-S" else 4
    flow = cropped(motion.flow, amounts)[..., ::stride, ::stride]
    assert np.abs(flow - recorded[f"flow_s{stride}"]).max() <= FLOW_TOLERANCE
    if "mask_s4" in recorded:
        mask = cropped(torch.sigmoid(motion.mask), amounts)[..., ::4, ::4]
        assert np.abs(mask - recorded["mask_s4"]).max() <= FLOW_TOLERANCE
    for key in recorded:
        if key.startswith("iter1_s"):
            step = int(key.removeprefix("iter1_s"))
            assert np.abs(cropped(steps[0][1], amounts)[..., ::step, ::step] - recorded[key]).max() <= FRAME_TOLERANCE


@pytest.mark.parametrize("model", [name for name in MANIFEST if name != "_about"])
def test_the_official_checkpoint_would_load_strictly(model: str) -> None:
    """Every key and every shape, and nothing else."""
    ours = {key: list(value.shape) for key, value in build(model).state_dict().items()}
    assert ours == MANIFEST[model]["keys"]
