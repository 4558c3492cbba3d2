"""Cards of the networks that estimate optical flow. Nothing heavy is imported here."""

from dataclasses import dataclass

from frameloom.catalog import Checkpoint, InputSpec, ModelCard


@dataclass(frozen=True, kw_only=True, slots=True)
class _Family:
    """A network and its released checkpoints, which differ in what they were trained on last."""

    name: str
    """As its authors spell it."""
    network: str
    input: InputSpec
    files: tuple[str, ...]
    """The checkpoint that PerVFI is run with, then the others."""
    source: str
    licence: str
    """Of the code; none is stated for the weights alone."""
    summary: str
    paper: str

    @property
    def card(self) -> ModelCard:
        """The card."""
        return ModelCard(
            name=self.name.lower(),
            aliases=tuple(dict.fromkeys((self.name, self.name.lower().replace("-", "_")))),
            role="flow",
            build="frameloom.models.flow.adapter:FlowNetworkEstimator",
            network=self.network,
            input=self.input,
            checkpoint=Checkpoint(
                path=self.files[0],
                other_paths=self.files[1:],
                source=f'{self.source}; the first also by the "checkpoints" link of https://github.com/mulns/PerVFI',
                licence=self.licence,
            ),
            summary=self.summary,
            licence="Apache-2.0",
            paper=self.paper,
        )


def _matched_at_four_levels(bytes_per_pixel: int) -> InputSpec:
    """As inside PerVFI. Below 128 pixels the coarsest matches would be one pixel wide, which gives NaN."""
    return InputSpec(multiple=8, smallest=128, place="centre", fill="zero", bytes_per_pixel=bytes_per_pixel)


# Bytes per pixel are peaks of both directions in one call at 856x480 and 1280x720, without matches that are kept

_RAFT = _Family(
    name="RAFT",
    network="frameloom.models.flow.raft:RAFT",
    input=_matched_at_four_levels(960),
    files=("RAFT/raft-sintel.pth", "RAFT/raft-things.pth", "RAFT/raft-kitti.pth", "RAFT/raft-chairs.pth"),
    source="https://github.com/princeton-vl/RAFT, download_models.sh",
    licence="BSD-3-Clause",
    summary="all-pairs matches, looked up again and again by a recurrent unit",
    paper="Teed and Deng, ECCV 2020",
)
_RAFT_SMALL = _Family(
    name="RAFT-small",
    network="frameloom.models.flow.raft:RAFTSmall",
    input=_matched_at_four_levels(420),
    files=("RAFT/raft-small.pth",),
    source=_RAFT.source,
    licence=_RAFT.licence,
    summary="RAFT with a fifth of the weights",
    paper=_RAFT.paper,
)
_GMA = _Family(
    name="GMA",
    network="frameloom.models.flow.gma:GMA",
    input=_matched_at_four_levels(960),
    files=("GMA/gma-sintel.pth", "GMA/gma-things.pth", "GMA/gma-kitti.pth", "GMA/gma-chairs.pth"),
    source="https://github.com/zacjiang/GMA, folder checkpoints",
    licence="WTFPL",
    summary="RAFT that also looks at how alike places move, for what is hidden in the other frame",
    paper="Jiang et al., ICCV 2021",
)
_GMFLOW = _Family(
    name="GMFlow",
    network="frameloom.models.flow.gmflow:GMFlow",
    input=InputSpec(multiple=16, smallest=32, place="centre", fill="zero", bytes_per_pixel=700),
    files=(
        "GMFlow/gmflow_sintel-0c07dcb3.pth",
        "GMFlow/gmflow_things-e9887eda.pth",
        "GMFlow/gmflow_kitti-285701a8.pth",
    ),
    source="https://github.com/haofeixu/gmflow, pretrained models",
    licence="Apache-2.0",
    summary="global matching of features that attend to each other, in one step",
    paper="Xu et al., CVPR 2022",
)

CARDS = tuple(family.card for family in (_RAFT, _RAFT_SMALL, _GMA, _GMFLOW))
