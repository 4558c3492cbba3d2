"""Without PyTorch: everything that needs none works, and asking for more names the extra to install (X11)."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from factories import clip, write_png

EXTRAS = ("torch", "torchvision", "timm", "transformers", "safetensors", "openvino", "onnx")
# As if these packages were not installed
_SCRIPT = f"""
from importlib.machinery import PathFinder

find_spec = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name.partition(".")[0] in {EXTRAS} else find_spec(name, *rest)
from frameloom.cli.app import run
run()
"""


def light(*words: object) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "FRAMELOOM_HOME"}
    return subprocess.run(
        [sys.executable, "-c", _SCRIPT, *map(str, words)], capture_output=True, text=True, env=environment, check=False
    )


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return clip(tmp_path / "film.mp4", 6)


def test_what_needs_no_network_works(film: Path, tmp_path: Path) -> None:
    for index in range(3):
        write_png(tmp_path / "set" / "one" / f"{index}.png", np.full((32, 48, 3), 40 * index, np.uint8))
    first, last = tmp_path / "set" / "one" / "0.png", tmp_path / "set" / "one" / "2.png"
    for words in (
        ["interpolate", film, tmp_path / "out.mp4"],
        ["between", first, last, tmp_path / "between", "--num", "3"],
        ["evaluate", "dis", "blend", "--root", tmp_path / "set"],
        [
            "evaluate",
            "blend",
            "--root",
            tmp_path / "set",
            "--metrics",
            "psnr",
            "ssim",
            "ie",
            "ie-rms",
            "tof",
            "flicker",
            "warping-error",
            "cosine:hog",
        ],
        ["demo", film, "--output", tmp_path / "demo"],
        ["compare", first, last, tmp_path / "compare", "--visualize"],
        ["patches", film, tmp_path / "patches", "--size", "64"],
        ["collage", film, tmp_path / "set", tmp_path / "collage", "--save-samples", "2"],
        ["compare-methods", film, tmp_path / "set", tmp_path / "compared"],
        ["index", "build", tmp_path / "set", tmp_path / "index"],
        ["index", "search", tmp_path / "index", first, "--output", tmp_path / "sheet.png"],
        ["index", "info", tmp_path / "index", "--check"],
        ["inspect", film, tmp_path / "inspected"],
        ["selftest", film, tmp_path / "tested"],
        ["models", "list"],
        ["models", "show", "rife.dr"],
        ["doctor"],
    ):
        done = light(*words)
        assert done.returncode == 0, f"{words}: {done.stderr}"


@pytest.mark.parametrize(
    "words",
    [["interpolate", "film.mp4", "out.mp4", "--model", "rife.dr"],
     ["evaluate", "rife.dr", "--root", "."],
     ["models", "identify", "film.mp4"],
     ["models", "convert", "film.mp4", "out.safetensors"]],
    ids=lambda words: words[0],
)  # fmt: skip
def test_what_needs_one_names_the_extra(words: list[str], film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(film.parent)
    done = light(*words)
    assert done.returncode == 2, done.stderr
    assert 'pip install "frameloom[torch]"' in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
