"""A card and a file to a network with weights."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from torch import Tensor

from frameloom.catalog import ModelCard
from frameloom.checkpoints import low_rank
from frameloom.checkpoints.loading import load_strictly
from frameloom.checkpoints.locations import find_adapted, find_checkpoint
from frameloom.checkpoints.names import own_names
from frameloom.checkpoints.weights import read_checkpoint, read_weights
from frameloom.models.zoo import catalog


def load_network(card: ModelCard, given: Path | None) -> Any:
    """The network with its weights, ready to be run: of the class that the card names.

    Raises:
        ModelError: no checkpoint, or not one of this network.
    """
    path = find_checkpoint(card, given)
    beside = path.with_name(low_rank.CONFIGURATION)
    changed = [file.stat().st_mtime_ns for file in (path, beside) if file.is_file()]
    return _loaded(card, path, tuple(changed))


@lru_cache(maxsize=2)
def _loaded(card: ModelCard, path: Path, changed: tuple[int, ...]) -> Any:
    """The last two are kept, a flow network and what uses it: several inputs of one call ask for them again."""
    network = card.new_network()
    fill(network, card, path)
    return network.eval().requires_grad_(requires_grad=False)


def fill(network: Any, card: ModelCard, path: Path) -> None:
    """Put the weights in a file into a network, low-rank adapters merged.

    Raises:
        ModelError: they are not those of this network, or adapters of which nobody says by how much they count.
    """
    weights = read_weights(path)
    wanted = network.state_dict().keys()
    found = low_rank.split(_named(weights.tensors, wanted), path)
    state = found.plain
    if found.pairs:
        if not found.pairs.keys() <= found.plain.keys():
            base = _named(read_checkpoint(find_adapted(card, path)), wanted)
            found = replace(found, plain={**base, **found.plain})
        state = low_rank.merged(found, low_rank.scaling_of(path, weights.metadata), path)
    load_strictly(network, state, name=card.name, path=path, known=catalog.cards(card.role))


def _named(state: Mapping[str, Tensor], wanted: Collection[str]) -> dict[str, Tensor]:
    """The weights by the network's names, without what is known to be of no use to it."""
    return {own: state[name] for own, name in own_names(state, wanted).own.items()}
