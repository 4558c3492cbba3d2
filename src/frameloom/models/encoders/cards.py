"""Cards of the networks that encode patches. Nothing heavy is imported here."""

from frameloom.catalog import Checkpoint, Family, ModelCard

_VIT = "frameloom.models.encoders.vit"
_GRADES = (
    (0.05, "very similar"),
    (0.15, "minor artefacts"),
    (0.30, "noticeable artefacts"),
    (float("inf"), "significant artefacts"),
)
"""Of VFI-Similarity, for the mean of all tokens of DINOv2 ViT-B/14 at 518x518."""
_OFFICIAL = "https://github.com/facebookresearch/dinov2"


def _dinov2(
    name: str, network: str, timm: str, official: str, summary: str, *, grades: tuple[tuple[float, str], ...] = (),
    other_paths: tuple[str, ...] = (),
) -> ModelCard:  # fmt: skip
    """Args: our name; class in `vit`; the model's name in timm; the name of the authors' file."""
    return ModelCard(
        name=name,
        aliases=(timm, timm.partition(".")[0], official),
        role="encoder",
        build="frameloom.models.encoders.building:build_vit",
        network=f"{_VIT}:{network}",
        checkpoint=Checkpoint(
            path=f"timm/{timm}/model.safetensors",
            other_paths=(f"timm/{timm}/pytorch_model.bin", *other_paths),
            source=f"https://huggingface.co/timm/{timm}, model.safetensors",
            url=f"https://huggingface.co/timm/{timm}/resolve/main/model.safetensors",
            licence="Apache-2.0",
        ),
        grades=grades,
        summary=summary,
        licence="Apache-2.0",
        paper="Oquab et al., TMLR 2024",
    )


def _with_registers(name: str, network: str, timm: str, official: str, size: str) -> ModelCard:
    return _dinov2(name, network, timm, official, f"DINOv2 {size} with four register tokens, which keep maps clean")


CARDS = (
    _dinov2(
        "dinov2",
        "DINOv2",
        "vit_base_patch14_dinov2.lvd142m",
        "dinov2_vitb14",
        "vision transformer trained without labels (ViT-B/14); what images show, patch by patch",
        grades=_GRADES,
        other_paths=("DINOv2/dinov2_vitb14_pretrain.pth", "VFI-Similarity/VFI_merged_no_lora.pt"),
    ),
    _dinov2(
        "dinov2-small",
        "DINOv2Small",
        "vit_small_patch14_dinov2.lvd142m",
        "dinov2_vits14",
        "the same with a quarter of the weights (ViT-S/14)",
        other_paths=("DINOv2/dinov2_vits14_pretrain.pth",),
    ),
    _dinov2(
        "dinov2-large",
        "DINOv2Large",
        "vit_large_patch14_dinov2.lvd142m",
        "dinov2_vitl14",
        "the same with three and a half times the weights (ViT-L/14)",
        other_paths=("DINOv2/dinov2_vitl14_pretrain.pth",),
    ),
    _with_registers(
        "dinov2-reg", "DINOv2Registers", "vit_base_patch14_reg4_dinov2.lvd142m", "dinov2_vitb14_reg", "ViT-B/14"
    ),
    _with_registers(
        "dinov2-small-reg",
        "DINOv2SmallRegisters",
        "vit_small_patch14_reg4_dinov2.lvd142m",
        "dinov2_vits14_reg",
        "ViT-S/14",
    ),
    _with_registers(
        "dinov2-large-reg",
        "DINOv2LargeRegisters",
        "vit_large_patch14_reg4_dinov2.lvd142m",
        "dinov2_vitl14_reg",
        "ViT-L/14",
    ),
    ModelCard(
        name="videollama3",
        aliases=("VideoLLaMA3", "VL3-SigLIP-NaViT", "VideoLLaMA3-7B", "VideoLLaMA3-2B"),
        role="encoder",
        build="frameloom.models.encoders.building:VideoLLaMA3Encoder",
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
