"""The first layers of a network as an ONNX file; the only part of such encoders that needs PyTorch."""

import io
import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from frameloom.catalog import ModelCard
from frameloom.checkpoints.files import staged
from frameloom.models.encoders.exported import INPUT, LAYERS, NETWORK
from frameloom.models.encoders.inverted_bottleneck import Tapped
from frameloom.models.loading import load_network

_OPSET = 17
_TOKENS = 4  # across and down, of the image that is traced


class _Taps(nn.Module):
    """Images to features, as one module."""

    def __init__(self, network: Tapped, layers: int) -> None:
        super().__init__()
        self._network, self._layers = network, layers

    def forward(self, images: Tensor) -> Tensor:
        """(1, 3, height, width) to (1, channels, rows, columns)."""
        return self._network.taps(images, self._layers)


def export(card: ModelCard, checkpoint: Path, *, layers: int, patch: int, target: Path) -> None:
    """Write the file; it appears whole or not at all.

    Args:
        card: A `Tapped` network.
        checkpoint: Its weights.
        layers: How many of its `features` are run.
        patch: Pixels for each token.
        target: The file; another one of that name is replaced.

    Raises:
        ModelError: the checkpoint is not one of this network.
        CannotWrite: there is no room or no permission.
    """
    network: Tapped = load_network(card, checkpoint)
    side = _TOKENS * patch
    file = io.BytesIO()
    exporter: Any = torch.onnx  # its functions are typed in part
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # that tracing will be replaced by something is no news to a user
        exporter.export(
            _Taps(network, layers),
            (torch.zeros(1, 3, side, side),),
            file,
            dynamo=False,  # the newer exporter takes ten times as long and needs two more packages
            opset_version=_OPSET,
            input_names=[INPUT],
            dynamic_axes={INPUT: {2: "height", 3: "width"}},
        )
    model = onnx.load_model_from_string(file.getvalue())
    onnx.helper.set_model_props(model, {NETWORK: str(card.network), LAYERS: str(layers)})
    with staged(target, overwrite=True) as part:
        part.write_bytes(model.SerializeToString())
