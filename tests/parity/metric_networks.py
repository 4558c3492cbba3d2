"""The recorded scores of the original perceptual metrics, and the same weights and images for ours.

How they were recorded: tests/golden/metrics/record.py.
"""

import importlib.util
import json
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from frameloom.models.zoo import catalog

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
FOLDER = GOLDEN / "metrics"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
CLIPS: dict[str, Any] = json.loads((FOLDER / "vfips.json").read_text(encoding="utf-8"))
EXPECTED["keys"]["vfips"] = CLIPS["keys"]
_GAINS: dict[str, float] = json.loads((FOLDER / "gains.json").read_text(encoding="utf-8"))
PARTS = tuple(EXPECTED["keys"])


@cache
def script(folder: str, name: str) -> ModuleType:
    """A script beside the recordings."""
    spec = importlib.util.spec_from_file_location(f"{folder}_{name}", GOLDEN / folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


INPUTS = script("metrics", "make_inputs")


@cache
def unused(name: str) -> tuple[str, ...]:
    """How names begin that a released file has and its metric does not use."""
    return tuple(catalog.find(name, "metric").new_network().unused)


@cache
def state(name: str) -> dict[str, torch.Tensor]:
    """Weights by the rule, with the keys of the released file but without what metrics do not use."""
    kind = (
        "heads"
        if name.startswith("lpips")
        else {"dists": "dists", "pwc-net": "pwc", "vfips": "vfips"}.get(name, "trunk")
    )
    found = {}
    for key, shape in EXPECTED["keys"][name].items():
        if not key.startswith(unused(name)):
            values = torch.from_numpy(script("pervfi", "fill_weights").value_for(key, shape, _GAINS[kind]))
            found[key] = values.abs() if kind in ("heads", "dists") else values
    return found


def save(name: str, folder: Path) -> Path:
    """A file as it is released: a classifier's holds what it is called for, here cut down to one row."""
    tensors = dict(state(name))
    for key in EXPECTED["keys"][name]:
        if key.startswith(unused(name)):
            tensors[key] = torch.zeros(1)
    path = folder / catalog.find(name, "metric").checkpoint.path
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(tensors, path)
    return path
