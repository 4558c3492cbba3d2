"""The recorded outputs of the original any-time networks, and the same weights and inputs for ours.

`tests/golden/interpany` holds a part of the recordings; all are used where `shared/golden` lies beside the project.
How they were recorded: `_about` in manifest.json.
"""

import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from frameloom.models.backends import convolutions
from frameloom.models.interpolators.network import Motion, approach

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "interpany"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "golden" / "interpany"
MANIFEST: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
NETWORKS = {
    "RIFE": "frameloom.models.interpolators.rife:RIFE",
    "IFRNet": "frameloom.models.interpolators.ifrnet:IFRNet",
    "AMT-S": "frameloom.models.interpolators.amt_s:AMTS",
    "EMA-VFI": "frameloom.models.interpolators.ema_vfi:EMAVFI",
}
FRAME_TOLERANCE, FLOW_TOLERANCE = 5e-5, 1e-4


@cache
def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Case:
    """One recording."""

    model: str  # RIFE-D
    name: str  # a_t050

    def __str__(self) -> str:
        return f"{self.model}__{self.name}"

    @property
    def network(self) -> str:
        return self.model.rsplit("-", 1)[0]

    @property
    def variant(self) -> str:
        return self.model.rsplit("-", 1)[1]

    @property
    def facts(self) -> dict[str, Any]:
        return MANIFEST[self.model]["cases"][self.name]

    @property
    def file(self) -> Path:
        own = FOLDER / self.facts["file"]
        return own if own.exists() else SHARED / self.facts["file"]

    @property
    def recorded(self) -> dict[str, np.ndarray]:
        with np.load(self.file) as arrays:
            return {name: arrays[name] for name in arrays}


def cases() -> list[Case]:
    """All recordings that are there."""
    every = [Case(model, name) for model in MANIFEST if model != "_about" for name in MANIFEST[model]["cases"]]
    return [case for case in every if case.file.exists()]


@cache
def state(model: str) -> dict[str, torch.Tensor]:
    """Weights by the rule, with the keys and shapes of the official checkpoint."""
    facts = MANIFEST[model]
    filled = _script("fill_weights").make_state(facts["keys"], facts["gain"])
    return {key: torch.from_numpy(value.copy()) for key, value in filled.items()}


def build(model: str) -> Any:
    """Our network with these weights, strictly loaded."""
    name, variant = model.rsplit("-", 1)
    module, _, attribute = NETWORKS[name].partition(":")
    network = getattr(importlib.import_module(module), attribute)(reference=variant.endswith("R"))
    network.load_state_dict(state(model), strict=True)
    return network.eval()


def images(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """(1, 3, height, width) float32 in [0, 1], in the network's own channel order, unpadded."""
    facts = case.facts
    return _script("make_inputs").make_pair(facts["seed"], facts["h"], facts["w"], facts["dy"], facts["dx"])


def distance_map(case: Case) -> np.ndarray:
    """(1, 1, height, width) float32, unpadded."""
    return _script("make_inputs").make_map(case.facts["map"], case.facts["h"], case.facts["w"])


def padded(case: Case, array: np.ndarray, mode: str | None = None) -> tuple[torch.Tensor, tuple[int, int, int, int]]:
    """As the originals pad; also how much (top, bottom, left, right). Maps repeat their edge."""
    rule = MANIFEST[case.model]["pad"]
    grown, amounts = _script("make_inputs").pad(array, rule["multiple"], rule["where"], mode or rule["mode"])
    return torch.from_numpy(np.ascontiguousarray(grown)), amounts


def cropped(tensor: torch.Tensor, amounts: tuple[int, int, int, int]) -> np.ndarray:
    """What is left without the padding."""
    return _script("make_inputs").unpad(tensor.numpy(), amounts)


def steps(case: Case, *, hastened: bool = False) -> tuple[list[tuple[Motion, torch.Tensor]], tuple[int, int, int, int]]:
    """Motion and frames of every reference step of our network, padded, and the padding."""
    network = build(case.model)
    if hastened:
        convolutions.hasten(network)
    (first, amounts), (last, _) = (padded(case, image) for image in images(case))
    distance, _ = padded(case, distance_map(case), "edge")
    with torch.inference_mode():
        pair = network.pair(network.view(first), network.view(last))
        return list(approach(network, pair, distance, iterations=case.facts["iters"] or 1)), amounts


def differences(case: Case, *, hastened: bool = False) -> dict[str, float]:
    """Largest differences from the recording: frame and flow, and mask or first step where they were recorded."""
    made, amounts = steps(case, hastened=hastened)
    motion, frame = made[-1]
    recorded = case.recorded
    ours = {"out": frame, "mask": torch.sigmoid(motion.mask), "flow": motion.flow, "iter1": made[0][1]}
    names = {"out": "frame", "iter1": "first step"}
    found: dict[str, float] = {}
    for key, theirs in recorded.items():
        what, _, stride = key.partition("_s")
        if what in ours and (not stride or stride.isdecimal()):
            step = int(stride or 1)
            found[names.get(what, what)] = float(
                np.abs(cropped(ours[what], amounts)[..., ::step, ::step] - theirs).max()
            )
    return found
