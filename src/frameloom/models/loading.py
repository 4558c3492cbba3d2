"""A card and a file to a network with weights."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from frameloom.catalog import ModelCard
from frameloom.checkpoints.loading import load_strictly
from frameloom.checkpoints.locations import find_checkpoint
from frameloom.checkpoints.weights import read_checkpoint
from frameloom.models.zoo import catalog


def load_network(card: ModelCard, given: Path | None) -> Any:
    """The network with its weights, ready to be run: of the class that the card names.

    Raises:
        ModelError: no checkpoint, or not one of this network.
    """
    path = find_checkpoint(card, given)
    return _loaded(card, path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _loaded(card: ModelCard, path: Path, changed: int) -> Any:
    """The last two are kept, a flow network and what uses it: several inputs of one call ask for them again."""
    network = card.new_network()
    load_strictly(network, read_checkpoint(path), name=card.name, path=path, known=catalog.cards(card.role))
    return network.eval().requires_grad_(requires_grad=False)
