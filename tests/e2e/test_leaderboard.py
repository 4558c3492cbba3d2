"""Several evaluations in one table or page; what cannot be compared is not put side by side."""

import json
import re
import shutil
from pathlib import Path

import pytest

import frameloom as fl
from commands import Command
from factories import image_folder
from frameloom.errors import CannotOpen, CannotWrite, InputError, OutputExists


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """dis.json and blend.json, of the same frames, with pictures of the worst."""
    for name in ("run", "walk"):
        image_folder(tmp_path / "set" / name, 5, size=(64, 96))
    for model in ("dis", "blend"):
        fl.evaluate(model, root=tmp_path / "set", factor=[2, 4], worst=2, output=tmp_path / "results" / f"{model}.json")
    return tmp_path / "results"


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_models_are_ordered_by_the_first_metric_within_each_factor(results: Path) -> None:
    (board,) = fl.leaderboard(results / "blend.json", results / "dis.json").boards
    assert [(item.factor, item.model) for item in board.standings] == [
        (2, "dis"), (2, "blend"), (4, "dis"), (4, "blend")
    ]  # fmt: skip
    saved = json.loads((results / "dis.json").read_text())["means"][0]
    first = board.standings[0]
    assert first.values == saved["values"]
    assert first.intervals == {name: tuple(ends) for name, ends in saved["intervals"].items()}
    header, _, *rows = cells(board.table)
    assert header[:4] == ["factor", "model", "PSNR ↑ (dB)", "95 % interval"]
    assert [row[2].startswith("**") for row in rows] == [True, False, True, False]
    assert {len(row) for row in rows} == {len(header)}
    assert (board.dataset, board.protocol) == ("folder", "strict-v1")


def test_the_command_writes_markdown_and_a_page(results: Path, tmp_path: Path, frameloom: Command) -> None:
    files = sorted(results.glob("*.json"))
    shown = frameloom("leaderboard", *files).done().out
    assert shown.count("| 2x |") == 2
    frameloom("leaderboard", *files, tmp_path / "board.md").done()
    assert (tmp_path / "board.md").read_text() == shown
    frameloom("leaderboard", *files, "--out", tmp_path / "board.html").done()
    page = (tmp_path / "board.html").read_text()
    assert not re.search(r'(src|href)="(?!data:)', page)  # needs no other file
    assert "$" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)  # nothing was left to fill in
    assert "thead th { white-space: normal; }" in page, (
        "the table of three metrics was cut off on screens of 1200 pixels"
    )
    assert page.count("<svg") == 3 * 2  # metrics, factors
    assert page.count("<img") == page.count('<article class="worst">') * 3  # truth, dis, blend
    assert "blend</strong>, PSNR " in page
    as_json = json.loads(frameloom("leaderboard", *files, "--json").done().out)
    assert as_json["boards"][0]["standings"][0]["model"] == "dis"
    assert "exists" in frameloom("leaderboard", *files, tmp_path / "board.html").refused()
    frameloom("leaderboard", *files, tmp_path / "board.html", "--overwrite").done()


def test_pictures_that_are_gone_are_left_out(results: Path, tmp_path: Path) -> None:
    shutil.rmtree(results / "dis-frames")
    shutil.rmtree(results / "blend-frames")
    fl.leaderboard(results / "dis.json", output=tmp_path / "board.html")
    page = (tmp_path / "board.html").read_text()
    assert "<img" not in page
    assert "Worst frames" not in page
    assert "<svg" in page


def test_one_model_twice_bears_the_names_of_its_files(results: Path, tmp_path: Path) -> None:
    shutil.copy(results / "dis.json", results / "again.json")
    (board,) = fl.leaderboard(results / "dis.json", results / "again.json", results / "blend.json").boards
    names = [item.model for item in board.standings if item.factor == 2]
    assert sorted(names) == ["blend", "dis (again)", "dis (dis)"]


def test_results_that_cannot_be_compared_are_refused_unless_mixed(results: Path, tmp_path: Path) -> None:
    root = tmp_path / "set"
    fl.evaluate("blend", root=root, protocol="pervfi-davis480p-x2-v1", output=results / "theirs.json")
    fl.evaluate("blend", root=root, factor=[2, 4], limit=1, output=results / "fewer.json")
    with pytest.raises(InputError, match=r"protocol strict-v1 and pervfi-davis480p-x2-v1.*--mixed"):
        fl.leaderboard(results / "dis.json", results / "theirs.json")
    with pytest.raises(InputError, match=r"files [0-9a-f]{8} and [0-9a-f]{8}"):
        fl.leaderboard(results / "dis.json", results / "fewer.json")
    made = fl.leaderboard(*sorted(results.glob("*.json")), mixed=True, output=tmp_path / "board.md")
    assert [len(board.standings) for board in made.boards] == [4, 2, 1]
    text = (tmp_path / "board.md").read_text()
    assert "## folder, pervfi-davis480p-x2-v1" in text
    assert "Not as published: the data set is folder, not davis-480p" in text


def test_only_metrics_that_all_have_are_shown(results: Path, tmp_path: Path) -> None:
    fl.evaluate("blend", root=tmp_path / "set", factor=[2, 4], metrics=["ie"], output=results / "ie.json")
    (board,) = fl.leaderboard(results / "dis.json", results / "ie.json").boards
    assert [scale.name for scale in board.scales] == ["ie"]
    assert board.standings[0].model == "dis"  # the least error is the best
    fl.evaluate("blend", root=tmp_path / "set", factor=[2, 4], metrics=["ssim"], output=results / "ssim.json")
    with pytest.raises(InputError, match="no metric in common"):
        fl.leaderboard(results / "ie.json", results / "ssim.json")


def test_infinite_scores_are_shown(tmp_path: Path) -> None:
    for index in range(3):
        image_folder(tmp_path / "set" / "still", 1)
        (tmp_path / "set" / "still" / "00000.png").rename(tmp_path / "set" / "still" / f"still{index}.png")
    fl.evaluate("blend", root=tmp_path / "set", worst=1, output=tmp_path / "still.json")
    made = fl.leaderboard(tmp_path / "still.json", output=tmp_path / "board.html")
    assert "inf to inf" in made.boards[0].table
    assert (tmp_path / "board.html").read_text().count("<svg") == 2  # PSNR has no place on a chart


def test_bad_input_is_named(results: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one result"):
        fl.leaderboard()
    with pytest.raises(CannotOpen, match=r"none\.json does not exist"):
        fl.leaderboard(tmp_path / "none.json")
    for text, why in (("{", "not JSON"), ("[]", "not a result"), ('{"rows": []}', "measure again")):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(CannotOpen, match=why):
            fl.leaderboard(tmp_path / "bad.json")
    record = json.loads((results / "dis.json").read_text())
    for means in ([{"model": "dis"}], "none", []):
        (tmp_path / "bad.json").write_text(json.dumps(record | {"means": means}))
        with pytest.raises(CannotOpen, match="measure again"):
            fl.leaderboard(tmp_path / "bad.json")
    with pytest.raises(CannotWrite, match=r"\.md or \.html"):
        fl.leaderboard(results / "dis.json", output=tmp_path / "board.pdf")
    (tmp_path / "board.md").write_text("mine")
    with pytest.raises(OutputExists):
        fl.leaderboard(results / "dis.json", output=tmp_path / "board.md")


def test_names_on_the_page_are_text(results: Path, tmp_path: Path) -> None:
    record = json.loads((results / "dis.json").read_text())
    for row in (*record["rows"], *record["means"], *record["pictures"]):
        row["model"] = row["model"] and "<script>alert(1)</script>"
    (results / "evil.json").write_text(json.dumps(record))
    fl.leaderboard(results / "evil.json", output=tmp_path / "board.html")
    assert "<script" not in (tmp_path / "board.html").read_text()
