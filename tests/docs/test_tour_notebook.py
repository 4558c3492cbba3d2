"""The notebook runs from top to bottom, twice, without anything that only notebooks have."""

import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "tour.ipynb"
CELLS: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]


def test_it_runs_from_top_to_bottom_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    for _ in range(2):
        names: dict[str, Any] = {"__name__": "__main__"}
        for cell in CODE:
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    made = tmp_path / "frameloom-tour"
    assert {path.name for path in tmp_path.iterdir()} == {made.name}, "all that it writes lies in one folder"
    assert {"dis.png", "blend.png", "pairs", "blend-and-truth"} <= {path.name for path in made.iterdir()}
    lines = [line.split() for line in said[0].splitlines() if " to truth: " in line]
    distance = {words[0]: float(words[3].rstrip(",")) for words in lines}
    assert distance["dis"] < distance["first"] < distance["blend"], "as the text says"


def test_its_outputs_are_not_kept() -> None:
    assert len(CODE) >= 5
    for cell in CODE:
        assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_every_cell_is_plain_python_of_the_usual_layout() -> None:
    stored = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (stored["nbformat"], stored["metadata"]["kernelspec"]["name"]) == (4, "python3")
    assert len({cell["id"] for cell in CELLS}) == len(CELLS)
    for cell in CODE:
        assert not [line for line in cell["source"] if line.startswith(("!", "%"))]
    assert CELLS[0]["cell_type"] == "markdown"
    assert "pip" in "".join(CODE[0]["source"])
