"""Weights by the rule of the recordings for PerVFI and the flow networks, as files and in place of files."""

from functools import cache
from pathlib import Path
from typing import Any

import torch

from parity import flow, pervfi

FILES = {
    "v00": "PerVFI/v00.pth",
    "vb": "PerVFI/vb.pth",
    "raft": "RAFT/raft-sintel.pth",
    "raft_small": "RAFT/raft-small.pth",
    "gma": "GMA/gma-sintel.pth",
    "gmflow": "GMFlow/gmflow_sintel-0c07dcb3.pth",
}
"""As the authors lay them out."""
NETWORKS = {"pervfi": "v00", "pervfi-vb": "vb"}


@cache
def network(name: str) -> Any:
    """The network of a card, flow or PerVFI, with these weights."""
    made = pervfi.build(NETWORKS[name]) if name in NETWORKS else flow.build(name)
    return made.requires_grad_(requires_grad=False)


def write_checkpoints(folder: Path) -> Path:
    """All six files, as they are published: some with `module.` before every name, one under `model`."""
    for name, file in FILES.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        state = pervfi.state(name) if name in NETWORKS.values() else flow.build(name).state_dict()
        prefix = "" if name == "gmflow" else "module."
        prefixed = {prefix + key: value for key, value in state.items()}
        torch.save({"model": prefixed} if name == "gmflow" else prefixed, path)
    return folder
