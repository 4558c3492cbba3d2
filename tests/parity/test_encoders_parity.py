"""DINOv2 and the encoder of VideoLLaMA3 equal their originals: tokens as recorded, from files, as users load them."""

import json
from pathlib import Path

import numpy as np
import torch

from frameloom.features.pooling import mean_pool
from frameloom.features.similarity import cosine_distance
from frameloom.models.encoders.videollama3 import VideoLLaMA3
from frameloom.models.encoders.vit import DINOv2, DINOv2Large, DINOv2Registers, DINOv2Small
from frameloom.runtime import Runtime
from tiny_encoders import CONFIGURATION, GOLDEN, SIZES, VIDEOLLAMA3, VIT, videollama3_alone, vit_file

TOLERANCE = 1e-5
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def recorded(name: str) -> dict[str, np.ndarray]:
    with np.load(GOLDEN / f"{name}.npz") as arrays:
        return {key: arrays[key] for key in arrays}


def test_tokens_of_a_vision_transformer_are_those_of_timm(tmp_path: Path) -> None:
    known = recorded("vfi_similarity_golden")
    cfg = json.loads(str(known["cfg"]))
    assert (cfg["img_size"], cfg["embed_dim"], cfg["depth"], cfg["num_heads"]) == (56, 48, 2, 4)
    encoder = VIT.load(Runtime(checkpoint=vit_file(tmp_path)))
    for side in "ab":
        normalised = known[f"input_{side}"].transpose(0, 2, 3, 1)
        grid, others = encoder.encode_all((normalised * DEVIATION + MEAN).astype(np.float32))
        tokens = np.concatenate([others[0], grid[0].reshape(-1, 48)])
        assert np.abs(tokens - known[f"tokens_{side}_f64"]).max() <= TOLERANCE


def test_distances_of_mean_tokens_are_the_recorded_ones(tmp_path: Path) -> None:
    known = recorded("vfi_similarity_golden")
    encoder = VIT.load(Runtime(checkpoint=vit_file(tmp_path)))
    inputs = [known[f"input_{side}"].transpose(0, 2, 3, 1) * DEVIATION + MEAN for side in "ab"]
    grids, others = encoder.encode_all(np.concatenate(inputs).astype(np.float32))
    assert abs(cosine_distance(*mean_pool(grids)) - known["cosine_distance_patches"]) <= 1e-6
    everything = np.concatenate([others, grids.reshape(2, -1, 48)], axis=1).mean(axis=1)
    assert abs(cosine_distance(*everything) - known["cosine_distance_alltokens"]) <= 1e-6


def test_tokens_of_videollama3_are_those_of_the_original_before_and_after_merging(tmp_path: Path) -> None:
    known = recorded("videollama3_encoder_golden")
    cfg = json.loads(str(known["cfg"]))
    assert all(cfg[name] == CONFIGURATION[name] for name in cfg.keys() & CONFIGURATION.keys())
    encoder = VIDEOLLAMA3.load(Runtime(checkpoint=videollama3_alone(tmp_path)))
    frames = known["frames_rgb_uint8"].astype(np.float32) / 255
    tokens, others = encoder.encode_all(frames)
    assert others.shape == (3, 0, 64)
    assert np.abs(tokens.reshape(3, 16, 64) - known["tokens_f64"]).max() <= TOLERANCE
    assert np.abs(encoder.merged(tokens).reshape(12, 64) - known["merge2_out_f64"]).max() <= TOLERANCE
    in_blocks = tokens.reshape(3, 2, 2, 2, 2, 64).transpose(0, 1, 3, 2, 4, 5).reshape(48, 64)
    assert np.abs(in_blocks - known["merge2_pre_tokens_blockorder_f64"]).max() <= TOLERANCE


def test_the_weights_of_videollama3_are_called_as_in_the_original() -> None:
    assert set(VideoLLaMA3(SIZES).state_dict()) == set(recorded("videollama3_encoder_golden")["state_keys"])


def test_dinov2_has_the_published_numbers_of_weights() -> None:
    with torch.device("meta"):
        made = {network: network().state_dict() for network in (DINOv2, DINOv2Small, DINOv2Large, DINOv2Registers)}
    counts = {network: (len(each), sum(value.numel() for value in each.values())) for network, each in made.items()}
    assert counts[DINOv2] == (174, 86_579_712)
    assert counts[DINOv2Small] == (174, 22_056_192)
    assert counts[DINOv2Large] == (342, 304_367_616)
    assert made[DINOv2]["pos_embed"].shape == (1, 1370, 768)
    assert made[DINOv2Registers]["reg_token"].shape == (1, 4, 768)
    assert made[DINOv2Registers]["pos_embed"].shape == (1, 1369, 768)
