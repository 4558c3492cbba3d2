"""One network out of a checkpoint that holds several, which may lie in many files: only what is needed is read."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from safetensors import SafetensorError, safe_open
from torch import Tensor

from frameloom.checkpoints.weights import form_of, read_weights
from frameloom.counting import counted
from frameloom.errors import ModelError

INDEX = ".index.json"
"""How the name of a list of files ends: `model.safetensors.index.json`, `pytorch_model.bin.index.json`."""
_LISTED = "weight_map"
_open: Any = safe_open  # its own types are loose


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Part:
    """The weights of one of several networks."""

    tensors: dict[str, Tensor]
    """By their names after the prefix; float32."""
    prefix: str
    others: int
    """Weights of other networks, which were not read (of a pickle: not kept)."""
    files: tuple[Path, ...]
    """What was opened for its weights."""


def read_part(path: Path, *, prefixes: Sequence[str], marker: str, what: str) -> Part:
    """Read the weights whose names begin with a prefix.

    Args:
        path: A file with weights, or the list of several (`....index.json`), which lie beside it.
        prefixes: What may stand before the names, the first that fits counts; longer ones come before their beginnings.
        marker: A name that the network has: the prefix is the one that stands before it.
        what: The network, for errors.

    Raises:
        ModelError: no such weights, a file that is missing or another than the list says, or one that cannot be read.
    """
    listed = _files_by_name(path)
    prefix = prefix_of(listed, prefixes=prefixes, marker=marker)
    if prefix is None:
        shown = ", ".join(list(listed)[:5])
        raise ModelError(
            f"{path} holds no {what}: none of its {counted(len(listed), 'weight')} is {marker}, alone or after "
            f"{', '.join(before for before in prefixes if before)}; the first are {shown}"
        )
    wanted = {name for name in listed if name.startswith(prefix)}
    files = tuple(sorted({listed[name] for name in wanted}))
    tensors: dict[str, Tensor] = {}
    for file in files:
        read = read_weights(file, prefix).tensors
        tensors |= {name: tensor for name, tensor in read.items() if name.startswith(prefix)}
    if tensors.keys() != wanted:
        odd = sorted(tensors.keys() ^ wanted)
        names = counted(len(odd), "name")
        raise ModelError(
            f"{path} lists other weights than its files hold: they differ in {names} ({', '.join(odd[:5])})"
        )
    return Part(
        tensors={name.removeprefix(prefix): tensor for name, tensor in tensors.items()},
        prefix=prefix,
        others=len(listed) - len(wanted),
        files=files,
    )


def prefix_of(names: Iterable[str], *, prefixes: Sequence[str], marker: str) -> str | None:
    """The first prefix that stands before the marker."""
    known = set(names)
    return next((prefix for prefix in prefixes if prefix + marker in known), None)


def _files_by_name(path: Path) -> dict[str, Path]:
    """Name of each weight -> the file that holds it. No weight is read, save of pickles."""
    if path.name.endswith(INDEX):
        return _listed(path)
    if form_of(path) != "safetensors":
        return dict.fromkeys(read_weights(path).tensors, path)
    try:
        with _open(path, framework="pt", device="cpu") as file:
            return dict.fromkeys(file.keys(), path)
    except (SafetensorError, json.JSONDecodeError, OSError, ValueError, RuntimeError) as error:
        detail = str(error).partition("\n")[0]
        raise ModelError(f"{path} is a safetensors file that is damaged or cut off ({detail}); get it again") from error


def _listed(path: Path) -> dict[str, Path]:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as a list of files with weights ({error}); get it again") from error
    entries = cast(dict[Any, Any], content).get(_LISTED) if isinstance(content, dict) else None
    if not isinstance(entries, dict) or not entries:
        raise ModelError(f"{path} lists no files with weights: there is no '{_LISTED}' in it; get it again")
    named = {str(name): str(file) for name, file in cast(dict[Any, Any], entries).items()}
    astray = [file for file in named.values() if file != Path(file).name]
    if astray:
        raise ModelError(f"{path} lists files that are not beside it ({astray[0]}); get it again")
    return {name: path.with_name(file) for name, file in named.items()}
