"""VideoLLaMA3's encoder as it lies on disks: beside a language model, alone, in one file or many; and its settings.

All forms name the encoder's weights alike, after one of the prefixes. Sizes are those of the weights; what no weight
tells (heads, what is taken off images) is read from `config.json` and `preprocessor_config.json` beside them.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch

from frameloom.checkpoints.identification import shapes_of
from frameloom.checkpoints.shards import prefix_of
from frameloom.errors import ModelError
from frameloom.models.encoders.network import Numbers
from frameloom.models.encoders.videollama3 import EncoderSizes, VideoLLaMA3
from frameloom.progress import Notices

PREFIXES = (
    "model.vision_encoder.vision_encoder.",  # written by the training code
    "model.vision_encoder.",  # VideoLLaMA3-2B and -7B as published
    "model.vision_model.",  # as transformers writes them
    "",  # the encoder alone: VL3-SigLIP-NaViT
)
MARKER = "post_layernorm.weight"
CONFIGURATION = "config.json"
PREPROCESSING = "preprocessor_config.json"
_NESTED = ("vision_encoder_config", "vision_config")
_ALONE = ("videollama3_vision_encoder", "video_llama_3_vision")
"""What `model_type` says where the configuration is the encoder's own."""
_HALF: Numbers = (0.5, 0.5, 0.5)
_WIDTH, _HIDDEN, _DEPTH, _PATCH = "hidden_size", "intermediate_size", "num_hidden_layers", "patch_size"
_HEADS, _EPSILON, _ACTIVATION = "num_attention_heads", "layer_norm_eps", "hidden_act"
_GELU = "gelu_pytorch_tanh"

Shapes = Mapping[str, tuple[int, ...]]


def sizes_in(shapes: Shapes) -> dict[str, int]:
    """What the shapes of weights tell, by the names that configurations use.

    Raises:
        KeyError: the weights are not those of such an encoder.
    """
    width, _, patch, _ = shapes["embeddings.patch_embedding.weight"]
    layers = {name.split(".")[2] for name in shapes if name.startswith("encoder.layers.")}
    return {
        _WIDTH: width, _PATCH: patch, _DEPTH: len(layers), _HIDDEN: shapes["encoder.layers.0.mlp.fc1.weight"][0]
    }  # fmt: skip


def recognised(given: Shapes) -> dict[str, str] | None:
    """For `ModelCard.recognise`: the encoder's names of weights -> those in a file; None: no whole encoder is in it."""
    prefix = prefix_of(given, prefixes=PREFIXES, marker=MARKER)
    if prefix is None:
        return None
    names = {name.removeprefix(prefix): name for name in given if name.startswith(prefix)}
    shapes = {own: given[name] for own, name in names.items()}
    try:
        found = sizes_in(shapes)
    except (KeyError, ValueError):
        return None
    sizes = EncoderSizes(width=found[_WIDTH], hidden=found[_HIDDEN], depth=found[_DEPTH], patch=found[_PATCH], heads=1)
    with torch.device("meta"):  # weights take neither memory nor time there, and heads change none of them
        network = VideoLLaMA3(sizes)
    return names if shapes_of(network.state_dict()) == shapes else None


def read_settings(path: Path, shapes: Shapes, notices: Notices) -> EncoderSizes:
    """Sizes of the weights in a file, and what is written beside it.

    Args:
        path: The file with weights, or the list of several.
        shapes: Of the weights, by the encoder's names.
        notices: Told where something is assumed.

    Raises:
        ModelError: something is missing, contradicts the weights, or cannot be read.
    """
    try:
        found = sizes_in(shapes)
    except (KeyError, ValueError) as error:
        raise ModelError(
            f"{path} is no whole encoder of VideoLLaMA3: {error} is missing or of another shape"
        ) from error
    told = _configuration(path)
    beside = path.with_name(CONFIGURATION)
    for name, size in found.items():
        if name in told and told[name] != size:
            raise ModelError(f"{beside} says {name} is {told[name]}, the weights beside it say {size}")
    if told.get(_ACTIVATION, _GELU) != _GELU:
        raise ModelError(f"{beside} asks for {_ACTIVATION} '{told[_ACTIVATION]}'; only {_GELU} is provided for")
    heads = told.get(_HEADS)
    if not isinstance(heads, int) or heads < 1 or found[_WIDTH] % heads or (found[_WIDTH] // heads) % 4:
        raise ModelError(f"{beside} says {_HEADS} is {heads}; {found[_WIDTH]} numbers cannot be divided into so many")
    mean, deviation = _normalisation(path.with_name(PREPROCESSING), notices)
    return EncoderSizes(
        width=found[_WIDTH],
        hidden=found[_HIDDEN],
        depth=found[_DEPTH],
        patch=found[_PATCH],
        heads=heads,
        epsilon=float(told.get(_EPSILON, 1e-6)),  # the original's own default
        mean=mean,
        deviation=deviation,
    )


def _configuration(path: Path) -> dict[str, Any]:
    """What `config.json` says of the encoder, not of the language model."""
    file = path.with_name(CONFIGURATION)
    if not file.is_file():
        raise ModelError(
            f"{path}: the weights do not tell how many heads of attention there are; put the {CONFIGURATION} that was "
            f"published with them beside it ({PREPROCESSING} too), or give the whole folder"
        )
    told = _read(file)
    for name in _NESTED:
        if isinstance(told.get(name), dict):
            return cast(dict[str, Any], told[name])
    if told.get("model_type") in _ALONE:
        return told
    raise ModelError(
        f"{file} says nothing of a vision encoder: there is no {' or '.join(_NESTED)} in it, and its model_type is "
        f"{told.get('model_type')}, not {_ALONE[0]}"
    )


def _normalisation(file: Path, notices: Notices) -> tuple[Numbers, Numbers]:
    """Mean and deviation of images."""
    if not file.is_file():
        notices.add(f"{file} is not there: images are normalised with mean 0.5 and deviation 0.5, which is assumed")
        return _HALF, _HALF
    told = _read(file)
    return _numbers(told, "image_mean", file), _numbers(told, "image_std", file)


def _numbers(told: Mapping[str, Any], name: str, file: Path) -> Numbers:
    given = told.get(name)
    if not isinstance(given, list) or len(cast(list[Any], given)) != 3:
        raise ModelError(f"{file} says {name} is {given}; three numbers are expected")
    try:
        red, green, blue = (float(number) for number in cast(list[Any], given))
    except (TypeError, ValueError) as error:
        raise ModelError(f"{file} says {name} is {given}; three numbers are expected") from error
    if not all(math.isfinite(number) for number in (red, green, blue)) or (name == "image_std" and 0 in given):
        raise ModelError(f"{file} says {name} is {given}; finite numbers are expected, deviations above 0")
    return red, green, blue


def _read(file: Path) -> dict[str, Any]:
    try:
        content: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{file} cannot be read as JSON ({error}); get it again") from error
    if not isinstance(content, dict):
        raise ModelError(f"{file} is a {type(content).__name__}, not a set of settings; get it again")
    return cast(dict[str, Any], content)
