"""PerVFI and its splatting equal the originals: frames, what leads to them, likelihoods and gradients as recorded."""

import numpy as np
import pytest
import torch

from frameloom.models.interpolators.pervfi import PerVFIv0, blended, carried, flow_to_last
from frameloom.models.interpolators.pervfi_alignment import Levels
from frameloom.models.layers.splatting import splat
from frameloom.models.layers.warping import resize_flow
from parity.pervfi import (
    FRAME_TOLERANCE,
    MANIFEST,
    NETWORKS,
    at,
    build,
    difference,
    noise,
    pair,
    recorded,
    true_frame,
)

SPLATS = [
    (case, key.split("out_")[1]) for case in "01" for key in recorded("softsplat") if key.startswith(f"{case}_out_")
]


def _largest(ours: torch.Tensor, theirs: np.ndarray) -> float:
    return float(np.abs(ours.detach().numpy() - theirs).max())


@pytest.mark.parametrize(("case", "name"), SPLATS)
def test_splatting_in_every_mode(case: str, name: str) -> None:
    arrays = recorded("softsplat")
    mode, _, division = name.partition("-")
    inputs = [torch.from_numpy(arrays[f"{case}_{key}"]) for key in ("x", "flow", "metric")]
    ours = splat(*inputs, mode=mode, division=division or "addeps").numpy()
    # Recorded with sums in float64. "linear" divides by sums of weights of either sign, which may nearly cancel
    relative = 1e-4 if mode == "linear" else 2e-6
    np.testing.assert_allclose(ours, arrays[f"{case}_out_{name}"], rtol=relative, atol=1e-6)


@pytest.mark.parametrize("case", ["0", "1"])
def test_gradients_of_splatting(case: str) -> None:
    arrays = recorded("softsplat")
    inputs = [torch.from_numpy(arrays[f"{case}_{key}"]).requires_grad_() for key in ("x", "flow", "metric")]
    cotangent = torch.from_numpy(arrays[f"{case}_cot"])
    gradients = torch.autograd.grad((splat(*inputs) * cotangent).sum(), inputs)
    for ours, key in zip(gradients, ("gx", "gflow", "gmetric"), strict=True):
        # Where little lands, large slopes along the flow nearly cancel: seen 1e-5, of slopes up to 6e7
        absolute = 2e-5 if key == "gflow" else 3e-6
        np.testing.assert_allclose(ours.numpy(), arrays[f"{case}_soft_{key}"], rtol=2e-6, atol=absolute)


@pytest.mark.parametrize("model", NETWORKS)
def test_the_official_checkpoint_would_load_strictly(model: str) -> None:
    """Every key, every shape and every type, and nothing else."""
    keys = MANIFEST["models"][model]["keys"]
    theirs = {key: (facts["shape"], facts["dtype"]) for key, facts in keys.items()}
    ours = {
        key: (list(value.shape), str(value.dtype).removeprefix("torch."))
        for key, value in NETWORKS[model]().state_dict().items()
    }
    assert ours == theirs


@pytest.mark.parametrize("moment", MANIFEST["cases"]["A"]["times"])
@pytest.mark.parametrize("model", NETWORKS)
def test_frames_are_those_of_the_original(model: str, moment: float) -> None:
    assert difference(model, moment) <= FRAME_TOLERANCE


def test_what_leads_to_them_is_that_of_the_original() -> None:
    network, arrays, moment = build("v00"), recorded("v00_A_inter"), at(0.5)
    frames = pair(network, "A")
    with torch.inference_mode():
        first, holes = carried(frames, moment)
        flow = flow_to_last(frames, moment)
        height, width = frames.size
        flows: Levels = (
            flow,
            resize_flow(flow, (height // 2, width // 2)),
            resize_flow(flow, (height // 4, width // 4)),
        )
        aligned = network.deformableAlign(first, frames.last.features, holes, flows)
        masks = network.attentionMerge.masks(first, aligned, holes)
        conditions = network.multiscaleFuse([*blended(first, aligned, masks)])
    # What is recorded is the importance at the moment; half way that is the one of half a step
    assert _largest(frames.importances[0][..., ::2, ::2], arrays["metric01"]) <= FRAME_TOLERANCE
    assert _largest(flow[..., ::2, ::2], arrays["Ft2"]) <= FRAME_TOLERANCE
    for level, step in enumerate((8, 4, 2)):
        part = (slice(None), slice(None, None, 6), slice(None, None, step), slice(None, None, step))
        assert np.array_equal(holes[level].numpy(), arrays[f"bmask_l{level}"])
        assert _largest(frames.first.features[level][part], arrays[f"enc0_l{level}"]) <= FRAME_TOLERANCE
        assert _largest(first[level][part], arrays[f"warp0_l{level}"]) <= FRAME_TOLERANCE
        assert _largest(aligned[level][part], arrays[f"align_l{level}"]) <= FRAME_TOLERANCE
        assert _largest(masks[level][..., ::2, ::2], arrays[f"smask_l{level}"]) <= FRAME_TOLERANCE
        of_half = conditions[level][:, ::6, :: step // 2, :: step // 2]
        assert _largest(of_half, arrays[f"cond_l{level}"]) <= FRAME_TOLERANCE


def test_likelihood_and_its_gradients_are_those_of_the_original() -> None:
    network, arrays, facts = build("v00"), recorded("train_v00_C"), MANIFEST["train_v00"]
    assert isinstance(network, PerVFIv0)
    made, unlikelihood = network.encode(pair(network, "C"), at(0.5), true_frame("C"))
    assert abs(unlikelihood.item() - facts["nll"]) <= 2e-5
    assert _largest(made[0][..., ::2, ::2], arrays["z0"]) <= FRAME_TOLERANCE
    assert _largest(made[1], arrays["z1"]) <= FRAME_TOLERANCE
    assert _largest(made[2], arrays["z2"]) <= FRAME_TOLERANCE
    with torch.no_grad():
        sampled = network.prediction(pair(network, "C"), at(0.5), noise("C"))
    assert _largest(sampled, arrays["pred_zgiven"]) <= FRAME_TOLERANCE
    unlikelihood.mean().backward()
    for key, parameter in network.named_parameters():
        name = key.replace(".", "_")
        if parameter.grad is not None and name in arrays:
            # A tap that looks within 1e-6 of a pixel's centre may see the slope on either side of it: seen 3e-3
            assert _largest(parameter.grad, arrays[name]) <= 5e-3 * np.abs(arrays[name]).max(), key
    norms = {key: value.grad.norm().item() for key, value in network.named_parameters() if value.grad is not None}
    for key, norm in facts["grad_norms"].items():
        assert norms[key] == pytest.approx(norm, rel=2e-3, abs=1e-7), key


def test_the_frame_that_training_compares_is_that_of_the_original() -> None:
    network, arrays, facts = build("vb"), recorded("train_vb_C"), MANIFEST["train_vb"]
    frame = network.prediction(pair(network, "C"), at(0.5), noise("C"))
    assert _largest(frame, arrays["pred"]) <= FRAME_TOLERANCE
    error = (frame - true_frame("C")).abs().mean()
    assert error.item() == pytest.approx(facts["l1"], abs=1e-6)
