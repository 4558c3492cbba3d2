"""A model that somebody chose, with how it is to be run: what may be sent to other processes and written down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from frameloom.catalog import ModelCard
from frameloom.checkpoints.locations import find_checkpoint
from frameloom.errors import InputError
from frameloom.models.settle import runtime_of_flow, settle
from frameloom.roles import Interpolator
from frameloom.runtime import Runtime


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A card and a `Runtime`."""

    card: ModelCard
    runtime: Runtime

    @property
    def name(self) -> str:
        """The model's name."""
        return self.card.name

    def load(self) -> Interpolator:
        """Build the model.

        Raises:
            ModelError: it cannot be built, or its checkpoint is missing or not its own.
            InputError: an option that it does not have.
        """
        return self.card.load(self.runtime)

    def settled(self, size: tuple[int, int]) -> "ModelChoice":
        """The same choice with nothing left open, for frames of one (height, width)."""
        if self.card.checkpoint is None:
            return self
        return replace(self, runtime=settle(self.card, self.runtime, size))

    @property
    def settings(self) -> dict[str, Any]:
        """How the model is run, as a result shows it; empty for one that has nothing to set."""
        if self.card.checkpoint is None:
            return {}
        settings = self.runtime.settings()
        if not self.card.samples:
            settings = {name: value for name, value in settings.items() if name not in ("seed", "temperature")}
        return settings if self.card.estimator is None else {"flow": self.card.estimator.name, **settings}

    def identity(self) -> list[Any]:
        """All that its frames depend on."""
        if self.card.checkpoint is None:
            return [self.card.name, self.card.build]
        weights = find_checkpoint(self.card, self.runtime.checkpoint).stat()
        own = [self.card.name, self.card.build, self.settings, weights.st_size, weights.st_mtime_ns]
        estimator = self.card.estimator
        if estimator is None:
            return own
        return [*own, ModelChoice(estimator, runtime_of_flow(self.card, self.runtime)).identity()]


def choose_models(
    cards: Sequence[ModelCard],
    asked: Runtime,
    checkpoints: Sequence[str] | str | Path | None,
    flow_checkpoints: Sequence[str] | str | Path | None = None,
) -> list[ModelChoice]:
    """Several models of one call, each with its own checkpoint; what is asked concerns those that are networks.

    Args:
        cards: The models.
        asked: How networks among them are to be run.
        checkpoints: A file or folder where one model has a checkpoint; NAME=FILE where several have one.
        flow_checkpoints: The same of their flow estimators.

    Raises:
        InputError: a NAME=FILE of no model here, or a file of which nobody knows whose it is.
    """
    files = _files_by_name(cards, checkpoints, "--checkpoint")
    estimators = list(dict.fromkeys(card.estimator for card in cards if card.estimator is not None))
    flow_files = _files_by_name(estimators, flow_checkpoints, "--flow-checkpoint")
    networks = any(card.checkpoint is not None for card in cards)
    choices: list[ModelChoice] = []
    for card in cards:
        if card.checkpoint is None:
            choices.append(ModelChoice(card, Runtime() if networks else asked))
            continue
        flow_file = None if card.estimator is None else flow_files.get(card.estimator.name)
        runtime = replace(asked, checkpoint=files.get(card.name), flow_checkpoint=flow_file)
        choices.append(ModelChoice(card, runtime if len(cards) == 1 else _suited(runtime, card)))
    return choices


def _suited(runtime: Runtime, card: ModelCard) -> Runtime:
    """Without what one of several models does not have; alone it would be told."""
    return replace(
        runtime,
        iters=runtime.iters if card.iterates else None,
        seed=runtime.seed if card.samples else None,
        temperature=runtime.temperature if card.samples else None,
    )


def _files_by_name(
    cards: Sequence[ModelCard], given: Sequence[str] | str | Path | None, option: str
) -> dict[str, Path]:
    items = [str(given)] if isinstance(given, str | Path) else list(given or ())
    files: dict[str, Path] = {}
    for words in items:
        name, separator, file = words.partition("=")
        named = [card for card in cards if separator and name.lower() in card.names]
        if not named:
            named = [card for card in cards if card.checkpoint is not None]
            if len(named) != 1 or len(items) != 1:
                raise InputError(f"{option} '{words}': give NAME=FILE, NAME one of {', '.join(c.name for c in cards)}")
            file = words
        files |= {card.name: Path(file) for card in named}
    return files
