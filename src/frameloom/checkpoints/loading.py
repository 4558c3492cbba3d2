"""Weights into a network: every key and every shape, or an error that says what is wrong."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from frameloom.catalog import ModelCard
from frameloom.checkpoints.identification import Shapes, matching, shapes_of
from frameloom.counting import counted
from frameloom.errors import ModelError

_LISTED = 5  # of each kind of difference


def load_strictly(
    network: nn.Module, state: Mapping[str, Tensor], *, name: str, path: Path, known: Iterable[ModelCard] = ()
) -> None:
    """Put the weights into the network.

    Args:
        network: Takes the weights, where it is.
        state: As `read_checkpoint` gives it.
        name: Of the model, for the error.
        path: Of the file, for the error.
        known: Cards of other models, among which a wrong checkpoint is looked up.

    Raises:
        ModelError: a key or shape too many, too few or different, or numbers that cannot be weights. The network is
            then unchanged.
    """
    wanted, given = shapes_of(network.state_dict()), shapes_of(state)
    if wanted == given:
        _check_numbers(network, state, path)
        network.load_state_dict(dict(state), strict=True)
        return
    others = matching(given, known)
    if others:
        raise ModelError(
            f"{path} holds the weights of {' or '.join(others)}, not of {name}: "
            f"give --model {others[0]}, or the --checkpoint of {name}"
        )
    fitting = sum(given.get(key) == shape for key, shape in wanted.items())
    raise ModelError(
        f"{path} does not fit {name}: {fitting} of its {len(wanted)} weights are there, "
        f"{differences(wanted, given)}; frameloom models identify says what it is"
    )


def _check_numbers(network: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Right names and shapes may still hold what no training leaves: quantised weights, or those of one that diverged.

    Raises:
        ModelError: whole numbers in place of fractions, or weights that are not finite.
    """
    wanted = network.state_dict()
    whole = [key for key, value in state.items() if value.is_floating_point() != wanted[key].is_floating_point()]
    if whole:
        raise ModelError(
            f"{path}: numbers of another kind than the network's in {counted(len(whole), 'weight')} ({_some(whole)})"
        )
    broken = [key for key, value in state.items() if not bool(torch.isfinite(value).all())]
    if broken:
        raise ModelError(
            f"{path}: infinity or NaN in {counted(len(broken), 'weight')} ({_some(broken)}); its training went wrong"
        )


def differences(wanted: Shapes, given: Shapes) -> str:
    """What one set of weights has and the other has not, at most five of each kind."""
    missing = [key for key in wanted if key not in given]
    surplus = [key for key in given if key not in wanted]
    misshaped = [f"{key} {given[key]} instead of {wanted[key]}" for key in wanted
                 if key in given and given[key] != wanted[key]]  # fmt: skip
    kinds = {"missing": missing, "unexpected": surplus, "of another shape": misshaped}
    return ", ".join(f"{len(keys)} {kind} ({_some(keys)})" for kind, keys in kinds.items() if keys)


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:_LISTED]) + (", ..." if len(keys) > _LISTED else "")
