"""Which models there are: one card per model, found by name, built on demand.

Packages add their own through the entry-point group `frameloom.models`: each entry names a `ModelCard` or a sequence of
them. Built-in cards pass through the same door.
"""

import difflib
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from frameloom.descriptor_options import DescriptorOptions
from frameloom.errors import InputError, ModelError, UnknownModel
from frameloom.extras import TORCH_PACKAGES, install_command
from frameloom.runtime import Runtime

Role = Literal["interpolator", "flow", "encoder", "descriptor", "metric"]
Variant = Literal["T", "D", "TR", "DR"]
_AS_IT_IS = {"device": "cpu", "precision": "float32"}
_WITH = "+"  # between the names of a flow estimator and of what uses it


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """The released weights of a model: where they lie in what their authors publish, and where to get them."""

    path: str
    """As its authors lay it out: `RIFE/DR-RIFE-pro/train_sdi_log/flownet_sdi.pkl`. Any part of the end will do."""
    other_paths: tuple[str, ...] = ()
    """Where else they put it."""
    source: str
    """Where a person gets it: an address, and what to choose there."""
    licence: str
    """Of the weights; may differ from that of the code."""
    url: str | None = None
    """What `models fetch` downloads; None where it must be got by hand."""
    size: int | None = None
    """Bytes, where known."""
    sha256: str | None = None
    """Where known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InputSpec:
    """What a network wants its images to be like; `models/adapter.py` sees to it."""

    multiple: int = 1
    """Sides are padded to a multiple of this."""
    smallest: int = 1
    """And to at least this."""
    place: Literal["end", "centre"] = "centre"
    """Whether padding goes to the right and below, or half of it (rounded down) to the left and above."""
    fill: Literal["zero", "edge"] = "edge"
    channels: Literal["rgb", "bgr"] = "rgb"
    bytes_per_pixel: int = 0
    """Of working memory in float32 for one moment, as measured."""
    prefers_batch: int = 1
    """Moments that are made at a time where memory allows: more than that gained nothing when it was measured."""

    def bytes_for(self, pixels: int, moments: int = 1) -> int:
        """Working memory for so many padded pixels and moments at a time."""
        return self.bytes_per_pixel * pixels * moments


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCard:
    """What is known about a model before any of its code is imported."""

    name: str
    """Lower case; what `--model` takes."""
    role: Role
    build: str
    """`package.module:Name` of a class or function that returns the model. It takes no arguments; for a model with a
    checkpoint this card and a `Runtime`; for a descriptor `DescriptorOptions`."""
    aliases: tuple[str, ...] = ()
    """Other names, as its authors or papers spell it."""
    variant: Variant | None = None
    """Time- or distance-indexed; R: with iterative reference-based estimation."""
    network: str | None = None
    """`package.module:Name` of the network that the checkpoint belongs to, where there is one."""
    recognise: str | None = None
    """In place of `network` where its sizes vary: `package.module:Name` of a function that takes names and shapes of
    weights and returns the network's names of its own among them -> those in the file, or None."""
    input: InputSpec = InputSpec()
    checkpoint: Checkpoint | None = None
    flow: str | None = None
    """The flow estimator that it is given unless told otherwise, where it needs one. The two together are called
    `raft+pervfi`."""
    estimator: "ModelCard | None" = None
    """The one that it is given. `Catalog.find` sets it."""
    samples: bool = False
    """Whether its frames are drawn at random, so that a seed and a temperature say which ones."""
    grades: tuple[tuple[float, str], ...] = ()
    """What its cosine distances mean in words, where that is known: each grade holds below its number, in rising order,
    the last below infinity."""
    summary: str = ""
    licence: str = ""
    paper: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All that it answers to, in lower case."""
        return tuple(name.lower() for name in (self.name, *self.aliases))

    @property
    def own_name(self) -> str:
        """Its name without that of the flow estimator: what its checkpoint belongs to."""
        return self.name.rpartition(_WITH)[2]

    def given(self, estimator: "ModelCard") -> "ModelCard":
        """The same model with a flow estimator."""
        aliases = (self.name, *self.aliases)
        return replace(self, name=f"{estimator.name}{_WITH}{self.name}", aliases=aliases, estimator=estimator)

    @property
    def iterates(self) -> bool:
        """Whether the network takes a reference image and goes in steps: variants TR and DR."""
        return self.variant in ("TR", "DR")

    def new_network(self) -> Any:
        """Import and construct the network that the checkpoint belongs to; its weights mean nothing yet.

        Raises:
            ModelError: it has none, or its code cannot be imported.
        """
        constructor = self._imported(self.network or "")
        return constructor() if self.variant is None else constructor(reference=self.iterates)

    def own_weights(self, shapes: dict[str, tuple[int, ...]]) -> dict[str, str] | None:
        """What `recognise` says of the weights in a file; None where the card does not name it.

        Raises:
            ModelError: its code cannot be imported.
        """
        return None if self.recognise is None else self._imported(self.recognise)(shapes)

    def load(self, runtime: Runtime | None = None, options: DescriptorOptions | None = None) -> Any:
        """Import and construct the model, to be run as asked.

        Args:
            runtime: How a network is run.
            options: What else is asked of a descriptor.

        Raises:
            ModelError: its code cannot be imported; where an extra is missing, the message names it.
            InputError: something was asked that a model without checkpoint does not have.
        """
        constructor = self._imported(self.build)
        if self.checkpoint is not None:
            return constructor(self, runtime or Runtime())
        self._refuse(runtime or Runtime())
        return constructor(options or DescriptorOptions()) if self.role == "descriptor" else constructor()

    def _imported(self, place: str) -> Any:
        """What `package.module:Name` names."""
        module_name, _, attribute = place.partition(":")
        try:
            return getattr(importlib.import_module(module_name), attribute)
        except (ImportError, AttributeError, ValueError) as error:
            if isinstance(error, ModuleNotFoundError) and error.name in TORCH_PACKAGES:
                raise ModelError(
                    f"{self.name} needs {error.name}, which is not installed; add it with: {install_command('torch')}"
                ) from error
            raise ModelError(f"{self.role} '{self.name}' cannot be built from '{place}': {error}") from error

    def _refuse(self, runtime: Runtime) -> None:
        """A model without a checkpoint runs on the CPU, in float32, as it is."""
        asked = [name for name in runtime.asked if getattr(runtime, name) != _AS_IT_IS.get(name)]
        if asked:
            options = ", ".join("--" + name.replace("_", "-") for name in asked)
            raise InputError(f"{self.name} has no weights and is not a network: it takes no {options}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """Models that are too many for a card each."""

    prefix: str
    """What their names begin with, lower case."""
    role: Role
    card: Callable[[str], ModelCard]
    """The card of what is called by the rest of a name."""


def _one(role: Role) -> str:
    """A role with its article; what finds a flow is no flow."""
    words = {"flow": "a flow estimator", "interpolator": "an interpolator", "encoder": "an encoder"}
    return words.get(role, f"a {role}")


def names_a_flow(name: str) -> bool:
    """Whether a name is that of a flow estimator and of what uses it."""
    return _WITH in name


class Catalog:
    """Model cards by role and name."""

    def __init__(self, cards: Iterable[ModelCard] = (), families: Iterable[Family] = ()) -> None:
        self._cards: dict[tuple[Role, str], ModelCard] = {}  # under their names and aliases, lower case
        self._plugins_read = False
        self.broken_plugins: dict[str, str] = {}
        self._families = tuple(families)
        for card in cards:
            self.add(card)

    def add(self, card: ModelCard) -> None:
        """Add a card.

        Raises:
            ModelError: the name or an alias is taken or cannot be one, or the card does not say how to build its model.
        """
        if ":" not in card.build:
            raise ModelError(f"card '{card.name}': build is '{card.build}', expected 'package.module:Name'")
        names = [name.lower() for name in (card.name, *card.aliases)]
        for name in names:
            if _WITH in name:
                raise ModelError(f"the {card.role} name '{name}' holds '{_WITH}', which joins two names")
            taken = self._cards.get((card.role, name))
            if taken is not None and taken != card:
                raise ModelError(f"the {card.role} name '{name}' is taken by {taken.build}; {card.build} needs another")
        for name in names:
            self._cards[card.role, name] = card

    def cards(self, role: Role | None = None) -> list[ModelCard]:
        """All cards of a role, or of all roles, by name."""
        self._read_plugins()
        unique = {(card.name, card.role): card for card in self._cards.values() if role in (None, card.role)}
        return [unique[key] for key in sorted(unique)]

    def find(self, name: str, role: Role, *, flow: str | None = None) -> ModelCard:
        """The card of that name or alias, whatever its case; with its flow estimator where it needs one.

        Args:
            name: Of the model, or for one that needs a flow estimator also both names: `raft+pervfi`.
            role: What it is to do.
            flow: The name of the flow estimator.

        Raises:
            UnknownModel: there is none; the message offers the nearest names.
            InputError: a flow estimator for a model that takes none, or two different ones.
        """
        named, joined, own = name.rpartition(_WITH) if role == "interpolator" else ("", "", name)
        card = self._found(own, role)
        if card.flow is None:
            if joined or flow is not None:
                takers = ", ".join(other.name for other in self.cards(role) if other.flow is not None)
                what = f"'{name}': " if joined else ""
                raise InputError(f"{what}{card.name} takes no flow estimator (--flow); these do: {takers}")
            return card
        words = [*([named] if joined else []), *([] if flow is None else [flow])] or [card.flow]
        estimators = [self._found(word, "flow") for word in words]
        if estimators[0] != estimators[-1]:
            raise InputError(f"'{name}' takes its flow from {named}, not from {flow}; leave out one of the two")
        return card.given(estimators[0])

    def _found(self, name: str, role: Role) -> ModelCard:
        cards = self.cards(role)
        card = self._cards.get((role, name.lower()))
        if card is not None:
            return card
        for family in self._families:
            if role == family.role and name.lower().startswith(family.prefix):
                return family.card(name[len(family.prefix) :])
        known = {word.lower(): word for card in cards for word in (card.name, *card.aliases)}
        close = [known[word] for word in difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)]
        there_are = f"there are: {', '.join(card.name for card in cards)}"
        elsewhere = next((other for other in self.cards() if name.lower() in other.names), None)
        if elsewhere is not None:
            raise UnknownModel(f"no {role} is called '{name}', which is {_one(elsewhere.role)}; {there_are}", close)
        hint = f"did you mean {' or '.join(close)}?" if close else there_are
        raise UnknownModel(f"no {role} is called '{name}'; {hint}", close)

    def build(self, name: str, role: Role, runtime: Runtime | None = None, *, flow: str | None = None) -> Any:
        """Import and construct the model of that name."""
        return self.find(name, role, flow=flow).load(runtime)

    def _read_plugins(self) -> None:
        if self._plugins_read:
            return
        self._plugins_read = True
        for entry in entry_points(group="frameloom.models"):
            self._read_plugin(entry)

    def _read_plugin(self, entry: EntryPoint) -> None:
        """A broken plug-in is remembered for `doctor` and never breaks the others."""
        try:
            loaded = entry.load()
            for card in [loaded] if isinstance(loaded, ModelCard) else loaded:
                self.add(card)
        except Exception as error:
            self.broken_plugins[entry.name] = f"{type(error).__name__}: {error}"
