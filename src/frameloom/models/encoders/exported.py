"""Encoders that ONNX Runtime runs: exported once by PyTorch, then used without it.

An exported file lies in the cache, under the name of the encoder, the layer, and the hash of the weights.
`--checkpoint` takes such a file too.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from frameloom.cache import cache_folder
from frameloom.catalog import ModelCard
from frameloom.checkpoints.files import sha256_of
from frameloom.checkpoints.locations import find_checkpoint
from frameloom.errors import InputError, ModelError, ShapeError
from frameloom.extras import TORCH_PACKAGES, install_command
from frameloom.roles import PatchEncoder
from frameloom.runtime import Runtime

INPUT, LAYERS, NETWORK = "images", "layers", "network"
_FOLDER = "exported"
_SUFFIX = ".onnx"
_RUNS_AS = {"device": ("auto", "cpu"), "precision": ("auto", "float32"), "backend": ("auto", "onnx")}
_EXPORTER = "frameloom.models.encoders.export"
_NEEDED = (*TORCH_PACKAGES, "onnx")


class ExportedEncoder(PatchEncoder):
    """The features of a classifier of images before some layer, as tokens."""

    size = 224  # pixels: these networks were trained so
    layers: int
    """How many of the network's `features` are run."""

    def __init__(self, card: ModelCard, runtime: Runtime) -> None:
        """Find the exported file, or make it.

        Raises:
            ModelError: no checkpoint, not one of this network, or it is yet to be exported and what that needs is not
                installed.
            InputError: an option that these encoders do not have.
        """
        _refuse(card, runtime)
        path = self._exported(card, find_checkpoint(card, runtime.checkpoint))
        runner: Any = onnxruntime  # its types are not known
        options = runner.SessionOptions()
        options.log_severity_level = 3  # errors
        try:
            self._session: Any = runner.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no class in common but this one
            detail = str(error).partition("\n")[0]
            raise ModelError(f"{path} cannot be read by ONNX Runtime ({detail}); remove it and run again") from error
        facts = dict(self._session.get_modelmeta().custom_metadata_map)
        wanted = {NETWORK: str(card.network), LAYERS: str(self.layers)}
        if facts != wanted:
            raise ModelError(f"{path} was not exported for {card.name}: it says {facts or 'nothing'}, not {wanted}")

    def encode(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Tokens (batch, rows, columns, channels) of images (batch, height, width, 3), RGB in [0, 1].

        One by one: several at a time gain nothing on the CPU, and so a token does not depend on what else is asked.

        Raises:
            ShapeError: a side is not a multiple of `patch`.
        """
        height, width = images.shape[1:3]
        if height % self.patch or width % self.patch:
            raise ShapeError(f"images are {height}x{width}; this encoder needs multiples of {self.patch}")
        first = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32)
        features = [self._session.run(None, {INPUT: first[place : place + 1]})[0] for place in range(len(first))]
        return np.ascontiguousarray(np.concatenate(features).transpose(0, 2, 3, 1))

    def _exported(self, card: ModelCard, checkpoint: Path) -> Path:
        if checkpoint.suffix.lower() == _SUFFIX:
            return checkpoint
        place = cache_folder() / _FOLDER / f"{card.own_name}-{self.layers}-{sha256_of(checkpoint)[:16]}{_SUFFIX}"
        if place.is_file():
            return place
        try:
            import_module(_EXPORTER).export(card, checkpoint, layers=self.layers, patch=self.patch, target=place)
        except ModuleNotFoundError as error:
            if error.name not in _NEEDED:
                raise
            raise ModelError(
                f"{card.name} must be exported to {place} once, which needs {error.name}; add it with: "
                f"{install_command('torch,onnx')} (the exported file runs without; --checkpoint takes it)"
            ) from error
        return place


class MobileNet(ExportedEncoder):
    """48 channels, a token for each 16 pixels: MobileNetV3-Small before its last reduction."""

    patch = 16
    layers = 9


class OriginalMobileNet(ExportedEncoder):
    """24 channels, a token for each 8 pixels: what the original collage tool took in place of the documented layer."""

    patch = 8
    layers = 4


class EfficientNet(ExportedEncoder):
    """112 channels, a token for each 16 pixels: EfficientNet-B0 before its last reduction."""

    patch = 16
    layers = 6


class OriginalEfficientNet(ExportedEncoder):
    """80 channels, a token for each 16 pixels: what the original collage tool took in place of the documented layer."""

    patch = 16
    layers = 5


def _refuse(card: ModelCard, runtime: Runtime) -> None:
    for name in runtime.asked:
        if name != "checkpoint" and getattr(runtime, name) not in _RUNS_AS.get(name, ()):
            option = "--" + name.replace("_", "-")
            raise InputError(f"{card.name} is run by ONNX Runtime on the CPU, in float32: leave out {option}")
