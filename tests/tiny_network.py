"""A network as small as they get, with the two shapes that real ones have: with and without reference."""

import torch
from torch import nn

from frameloom.catalog import Checkpoint, ModelCard


class Tiny(nn.Module):
    """Two layers; the first takes more channels where there is a reference."""

    def __init__(self, *, reference: bool) -> None:
        super().__init__()
        self.head = nn.Conv2d(5 if reference else 2, 4, 3)
        self.tail = nn.Linear(4, 3)


def card(variant: str = "D", **changes: object) -> ModelCard:
    """A model whose checkpoint is laid out as RIFE's."""
    folder = f"Tiny/{variant}-Tiny"
    facts = {
        "name": f"tiny.{variant.lower()}",
        "role": "interpolator",
        "build": "tiny_network:Tiny",
        "variant": variant,
        "network": "tiny_network:Tiny",
        "aliases": (folder,),
        "checkpoint": Checkpoint(
            path=f"{folder}/train_sdi_log/flownet_sdi.pkl", source="the authors' page", licence="MIT"
        ),
    }
    return ModelCard(**{**facts, **changes})


CARDS = tuple(card(variant) for variant in ("T", "D", "TR", "DR"))


def state(*, reference: bool = False) -> dict[str, torch.Tensor]:
    """Weights that are told apart."""
    network = Tiny(reference=reference)
    return {
        key: torch.arange(value.numel(), dtype=torch.float32).reshape(value.shape) / 8 + index
        for index, (key, value) in enumerate(network.state_dict().items())
    }
