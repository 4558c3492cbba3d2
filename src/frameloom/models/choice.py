"""A model that somebody chose, with how it is to be run: what may be sent to other processes and written down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from frameloom.catalog import ModelCard
from frameloom.checkpoints.locations import find_checkpoint
from frameloom.errors import InputError
from frameloom.models.settle import settle
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

    def settled(self, size: tuple[int, int], frames: int | None = None) -> "ModelChoice":
        """The same choice with nothing left open, for frames of one (height, width)."""
        if self.card.checkpoint is None:
            return self
        return replace(self, runtime=settle(self.card, self.runtime, size, frames))

    @property
    def settings(self) -> dict[str, Any]:
        """How the model is run, as a result shows it; empty for one that has nothing to set."""
        return {} if self.card.checkpoint is None else self.runtime.settings()

    def identity(self) -> list[Any]:
        """All that its frames depend on."""
        if self.card.checkpoint is None:
            return [self.card.name, self.card.build]
        weights = find_checkpoint(self.card, self.runtime.checkpoint).stat()
        return [self.card.name, self.card.build, self.settings, weights.st_size, weights.st_mtime_ns]


def choose_models(
    cards: Sequence[ModelCard], asked: Runtime, checkpoints: Sequence[str] | str | Path | None
) -> list[ModelChoice]:
    """Several models of one call, each with its own checkpoint; what is asked concerns those that are networks.

    Args:
        cards: The models.
        asked: How networks among them are to be run.
        checkpoints: A file or folder where one model has a checkpoint; NAME=FILE where several have one.

    Raises:
        InputError: a NAME=FILE of no model here, or a file of which nobody knows whose it is.
    """
    files = _files_by_name(cards, checkpoints)
    networks = any(card.checkpoint is not None for card in cards)
    choices: list[ModelChoice] = []
    for card in cards:
        if card.checkpoint is None:
            choices.append(ModelChoice(card, Runtime() if networks else asked))
        else:
            steps = asked.iters if card.iterates or len(cards) == 1 else None
            choices.append(ModelChoice(card, replace(asked, checkpoint=files.get(card.name), iters=steps)))
    return choices


def _files_by_name(cards: Sequence[ModelCard], checkpoints: Sequence[str] | str | Path | None) -> dict[str, Path]:
    given = [str(checkpoints)] if isinstance(checkpoints, str | Path) else list(checkpoints or ())
    files: dict[str, Path] = {}
    for words in given:
        name, separator, file = words.partition("=")
        card = next((card for card in cards if name.lower() in card.names), None) if separator else None
        if card is None:
            owners = [card for card in cards if card.checkpoint is not None]
            if len(owners) != 1 or len(given) != 1:
                raise InputError(
                    f"--checkpoint '{words}': give NAME=FILE, NAME one of {', '.join(c.name for c in cards)}"
                )
            card, file = owners[0], words
        files[card.name] = Path(file)
    return files
