"""The recorded outputs of the original PerVFI, and the same weights and inputs for ours.

How they were recorded: `notes` in tests/golden/pervfi/manifest.json.
"""

import importlib.util
import json
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from frameloom.models.interpolators.pervfi import PerVFI, PerVFIPair, PerVFIv0, PerVFIvb
from frameloom.models.interpolators.pervfi_decoders import Noise

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "pervfi"
MANIFEST: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
NETWORKS: dict[str, type[PerVFI]] = {"v00": PerVFIv0, "vb": PerVFIvb}
FRAME_TOLERANCE = 2e-5


@cache
def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"pervfi_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recorded(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / f"{name}.npz") as arrays:
        return {key: arrays[key] for key in arrays}


@cache
def state(model: str) -> dict[str, torch.Tensor]:
    """Weights by the rule, with the keys and shapes of the official checkpoint."""
    keys = MANIFEST["models"][model]["keys"]
    spec = {key: (tuple(facts["shape"]), facts["dtype"] == "float32") for key, facts in keys.items()}
    filled = _script("fill_weights").fill_numpy(spec, MANIFEST["gains"][model])
    return {key: torch.from_numpy(np.array(value)) for key, value in filled.items()}


def build(model: str) -> PerVFI:
    """Our network with these weights, strictly loaded."""
    network = NETWORKS[model]()
    network.load_state_dict(state(model), strict=True)
    return network.eval()


def _inputs(case: str) -> tuple[int, int, int, list[float]]:
    facts = MANIFEST["cases"][case]
    return facts["seed"], facts["H"], facts["W"], facts["shift"]


def pair(network: PerVFI, case: str) -> PerVFIPair:
    """Images and flows by formula."""
    first, last, _ = (torch.from_numpy(image) for image in _script("make_inputs").pair(*_inputs(case)))
    forward, backward = (torch.from_numpy(flow) for flow in _script("make_inputs").flows(*_inputs(case)))
    return network.pair(network.view(first), network.view(last), forward=forward, backward=backward)


def true_frame(case: str) -> torch.Tensor:
    """(1, 3, height, width) in [0, 1], half way."""
    return torch.from_numpy(_script("make_inputs").pair(*_inputs(case))[2])


def noise(case: str) -> Noise:
    """Of a case whose size is a multiple of 8, or of what it is padded to."""
    seed, height, width, _ = _inputs(case)
    height, width = (-(-side // 8) * 8 for side in (height, width))
    half, quarter, eighth = (
        torch.from_numpy(part) for part in _script("make_inputs").zs(seed, height, width, MANIFEST["heat"])
    )
    return half, quarter, eighth


def at(moment: float) -> torch.Tensor:
    return torch.full((1, 1, 1, 1), moment)


def difference(model: str, moment: float) -> float:
    """The largest in the frame between given flows, as a part of full scale."""
    network = build(model)
    with torch.inference_mode():
        frame = network.prediction(pair(network, "A"), at(moment), noise("A")).numpy()
    return float(np.abs(frame - recorded(f"{model}_A_t{moment}")["pred"]).max())
