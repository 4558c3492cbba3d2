"""Cards of the networks that make frames at any time, in the variants of Zhong et al.

Each network was trained four ways: time-indexed (T) or distance-indexed (D), and with iterative reference-based
estimation (TR, DR). T and D share a network, and so do TR and DR. Nothing heavy is imported here.
"""

from dataclasses import dataclass

from frameloom.catalog import Checkpoint, InputSpec, ModelCard, Variant

_SOURCE = 'https://github.com/zzh-tech/InterpAny-Clearer, "Download checkpoints" in its README (Google Drive)'
_VARIANTS: tuple[Variant, ...] = ("T", "D", "TR", "DR")
_WAYS = {
    "T": "time-indexed",
    "D": "distance-indexed",
    "TR": "time-indexed, in steps from reference to reference",
    "DR": "distance-indexed, in steps from reference to reference",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Family:
    """What the variants of a network have in common."""

    name: str
    """As its authors spell it."""
    network: str
    input: InputSpec
    file: str
    """The checkpoint in the folder of a variant."""
    licence: str
    """Of the weights; none is stated for them alone, so that of the code they come from."""
    paper: str

    def card(
        self, variant: Variant, *, training: str = "", remark: str = "", file: str = "", also: str = ""
    ) -> ModelCard:
        """The card of one released checkpoint.

        Args:
            variant: How the network is indexed.
            training: What the authors add to the name of a checkpoint that was trained otherwise: pro, vgg.
            remark: What that means.
            file: Where this variant's file lies, if not where the family's do.
            also: Where else it lies.
        """
        ending = f"-{training}" if training else ""
        folder = f"{self.name}/{variant}-{self.name}{ending}"
        return ModelCard(
            name=f"{self.name}.{variant}{ending}".lower(),
            aliases=(folder, f"{variant}-{self.name}{ending}"),
            role="interpolator",
            build="frameloom.models.adapter:AnyTimeInterpolator",
            variant=variant,
            network=self.network,
            input=self.input,
            checkpoint=Checkpoint(
                path=f"{folder}/{file or self.file}",
                other_paths=(f"{folder}/{also}",) if also else (),
                source=_SOURCE,
                licence=self.licence,
            ),
            summary=f"{self.name}, {_WAYS[variant]}{remark}",
            licence="Apache-2.0",
            paper=f"{self.paper}; variants: Zhong et al., ECCV 2024",
        )


_RIFE = _Family(
    name="RIFE",
    network="frameloom.models.interpolators.rife:RIFE",
    input=InputSpec(multiple=32, place="end", fill="zero", channels="bgr", bytes_per_pixel=1500),
    file="train_sdi_log/flownet_sdi.pkl",
    licence="MIT",
    paper="Huang et al., ECCV 2022",
)
_IFRNET = _Family(
    name="IFRNet",
    network="frameloom.models.interpolators.ifrnet:IFRNet",
    input=InputSpec(multiple=16, channels="bgr", bytes_per_pixel=1600),
    file="ckpts/latest.pth",
    licence="CC-BY-NC-4.0",  # of the folder that trained it, which it shares with AMT; IFRNet itself is MIT
    paper="Kong et al., CVPR 2022",
)
_AMT_S = _Family(
    name="AMT-S",
    network="frameloom.models.interpolators.amt_s:AMTS",
    input=InputSpec(multiple=16, smallest=128, channels="bgr", bytes_per_pixel=1400),
    file="ckpts/latest.pth",
    licence="CC-BY-NC-4.0",
    paper="Li et al., CVPR 2023",
)
_EMA_VFI = _Family(
    name="EMA-VFI",
    network="frameloom.models.interpolators.ema_vfi:EMAVFI",
    input=InputSpec(multiple=32, channels="bgr", bytes_per_pixel=4400),
    file="train_sdi_log/ema-vfi.pkl",
    licence="Apache-2.0",
    paper="Zhang et al., CVPR 2023",
)
_MORE_DATA = "; trained longer on more data"

CARDS = (
    _RIFE.card("T", file="train_m_log/flownet_m.pkl", also="train_m_log_official/flownet_m.pkl"),
    *(_RIFE.card(variant) for variant in ("D", "TR", "DR")),
    _RIFE.card("D", training="pro", remark=_MORE_DATA),
    _RIFE.card("DR", training="pro", remark=_MORE_DATA),
    _RIFE.card("DR", training="vgg", remark="; trained for looks (LPIPS)"),
    *(family.card(variant) for family in (_IFRNET, _AMT_S, _EMA_VFI) for variant in _VARIANTS),
)
