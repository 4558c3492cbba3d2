"""A checkpoint written anew: weights only, in float32, named as the network names them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import safetensors.torch
from safetensors import SafetensorError

from frameloom.catalog import ModelCard
from frameloom.checkpoints.files import check_free, staged
from frameloom.checkpoints.identification import identification, owned_by, shapes_of
from frameloom.checkpoints.weights import read_weights
from frameloom.counting import counted
from frameloom.errors import CannotWrite, InputError, ModelError
from frameloom.results.models import Conversion


def convert_checkpoint(
    source: Path, target: Path, *, known: Iterable[ModelCard], overwrite: bool = False
) -> Conversion:
    """Write the weights of a known network as a safetensors file, which says whose they are and what they come from.

    Args:
        source: As `read_weights` takes it.
        target: A name that ends in .safetensors.
        known: Cards of the networks that it may belong to.
        overwrite: Replace an earlier file of that name.

    Raises:
        InputError: the target is called otherwise.
        ModelError: the source cannot be read, or belongs to no known network.
        OutputExists: the target is there already.
        CannotWrite: the target cannot be written.
    """
    if target.suffix.lower() != ".safetensors":
        raise InputError(f"{target} does not end in .safetensors, the one kind that is written")
    check_free(target, overwrite=overwrite)
    cards = list(known)
    weights = read_weights(source)
    found = identification(source, weights, cards)
    if not found.models:
        nearest = f"; nearest is {found.nearest}" if found.nearest else ""
        raise ModelError(
            f"{source} belongs to no known network: {counted(found.tensors, 'tensor')}, "
            f"{found.parameters:,} parameters, first {found.first_keys[0]}{nearest}"
        )
    card = next(card for card in cards if card.name == found.models[0])
    owned = owned_by(card, shapes_of(weights.tensors))
    names = {name: name for name in weights.tensors} if owned is None else owned.names
    metadata = {
        "network": str(card.network or card.build),
        "models": " ".join(found.models),
        "source_sha256": found.sha256,
    }
    plain = {own: weights.tensors[name].contiguous().clone() for own, name in names.items()}  # no two share memory
    with staged(target, overwrite=overwrite) as part:
        try:
            cast(Any, safetensors.torch).save_file(plain, part, metadata=metadata)
        except SafetensorError as error:
            raise CannotWrite(f"{target} cannot be written: {error}") from error
    return Conversion(
        source=source,
        output=target,
        models=found.models,
        tensors=len(plain),
        parameters=sum(tensor.numel() for tensor in plain.values()),
        size=target.stat().st_size,
        dropped=found.dropped,
        source_sha256=found.sha256,
    )
