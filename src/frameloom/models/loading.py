"""A card and a file to a network with weights."""

import importlib
from pathlib import Path

from frameloom.catalog import ModelCard
from frameloom.checkpoints import find_checkpoint, load_strictly, read_checkpoint
from frameloom.models.interpolators.network import AnyTimeNetwork


def new_network(card: ModelCard) -> AnyTimeNetwork:
    """The network that a card's checkpoint belongs to, without weights of meaning."""
    assert card.network is not None
    module, _, name = card.network.partition(":")
    return getattr(importlib.import_module(module), name)(reference=card.iterates)


def load_network(card: ModelCard, given: Path | None) -> AnyTimeNetwork:
    """The network with its weights, ready to be run.

    Raises:
        ModelError: no checkpoint, or not one of this network.
    """
    path = find_checkpoint(card, given)
    network = new_network(card)
    load_strictly(network, read_checkpoint(path), name=card.name, path=path)
    return network.eval().requires_grad_(requires_grad=False)
