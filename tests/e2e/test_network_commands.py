"""Networks from the command line: checkpoints as published, every verb, settings in the result, resume, errors."""

import hashlib
import json
import os
import signal
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from commands import Command
from factories import clip, noise, write_png
from parity.any_time import state
from processes import started, wait_until, workspace


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights by the rule of the recordings: two converted files, and one as its authors lay it out."""
    folder = tmp_path_factory.mktemp("weights")
    for model in ("RIFE-D", "IFRNet-DR"):
        save_file(state(model), folder / f"{model}.safetensors")
    published = folder / "checkpoints" / "RIFE" / "D-RIFE" / "train_sdi_log"
    published.mkdir(parents=True)
    prefixed = {f"module.{key}": value for key, value in state("RIFE-D").items()}
    rate = {"param_groups": [{"lr": np.float64(3e-4), "params": [0]}], "state": {}}
    torch.save({"model": prefixed, "optimizer": rate, "epoch": 1, "step": 2}, published / "flownet_sdi.pkl")
    return folder


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("film") / "film.mp4", 6)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_video_with_the_checkpoint_as_it_is_published(
    frameloom: Command, weights: Path, film: Path, tmp_path: Path
) -> None:
    common = ["interpolate", film, "--json", "--model", "RIFE/D-RIFE", "--device", "cpu", "--backend", "torch"]
    made = json.loads(frameloom(*common, tmp_path / "a.mp4", "--checkpoint", weights / "checkpoints").done().out)
    assert made["model"] == "rife.d"
    assert made["frames_made"] == 5
    assert made["model_settings"] == {
        "device": "cpu", "precision": "float32", "backend": "torch", "scale": 1.0, "iters": None, "tile": None,
        "batch": made["model_settings"]["batch"], "lanes": made["model_settings"]["lanes"],
    }  # fmt: skip
    frameloom(*common, tmp_path / "b.mp4", "--checkpoint", weights / "RIFE-D.safetensors").done()
    assert digest(tmp_path / "a.mp4") == digest(tmp_path / "b.mp4")
    assert made["frames_written"] == 12


def test_a_checkpoint_in_the_cache_needs_no_option(
    frameloom: Command, weights: Path, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMELOOM_HOME", str(weights))
    frameloom("interpolate", film, tmp_path / "out.mp4", "--model", "rife.d").done()
    assert "found" in frameloom("models", "show", "rife.d").done().out


def test_images_between_images_in_16_bits_with_maps(frameloom: Command, weights: Path, tmp_path: Path) -> None:
    first, last = (write_png(tmp_path / f"{seed}.png", noise((40, 56), seed=seed, dtype=np.uint16)) for seed in (1, 2))
    ramp = np.tile(np.linspace(0, 1, 56, dtype=np.float32), (40, 1))
    np.save(tmp_path / "ramp.npy", ramp)
    words = ["between", first, last, "--model", "rife.d", "--checkpoint", weights / "RIFE-D.safetensors"]
    frameloom(*words, tmp_path / "out", "--maps", tmp_path / "ramp.npy").done()
    made = cv2.imread(str(tmp_path / "out" / "00001.png"), cv2.IMREAD_UNCHANGED)
    assert made.dtype == np.uint16
    assert np.unique(made & 0xFF).size > 200, "it did not pass through 8 bits"
    frameloom(*words, tmp_path / "half", "--at", 0.5).done()
    half = cv2.imread(str(tmp_path / "half" / "00001.png"), cv2.IMREAD_UNCHANGED)
    assert not np.array_equal(made, half)


def test_passes_through_a_network(frameloom: Command, weights: Path, tmp_path: Path) -> None:
    first, last = (
        write_png(tmp_path / f"{name}.png", np.full((24, 32, 3), level, np.uint8))
        for name, level in (("a", 60), ("b", 90))
    )
    words = ["between", first, last, tmp_path / "out", "--num", 1, 1, 1, "--model", "ifrnet.dr", "--iters", 3, "--json"]
    made = json.loads(frameloom(*words, "--checkpoint", weights / "IFRNet-DR.safetensors").done().out)
    assert len(made["files"]) == 9
    assert made["model_settings"]["iters"] == 3


def test_evaluate_takes_a_checkpoint_for_each_model(frameloom: Command, weights: Path, tmp_path: Path) -> None:
    for index in range(3):
        write_png(tmp_path / "set" / "one" / f"{index}.png", np.full((32, 48, 3), 40 * index, np.uint8))
    words = ["evaluate", "dis", "rife.d", "ifrnet.dr", "--root", tmp_path / "set", "--metrics", "psnr", "--json"]
    files = [f"rife.d={weights / 'RIFE-D.safetensors'}", f"ifrnet.dr={weights / 'IFRNet-DR.safetensors'}"]
    found = json.loads(frameloom(*words, "--checkpoint", *files).done().out)
    assert [row["model"] for row in found["rows"]] == ["dis", "rife.d", "ifrnet.dr"]
    assert found["runs"]["dis"] == {}
    rife = found["runs"]["rife.d"]
    assert rife["weights_sha256"] == {
        "rife.d": hashlib.sha256((weights / "RIFE-D.safetensors").read_bytes()).hexdigest()
    }
    assert rife["versions"]["torch"] == version("torch")
    assert {"device", "precision", "backend"} <= {name for name, value in rife.items() if value != "auto"}
    assert "NAME=FILE" in frameloom(*words, "--checkpoint", weights / "RIFE-D.safetensors").refused()


def test_large_frames_are_made_in_tiles_and_motion_at_part_of_the_size(
    frameloom: Command, weights: Path, tmp_path: Path
) -> None:
    first, last = (write_png(tmp_path / f"{seed}.png", noise((300, 420), seed=seed)) for seed in (1, 2))
    words = [
        "between",
        first,
        last,
        tmp_path / "out",
        "--model",
        "rife.d",
        "--json",
        "--overwrite",
        "--backend",
        "torch",
    ]
    words += ["--checkpoint", weights / "RIFE-D.safetensors"]
    tiled = json.loads(frameloom(*words, "--max-memory", "60M").done().out)["model_settings"]
    assert tiled["tile"]
    assert json.loads(frameloom(*words, "--scale", 0.5).done().out)["model_settings"]["scale"] == 0.5
    assert "max_memory" in frameloom(*words, "--max-memory", "1M").refused()
    assert "6G" in frameloom(*words, "--max-memory", "lots").refused()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "rife.d"], ["rife.d needs RIFE/D-RIFE/train_sdi_log/flownet_sdi.pkl", "--checkpoint", "MIT"]),
        (["--model", "rife.d", "--checkpoint", "IFRNet-DR.safetensors"], ["ifrnet.dr or ifrnet.tr, not of rife.d"]),
        (["--model", "rife.d", "--checkpoint", "no.pth"], ["no.pth does not exist"]),
        (["--model", "rife.q"], ["did you mean rife."]),
        (["--model", "rife.d", "--checkpoint", "RIFE-D.safetensors", "--iters", "2"], ["rife.d takes no --iters"]),
        (["--model", "rife.d", "--checkpoint", "RIFE-D.safetensors", "--device", "mps"], ["no mps device", "usable:"]),
        (["--checkpoint", "RIFE-D.safetensors"], ["dis has no weights", "--checkpoint"]),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) and item[0].startswith("--") else "",
)  # fmt: skip
def test_what_cannot_be_is_told_in_one_line_and_leaves_nothing(
    frameloom: Command, weights: Path, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str],
    words: list[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "empty"))
    monkeypatch.chdir(weights)
    line = frameloom("interpolate", film, tmp_path / "out" / "a.mp4", *options).refused()
    for part in words:
        assert part in line
    assert not (tmp_path / "out" / "a.mp4").exists()
    assert not list(tmp_path.rglob(".*frameloom"))


def test_a_run_with_a_network_that_is_killed_ends_with_the_same_bytes(weights: Path, tmp_path: Path) -> None:
    film = clip(tmp_path / "long.mp4", 210, size=(32, 32))
    options = ["--model", "rife.d", "--backend", "torch", "--checkpoint", weights / "RIFE-D.safetensors", "--json"]

    def run(output: str, *more: object) -> dict:
        process = started(["interpolate", film, tmp_path / output, *options, *more])
        out, err = process.communicate()
        assert process.returncode == 0, err
        return json.loads(out)

    run("whole.mp4")
    process = started(["interpolate", film, tmp_path / "killed.mp4", *options])
    hidden = workspace(tmp_path / "killed.mp4")
    journal = hidden / "journal"
    wait_until(lambda: journal.exists() and len(journal.read_bytes().splitlines()) >= 2, process, seconds=120)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert run("killed.mp4")["segments_reused"] >= 1
    assert digest(tmp_path / "killed.mp4") == digest(tmp_path / "whole.mp4")
    run("side.mp4", "--workers", 2)
    assert digest(tmp_path / "side.mp4") == digest(tmp_path / "whole.mp4")
