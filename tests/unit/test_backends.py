"""Backends: the same frames as PyTorch's own modules, and clear words where one is missing."""

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest
import torch
from torch import nn

import frameloom.models.adapter
from factories import moving_square
from frameloom.errors import InputError, ModelError
from frameloom.models.backends import compiled, convolutions
from frameloom.models.backends.engine import Engine
from frameloom.models.backends.quantization import quantize
from frameloom.models.layers.deformable import DeformableConvolution
from frameloom.models.settle import settle
from frameloom.models.zoo import catalog
from frameloom.runtime import Runtime
from parity.any_time import build
from threads import pytorch_threads

needs_winograd = pytest.mark.skipif(not convolutions.available(), reason="this PyTorch has no NNPACK")
SPELT = {"rife": "RIFE", "ifrnet": "IFRNet", "amt-s": "AMT-S", "ema-vfi": "EMA-VFI"}
LONG_TO_COMPILE = ("ifrnet.d", "amt-s.d", "ema-vfi.d")


def frames(name: str, monkeypatch: pytest.MonkeyPatch, **options: object) -> np.ndarray:
    """(2, height, width, 3): what a network with the weights of the recordings makes of a moving square."""
    family, variant = name.split(".")
    network = build(f"{SPELT[family]}-{variant.upper()}")
    monkeypatch.setattr(frameloom.models.adapter, "load_network", lambda card, given: network)
    model = catalog.build(name, "interpolator", Runtime(device="cpu", **options))
    first, last = (moving_square(step, (72, 104)).astype(np.float32) / 255 for step in (0, 1))
    return np.stack(list(model.between(first, last, [0.3, 0.7])))


@needs_winograd
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (33, 20)], ids=str)
def test_winograds_convolutions_are_the_plain_ones(batch: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(9, 11, 3, 1, 1), nn.ConvTranspose2d(11, 8, 4, 2, 1), nn.Conv2d(8, 3, 3, 1, 1, bias=False)
    )
    features = torch.randn(batch, 9, *size)
    with torch.inference_mode():
        plain = network(features)
        convolutions.hasten(network)
        assert all("forward" in vars(module) for module in network)
        assert (network(features) - plain).abs().max() < 1e-4
        turned = network(features.to(memory_format=torch.channels_last))
    assert (turned - plain).abs().max() < 1e-4


@needs_winograd
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("size", [(1, 1), (5, 8), (32, 21)], ids=str)
def test_halving_convolutions_of_odd_channels_are_the_plain_ones(
    size: tuple[int, int], memory_format: torch.memory_format
) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(17, 11, 3, 2, 1), nn.Conv2d(11, 9, 3, 2, 1, bias=False), nn.Conv2d(9, 3, 3, 1, 1))
    features = torch.randn(2, 17, *size).to(memory_format=memory_format)
    before = features.clone()
    with torch.inference_mode():
        plain = network(features)
        convolutions.hasten(network)
        assert all("forward" in vars(module) for module in network)
        assert (network(features) - plain).abs().max() < 1e-4
    assert torch.equal(features, before)


@needs_winograd
def test_what_would_not_gain_or_is_something_else_stays() -> None:
    others = [
        nn.Conv2d(3, 8, 3, 1, 1),
        nn.Conv2d(16, 16, 3, 2, 1),
        nn.Conv2d(16, 16, 3, 1, 2, dilation=2),
        nn.Conv2d(16, 16, 3, 1, 1, groups=16),
        nn.Conv2d(16, 16, 5, 1, 2),
        nn.ConvTranspose2d(16, 8, 2, 2),
    ]
    network = nn.ModuleList(others)
    before = list(network.state_dict())
    convolutions.hasten(network)
    assert not any("forward" in vars(module) for module in network)
    assert list(network.state_dict()) == before


@needs_winograd
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=str)
def test_winograds_convolutions_in_strips_are_whole(
    memory_format: torch.memory_format, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convolutions, "_WHOLE", 0)
    monkeypatch.setattr(convolutions, "_STRIP", 1)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(9, 11, 3, 1, 1))
    features = torch.randn(2, 9, 31, 20).to(memory_format=memory_format)  # two strips and a part of one
    with torch.inference_mode():
        plain = network(features)
        convolutions.hasten(network)
        assert (network(features) - plain).abs().max() < 1e-4


@needs_winograd
@pytest.mark.parametrize("threads", [2, 5])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize(("channels", "size"), [(48, (14, 20)), (9, (61, 40))], ids=["by outputs", "by rows"])
def test_threads_that_share_a_convolution_find_the_very_same_numbers(
    channels: int, size: tuple[int, int], memory_format: torch.memory_format, threads: int
) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(channels, 23 if channels == 9 else 48, 3, 1, 1))
    convolutions.hasten(network)
    features = torch.randn(1, channels, *size).to(memory_format=memory_format)
    made: list[torch.Tensor] = []
    for number in (1, threads):
        with pytorch_threads(number), torch.inference_mode():
            made.append(network(features))
    assert torch.equal(*made)


@needs_winograd
def test_strips_find_the_very_same_numbers_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(9, 11, 3, 1, 1))
    convolutions.hasten(network)
    features = torch.randn(1, 9, 47, 20)
    with torch.inference_mode():
        whole = network(features)
        monkeypatch.setattr(convolutions, "_WHOLE", 0)
        for strip in (1, 20 * 9 * 19):
            monkeypatch.setattr(convolutions, "_STRIP", strip)
            assert torch.equal(network(features), whole)


@needs_winograd
def test_a_deformable_convolution_is_not_taken_for_a_plain_one() -> None:
    """It is a 3x3 convolution by its class, but takes where to look as well: PerVFI failed at its first frame."""
    network = nn.Sequential(DeformableConvolution(16, 16))
    convolutions.hasten(network)
    assert "forward" not in vars(network[0])


def test_a_pytorch_without_it_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch, "_nnpack_spatial_convolution", raising=False)
    assert not convolutions.available()
    assert np.isfinite(frames("rife.d", monkeypatch, backend="torch")).all()


def test_an_engine_leaves_the_loaded_network_as_it_was_and_shares_its_weights() -> None:
    network = build("RIFE-D")
    card = catalog.find("rife.d", "interpolator")
    engine = Engine(network, settle(card, Runtime(device="cpu", backend="torch"), (64, 64)))
    assert not any("forward" in vars(module) for module in network.modules())
    assert engine.network is not network
    ours, theirs = next(engine.network.parameters()), next(network.parameters())
    assert ours.data_ptr() == theirs.data_ptr()


@pytest.mark.parametrize("backend", ["openvino", "onnx"])
@pytest.mark.parametrize("name", ["rife.dr", *(pytest.param(n, marks=pytest.mark.slow) for n in LONG_TO_COMPILE)])
def test_compiled_networks_make_the_same_frames(backend: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(backend)
    plain, other = (frames(name, monkeypatch, backend=chosen) for chosen in ("torch", backend))
    assert 0 < np.abs(plain - other).max() < 1e-4


@pytest.mark.parametrize("backend", ["torch", "openvino"])
@pytest.mark.parametrize("name", ["rife.d", *(pytest.param(n, marks=pytest.mark.slow) for n in LONG_TO_COMPILE)])
def test_half_precision_stays_within_45_db(backend: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(backend)
    exact = frames(name, monkeypatch, backend="torch")
    half = frames(name, monkeypatch, backend=backend, precision="bfloat16")
    error = float(np.mean((exact - half) ** 2))
    assert 0 < error < 10 ** (-45 / 10)


def test_every_module_is_compiled_once_per_size(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    runtime = import_module("frameloom.models.backends.onnx").ONNXRuntime
    compiled_before = runtime.compile
    seen: list[object] = []

    def compile_one(self: object, module: nn.Module, shapes: object, *, sized: bool) -> object:
        seen.append((module, shapes))
        return compiled_before(self, module, shapes, sized=sized)

    monkeypatch.setattr(runtime, "compile", compile_one)
    frames("ifrnet.d", monkeypatch, backend="onnx")
    assert len(seen) == 5


@pytest.mark.parametrize(("backend", "package"), [("openvino", "openvino"), ("onnx", "onnx")])
def test_a_backend_that_is_not_installed_is_told_with_its_extra(
    backend: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(f"No module named '{package}'", name=package)

    monkeypatch.setattr(compiled, "import_module", missing)
    with pytest.raises(ModelError, match=rf'{backend} needs {package}.*pip install "frameloom\[{backend}\]"'):
        frames("rife.d", monkeypatch, backend=backend)


def test_onnx_says_that_it_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    with pytest.raises(InputError, match="onnx computes in float32"):
        frames("rife.d", monkeypatch, backend="onnx", precision="bfloat16")


@pytest.mark.parametrize("backend", ["torch", "openvino", "onnx"])
def test_eight_bits_are_for_encoders(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="int8 is what openvino computes networks of the role encoder in"):
        frames("rife.d", monkeypatch, backend=backend, precision="int8")


def test_weights_in_eight_bits_are_within_half_a_step_and_zeros_stay() -> None:
    torch.manual_seed(0)
    linear = nn.Linear(64, 5)
    with torch.no_grad():
        linear.weight[1] *= 1000  # a scale of its own
        linear.weight[2] = 0
    network = nn.Sequential(nn.LayerNorm(64), nn.Sequential(linear))
    before, one_each = linear.weight.detach().clone(), torch.eye(64)
    plain = network[1](one_each)
    quantize(network)
    made = network[1](one_each)
    step = before.abs().amax(1) / 127
    assert ((made - plain).abs() <= 0.501 * step + 1e-6).all()
    assert (made != plain).any(0).tolist() == [True, True, False, True, True]
    assert torch.equal(linear.weight, before), "the loaded weights are shared and must stay"


def test_parts_of_a_network_are_its_modules() -> None:
    for family in SPELT:
        network = catalog.find(f"{family}.d", "interpolator").new_network()
        for name in (*network.parts, *network.sized_parts):
            assert isinstance(network.get_submodule(name), nn.Module)


def test_an_interrupt_after_two_models_of_openvino_is_no_segmentation_fault() -> None:
    """Each core of it leaves a stack for signal handlers; the second of two put back that of the first, freed."""
    pytest.importorskip("openvino")
    done = subprocess.run([sys.executable, "-c", _TWO_MODELS_THEN_CTRL_C], capture_output=True, text=True)
    assert done.returncode == 5, done.stderr


_TWO_MODELS_THEN_CTRL_C = """
import gc, signal, sys
from torch import nn
from frameloom.models.backends.openvino import OpenVINO

made = [OpenVINO("float32").compile(nn.Conv2d(3, 3, 3), ((1, 3, 64, 64),), sized=True) for _ in range(2)]
while made:
    made.pop(0)
    gc.collect()
signal.signal(signal.SIGINT, lambda *_: sys.exit(5))
signal.raise_signal(signal.SIGINT)
"""
