"""LPIPS, DISTS and FloLPIPS give what the original implementations give, from files laid out as theirs are."""

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from factories import noise
from frameloom.errors import InputError, ModelError, ShapeError
from frameloom.metrics.metric import Metric, Stretch
from frameloom.metrics.table import METRICS, NETWORK_METRICS, find_metrics
from frameloom.models.metrics.parts import as_tensor
from frameloom.models.zoo import catalog
from frameloom.runtime import Runtime
from parity.metric_networks import EXPECTED, FOLDER, INPUTS, PARTS, save, state, unused

OF_PAIRS = ("lpips", "lpips-vgg", "lpips-squeeze", "dists")
OF_FRAMES = tuple(name for name, metric in NETWORK_METRICS.items() if not metric.window)
SMALLEST = {"lpips": 31, "lpips-vgg": 16, "lpips-squeeze": 17, "flolpips": 31}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for name in PARTS:
        save(name, folder)
    return folder


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def ready(name: str, folder: Path) -> Metric:
    return find_metrics([name], folder, device="cpu")[0]


def stretch(case: str = "even", *, made: np.ndarray | None = None) -> Stretch:
    before, after, prediction, truth = INPUTS.quartet(*INPUTS.QUARTETS[case])
    return Stretch([prediction if made is None else made], [truth], before, after)


@pytest.mark.parametrize("name", PARTS)
def test_the_released_file_has_the_names_and_shapes_of_our_network(name: str) -> None:
    wanted = {key: list(value.shape) for key, value in catalog.find(name, "metric").new_network().state_dict().items()}
    released = {key: shape for key, shape in EXPECTED["keys"][name].items() if not key.startswith(unused(name))}
    assert wanted == released


@pytest.mark.parametrize("case", ["even", "odd"])
@pytest.mark.parametrize("name", OF_PAIRS)
def test_scores_of_pairs_are_those_of_the_original(name: str, case: str, files: Path) -> None:
    score = ready(name, files)(*INPUTS.pair(*INPUTS.PAIRS[case]))
    assert score == pytest.approx(EXPECTED["scores"][name][case], abs=2e-7)


@pytest.mark.parametrize("case", ["even", "odd"])
def test_ssim_3d_is_that_of_ifrnet(case: str) -> None:
    recorded = json.loads((FOLDER / "ssim.json").read_text(encoding="utf-8"))
    assert METRICS["ssim-3d"](*INPUTS.pair(*INPUTS.PAIRS[case])) == pytest.approx(recorded[case], abs=1e-9)


@pytest.mark.parametrize("case", ["even", "odd"])
def test_flolpips_is_that_of_the_original(case: str, files: Path) -> None:
    (score,) = ready("flolpips", files).scores(stretch(case))
    assert score == pytest.approx(EXPECTED["scores"]["flolpips"][case], abs=2e-7)


@pytest.mark.parametrize("case", ["even", "odd"])
def test_flow_of_pwc_net_is_that_of_the_original(case: str) -> None:
    network = catalog.find("pwc-net", "metric").new_network().eval().requires_grad_(requires_grad=False)
    network.load_state_dict(state("pwc-net"))
    before, _, _, truth = INPUTS.quartet(*INPUTS.QUARTETS[case])
    flow = network(as_tensor(truth, network), as_tensor(before, network))[0, :, 5::20, 7::20]
    assert np.abs(flow.numpy() - np.array(EXPECTED["flow_5_20_7_20"][case])).max() < 1e-4


@pytest.mark.parametrize("name", OF_FRAMES)
def test_what_a_network_metric_declares_is_true(name: str, files: Path) -> None:
    """FloLPIPS of equal frames is 0 by 0 in the original, where no flow differs."""
    metric = ready(name, files)
    whole = stretch()
    (near,), (same,) = metric.scores(whole), metric.scores(stretch(made=whole.truths[0]))
    (far,) = metric.scores(stretch(made=255 - whole.truths[0]))
    assert same == metric.equal == 0
    assert metric.bounds[0] <= same < near < far <= metric.bounds[1]
    assert not metric.higher_is_better


@pytest.mark.parametrize("name", OF_FRAMES)
def test_a_frame_scores_the_same_alone_and_among_others_in_any_order(name: str, files: Path) -> None:
    metric, whole = ready(name, files), stretch()
    made, true = whole.predictions[0], whole.truths[0]
    others = [noise(true.shape[:2], seed=seed) for seed in (1, 2)]
    alone = metric.scores(whole)
    among = metric.scores(Stretch([others[0], made], [others[1], true], whole.first, whole.last))
    turned = metric.scores(Stretch([made, others[0]], [true, others[1]], whole.first, whole.last))
    assert alone[0] == among[1] == turned[0]
    assert among[0] == turned[1]


@pytest.mark.parametrize("name", OF_FRAMES)
def test_odd_and_smallest_sizes_are_scored_and_smaller_ones_refused(name: str, files: Path) -> None:
    metric, smallest = ready(name, files), SMALLEST.get(name, 1)

    def scored(size: tuple[int, int]) -> float:
        images = [noise(size, seed=seed) for seed in range(4)]
        return metric.scores(Stretch(images[:1], images[1:2], *images[2:]))[0]

    for size in [(smallest, smallest), (smallest, smallest + 22), (smallest + 13, smallest)]:
        assert np.isfinite(scored(size)), size
    if smallest > 1:
        with pytest.raises(ShapeError, match=f"{smallest} pixels; the image is 50x{smallest - 1}"):
            scored((smallest - 1, 50))


@pytest.mark.parametrize("name", NETWORK_METRICS)
def test_a_metric_without_its_weights_is_refused_with_the_file_it_needs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere LPIPS went on with random weights for months."""
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path))
    first = NETWORK_METRICS[name].cards[0].checkpoint
    with pytest.raises(ModelError, match=re.escape(first.path)) as told:
        find_metrics([name])
    assert "--metric-checkpoint" in str(told.value)


@pytest.mark.parametrize("name", OF_FRAMES)
def test_networks_run_without_gradients_and_accelerators_do_not_round(
    name: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TF32 is on by default for convolutions on graphics cards."""
    seen = set()
    call = torch.nn.Conv2d.__call__

    def looked_at(layer: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
        seen.add((torch.backends.cudnn.allow_tf32, torch.is_inference_mode_enabled()))
        return call(layer, images)

    monkeypatch.setattr(torch.nn.Conv2d, "__call__", looked_at)
    ready(name, files).scores(stretch())
    assert seen == {(False, True)}


def test_weights_are_hashed_into_the_metric(files: Path) -> None:
    metric = ready("flolpips", files)
    paths = {
        name: files / catalog.find(name, "metric").checkpoint.path for name in ("lpips-alex", "alexnet", "pwc-net")
    }
    assert metric.weights == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}


def test_files_are_given_by_name_or_as_a_folder(files: Path, tmp_path: Path) -> None:
    named = [f"{name}={files / catalog.find(name, 'metric').checkpoint.path}" for name in ("LPIPS-alex", "alexnet")]
    pair = INPUTS.pair(*INPUTS.PAIRS["even"])
    assert find_metrics(["lpips"], named, device="cpu")[0](*pair) == ready("lpips", files)(*pair)
    for wrong in ("vgg16=file.pth", "file.pth"):
        with pytest.raises(InputError, match="the names here are lpips-alex, alexnet"):
            find_metrics(["lpips"], wrong)
    with pytest.raises(InputError, match="no metric here has weights"):
        find_metrics(["psnr"], str(tmp_path))


def test_weights_of_another_network_are_refused(files: Path) -> None:
    vgg = files / catalog.find("vgg16", "metric").checkpoint.path
    with pytest.raises(ModelError, match="does not fit alexnet"):
        catalog.build("alexnet", "metric", Runtime(checkpoint=vgg, device="cpu"))
