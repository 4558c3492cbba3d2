"""docs/custom-flow.md as a reader would follow it: the package it describes, registered, and as an entry point."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from factories import noise, write_png
from frameloom.images import read_image
from frameloom.optical_flow.files import read_flo
from perceptual_weights import write_checkpoints

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "custom-flow.md").read_text(encoding="utf-8")
SIZE = (24, 40)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's package, installed as pip would leave it, two images, and checkpoints."""
    folder = tmp_path_factory.mktemp("reader")
    package = folder / "site" / "my_package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "still.py").write_text(blocks("python")[0], encoding="utf-8")
    about = folder / "site" / "my_package-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n", encoding="utf-8")
    group, _, entry = blocks("toml")[0].strip().partition("\n")
    assert group == '[project.entry-points."frameloom.models"]'
    entries = f"[frameloom.models]\n{entry.replace(chr(34), '')}\n"
    (about / "entry_points.txt").write_text(entries, encoding="utf-8")
    for seed, name in enumerate("ab"):
        write_png(folder / f"{name}.png", noise(SIZE, seed=seed))
    write_checkpoints(folder / "checkpoints")
    return folder


def run(place: Path, words: list[str], *, site: str = "site") -> str:
    path = os.pathsep.join([str(place / site), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_command_line_of_the_page_runs(place: Path) -> None:
    lines = [line for line in blocks("sh")[0].splitlines() if line]
    assert len(lines) == 3
    for line in lines:
        run(place, ["-m", *line.split()])
    flow = read_flo(place / "flow.flo").flow
    assert flow.shape == (*SIZE, 2)
    assert not flow.any()
    made = [read_image(place / folder / "00001.png") for folder in ("out", "more")]
    assert not np.array_equal(made[0], made[1]), "v0 and vb differ"


def test_the_lines_of_python_run(place: Path) -> None:
    (place / "plain").mkdir()
    (place / "plain" / "my_package").symlink_to(place / "site" / "my_package")  # not installed: no entry point
    code = blocks("python")[1] + "print(found.flow.shape, type(model._estimator).__name__)\n"
    assert run(place, ["-c", code], site="plain").strip() == f"{(*SIZE, 2)} Still"
