"""Metrics that need networks with weights: declared at once, loaded when asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from frameloom.catalog import ModelCard
from frameloom.checkpoints.files import sha256_of
from frameloom.checkpoints.locations import find_checkpoint
from frameloom.metrics.metric import Declaration, Metric, Scores, frame_by_frame
from frameloom.models.zoo import catalog
from frameloom.runtime import Device, Runtime

OPTION = "--metric-checkpoint"


def _each_frame(judge: Any) -> Scores:
    return frame_by_frame(judge.distance)


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkMetric(Declaration):
    """A metric that cannot be computed before its files are found."""

    parts: tuple[str, ...]
    """Names of the cards of its networks, each with a file."""
    judge: str
    """`package.module:Name` of what is made of those networks."""
    scores_of: Callable[[Any], Scores] = _each_frame
    """What it gives for a stretch."""

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """Of its networks."""
        return tuple(catalog.find(name, "metric") for name in self.parts)

    def load(self, files: Mapping[str, Path], device: Device) -> Metric:
        """The metric with its weights.

        Args:
            files: Name of a card -> a file, or a folder as its authors lay it out. For others the cache is looked at.
            device: Where its networks run; they compute in float32.

        Raises:
            ModelError: a file is missing (the message says which, and where to get it) or is another's, PyTorch is
                not installed, or the device is not there.
        """
        networks: list[Any] = []
        weights: dict[str, str] = {}
        for card in self.cards:
            path = find_checkpoint(card, files.get(card.name), option=OPTION)
            networks.append(card.load(Runtime(checkpoint=path, device=device)))
            weights[card.name] = sha256_of(path)
        module, _, name = self.judge.partition(":")
        judge = getattr(import_module(module), name)(*networks)
        declared = {item.name: getattr(self, item.name) for item in fields(Declaration)}
        return Metric(**declared, scores=self.scores_of(judge), weights=weights)
