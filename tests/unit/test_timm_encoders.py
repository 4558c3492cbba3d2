"""Vision transformers of timm, where that is installed, and what is said where it is not."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from frameloom.errors import ModelError
from frameloom.models.encoders.vit import DINOv2Small, DINOv2SmallRegisters, VisionTransformer
from frameloom.models.zoo import catalog
from frameloom.runtime import Runtime
from tiny_encoders import images, state

THERE = find_spec("timm") is not None
NAME = "vit_tiny_patch16_224.augreg_in21k_ft_in1k"
needs_timm = pytest.mark.skipif(not THERE, reason="timm is not installed")


def test_names_of_timm_are_taken_at_their_word() -> None:
    card = catalog.find(f"timm:{NAME}", "encoder")
    assert card.checkpoint.path == f"timm/{NAME}/model.safetensors"
    assert catalog.find("vit_base_patch14_dinov2.lvd142m", "encoder").name == "dinov2"
    with pytest.raises(ModelError, match="no interpolator is called"):
        catalog.find(f"timm:{NAME}", "interpolator")


@pytest.mark.skipif(THERE, reason="timm is installed")
def test_without_timm_the_extra_that_brings_it_is_named() -> None:
    with pytest.raises(ModelError, match=r"needs timm, which is not installed; add it with: .*frameloom\[torch\]"):
        catalog.build(f"timm:{NAME}", "encoder")


@needs_timm
@pytest.mark.parametrize(
    ("ours", "name"),
    [(DINOv2Small, "vit_small_patch14_dinov2"), (DINOv2SmallRegisters, "vit_small_patch14_reg4_dinov2")],
)
def test_our_network_is_that_of_timm_at_any_size(ours: type[VisionTransformer], name: str) -> None:
    import timm

    theirs = timm.create_model(name, pretrained=False, num_classes=0, dynamic_img_size=True).eval()
    network = ours().eval()
    filled = state(network)
    network.load_state_dict(filled)
    theirs.load_state_dict(filled, strict=True)
    for height, width in ((70, 98), (14, 28)):
        seen = torch.from_numpy(images(1, height, width).transpose(0, 3, 1, 2).copy())
        with torch.inference_mode():
            grid, others = network.tokens(seen)
            known = theirs.forward_features(seen)
        assert (torch.cat([others, grid.flatten(1, 2)], 1) - known).abs().max() < 1e-5


@needs_timm
def test_a_classifier_of_timm_gives_its_tokens(tmp_path: Path) -> None:
    import timm

    model = timm.create_model(NAME, pretrained=False).eval()
    filled = state(model)
    model.load_state_dict(filled)
    save_file(filled, tmp_path / "model.safetensors")
    encoder = catalog.build(f"timm:{NAME}", "encoder", Runtime(checkpoint=tmp_path, device="cpu"))
    assert (encoder.patch, encoder.size) == (16, 224)
    seen = images(2, 224, 224)
    grid, others = encoder.encode_all(seen)
    with torch.inference_mode():
        known = model.forward_features(torch.from_numpy((seen - 0.5) / 0.5).permute(0, 3, 1, 2)).numpy()
    assert np.abs(np.concatenate([others, grid.reshape(2, 196, -1)], axis=1) - known).max() < 1e-4


@needs_timm
@pytest.mark.parametrize("name", ["resnet18", "no_such_model", "swin_tiny_patch4_window7_224"])
def test_what_has_no_tokens_in_a_grid_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match=name):
        catalog.build(f"timm:{name}", "encoder", Runtime(device="cpu"))
