"""How a model was run: what a score depends on besides the frames."""

from importlib.metadata import version
from typing import Any

from frameloom.checkpoints.files import sha256_of
from frameloom.checkpoints.locations import find_checkpoint
from frameloom.models.choice import ModelChoice
from frameloom.models.settle import runtime_of_flow

_PACKAGES = {"openvino": "openvino", "onnx": "onnxruntime"}
"""Backend -> what it is, besides PyTorch."""


def provenance(choice: ModelChoice, size: tuple[int, int]) -> dict[str, Any]:
    """Device, precision, seed and all else that was settled for frames of (height, width), and hashes of weights.

    Raises:
        ModelError: a checkpoint is missing.
    """
    settings = choice.settled(size).settings
    weights = _weights(choice)
    if not weights:
        return settings
    package = _PACKAGES.get(str(settings.get("backend")))
    versions = {name: version(name) for name in dict.fromkeys(("torch", package)) if name is not None}
    return {**settings, "weights_sha256": weights, "versions": versions}


def _weights(choice: ModelChoice) -> dict[str, str]:
    """Model -> SHA-256 of its file; that of its flow estimator too."""
    card, runtime = choice.card, choice.runtime
    found: dict[str, str] = {}
    if card.checkpoint is not None:
        found[card.name] = sha256_of(find_checkpoint(card, runtime.checkpoint))
    if card.estimator is not None:
        found |= _weights(ModelChoice(card.estimator, runtime_of_flow(card, runtime)))
    return found
