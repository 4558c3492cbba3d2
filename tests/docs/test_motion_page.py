"""The example of docs/motion.md runs as pasted, and its tables name every preset."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from frameloom.interpolation.curves import PRESETS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "motion.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def run(folder: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_runs_as_pasted(tmp_path: Path) -> None:
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    draw, use = blocks("python")
    (line,), (plan,) = blocks("sh"), blocks("json")
    run(tmp_path, "-c", draw)
    (tmp_path / "motion.json").write_text(plan)
    run(tmp_path, "-m", *line.split())
    made = sorted((tmp_path / "out" / "motion").glob("*.png"))
    assert len(made) == 17
    assert run(tmp_path, "-c", use).split() == ["15", "(270,", "480)", "float32"]
    waits = np.s_[160:250, 80:190]  # within the hexagon, which waits for the first half
    first, fourth, last = (cv2.imread(str(made[k])).astype(float)[waits] for k in (0, 4, 16))
    assert np.abs(fourth - first).mean() < 1
    assert np.abs(last - first).mean() > 5


def test_every_preset_is_explained() -> None:
    named = set(re.findall(r'`"([a-z-]+)"`', PAGE))
    assert set(PRESETS) <= named
