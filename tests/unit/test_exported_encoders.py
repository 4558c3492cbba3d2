"""MobileNet and EfficientNet: equal to torchvision's, exported once, then run where PyTorch is not installed."""

import json
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from factories import noise
from frameloom.descriptor_options import DescriptorOptions
from frameloom.errors import InputError, ModelError, ShapeError
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.models.encoders.inverted_bottleneck import Tapped
from frameloom.models.zoo import catalog
from frameloom.runtime import Runtime

GOLDEN = Path(__file__).parent.parent / "golden" / "measure" / "torchvision_taps.npz"
TAPS = {"mobilenet": 9, "mobilenet-original": 4, "efficientnet": 6, "efficientnet-original": 5}
FAMILIES = ("mobilenet", "efficientnet")
PARAMETERS = {"mobilenet": 2_542_856, "efficientnet": 5_288_548}  # as torchvision states them


@pytest.fixture(scope="module")
def golden() -> dict[str, NDArray]:
    with np.load(GOLDEN) as recorded:
        return dict(recorded)


def filled(family: str) -> Tapped:
    """With weights by the rule of the recordings (tests/golden/README.md)."""
    network = catalog.find(family, "encoder").new_network()
    state = network.state_dict()
    for key, value in state.items():
        if not value.is_floating_point():
            continue
        drawn = np.random.default_rng(zlib.crc32(key.encode())).standard_normal(tuple(value.shape)).astype(np.float32)
        if key.endswith("running_var"):
            drawn = 0.5 + np.abs(0.1 * drawn)
        elif value.ndim >= 2:
            drawn = drawn / np.sqrt(np.prod(value.shape[1:])).astype(np.float32)
        else:
            drawn = 0.1 * drawn + (0.5 if key.endswith("weight") else 0)
        state[key] = torch.from_numpy(np.asarray(drawn, np.float32))
    network.load_state_dict(state)
    return network.eval()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints as torchvision keeps them."""
    folder = tmp_path_factory.mktemp("hub") / "checkpoints"
    folder.mkdir()
    for family in FAMILIES:
        torch.save(filled(family).state_dict(), folder / catalog.find(family, "encoder").checkpoint.path)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _in_a_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMELOOM_HOME", str(home))


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_have_the_names_and_shapes_of_torchvision(family: str, golden: dict[str, NDArray]) -> None:
    network = catalog.find(family, "encoder").new_network()
    named = {key: list(value.shape) for key, value in network.state_dict().items()}
    assert named == json.loads(str(golden[f"{family}_keys"]))
    assert sum(weight.numel() for weight in network.parameters()) == PARAMETERS[family]


@pytest.mark.parametrize("name", TAPS)
def test_tokens_are_the_features_of_torchvision(name: str, golden: dict[str, NDArray], folder: Path) -> None:
    encoder = catalog.build(name, "encoder", Runtime(checkpoint=folder))
    images = golden["images"].astype(np.float32) / 255
    wanted = golden[f"{name.removesuffix('-original')}_features_{TAPS[name]}"]
    tokens = encoder.encode(images)
    assert tokens.shape[1:3] == (64 // encoder.patch, 96 // encoder.patch)
    np.testing.assert_allclose(tokens, wanted, atol=1e-5)
    np.testing.assert_array_equal(encoder.encode(images[1:])[0], tokens[1])


@pytest.mark.parametrize(
    ("name", "grid", "compat", "dims"),
    [
        ("mobilenet", 2, False, 192),
        ("mobilenet", 3, False, 432),
        ("efficientnet", 2, False, 448),
        ("efficientnet", 3, False, 1008),
        ("mobilenet", 2, True, 96),
        ("mobilenet", 3, True, 216),
        ("efficientnet", 2, True, 320),
        ("efficientnet", 3, True, 720),
        ("mobilenet", 1, False, 48),
    ],
)
@pytest.mark.parametrize("pooling", ["avg", "gem"])
def test_vectors_have_the_documented_lengths(
    name: str, grid: int, compat: bool, dims: int, pooling: str, folder: Path
) -> None:
    options = DescriptorOptions(spatial_grid=grid, compat=compat, pooling=pooling)
    descriptor = choose_descriptor(name, options, Runtime(checkpoint=folder)).load()
    vectors = descriptor.describe(noise((108, 256), seed=1)[None])
    assert descriptor.dims == dims
    assert vectors.shape == (1, dims)
    assert np.linalg.norm(vectors) == pytest.approx(1, abs=1e-5)


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = sys.modules["onnx"] = None  # importing them fails
from pathlib import Path
import numpy as np
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.runtime import Runtime
images = np.arange(2 * 48 * 64 * 3, dtype=np.uint32).reshape(2, 48, 64, 3).astype(np.uint8)
chosen = choose_descriptor("mobilenet", None, Runtime(checkpoint=Path(sys.argv[1])))
print(chosen.load().describe(images).sum(axis=1).tolist())
"""


def without_torch(checkpoint: Path, home: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", WITHOUT_TORCH, str(checkpoint)]
    environment = {"FRAMELOOM_HOME": str(home), "PYTHONPATH": ":".join(sys.path)}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_what_was_exported_runs_without_pytorch(folder: Path, home: Path) -> None:
    images = np.arange(2 * 48 * 64 * 3, dtype=np.uint32).reshape(2, 48, 64, 3).astype(np.uint8)
    here = choose_descriptor("mobilenet", None, Runtime(checkpoint=folder)).load().describe(images)
    (exported,) = (home / "exported").glob("mobilenet-9-*.onnx")
    for checkpoint in (folder, exported):
        done = without_torch(checkpoint, home)
        assert done.returncode == 0, done.stderr
        np.testing.assert_allclose(json.loads(done.stdout), here.sum(axis=1), atol=1e-5)


def test_what_is_yet_to_be_exported_says_what_to_install(folder: Path, tmp_path: Path) -> None:
    done = without_torch(folder, tmp_path)
    assert done.returncode == 1
    assert "must be exported" in done.stderr
    assert "frameloom[torch,onnx]" in done.stderr
    assert not list(tmp_path.rglob("*.onnx*"))


def test_without_weights_the_file_is_named() -> None:
    with pytest.raises(ModelError, match=r"mobilenet_v3_small-047dcff4\.pth"):
        choose_descriptor("mobilenet").load()


def test_weights_of_another_network_are_told(folder: Path, home: Path) -> None:
    wrong = folder / catalog.find("efficientnet", "encoder").checkpoint.path
    with pytest.raises(ModelError, match="holds the weights of efficientnet"):
        choose_descriptor("mobilenet", None, Runtime(checkpoint=wrong)).load()
    choose_descriptor("efficientnet", None, Runtime(checkpoint=wrong)).load()
    exported = next((home / "exported").glob("efficientnet-6-*.onnx"))
    with pytest.raises(ModelError, match="not exported for mobilenet"):
        choose_descriptor("mobilenet", None, Runtime(checkpoint=exported)).load()


def test_a_damaged_export_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "mobilenet.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="cannot be read by ONNX Runtime"):
        choose_descriptor("mobilenet", None, Runtime(checkpoint=broken)).load()


@pytest.mark.parametrize("asked", [{"device": "cuda"}, {"precision": "bfloat16"}, {"backend": "torch"}, {"seed": 1}])
def test_options_that_exported_encoders_do_not_have_are_refused(asked: dict, folder: Path) -> None:
    with pytest.raises(InputError, match=f"leave out --{next(iter(asked))}"):
        choose_descriptor("mobilenet", None, Runtime(checkpoint=folder, **asked)).load()


def test_identity_tells_layers_apart(folder: Path) -> None:
    runtime = Runtime(checkpoint=folder)
    documented, original = (
        choose_descriptor("mobilenet", DescriptorOptions(compat=compat), runtime).identity() for compat in (False, True)
    )
    assert json.dumps(documented[2]) != json.dumps(original[2])


def test_sides_must_be_whole_patches(folder: Path) -> None:
    with pytest.raises(ShapeError, match="multiples of 16"):
        catalog.build("mobilenet", "encoder", Runtime(checkpoint=folder)).encode(np.zeros((1, 60, 64, 3), np.float32))
