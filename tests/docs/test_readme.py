"""The README's examples run as pasted, and what is generated is up to date."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def usage_lines() -> list[str]:
    shell = "\n".join(blocks("sh"))
    return [line for line in shell.splitlines() if line.startswith("frameloom ")]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the samples, as a clone has them."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    return tmp_path


def test_every_command_line_of_the_readme_runs_as_pasted(clone: Path) -> None:
    lines = usage_lines()
    assert len(lines) >= 2
    for line in lines:
        done = subprocess.run(
            [sys.executable, "-m", *line.split()], cwd=clone, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
    assert (clone / "out" / "smooth.mp4").stat().st_size > 10_000
    assert len(list((clone / "out" / "between").iterdir())) == 5


def test_the_python_example_of_the_readme_runs_as_pasted(clone: Path) -> None:
    code = "\n".join(blocks("python"))
    done = subprocess.run([sys.executable, "-c", code], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["24 69 96 8", "3 (270, 480, 3) uint8"]


def test_the_readme_shows_both_ways_to_the_demo() -> None:
    shell = "\n".join(blocks("sh"))
    assert "make demo" in shell
    assert "-m pip install -e ." in shell
    assert ".venv/bin/frameloom demo" in shell


def test_the_samples_are_what_the_script_draws(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "draw_samples.py"), str(tmp_path)], check=True)
    for name in ("a.png", "b.png"):
        drawn, kept = cv2.imread(str(tmp_path / name)), cv2.imread(str(ROOT / "samples" / name))
        assert drawn is not None
        assert kept is not None
        assert np.abs(drawn.astype(int) - kept).max() <= 2, name  # another processor may round another way


def test_docs_cli_is_what_help_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "command_docs.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
