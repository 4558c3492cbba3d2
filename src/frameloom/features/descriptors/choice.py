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
    card = _card(name)
    options = options or DescriptorOptions()
    if options.compat and card.role == "encoder" and card.checkpoint is None:
        raise InputError(f"the original had no {name}; leave out --compat")
    return DescriptorChoice(card, options, runtime or Runtime())


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
