"""A real any-time network small enough for tests: one convolution finds the motion, one mends the blend."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from frameloom.catalog import Checkpoint, InputSpec, ModelCard
from frameloom.models.interpolators.network import AnyTimeNetwork, Motion, Pair, Reference
from frameloom.models.layers.warping import warp

SPEC = InputSpec(multiple=8, place="end", fill="zero", channels="bgr", bytes_per_pixel=100, prefers_batch=4)


class TinyNetwork(AnyTimeNetwork):
    def __init__(self, *, reference: bool) -> None:
        super().__init__(reference=reference)
        self.find = nn.Conv2d(11 if reference else 7, 5, 3, padding=1)
        self.mend = nn.Conv2d(3, 3, 3, padding=1)
        self.seen: list[int] = []  # batch sizes

    def motion(self, pair: Pair, distance: Tensor, reference: Reference | None = None) -> Motion:
        self.seen.append(len(distance))
        known = [pair.first.image, pair.last.image, distance]
        if reference is not None:
            known += [reference.distance, reference.image]
        found = self.find(torch.cat([part.expand(len(distance), -1, -1, -1) for part in known], 1)).float()
        return Motion(4 * distance * found[:, :4], found[:, 4:])

    def render(self, pair: Pair, motion: Motion, reference: Reference | None = None) -> Tensor:
        share = torch.sigmoid(motion.mask)
        first, last = warp(pair.first.image, motion.flow[:, :2]), warp(pair.last.image, motion.flow[:, 2:])
        blend = share * first + (1 - share) * last
        return (blend + 0.1 * self.mend(blend).float()).clamp(0, 1)


def tiny_card(folder: Path, variant: str = "D", spec: InputSpec = SPEC) -> ModelCard:
    """A card whose checkpoint lies in the folder, as tiny.safetensors."""
    torch.manual_seed(3)
    reference = variant.endswith("R")
    save_file(TinyNetwork(reference=reference).state_dict(), folder / "tiny.safetensors")
    return ModelCard(
        name=f"tiny.{variant.lower()}",
        role="interpolator",
        build="frameloom.models.adapter:AnyTimeInterpolator",
        variant=variant,
        network="any_time_network:TinyNetwork",
        input=spec,
        checkpoint=Checkpoint(path="tiny.safetensors", source="drawn for tests", licence="Apache-2.0"),
    )
