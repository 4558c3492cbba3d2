"""A card and a file to a network that a metric is made of, and images as it takes them."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from frameloom.catalog import ModelCard
from frameloom.checkpoints.loading import load_strictly
from frameloom.checkpoints.locations import find_checkpoint
from frameloom.checkpoints.weights import read_checkpoint
from frameloom.errors import ShapeError
from frameloom.models.backends import convolutions
from frameloom.models.settle import settle
from frameloom.runtime import Runtime

_ANY_SIZE = (64, 64)  # only the device is asked for


class Part(nn.Module):
    """A network that a metric is made of."""

    unused: ClassVar[Mapping[str, str]] = {}
    """How names begin that the file has besides its weights, and why they are left out."""


def load_part(card: ModelCard, runtime: Runtime) -> Part:
    """The network of a card, on its device.

    Raises:
        ModelError: no checkpoint, not one of this network, or a device that is not there.
    """
    path = find_checkpoint(card, runtime.checkpoint, option="--metric-checkpoint")
    network: Part = card.new_network()
    state = {
        name: tensor for name, tensor in read_checkpoint(path).items() if not name.startswith(tuple(network.unused))
    }
    load_strictly(network, state, name=card.name, path=path)
    device = settle(card, Runtime(device=runtime.device), _ANY_SIZE).device
    network = network.eval().requires_grad_(requires_grad=False).to(device)
    if device == "cpu" and convolutions.available():
        convolutions.hasten(network)
    return network


@contextmanager
def judging() -> Generator[None]:
    """Where networks are called: without gradients, and in float32 on accelerators too, which else round for speed."""
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


def as_tensor(image: NDArray[np.uint8], like: nn.Module) -> Tensor:
    """(1, 3, height, width) float32 in [0, 1], where a network is; of (height, width, 3) RGB."""
    device = next(like.parameters()).device
    return torch.from_numpy(np.ascontiguousarray(image)).to(device).movedim(-1, 0)[None].float() / 255


def check_size(image: NDArray[np.uint8], smallest: int, metric: str) -> None:
    """See that a network leaves something of an image.

    Raises:
        ShapeError: a side is too short.
    """
    height, width = image.shape[:2]
    if min(height, width) < smallest:
        raise ShapeError(f"{metric} needs sides of at least {smallest} pixels; the image is {width}x{height}")
