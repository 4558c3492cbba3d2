"""What docs/compare.md shows runs as pasted."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from frameloom.plots.comparison import NAMES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "compare.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the samples, and the pairs file of the page with images beside it."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    for name, sample in (("a", "a"), ("b", "b"), ("c", "b")):
        (tmp_path / f"{name}.png").symlink_to(ROOT / "samples" / f"{sample}.png")
    (tmp_path / "pairs.json").write_text(blocks("json")[0])
    return tmp_path


def run(words: list[str], folder: Path) -> str:
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_commands_run(clone: Path) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) == 3
    for line in lines:
        assert "cosine distance" in run(["-m", *line.split()], clone)
    assert {path.name for path in (clone / "out" / "compare").iterdir()} == NAMES
    results = json.loads((clone / "out" / "pairs" / "results.json").read_text())
    assert [pair["label"] for pair in results["pairs"]] == ["walk", "pair_001"]


def test_its_python_runs(clone: Path) -> None:
    (code,) = blocks("python")
    distance, *shapes = run(["-c", code], clone).split(" ", 1)
    assert 0 < float(distance) < 0.1
    assert shapes == ["(16, 28) (16, 28)\n"]
    assert (clone / "out" / "from-python" / "comparison.png").exists()


def test_it_names_every_file() -> None:
    table = PAGE.partition("## The pictures")[2].partition("Colours stand")[0]
    assert set(re.findall(r"`(\w+\.(?:png|json))`", table)) == NAMES
