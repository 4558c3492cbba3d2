"""What is installed, what can be used here, and how to add what is missing."""

import os
import platform
import re
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from typing import Any

from frameloom.cache import cache_folder
from frameloom.catalog import ModelCard
from frameloom.checkpoints.locations import kept_checkpoint
from frameloom.extras import install_command
from frameloom.media.writing.codecs import CODECS
from frameloom.models.zoo import catalog
from frameloom.results.models import Diagnosis, Extra

_PURPOSES = {
    "torch": "networks",
    "arrays": "similarities of patches as HDF5 and Zarr",
    "openvino": "networks compiled by OpenVINO",
    "onnx": "networks run by ONNX Runtime",
    "vmaf": "the VMAF metric",
    "app": "the browser app",
    "train": "training",
    "ray": "several machines",
}
_CORE = (
    "av",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "scikit-image",
    "faiss-cpu",
    "onnxruntime",
    "matplotlib",
    "rich",
    "cyclopts",
)


def diagnose() -> Diagnosis:
    """Look at this installation."""
    cards = catalog.cards("interpolator")
    return Diagnosis(
        versions={"frameloom": version("frameloom"), "python": platform.python_version(), "system": platform.platform(),
                  **{name: found for name in _CORE if (found := _version(name))}},
        devices=_devices(),
        codecs={card.name: card.available for card in CODECS.values()},
        models={card.name: card.summary for card in cards if _usable(card)},
        models_without_checkpoint=sum(not _usable(card) for card in cards),
        broken_plugins=dict(catalog.broken_plugins),
        cache=cache_folder(),
        extras=tuple(_extra(name, purpose) for name, purpose in _PURPOSES.items()),
    )  # fmt: skip


def _usable(card: ModelCard) -> bool:
    return card.checkpoint is None or kept_checkpoint(card) is not None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _devices() -> dict[str, str]:
    """Processors, and accelerators as far as PyTorch, where installed, sees them."""
    devices = {"cpu": f"{os.cpu_count()} cores"}
    if find_spec("torch") is None:
        devices["gpu"] = "not looked for: needs the torch extra"
        return devices
    torch: Any = import_module("torch")  # the only way to know; doctor may take its time
    devices["gpu"] = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    return devices


def _extra(name: str, purpose: str) -> Extra:
    """Compare what an extra asks for with what is there."""
    installed: dict[str, str] = {}
    missing: list[str] = []
    for package in _packages_of(name):
        found = _version(package)
        if found is None:
            missing.append(package)
        else:
            installed[package] = found
    return Extra(name=name, purpose=purpose, installed=installed, missing=tuple(missing), install=install_command(name))


def _packages_of(extra: str) -> list[str]:
    marked = [line for line in requires("frameloom") or () if re.search(rf"extra\s*==\s*['\"]{extra}['\"]", line)]
    return [re.split(r"[\s\[<>=!~;]", line, maxsplit=1)[0] for line in marked]
