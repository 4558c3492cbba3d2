"""A checkpoint file as a plain state dict: whatever it is wrapped in, in float32, on the CPU."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from frameloom.checkpoints.pickles import ZIP_BEGINS, ZIP_DAMAGE, load_pickle, refuse_code
from frameloom.errors import ModelError

Form = Literal["safetensors", "PyTorch", "PyTorch before 1.6"]

_WRAPPERS = ("model", "state_dict", "model_state_dict", "params_ema", "params", "net", "network")
"""Names under which training code puts the weights beside the optimizer's state: RIFE and GMFlow; AMT and IFRNet;
common practice; BasicSR (averaged ones first); common practice again."""

_PREFIXES = ("module.", "_orig_mod.")
"""What parallel training and compilation put before every name."""

_JOINED = ("base", "embedding_head")
"""State dicts side by side, of an encoder and the head it was fine-tuned with; read as one, by names that begin so."""

_DROPPED = {
    "attn_mask": "computed anew for every size of frame",
    "HW": "the size that attn_mask was computed for",
}
"""Last part of a name -> why it is no weight (EMA-VFI keeps these while it runs)."""

_NESTING = 3  # a wrapper in a wrapper is met in practice; deeper is a cycle
_open: Any = safe_open  # its own types are loose
_PICKLE = b"\x80"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Weights:
    """What a checkpoint file holds."""

    tensors: dict[str, Tensor]
    """Name -> weights; floats are float32."""
    form: Form
    wrapper: str
    """Under which name in the file they lie: 'model', 'state_dict'; empty where the file is the state dict itself."""
    prefix: str
    """What was taken off every name."""
    dropped: dict[str, str]
    """Names that were left out, and why."""
    precisions: tuple[str, ...]
    """Number types in the file."""
    metadata: dict[str, str]
    """What a safetensors file says about itself."""


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The state dict in a file, unwrapped.

    Raises:
        ModelError: as `read_weights`.
    """
    return read_weights(path).tensors


def read_weights(path: Path, prefix: str = "") -> Weights:
    """Read a safetensors file or, without running anything in it, a PyTorch one.

    Args:
        path: The file.
        prefix: Of a safetensors file, only weights whose names begin so are read.

    Raises:
        ModelError: it cannot be opened, is no checkpoint, is damaged, holds code, or holds no weights.
    """
    form = form_of(path)
    if form == "safetensors":
        content, metadata = _read_safetensors(path, prefix)
    else:
        content, metadata = load_pickle(path), {}
    wrapper, state = _unwrapped(content, path)
    tensors, dropped = _sorted_out(state)
    tensors, prefix = _without_prefix(tensors, path)
    if not tensors:
        raise ModelError(f"{path} holds no weights: {_contents(content)}")
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
            raise ModelError(f"{path}: {name} is no plain array of numbers ({tensor.layout}, {tensor.device})")
    return Weights(
        tensors={name: _as_float32(tensor) for name, tensor in tensors.items()},
        form=form,
        wrapper=wrapper,
        prefix=prefix,
        dropped=dropped,
        precisions=tuple(sorted({str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values()})),
        metadata=metadata,
    )


def form_of(path: Path) -> Form:
    """What kind of file it is, by its first bytes: names lie.

    Raises:
        ModelError: no kind that holds weights.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise ModelError(f"{path} cannot be opened: {error.strerror or error}") from error
    if not head:
        raise ModelError(f"{path} is empty; get it again")
    if head.startswith(ZIP_BEGINS):
        return _check_zip(path, size)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32:
        return "safetensors"
    if head.startswith(_PICKLE):
        return "PyTorch before 1.6"
    raise _no_checkpoint(path, head)


def _check_zip(path: Path, size: int) -> Form:
    try:
        if not zipfile.is_zipfile(path):
            raise ModelError(f"{path} is cut off: it has {size:,} bytes and no end; get it again")
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except ZIP_DAMAGE as error:
        raise ModelError(f"{path} is damaged ({type(error).__name__}: {error}); get it again") from error
    if any(name.endswith("/constants.pkl") for name in names):
        raise ModelError(f"{path} is a TorchScript program, not weights; use a file that holds a state dict")
    if not any(name.endswith("data.pkl") for name in names):
        raise ModelError(f"{path} is a zip archive without weights of its own; unpack it and give what is in it")
    return "PyTorch"


def _no_checkpoint(path: Path, head: bytes) -> ModelError:
    """What else people save under the name of a checkpoint."""
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return ModelError(f"{path} is a web page: the download page was saved in place of the file; get it again")
    if head.startswith(b"version https://git-lfs"):
        return ModelError(f"{path} only points at a file in Git LFS; run git lfs pull, or download the file itself")
    refuse_code(path)  # pickles of the oldest kind are text
    if all(32 <= byte < 127 or byte in b"\t\n\r" for byte in head):
        return ModelError(f"{path} is text, not weights: '{head[:40].decode('ascii').strip()}...'")
    return ModelError(f"{path} is no checkpoint: neither a safetensors nor a PyTorch file")


def _read_safetensors(path: Path, prefix: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with _open(path, framework="pt", device="cpu") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except (SafetensorError, json.JSONDecodeError, OSError, ValueError, RuntimeError) as error:
        detail = str(error).partition("\n")[0]
        raise ModelError(f"{path} is a safetensors file that is damaged or cut off ({detail}); get it again") from error


def _unwrapped(content: object, path: Path) -> tuple[str, Mapping[Any, Any]]:
    found = _state_in(content, _NESTING)
    if found is None:
        raise ModelError(f"{path} holds no weights: {_contents(content)}")
    return found


def _state_in(content: object, nesting: int) -> tuple[str, Mapping[Any, Any]] | None:
    """The wrapper's name, dots between several, and the mapping that holds tensors."""
    if not isinstance(content, Mapping) or nesting == 0:
        return None
    mapping = cast(Mapping[Any, Any], content)
    for name in _WRAPPERS:
        inner = _state_in(mapping.get(name), nesting - 1)
        if inner is not None:
            return f"{name}.{inner[0]}".rstrip("."), inner[1]
    if _state_in(mapping.get(_JOINED[0]), 1) is not None:
        mapping = _joined(mapping)
    return ("", mapping) if any(isinstance(value, Tensor) for value in mapping.values()) else None


def _joined(mapping: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """State dicts that lie side by side as one; `base`, without which they are not looked at, is there."""
    return {
        f"{name}.{key}": value
        for name in _JOINED
        if isinstance(mapping.get(name), Mapping)
        for key, value in cast(Mapping[Any, Any], mapping[name]).items()
    }


def _contents(content: object) -> str:
    """What there is in place of weights."""
    if not isinstance(content, Mapping):
        return f"there is only a {type(content).__name__}"
    names = [str(name) for name in cast(Mapping[Any, Any], content)]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"there is {shown or 'nothing in it'}; weights are looked for at the top and under {', '.join(_WRAPPERS)}"


def _sorted_out(state: Mapping[Any, Any]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors, and what is left out with its reason."""
    tensors: dict[str, Tensor] = {}
    dropped: dict[str, str] = {}
    for name, value in state.items():
        last = str(name).rpartition(".")[2]
        if not isinstance(value, Tensor) or not isinstance(name, str):
            dropped[str(name)] = "not a named tensor"
        elif last in _DROPPED:
            dropped[name] = _DROPPED[last]
        else:
            tensors[name] = value.detach()
    return tensors, dropped


def _without_prefix(tensors: dict[str, Tensor], path: Path) -> tuple[dict[str, Tensor], str]:
    """Names as the network has them, and what was taken off."""
    taken = ""
    while prefix := next((prefix for prefix in _PREFIXES if any(name.startswith(prefix) for name in tensors)), ""):
        bare = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
        if len(bare) < len(tensors):
            raise ModelError(f"{path} holds some weights twice, with and without '{prefix}' before their names")
        tensors, taken = bare, taken + prefix
    return tensors, taken


def _as_float32(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
