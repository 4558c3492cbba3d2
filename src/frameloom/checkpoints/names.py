"""Names of weights as a network has them, whatever a file puts before them or keeps beside them."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_BEFORE = ("base_model.model.", "base.", "model.", "module.", "backbone.", "state_dict.")
"""What may stand before every name, in any order and number: PEFT, fine-tuned encoders (base), wrappers of training."""

_SURPLUS = {
    "embedding_head": "a head for training; similarity is that of the base's tokens",
    "mask_token": "stands for hidden patches, in training only",
}
"""Part of a name -> why a network without it does not miss it."""

_HEAD, _OF_HEAD = "head.", "a classifier; tokens are taken before it"

_LOW_RANK = re.compile(r"\.(lora_[AB])(?:\.(?!weight$)(\w+))?(?:\.weight)?$")
"""The ends of `NAME.lora_A.weight`, `NAME.lora_A.ADAPTER.weight` and `NAME.lora_A`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Names in a file, sorted."""

    own: dict[str, str]
    """The network's name -> the one in the file; also what the network has no place for, as far as nobody knows why."""
    prefix: str
    """What was taken off."""
    surplus: dict[str, str]
    """Names in the file that are left out, and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LowRankName:
    """What a low-rank weight belongs to."""

    weight: str
    """Name of the weight that is adapted."""
    factor: str
    """'lora_A' or 'lora_B'."""
    adapter: str
    """Where several may be kept side by side; empty where the file does not say."""


def low_rank_name(name: str) -> LowRankName | None:
    """None for a weight of another kind."""
    found = _LOW_RANK.search(name)
    if found is None:
        return None
    return LowRankName(weight=f"{name[: found.start()]}.weight", factor=found[1], adapter=found[2] or "")


def own_names(names: Iterable[str], wanted: Collection[str]) -> Named:
    """Sort the names in a file for a network.

    Args:
        names: In the file.
        wanted: The network's. What stands before names is taken off only where otherwise none would be among these.
    """
    given = list(names)
    prefix = _prefix(given, wanted)
    own: dict[str, str] = {}
    surplus: dict[str, str] = {}
    for name in given:
        bare = _plain(name.removeprefix(prefix))
        reason = next((_SURPLUS[part] for part in name.split(".") if part in _SURPLUS), None)
        if bare.startswith(_HEAD):
            reason = _OF_HEAD
        if reason is not None and bare not in wanted:
            surplus[name] = reason
        else:
            own[name if bare in own else bare] = name  # a weight that is there twice is not what the network wants
    return Named(own=own, prefix=prefix, surplus=surplus)


def _plain(name: str) -> str:
    """PEFT keeps the weight itself one level deeper than the network does."""
    return name.replace(".base_layer.", ".")


def _prefix(names: list[str], wanted: Collection[str]) -> str:
    taken = ""
    while not any(_target(name.removeprefix(taken)) in wanted for name in names):
        longer = (taken + before for before in _BEFORE)
        found = next((prefix for prefix in longer if any(name.startswith(prefix) for name in names)), None)
        if found is None:
            return ""
        taken = found
    return taken


def _target(name: str) -> str:
    """The network's weight that a weight of any kind is for."""
    low_rank = low_rank_name(name)
    return _plain(name if low_rank is None else low_rank.weight)
