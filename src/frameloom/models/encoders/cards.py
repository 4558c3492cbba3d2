"""Cards of the networks that encode patches. Nothing heavy is imported here."""

from dataclasses import dataclass

from frameloom.catalog import Checkpoint, Family, ModelCard
from frameloom.models.encoders.sizes import input_spec

_GRADES = (
    (0.05, "very similar"),
    (0.15, "minor artefacts"),
    (0.30, "noticeable artefacts"),
    (float("inf"), "significant artefacts"),
)
"""Of VFI-Similarity, for the mean of all tokens of ViT-B/14 at 518x518."""
_PATCH = 14
_SIGLIP_WIDTH = 1152  # of the family that VideoLLaMA3's comes from; what is run goes by the weights at hand


@dataclass(frozen=True, kw_only=True, slots=True)
class _Size:
    """DINOv2 in one size."""

    word: str
    """As timm calls it."""
    network: str
    """Class in `vit`; with `Registers` after it for the form that has them."""
    width: int
    summary: str
    fine_tuned: tuple[str, ...] = ()
    """Checkpoints of others."""
    grades: tuple[tuple[float, str], ...] = ()

    def card(self, *, registers: bool) -> ModelCard:
        """The card."""
        timm = f"vit_{self.word}_patch{_PATCH}_{'reg4_' if registers else ''}dinov2"
        official = f"dinov2_vit{self.word[0]}{_PATCH}{'_reg' if registers else ''}"
        released = f"{timm}.lvd142m"
        size = "" if self.word == "base" else f"-{self.word}"
        # The authors' files fit as they are where there are no registers; with them, timm has changed the form
        others = () if registers else (f"DINOv2/{official}_pretrain.pth", *self.fine_tuned)
        return ModelCard(
            name=f"dinov2{size}{'-reg' if registers else ''}",
            aliases=(released, timm, official),
            role="encoder",
            build="frameloom.models.encoders.building:build_vit",
            network=f"frameloom.models.encoders.vit:{self.network}{'Registers' if registers else ''}",
            input=input_spec(self.width, _PATCH),
            checkpoint=Checkpoint(
                path=f"timm/{released}/model.safetensors",
                other_paths=(f"timm/{released}/pytorch_model.bin", *others),
                source=f"https://huggingface.co/timm/{released}, model.safetensors",
                url=f"https://huggingface.co/timm/{released}/resolve/main/model.safetensors",
                licence="Apache-2.0",
            ),
            grades=() if registers else self.grades,
            summary=f"{self.summary}; four register tokens keep maps clean" if registers else self.summary,
            licence="Apache-2.0",
            paper="Darcet et al., ICLR 2024" if registers else "Oquab et al., TMLR 2024",
        )


_SIZES = (
    _Size(
        word="base",
        network="DINOv2",
        width=768,
        summary="what images show, patch by patch: a vision transformer trained without labels (ViT-B/14)",
        fine_tuned=("VFI-Similarity/VFI_merged_no_lora.pt",),
        grades=_GRADES,
    ),
    _Size(word="small", network="DINOv2Small", width=384, summary="DINOv2 with a quarter of the weights (ViT-S/14)"),
    _Size(word="large", network="DINOv2Large", width=1024, summary="DINOv2 with 3.5 times the weights (ViT-L/14)"),
)

CARDS = (
    *(size.card(registers=registers) for registers in (False, True) for size in _SIZES),
    ModelCard(
        name="videollama3",
        aliases=("VideoLLaMA3", "VL3-SigLIP-NaViT", "VideoLLaMA3-7B", "VideoLLaMA3-2B"),
        role="encoder",
        build="frameloom.models.encoders.building:VideoLLaMA3Encoder",
        input=input_spec(_SIGLIP_WIDTH, _PATCH),
        recognise="frameloom.models.encoders.videollama3_files:recognised",
        checkpoint=Checkpoint(
            path="VL3-SigLIP-NaViT/model.safetensors",
            other_paths=(
                "VL3-SigLIP-NaViT/model.safetensors.index.json",
                "VideoLLaMA3-7B/model.safetensors.index.json",
                "VideoLLaMA3-2B/model.safetensors.index.json",
                "VideoLLaMA3-2B/model.safetensors",
                "VideoLLaMA3-7B/pytorch_model.bin.index.json",
                "VideoLLaMA3-7B/pytorch_model.bin",
            ),
            source="https://huggingface.co/DAMO-NLP-SG, the whole folder of VL3-SigLIP-NaViT or VideoLLaMA3",
            licence="Apache-2.0",
        ),
        summary="the vision encoder of a language model for video; tokens before they are merged",
        licence="Apache-2.0",
        paper="Zhang et al., arXiv 2501.13106",
    ),
)


def _timm(name: str) -> ModelCard:
    """A card for any vision transformer of timm; `name` as timm spells it."""
    return ModelCard(
        name=f"{_TIMM}{name}",
        role="encoder",
        build="frameloom.models.encoders.timm_vit:build_timm",
        checkpoint=Checkpoint(
            path=f"timm/{name}/model.safetensors",
            other_paths=(f"timm/{name}/pytorch_model.bin",),
            source=f"https://huggingface.co/timm/{name}, model.safetensors",
            licence="see its page",
        ),
        summary="a vision transformer of timm",
        licence="Apache-2.0",
    )


_TIMM = "timm:"
FAMILIES = (Family(prefix=_TIMM, role="encoder", card=_timm),)
