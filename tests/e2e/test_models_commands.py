"""`frameloom models`: what a person sees of models and checkpoints."""

import json
import os
from pathlib import Path

import pytest
import torch

from commands import Command
from frameloom.catalog import Catalog
from frameloom.models.zoo import CARDS
from tiny_network import CARDS as TINY
from tiny_network import state


@pytest.fixture(autouse=True)
def own_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Small networks beside the real ones, and a cache of this test's own."""
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("frameloom.verbs.models.catalog", Catalog([*CARDS, *TINY]))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """As RIFE's: wrapped, prefixed, in half precision."""
    path = tmp_path / "flownet_sdi.pkl"
    torch.save({"model": {f"module.{key}": value.half() for key, value in state().items()}, "step": 7}, path)
    return path


def test_list_shows_licence_and_whether_it_is_found(frameloom: Command, tmp_path: Path) -> None:
    found = tmp_path / "home" / "checkpoints" / "RIFE" / "D-RIFE" / "train_sdi_log" / "flownet_sdi.pkl"
    found.parent.mkdir(parents=True)
    found.write_bytes(b"x")
    lines = frameloom("models", "list").done().out.splitlines()
    rows = {tuple(line.split()[:2]): line.split()[2:] for line in lines}
    assert rows["name", "role"] == ["variant", "licence", "checkpoint"]
    assert rows["rife.d", "interpolator"] == ["D", "MIT", "found"]
    assert rows["amt-s.dr", "interpolator"] == ["DR", "CC-BY-NC-4.0", "missing"]
    assert rows["dis", "flow"] == ["-", "Apache-2.0", "not", "needed"]
    listed = json.loads(frameloom("models", "list", "--json").done().out)["models"]
    assert next(model["place"] for model in listed if model["name"] == "rife.d") == str(found)


def test_show_says_where_to_get_it_and_where_to_put_it(frameloom: Command, tmp_path: Path) -> None:
    shown = frameloom("models", "show", "rife/DR-RIFE-pro").done().out
    assert shown.startswith("rife.dr-pro\n")
    file = "RIFE/DR-RIFE-pro/train_sdi_log/flownet_sdi.pkl"
    for words in ("licence MIT", "https://", f" {file}", str(tmp_path / "home" / "checkpoints" / file), "missing"):
        assert words in shown
    assert "weights" not in frameloom("models", "show", "blend").done().out


def test_fetch_of_what_must_be_got_by_hand_says_how(frameloom: Command) -> None:
    line = frameloom("models", "fetch", "amt-s.d").refused()
    for words in ("AMT-S/D-AMT-S/ckpts/latest.pth", "CC-BY-NC-4.0", "Google Drive", "--checkpoint"):
        assert words in line
    assert "did you mean rife.d" in frameloom("models", "fetch", "rive.d").refused()
    assert "has no weights" in frameloom("models", "fetch", "dis").refused()


def test_identify_and_convert(frameloom: Command, checkpoint: Path, tmp_path: Path) -> None:
    seen = frameloom("models", "identify", checkpoint).done().out
    assert seen.splitlines()[0] == f"{checkpoint}: fits tiny.d or tiny.t"
    assert "4 tensors, 91 parameters, float16 under 'model', 'module.' before every name" in seen
    target = tmp_path / "tiny.safetensors"
    assert "4 tensors" in frameloom("models", "convert", checkpoint, target).done().out
    again = json.loads(frameloom("models", "identify", target, "--json").done().out)
    assert (again["models"], again["form"], again["precisions"]) == (["tiny.d", "tiny.t"], "safetensors", ["float32"])
    assert "--overwrite" in frameloom("models", "convert", checkpoint, target).refused()
    frameloom("models", "convert", checkpoint, target, "--overwrite").done()


def test_files_that_are_no_checkpoints_are_one_line(frameloom: Command, tmp_path: Path) -> None:
    page = tmp_path / "flownet_sdi.pkl"
    page.write_text("<!DOCTYPE html><html>")
    assert "web page" in frameloom("models", "identify", page).refused()
    assert "cannot be opened" in frameloom("models", "identify", tmp_path / "none.pkl").refused()
    torch.save({"strange.weight": torch.zeros(2, 3)}, page)
    assert "belongs to no known network" in frameloom("models", "identify", page).done().out
    assert "strange.weight (2, 3)" in frameloom("models", "convert", page, tmp_path / "x.safetensors").refused()


def test_code_in_a_checkpoint_is_named(frameloom: Command, tmp_path: Path) -> None:
    class Command:
        def __reduce__(self) -> tuple:
            return os.system, (f"touch {tmp_path / 'was-run'}",)

    torch.save({"model": state(), "optimizer": Command()}, tmp_path / "x.pkl")
    for words in (("identify", tmp_path / "x.pkl"), ("convert", tmp_path / "x.pkl", tmp_path / "x.safetensors")):
        assert "tried to import os.system" in frameloom("models", *words).refused()
    assert not (tmp_path / "was-run").exists()
    assert not (tmp_path / "x.safetensors").exists()


def test_without_pytorch_the_command_that_adds_it_is_told(
    frameloom: Command, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frameloom.verbs.models.find_spec", lambda name: None)
    assert 'pip install "frameloom[torch]"' in frameloom("models", "identify", checkpoint).refused()


def test_usage_errors_point_at_the_right_help(frameloom: Command) -> None:
    assert "(frameloom models --help)" in frameloom("models", "nonsense").refused()
    assert "(frameloom models show --help)" in frameloom("models", "show").refused()
    assert "fetch" in frameloom("models").done().out
