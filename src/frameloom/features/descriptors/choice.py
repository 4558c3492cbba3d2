"""A descriptor that somebody chose, with its options: what may be sent to other processes and written down."""

from dataclasses import dataclass
from typing import Any

from frameloom.catalog import ModelCard
from frameloom.descriptor_options import DescriptorOptions
from frameloom.errors import InputError, UnknownModel
from frameloom.features.descriptors.pooled import Pooled
from frameloom.models.choice import ModelChoice
from frameloom.models.zoo import catalog
from frameloom.roles import Descriptor
from frameloom.runtime import Runtime

_POOLED = "pooled:"
_OF_ORIGINAL = "-original"  # ends the names of encoders that take the original's layers
_DEFINITION = 1  # goes up when vectors of the same name and options come out differently


@dataclass(frozen=True, slots=True)
class DescriptorChoice:
    """The card of a descriptor, or of an encoder that is pooled to be one."""

    card: ModelCard
    options: DescriptorOptions
    runtime: Runtime

    @property
    def name(self) -> str:
        """What chooses it."""
        return f"{_POOLED}{self.card.name}" if self.card.role == "encoder" else self.card.name

    def load(self) -> Descriptor:
        """Build the descriptor.

        Raises:
            ModelError: it cannot be built, or its checkpoint is missing or not its own.
            InputError: an option that it does not have.
        """
        if self.card.role == "encoder":
            return Pooled(self.card.load(self.runtime), self.options)
        return self.card.load(self.runtime, self.options)

    def identity(self) -> list[Any]:
        """All that its vectors depend on, in what JSON can hold.

        Raises:
            ModelError: its checkpoint is missing.
        """
        return [_DEFINITION, self.options.settings(), ModelChoice(self.card, self.runtime).identity()]


def choose_descriptor(
    name: str, options: DescriptorOptions | None = None, runtime: Runtime | None = None
) -> DescriptorChoice:
    """Find a descriptor by name.

    Args:
        name: Of a descriptor; else of an encoder, which is then pooled. `pooled:NAME` is always an encoder.
        options: What is asked of it besides.
        runtime: How a network is run.

    Raises:
        UnknownModel: neither is called so; the message offers the nearest names.
        InputError: `compat` for what the original did not have.
    """
    options = options or DescriptorOptions()
    card = _card(name)
    if options.compat and card.role == "encoder":
        card = _original(card)
    return DescriptorChoice(card, options, runtime or Runtime())


def _original(card: ModelCard) -> ModelCard:
    """The encoder of the layer that the original took.

    Raises:
        InputError: it had nothing of the kind.
    """
    known = {other.name: other for other in catalog.cards("encoder")}
    for name in (card.name, f"{card.name}{_OF_ORIGINAL}"):
        if name.endswith(_OF_ORIGINAL) and name in known:
            return known[name]
    raise InputError(f"the original had no {card.name}; leave out --compat")


def _card(name: str) -> ModelCard:
    if name.lower().startswith(_POOLED):
        return catalog.find(name[len(_POOLED) :], "encoder")
    try:
        return catalog.find(name, "descriptor")
    except UnknownModel as unknown:
        try:
            return catalog.find(name, "encoder")
        except UnknownModel as of_encoders:
            close = [*unknown.close_names, *of_encoders.close_names]
            raise UnknownModel(f"{unknown}; and of encoders: {of_encoders}", close) from None
