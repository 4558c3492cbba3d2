"""Weights of encoders as published, fine-tuned and adapted: read completely, or refused with what is missing."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import frameloom.checkpoints.shards
import frameloom.checkpoints.weights
from frameloom.checkpoints.conversion import convert_checkpoint
from frameloom.checkpoints.identification import identify
from frameloom.errors import ModelError
from frameloom.progress import listening
from frameloom.runtime import Runtime
from tiny_encoders import (
    CONFIGURATION,
    VIDEOLLAMA3,
    VIT,
    images,
    videollama3_alone,
    videollama3_folder,
    videollama3_state,
    vit_file,
    write_json,
)

State = dict[str, torch.Tensor]
SEEN = images(1, 56, 56)
FORMS = {
    "published": ("model.vision_encoder.", "vision_encoder_config"),
    "training": ("model.vision_encoder.vision_encoder.", "vision_encoder_config"),
    "transformers": ("model.vision_model.", "vision_config"),
    "alone": ("", None),
}
"""Layout -> what stands before the encoder's names, and where its settings are."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def weights(folder: Path) -> State:
    return load_file(vit_file(folder / "original"))


def tokens(path: Path, card: object = VIT) -> np.ndarray:
    return card.load(Runtime(checkpoint=path, device="cpu")).encode(SEEN)


def refusal(path: Path, card: object = VIT) -> str:
    with pytest.raises(ModelError) as caught:
        tokens(path, card)
    message = str(caught.value)
    assert "\n" not in message
    return message


# A vision transformer


def side_by_side(state: State) -> object:
    return {"base": state, "embedding_head": {"0.weight": torch.ones(3, 3), "0.bias": torch.ones(3)}}


def flat(state: State) -> object:
    return {f"base.{name}": value for name, value in state.items()} | {"embedding_head.0.weight": torch.ones(3, 3)}


def parallel(state: State) -> object:
    return {"state_dict": {f"module.base.{name}": value for name, value in state.items()}, "epoch": 3}


def model_prefix(state: State) -> object:
    return {f"model.{name}": value for name, value in state.items()}


def model_wrapper(state: State) -> object:
    return {"model": side_by_side(state), "optimizer": {}}


def official(state: State) -> object:
    return {**state, "mask_token": torch.zeros(1, 48)}


@pytest.mark.parametrize("wrap", [side_by_side, flat, parallel, model_prefix, model_wrapper, official, dict])
def test_every_layout_of_a_fine_tuned_encoder_gives_its_tokens(wrap: Callable, tmp_path: Path) -> None:
    state = weights(tmp_path)
    torch.save(wrap(state), tmp_path / "VFI_merged_no_lora.pt")
    assert np.array_equal(tokens(tmp_path / "VFI_merged_no_lora.pt"), tokens(tmp_path / "original"))


@pytest.mark.parametrize("wrap", [side_by_side, flat])
def test_what_is_left_out_is_told_with_its_reason(wrap: Callable, tmp_path: Path) -> None:
    torch.save(wrap(weights(tmp_path)), tmp_path / "x.pt")
    found = identify(tmp_path / "x.pt", [VIT, VIDEOLLAMA3])
    assert found.models == ("tiny-vit",)
    assert all("a head for training" in reason for reason in found.dropped.values())
    assert "embedding_head.0.weight" in found.dropped
    made = convert_checkpoint(tmp_path / "x.pt", tmp_path / "y.safetensors", known=[VIT])
    assert made.tensors == len(weights(tmp_path))
    assert np.array_equal(tokens(tmp_path / "y.safetensors"), tokens(tmp_path / "original"))


def test_what_is_partial_or_wrong_says_how_much_fits(tmp_path: Path) -> None:
    state = weights(tmp_path)
    partial = {name: value for name, value in state.items() if not name.startswith("blocks.1.")}
    save_file(partial, tmp_path / "partial.safetensors")
    message = refusal(tmp_path / "partial.safetensors")
    assert f"{len(partial)} of its {len(state)} weights are there" in message
    assert "14 missing (blocks.1.norm1.weight" in message
    save_file({f"tower.{name}": value for name, value in state.items()}, tmp_path / "wrong.safetensors")
    message = refusal(tmp_path / "wrong.safetensors")
    assert f"0 of its {len(state)} weights are there" in message
    assert f"{len(state)} unexpected (tower." in message
    assert "needs timm/vit_base" in refusal(tmp_path / "none.safetensors")


def test_a_surplus_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    save_file({**weights(tmp_path), "decoder.weight": torch.ones(2)}, tmp_path / "x.safetensors")
    assert "1 unexpected (decoder.weight)" in refusal(tmp_path / "x.safetensors")


def test_the_base_of_nothing_is_no_encoder(tmp_path: Path) -> None:
    """The head alone must not be taken for an encoder that fits by none of its weights."""
    torch.save({"embedding_head.0.weight": torch.ones(3, 3)}, tmp_path / "x.pt")
    assert "0 of its" in refusal(tmp_path / "x.pt")


# Low-rank adapters

RANK, ALPHA = 3, 12
ADAPTED = ("blocks.0.attn.qkv", "blocks.1.mlp.fc2", "patch_embed.proj")


def adapters(state: State) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Of each adapted weight: A (rank, inputs ...) and B (outputs, rank ...)."""
    random = torch.Generator().manual_seed(5)
    made = {}
    for name in ADAPTED:
        weight = state[f"{name}.weight"]
        ones = (1,) * (weight.ndim - 2)
        down = torch.randn(RANK, *weight.shape[1:], generator=random) / 10
        made[name] = (down, torch.randn(len(weight), RANK, *ones, generator=random) / 10)
    return made


def merged(state: State, scaling: float) -> State:
    """Written out another way: by a convolution after another, or a product of matrices."""
    done = dict(state)
    for name, (down, up) in adapters(state).items():
        change = torch.einsum("or,r...->o...", up.flatten(1), down)
        done[f"{name}.weight"] = state[f"{name}.weight"] + scaling * change
    return done


def peft(state: State, ends: str = ".default.weight") -> State:
    """A whole model as PEFT holds it."""
    whole = {}
    for name, value in state.items():
        layer = name.rpartition(".")[0]
        inner = name.replace(layer, f"{layer}.base_layer") if layer in ADAPTED else name
        whole[f"base_model.model.{inner}"] = value
    return whole | adapter_alone(state, ends)


def adapter_alone(state: State, ends: str = ".weight", prefix: str = "base_model.model.") -> State:
    return {
        f"{prefix}{name}.lora_{letter}{ends}": value.contiguous()
        for name, pair in adapters(state).items()
        for letter, value in zip("AB", pair, strict=True)
    }


def wanted(tmp_path: Path, state: State, scaling: float) -> np.ndarray:
    save_file(merged(state, scaling), tmp_path / "merged.safetensors")
    return tokens(tmp_path / "merged.safetensors")


@pytest.mark.parametrize("ends", [".weight", ".default.weight", ""])
@pytest.mark.parametrize("prefix", ["base_model.model.", "base_model.model.base.", ""])
def test_adapters_beside_the_weights_are_merged_by_alpha_over_rank(ends: str, prefix: str, tmp_path: Path) -> None:
    state = weights(tmp_path)
    folder = tmp_path / "adapter"
    folder.mkdir()
    shutil.copy(tmp_path / "original" / "model.safetensors", folder)
    save_file(adapter_alone(state, ends, prefix), folder / "adapter_model.safetensors")
    write_json(folder / "adapter_config.json", {"lora_alpha": ALPHA, "r": RANK})
    found = tokens(folder)
    assert np.abs(found - wanted(tmp_path, state, ALPHA / RANK)).max() < 1e-5
    assert np.abs(found - tokens(tmp_path / "original")).max() > 0.01


def test_a_whole_adapted_model_is_merged_and_the_root_of_the_rank_is_known(tmp_path: Path) -> None:
    state = weights(tmp_path)
    (tmp_path / "whole").mkdir()
    torch.save(peft(state), tmp_path / "whole" / "x.pt")
    write_json(tmp_path / "whole" / "adapter_config.json", {"lora_alpha": ALPHA, "use_rslora": True})
    found = tokens(tmp_path / "whole" / "x.pt")
    assert np.abs(found - wanted(tmp_path, state, ALPHA / RANK**0.5)).max() < 1e-5


def test_a_file_may_say_itself_how_much_adapters_count(tmp_path: Path) -> None:
    state = weights(tmp_path)
    save_file(peft(state), tmp_path / "x.safetensors", metadata={"lora_alpha": "6"})
    assert np.abs(tokens(tmp_path / "x.safetensors") - wanted(tmp_path, state, 6 / RANK)).max() < 1e-5


def test_adapters_without_alpha_or_weights_are_refused(tmp_path: Path) -> None:
    state = weights(tmp_path)
    folder = tmp_path / "adapter"
    folder.mkdir()
    save_file(peft(state), folder / "whole.safetensors")
    assert "nothing says by how much they count: put adapter_config.json" in refusal(folder / "whole.safetensors")
    write_json(folder / "adapter_config.json", {"lora_alpha": 4, "use_dora": True})
    assert "asks for use_dora" in refusal(folder / "whole.safetensors")
    write_json(folder / "adapter_config.json", {"r": 4})
    assert "says no lora_alpha" in refusal(folder / "whole.safetensors")
    save_file(adapter_alone(state), folder / "alone.safetensors")
    assert "holds low-rank adapters (LoRA) alone" in refusal(folder / "alone.safetensors")


def test_the_weights_that_are_adapted_may_be_in_the_cache(tmp_path: Path, cache: Path) -> None:
    state = weights(tmp_path)
    kept = cache / "checkpoints" / VIT.checkpoint.path
    kept.parent.mkdir(parents=True)
    save_file(state, kept)
    save_file(adapter_alone(state), tmp_path / "x.safetensors", metadata={"lora_alpha": "6"})
    assert np.abs(tokens(tmp_path / "x.safetensors") - wanted(tmp_path, state, 6 / RANK)).max() < 1e-5


def test_adapters_that_are_broken_are_refused(tmp_path: Path) -> None:
    state = weights(tmp_path)
    told = {"lora_alpha": "6"}
    half = {name: value for name, value in peft(state).items() if not name.endswith("fc2.lora_B.default.weight")}
    save_file(half, tmp_path / "half.safetensors", metadata=told)
    assert "half of an adapter for 1 weight (blocks.1.mlp.fc2.weight)" in refusal(tmp_path / "half.safetensors")
    save_file({**peft(state), **adapter_alone(state, ".other.weight")}, tmp_path / "two.safetensors", metadata=told)
    assert "holds 2 adapters (default, other)" in refusal(tmp_path / "two.safetensors")
    odd = {**peft(state), "base_model.model.blocks.1.mlp.fc2.lora_A.default.weight": torch.ones(RANK, 5)}
    save_file(odd, tmp_path / "odd.safetensors", metadata=told)
    assert "the adapter of blocks.1.mlp.fc2.weight is" in refusal(tmp_path / "odd.safetensors")


# The encoder of VideoLLaMA3


def language_model() -> State:
    return {
        "model.embed_tokens.weight": torch.ones(7, 5),
        "model.layers.0.mlp.up_proj.weight": torch.ones(5, 5),
        "model.mm_projector.readout.0.weight": torch.ones(5, 64),
        "lm_head.weight": torch.ones(7, 5),
    }


def reference(tmp_path: Path) -> np.ndarray:
    return tokens(videollama3_alone(tmp_path / "reference"), VIDEOLLAMA3)


@pytest.mark.parametrize("pickled", [False, True], ids=["safetensors", "pickle"])
@pytest.mark.parametrize("form", FORMS)
def test_every_layout_of_videollama3_gives_the_same_tokens(form: str, pickled: bool, tmp_path: Path) -> None:
    prefix, nested = FORMS[form]
    folder = videollama3_folder(tmp_path / form, nested=nested)
    state = videollama3_state(prefix) | (language_model() if nested else {})
    if pickled:
        torch.save(state, folder / "pytorch_model.bin")
    else:
        save_file(state, folder / "model.safetensors")
    assert np.array_equal(tokens(folder, VIDEOLLAMA3), reference(tmp_path))


def sharded(folder: Path) -> Path:
    """Three files: half of the encoder each in the first two, the second and third with the language model."""
    state = videollama3_state("model.vision_encoder.")
    names = sorted(state)
    parts = [
        {name: state[name] for name in names[::2]},
        {name: state[name] for name in names[1::2]} | {"model.embed_tokens.weight": torch.ones(7, 5)},
        {name: value for name, value in language_model().items() if "embed" not in name},
    ]
    listed = {}
    for number, part in enumerate(parts, start=1):
        file = f"model-0000{number}-of-00003.safetensors"
        save_file(part, folder / file)
        listed |= dict.fromkeys(part, file)
    write_json(folder / "model.safetensors.index.json", {"weight_map": listed})
    return folder


@pytest.mark.parametrize("spoil", [Path.unlink, lambda file: file.write_bytes(b"broken")], ids=["missing", "broken"])
def test_of_many_files_only_those_with_the_encoder_are_opened(spoil: Callable, tmp_path: Path) -> None:
    """The third, of the language model alone, need not even be there."""
    folder = sharded(videollama3_folder(tmp_path / "7B", nested="vision_encoder_config"))
    spoil(folder / "model-00003-of-00003.safetensors")
    assert np.array_equal(tokens(folder, VIDEOLLAMA3), reference(tmp_path))
    spoil(folder / "model-00002-of-00003.safetensors")
    assert "model-00002-of-00003.safetensors" in refusal(folder, VIDEOLLAMA3)


def test_of_a_file_only_the_weights_of_the_encoder_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    class Recorder:
        """A safetensors file that remembers what was asked of it."""

        def __init__(self, path: Path, **options: str) -> None:
            self._file = safe_open(path, **options)

        def __enter__(self) -> "Recorder":
            self._file.__enter__()
            return self

        def __exit__(self, *error: object) -> None:
            self._file.__exit__(*error)

        def keys(self) -> list[str]:
            return self._file.keys()

        def metadata(self) -> dict[str, str] | None:
            return self._file.metadata()

        def get_tensor(self, name: str) -> torch.Tensor:
            read.append(name)
            return self._file.get_tensor(name)

    monkeypatch.setattr(frameloom.checkpoints.weights, "_open", Recorder)
    monkeypatch.setattr(frameloom.checkpoints.shards, "_open", Recorder)
    tokens(sharded(videollama3_folder(tmp_path / "7B", nested="vision_encoder_config")), VIDEOLLAMA3)
    assert sorted(read) == sorted(videollama3_state("model.vision_encoder."))


def test_a_list_that_does_not_tell_the_truth_is_refused(tmp_path: Path) -> None:
    folder = sharded(videollama3_folder(tmp_path / "7B", nested="vision_encoder_config"))
    index = folder / "model.safetensors.index.json"
    listed = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    shortened = {name: file for name, file in listed.items() if "layers.1.mlp.fc1" not in name}
    write_json(index, {"weight_map": shortened})
    assert "lists other weights than its files hold: they differ in 2 names" in refusal(folder, VIDEOLLAMA3)
    write_json(index, {"weight_map": dict.fromkeys(listed, "../elsewhere.safetensors")})
    assert "lists files that are not beside it" in refusal(folder, VIDEOLLAMA3)
    index.write_text("{", encoding="utf-8")
    assert "cannot be read as a list" in refusal(folder, VIDEOLLAMA3)


def test_a_language_model_without_an_encoder_is_refused(tmp_path: Path) -> None:
    save_file(language_model(), videollama3_folder(tmp_path / "x") / "model.safetensors")
    assert "holds no videollama3: none of its 4 weights" in refusal(tmp_path / "x", VIDEOLLAMA3)


def test_part_of_an_encoder_is_refused_by_how_much_fits(tmp_path: Path) -> None:
    folder = videollama3_alone(tmp_path / "x")
    state = videollama3_state()
    state.pop("encoder.layers.1.self_attn.q_proj.bias")
    state["head.weight"] = torch.ones(2)
    save_file(state, folder / "model.safetensors")
    message = refusal(folder, VIDEOLLAMA3)
    assert "35 of its 36 weights are there, 1 missing (encoder.layers.1.self_attn.q_proj.bias)" in message
    assert "1 unexpected (head.weight)" in message
    del state["encoder.layers.0.mlp.fc1.weight"]
    save_file(state, folder / "model.safetensors")
    assert "'encoder.layers.0.mlp.fc1.weight' is missing" in refusal(folder, VIDEOLLAMA3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hidden_size": 1152}, "says hidden_size is 1152, the weights beside it say 64"),
        ({"num_hidden_layers": 27}, "says num_hidden_layers is 27, the weights beside it say 2"),
        ({"num_attention_heads": 7}, "says num_attention_heads is 7; 64 numbers cannot be divided"),
        ({"num_attention_heads": None}, "says num_attention_heads is None"),
        ({"hidden_act": "relu"}, "asks for hidden_act 'relu'"),
        ({"model_type": "qwen2"}, "says nothing of a vision encoder"),
    ],
)
def test_settings_that_contradict_the_weights_are_refused(
    changes: dict[str, object], said: str, tmp_path: Path
) -> None:
    folder = videollama3_alone(tmp_path / "x")
    write_json(folder / "config.json", {**CONFIGURATION, **changes})
    assert said in refusal(folder, VIDEOLLAMA3)


def test_a_file_alone_says_what_cannot_be_known(tmp_path: Path) -> None:
    save_file(videollama3_state(), tmp_path / "x.safetensors")
    assert "do not tell how many heads of attention there are; put the config.json" in refusal(
        tmp_path / "x.safetensors", VIDEOLLAMA3
    )


def test_heads_mean_and_deviation_are_those_that_are_written_down(tmp_path: Path) -> None:
    folder = videollama3_alone(tmp_path / "x")
    write_json(folder / "preprocessor_config.json", {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.4]})
    shifted = (SEEN - np.array([0.4, 0.5, 0.6])) / np.array([0.2, 0.3, 0.4]) / 2 + 0.5
    encoder = VIDEOLLAMA3.load(Runtime(checkpoint=videollama3_alone(tmp_path / "reference"), device="cpu"))
    assert np.abs(tokens(folder, VIDEOLLAMA3) - encoder.encode(shifted.astype(np.float32))).max() < 1e-5
    write_json(folder / "config.json", {**CONFIGURATION, "num_attention_heads": 8})
    write_json(folder / "preprocessor_config.json", {"image_mean": [0.5] * 3, "image_std": [0.5] * 3})
    assert np.abs(tokens(folder, VIDEOLLAMA3) - encoder.encode(SEEN)).max() > 1e-3
    write_json(folder / "preprocessor_config.json", {"image_mean": [0.5] * 3})
    assert "says image_std is None; three numbers are expected" in refusal(folder, VIDEOLLAMA3)


def test_what_is_assumed_is_said(tmp_path: Path) -> None:
    folder = videollama3_alone(tmp_path / "x")
    (folder / "preprocessor_config.json").unlink()
    told: list[str] = []
    with listening(None, told.append):
        assert np.array_equal(tokens(folder, VIDEOLLAMA3), reference(tmp_path))
    assert len(told) == 1
    assert "preprocessor_config.json is not there: images are normalised with mean 0.5" in told[0]


def test_videollama3_is_known_beside_its_language_model_and_converted_without_it(tmp_path: Path) -> None:
    folder = videollama3_folder(tmp_path / "x", nested="vision_encoder_config")
    save_file(videollama3_state("model.vision_encoder.") | language_model(), folder / "model.safetensors")
    found = identify(folder / "model.safetensors", [VIT, VIDEOLLAMA3])
    assert found.models == ("videollama3",)
    assert set(found.dropped) == set(language_model())
    made = convert_checkpoint(folder / "model.safetensors", folder / "videollama3.safetensors", known=[VIDEOLLAMA3])
    assert made.tensors == 36
    assert np.array_equal(tokens(folder / "videollama3.safetensors", VIDEOLLAMA3), reference(tmp_path))
