"""Low-rank adapters, merged into the weights that they adapt: Hu et al., "LoRA", ICLR 2022, section 4.1."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from torch import Tensor

from frameloom.checkpoints.names import low_rank_name
from frameloom.counting import counted
from frameloom.errors import ModelError

CONFIGURATION = "adapter_config.json"
"""What PEFT writes beside its weights."""
_ALPHA = "lora_alpha"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaling:
    """By how much adapters count."""

    alpha: float
    root: bool = False
    """Divide by the root of the rank instead of the rank: Kalajdzievski, "Rank Stabilization Scaling Factor", 2023."""

    def factor(self, rank: int) -> float:
        """For an adapter of this rank."""
        return self.alpha / (math.sqrt(rank) if self.root else rank)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Adapters:
    """What a file holds, apart."""

    plain: dict[str, Tensor]
    pairs: dict[str, dict[str, Tensor]]
    """Name of the adapted weight -> 'lora_A' (rank, inputs ...) and 'lora_B' (outputs, rank ...)."""


def split(state: Mapping[str, Tensor], path: Path) -> Adapters:
    """Tell adapters from weights.

    Args:
        state: By the network's names.
        path: Of the file, for errors.

    Raises:
        ModelError: several adapters for one weight, or half of one.
    """
    plain: dict[str, Tensor] = {}
    pairs: dict[str, dict[str, Tensor]] = {}
    adapters: set[str] = set()
    for name, tensor in state.items():
        low_rank = low_rank_name(name)
        if low_rank is None:
            plain[name] = tensor
            continue
        adapters.add(low_rank.adapter)
        pairs.setdefault(low_rank.weight, {})[low_rank.factor] = tensor
    if len(adapters) > 1:
        names = ", ".join(sorted(name or "without a name" for name in adapters))
        raise ModelError(f"{path} holds {len(adapters)} adapters ({names}); save the one to be used alone")
    halves = [name for name, pair in pairs.items() if len(pair) < 2]
    if halves:
        more = ", ..." if len(halves) > 1 else ""
        raise ModelError(
            f"{path} holds half of an adapter for {counted(len(halves), 'weight')} ({halves[0]}{more}); get it again"
        )
    return Adapters(plain=plain, pairs=pairs)


def scaling_of(path: Path, metadata: Mapping[str, str]) -> Scaling:
    """By how much the adapters in a file count: `adapter_config.json` beside it says, or the file about itself.

    Raises:
        ModelError: nobody says, or in a way that is not provided for.
    """
    beside = path.with_name(CONFIGURATION)
    if not beside.is_file():
        alpha = metadata.get(_ALPHA)
        if alpha is None:
            raise ModelError(
                f"{path} holds low-rank adapters (LoRA) and nothing says by how much they count: put {CONFIGURATION} "
                f'beside it, as PEFT writes it, or one with {{"{_ALPHA}": ...}}; it is not guessed'
            )
        return Scaling(alpha=_number(alpha, path))
    try:
        told: Any = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{beside} cannot be read as JSON ({error})") from error
    if not isinstance(told, dict) or _ALPHA not in told:
        raise ModelError(f"{beside} says no {_ALPHA}, by which low-rank adapters count")
    settings = cast(dict[str, Any], told)
    special = [name for name in ("alpha_pattern", "use_dora", "fan_in_fan_out") if settings.get(name)]
    if special:
        raise ModelError(f"{beside} asks for {', '.join(special)}, which is not provided for; merge it with PEFT first")
    return Scaling(alpha=_number(settings[_ALPHA], beside), root=bool(settings.get("use_rslora")))


def _number(value: object, path: Path) -> float:
    try:
        alpha = float(cast(Any, value))
    except (TypeError, ValueError) as error:
        raise ModelError(f"{path}: {_ALPHA} is '{value}', not a number") from error
    if not math.isfinite(alpha):
        raise ModelError(f"{path}: {_ALPHA} is {value}, not a finite number")
    return alpha


def merged(adapters: Adapters, scaling: Scaling, path: Path) -> dict[str, Tensor]:
    """The weights with all adapters added: W + scaling x B A (equation 3); of a convolution likewise.

    Raises:
        ModelError: a weight is missing or of another shape than its adapter.
    """
    weights = dict(adapters.plain)
    missing = [name for name in adapters.pairs if name not in weights]
    if missing:
        raise ModelError(
            f"{path} adapts {counted(len(adapters.pairs), 'weight')}, and not there: {len(missing)} "
            f"({', '.join(missing[:5])})"
        )
    for name, pair in adapters.pairs.items():
        down, up = pair["lora_A"].flatten(1), pair["lora_B"].flatten(1)
        weight = weights[name]
        if (len(up), down.shape[1]) != (len(weight), weight[0].numel()) or up.shape[1] != len(down):
            raise ModelError(
                f"{path}: the adapter of {name} is {tuple(up.shape)} x {tuple(down.shape)}, the weight "
                f"{tuple(weight.shape)}"
            )
        weights[name] = weight + scaling.factor(len(down)) * (up @ down).reshape(weight.shape)
    return weights
