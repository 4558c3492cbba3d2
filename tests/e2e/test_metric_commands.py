"""`frameloom evaluate --metrics` with weights of metrics, as a user types it."""

import json
from pathlib import Path

import numpy as np
import pytest

from commands import Command
from factories import image_folder
from parity.metric_networks import save


@pytest.fixture
def root(tmp_path: Path) -> Path:
    image_folder(tmp_path / "set" / "walk", 3)
    return tmp_path / "set"


def test_weights_are_given_by_name_and_hashed(frameloom: Command, root: Path, tmp_path: Path) -> None:
    files = [f"{name}={save(name, tmp_path / 'weights')}" for name in ("lpips-alex", "alexnet")]
    words = ["evaluate", "blend", "--root", root, "--metrics", "psnr", "lpips", "--device", "cpu", "--json"]
    found = json.loads(frameloom(*words, "--metric-checkpoint", *files).done().out)
    assert found["metrics"] == ["psnr", "lpips"]
    assert found["rows"][0]["values"]["lpips"] > 0
    assert [len(digest) for digest in found["weights"]["lpips"].values()] == [64, 64]


def test_a_metric_without_weights_says_what_to_fetch(
    frameloom: Command, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "home"))
    told = frameloom("evaluate", "blend", "--root", root, "--metrics", "dists").refused()
    assert "frameloom models fetch dists" in told
    assert "--metric-checkpoint" in told
    assert "metric" in frameloom("models", "show", "dists").done().out


def test_small_pictures_are_refused_by_a_metric_that_needs_larger_ones(frameloom: Command, root: Path) -> None:
    told = frameloom("evaluate", "blend", "--root", root, "--metrics", "ms-ssim").refused()
    assert "at least 161 pixels; the image is 64x48" in told


def test_missing_numbers_stand_under_the_table(frameloom: Command, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything moves out of view."""
    away = np.full((48, 64, 2), 99, np.float32)
    monkeypatch.setattr("frameloom.metrics.warping_error.flow_between", lambda *_: away)
    shown = frameloom("evaluate", "blend", "--root", root, "--metrics", "warping-error").done().out
    assert "No number (NaN): warping-error of blend at 2x in 1 frame: walk 1" in shown
