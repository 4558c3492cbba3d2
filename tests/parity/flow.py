"""The recorded flows of the original estimators, and the same weights and inputs for ours.

How they were recorded: `notes` in tests/golden/pervfi/manifest.json.
"""

import importlib
import importlib.util
import json
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "pervfi"
MANIFEST: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
NETWORKS = {
    "raft": "frameloom.models.flow.raft:RAFT",
    "raft_small": "frameloom.models.flow.raft:RAFTSmall",
    "gma": "frameloom.models.flow.gma:GMA",
    "gmflow": "frameloom.models.flow.gmflow:GMFlow",
}
MULTIPLES = {"raft": 8, "raft_small": 8, "gma": 8, "gmflow": 16}
TITLES = {"raft": "RAFT", "raft_small": "RAFT-small", "gma": "GMA", "gmflow": "GMFlow"}
CASES = ("A", "B")


@cache
def script(name: str) -> ModuleType:
    """A script beside the recordings."""
    spec = importlib.util.spec_from_file_location(f"pervfi_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def build(name: str) -> Any:
    """Our network with weights by the rule, strictly loaded."""
    module, _, attribute = NETWORKS[name].partition(":")
    network = getattr(importlib.import_module(module), attribute)()
    return script("fill_weights").fill_module(network, MANIFEST["gains"][name]).eval()


def images(case: str) -> tuple[np.ndarray, np.ndarray]:
    """(1, 3, height, width) float32 in [0, 1], RGB, unpadded."""
    facts = MANIFEST["cases"][case]
    first, second, _ = script("make_inputs").pair(facts["seed"], facts["H"], facts["W"], facts["shift"])
    return first, second


def padded(image: np.ndarray, multiple: int) -> tuple[torch.Tensor, tuple[int, int]]:
    """As the originals pad: zeros, centred; also how much comes above and to the left."""
    height, width = image.shape[-2:]
    rows, columns = -height % multiple, -width % multiple
    ends = ((rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2))
    return torch.from_numpy(np.pad(image, ((0, 0), (0, 0), *ends))), (rows // 2, columns // 2)


def recorded(name: str, case: str) -> dict[str, np.ndarray]:
    """fwd (1, 2, height, width) and bwd_s2, of which only every second row and column was kept."""
    with np.load(FOLDER / f"flow_{name}_{case}.npz") as arrays:
        return {key: arrays[key] for key in arrays}


def difference(name: str, case: str) -> float:
    """The largest of both directions, pixels."""
    network = build(name)
    first, second = images(case)
    (here, (above, left)), (there, _) = (padded(image, MULTIPLES[name]) for image in (first, second))
    with torch.inference_mode():
        flows = network.flow_both(network.view(here), network.view(there)).numpy()
    height, width = first.shape[-2:]
    forward, backward = flows[:, None, :, above : above + height, left : left + width]
    known = recorded(name, case)
    return float(max(np.abs(forward - known["fwd"]).max(), np.abs(backward[..., ::2, ::2] - known["bwd_s2"]).max()))
