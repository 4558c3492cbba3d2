"""Vision transformers of timm, run by timm itself: any that has patches in a grid and takes images of any size."""

from importlib import import_module
from typing import Any, cast

import torch
from torch import Tensor

from frameloom.catalog import ModelCard
from frameloom.checkpoints.locations import find_checkpoint
from frameloom.errors import ModelError
from frameloom.extras import install_command
from frameloom.models.encoders.adapter import EncoderAdapter, check_asked
from frameloom.models.encoders.network import EncoderNetwork, Numbers
from frameloom.models.loading import fill
from frameloom.runtime import Runtime


def _imported() -> Any:
    """Timm, which has no types and is not everywhere.

    Raises:
        ModelError: it stumbles over a torchvision that was made for another PyTorch.
    """
    try:
        return import_module("timm")
    except RuntimeError as error:
        raise ModelError(
            f"timm cannot be imported ({error}): torchvision and torch do not belong together; "
            f"install both with: {install_command('torch')}"
        ) from error


_timm: Any = _imported()


class TimmNetwork(EncoderNetwork):
    """A model of timm as ours are called."""

    def __init__(self, name: str) -> None:
        """Args: as timm spells it, with or without the tag of its weights.

        Raises:
            ModelError: timm knows no such model, or it has no tokens of patches.
        """
        super().__init__()
        try:
            model: Any = _timm.create_model(name, pretrained=False, num_classes=0, dynamic_img_size=True)
        except (RuntimeError, TypeError, ValueError) as error:
            raise ModelError(f"timm builds no vision transformer '{name}' that takes any size: {error}") from error
        if not hasattr(model, "num_prefix_tokens") or not hasattr(model, "patch_embed"):
            raise ModelError(f"{name} is a {type(model).__name__}, which has no tokens of patches in a grid")
        self.model = model
        facts = cast(dict[str, Any], model.pretrained_cfg)
        self.patch = int(model.patch_embed.patch_size[0])
        self.size = int(facts["input_size"][1])
        self.mean, self.deviation = _numbers(facts["mean"]), _numbers(facts["std"])
        self.width = int(model.embed_dim)
        if isinstance(getattr(model, "blocks", None), torch.nn.Sequential):
            self.sized_parts = ("model.blocks",)

    def tokens(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See `EncoderNetwork`."""
        rows, columns = images.shape[2] // self.patch, images.shape[3] // self.patch
        seen = cast(Tensor, self.model.forward_features(images))
        beside = int(self.model.num_prefix_tokens)
        return seen[:, beside:].reshape(len(seen), rows, columns, -1), seen[:, :beside]


def build_timm(card: ModelCard, runtime: Runtime) -> EncoderAdapter:
    """The model whose name stands after `timm:`, with the weights in a file.

    Raises:
        ModelError: timm knows no such model, no checkpoint, or not one of this network.
        InputError: an option that this model does not have.
    """
    check_asked(card, runtime)
    network = TimmNetwork(card.name.partition(":")[2])
    fill(network.model, card, find_checkpoint(card, runtime.checkpoint))
    return EncoderAdapter(card, runtime, network.eval().requires_grad_(requires_grad=False))


def _numbers(values: Any) -> Numbers:
    red, green, blue = values
    return float(red), float(green), float(blue)
