"""The encoders of the recordings: networks of a few thousand weights, filled by the rule, as files in every layout."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from frameloom.catalog import ModelCard
from frameloom.models.encoders.videollama3 import EncoderSizes, VideoLLaMA3
from frameloom.models.encoders.vit import VisionTransformer
from frameloom.models.zoo import catalog

GOLDEN = Path(__file__).parent / "golden" / "measure"
SIZES = EncoderSizes(width=64, hidden=128, depth=2, heads=4, patch=14)
CONFIGURATION = {
    "model_type": "videollama3_vision_encoder",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "patch_size": 14,
    "layer_norm_eps": 1e-6,
    "hidden_act": "gelu_pytorch_tanh",
}
LANGUAGE_MODEL = {"model_type": "videollama3_qwen2", "hidden_size": 3584, "num_attention_heads": 28}


class TinyViT(VisionTransformer):
    """As DINOv2, for images of 56 pixels."""

    def __init__(self) -> None:
        super().__init__(width=48, depth=2, heads=4, size=56)


class TinyViTRegisters(VisionTransformer):
    """The same with registers."""

    def __init__(self) -> None:
        super().__init__(width=48, depth=2, heads=4, size=56, registers=4)


VIT = replace(catalog.find("dinov2", "encoder"), name="tiny-vit", aliases=(), network="tiny_encoders:TinyViT")
REGISTERS = replace(VIT, name="tiny-vit-reg", network="tiny_encoders:TinyViTRegisters")
VIDEOLLAMA3 = catalog.find("videollama3", "encoder")


def state(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Weights by the rule of the recordings."""
    return {name: torch.from_numpy(_by_rule(name, tuple(value.shape))) for name, value in network.state_dict().items()}


def _by_rule(name: str, shape: tuple[int, ...]) -> np.ndarray:
    drawn = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape).astype(np.float32)
    if len(shape) >= 2:
        return (drawn / np.float32(np.sqrt(np.prod(shape[1:])))).astype(np.float32)
    return (0.5 + 0.1 * drawn if name.endswith("weight") else 0.1 * drawn).astype(np.float32)


def vit_file(folder: Path, card: ModelCard = VIT) -> Path:
    """A checkpoint of a tiny ViT as timm publishes it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "model.safetensors"
    save_file(state(card.new_network()), file)
    return file


def videollama3_state(prefix: str = "") -> dict[str, torch.Tensor]:
    """The encoder of the recordings."""
    return {prefix + name: value for name, value in state(VideoLLaMA3(SIZES)).items()}


def write_json(file: Path, content: Mapping[str, object]) -> None:
    file.write_text(json.dumps(content), encoding="utf-8")


def videollama3_folder(folder: Path, *, nested: str | None = None, preprocessing: bool = True) -> Path:
    """What lies beside the weights: settings of the encoder alone, or of both networks."""
    folder.mkdir(parents=True, exist_ok=True)
    content = CONFIGURATION if nested is None else {**LANGUAGE_MODEL, nested: CONFIGURATION}
    write_json(folder / "config.json", content)
    if preprocessing:
        write_json(folder / "preprocessor_config.json", {"image_mean": [0.5] * 3, "image_std": [0.5] * 3})
    return folder


def videollama3_alone(folder: Path) -> Path:
    """The encoder alone, in a folder."""
    save_file(videollama3_state(), videollama3_folder(folder) / "model.safetensors")
    return folder


def images(count: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    """(count, height, width, 3) in [0, 1]."""
    return np.random.default_rng(seed).random((count, height, width, 3)).astype(np.float32)
