"""Which known network a file belongs to, by the names and shapes of its weights."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from frameloom.catalog import ModelCard
from frameloom.checkpoints.files import sha256_of
from frameloom.checkpoints.names import own_names
from frameloom.checkpoints.weights import Weights, read_weights
from frameloom.errors import ModelError
from frameloom.results.models import Identification

Shapes = dict[str, tuple[int, ...]]
"""Name of a weight -> its shape."""

_SHOWN = 5  # keys of an unknown file


def shapes_of(state: Mapping[str, Tensor]) -> Shapes:
    """Names and shapes of weights."""
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Owned:
    """What of a file belongs to a network."""

    names: dict[str, str]
    """The network's name -> the one in the file."""
    surplus: dict[str, str]
    """Names in the file that the network has no need of, and why."""


def matching(given: Shapes, cards: Iterable[ModelCard]) -> list[str]:
    """Names of the models whose network has exactly these weights. Several, where variants share a network."""
    return [card.name for card in cards if owned_by(card, given) is not None]


def owned_by(card: ModelCard, given: Shapes) -> Owned | None:
    """A card's weights among those of a file; None where they are not all there or something else is."""
    wanted = _layout_or_none(card)
    if wanted is not None:
        named = own_names(given, wanted)
        fits = wanted == {own: given[name] for own, name in named.own.items()}
        return Owned(names=named.own, surplus=named.surplus) if fits else None
    own = card.own_weights(given)
    if own is None:
        return None
    mine = set(own.values())
    return Owned(names=own, surplus={name: _OF_ANOTHER for name in given if name not in mine})


_OF_ANOTHER = "of another network in the same file"


def identify(path: Path, cards: Iterable[ModelCard]) -> Identification:
    """Say whose weights a file holds, or what is known of them.

    Raises:
        ModelError: as `read_weights`.
    """
    return identification(path, read_weights(path), cards)


def identification(path: Path, weights: Weights, cards: Iterable[ModelCard]) -> Identification:
    """The same, of a file that has been read."""
    known = list(cards)
    given = shapes_of(weights.tensors)
    owned = {card.name: found for card in known if (found := owned_by(card, given)) is not None}
    models = list(owned)
    surplus = owned[models[0]].surplus if models else {}
    return Identification(
        path=path,
        models=tuple(models),
        nearest="" if models else _nearest(given, known),
        form=weights.form,
        wrapper=weights.wrapper,
        prefix=weights.prefix,
        tensors=len(given),
        parameters=sum(tensor.numel() for tensor in weights.tensors.values()),
        precisions=weights.precisions,
        first_keys=tuple(f"{name} {shape}" for name, shape in list(given.items())[:_SHOWN]),
        dropped={**weights.dropped, **surplus},
        metadata=weights.metadata,
        sha256=sha256_of(path),
        not_compared=tuple(card.name for card in known if card.network and _layout_or_none(card) is None),
    )


def layout(card: ModelCard) -> Shapes | None:
    """Names and shapes of the weights of a card's network; None where it has none.

    Raises:
        ModelError: the network's code cannot be imported.
    """
    if card.network is None:
        return None
    key = (card.network, card.iterates)
    if key not in _layouts:
        with torch.device("meta"):  # weights take neither memory nor time there
            _layouts[key] = shapes_of(card.new_network().state_dict())
    return _layouts[key]


_layouts: dict[tuple[str, bool], Shapes] = {}
"""Of each network, with and without reference: variants share them."""


def _layout_or_none(card: ModelCard) -> Shapes | None:
    """One network that cannot be imported must not keep the others from being compared."""
    try:
        return layout(card)
    except ModelError:
        return None


def _nearest(given: Shapes, cards: list[ModelCard]) -> str:
    """The known network that has most of these weights, if any."""
    shared = {card.name: _shared(given, wanted) for card in cards if (wanted := _layout_or_none(card))}
    if not shared or not max(shared.values()):
        return ""
    most = max(shared.values())
    names = " or ".join(name for name, count in shared.items() if count == most)
    return f"{names} ({most} of {len(given)} weights alike)"


def _shared(given: Shapes, wanted: Shapes) -> int:
    return sum(given.get(name) == shape for name, shape in wanted.items())
