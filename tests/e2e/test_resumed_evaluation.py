"""An evaluation that was killed goes on where it was and ends as an undisturbed one."""

import json
import signal
from pathlib import Path

import pytest

import frameloom as fl
from commands import Command
from factories import image_folder
from processes import started, wait_until, workspace


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("hop", "run", "walk"):
        image_folder(tmp_path / "set" / name, 9)
    return tmp_path / "set"


def lines(output: Path) -> list[bytes]:
    path = workspace(output) / "journal"
    return path.read_bytes().splitlines() if path.exists() else []


def timeless(path: Path) -> dict:
    record = json.loads(path.read_text())
    for row in (*record["rows"], *record["means"]):
        row["cpu_seconds"] = row["cpu_seconds_per_megapixel"] = 0
    record.pop("table")  # shows seconds
    return record


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_evaluation_goes_on_and_ends_the_same(data: Path, tmp_path: Path, how: signal.Signals) -> None:
    words = ["evaluate", "slow", "blend", "--root", data, "--worst", 2, "--output"]
    undisturbed, output = tmp_path / "one" / "scores.json", tmp_path / "two" / "scores.json"
    process = started([*words, undisturbed])
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    process = started([*words, output], seconds=0.1)
    assert wait_until(lambda: len(lines(output)) >= 6, process)
    process.send_signal(how)
    _, err = process.communicate(timeout=30)
    assert process.returncode == (130 if how == signal.SIGINT else -9)
    if how == signal.SIGINT:
        assert err.strip() == "frameloom: interrupted; run the same command again to go on"
    assert not output.exists()
    finished = len(lines(output)) - 1
    process = started([*words, output])
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert f"going on; {finished} samples were finished" in err
    assert timeless(output) == timeless(undisturbed)
    assert sorted(entry.name for entry in output.parent.iterdir()) == ["scores-frames", "scores.json"]
    for picture in (undisturbed.parent / "scores-frames").iterdir():
        assert (output.parent / "scores-frames" / picture.name).read_bytes() == picture.read_bytes()


def test_what_was_finished_of_other_work_does_not_count(data: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.json"
    process = started(["evaluate", "slow", "--root", data, "--output", output], seconds=0.1)
    assert wait_until(lambda: len(lines(output)) >= 3, process)
    process.kill()
    process.communicate()
    process = started(["evaluate", "slow", "--root", data, "--metrics", "ie", "--output", output])
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "an unfinished run was found, but its metrics was other; starting afresh" in err
    assert json.loads(output.read_text())["metrics"] == ["ie"]


def test_finished_samples_are_not_measured_again(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from frameloom.benchmark import evaluate as scoring

    score, done = scoring.score_sample, []

    def failing(name: str, model: object, sample: object, *rest: object) -> object:
        if len(done) == 5:
            raise KeyboardInterrupt
        done.append(sample)
        return score(name, model, sample, *rest)

    monkeypatch.setattr(scoring, "score_sample", failing)
    with pytest.raises(KeyboardInterrupt):
        fl.evaluate("blend", root=data, output=tmp_path / "scores.json")
    assert len(lines(tmp_path / "scores.json")) == 1 + 5
    again: list = []
    monkeypatch.setattr(scoring, "score_sample", lambda *given: again.append(given[2]) or score(*given))
    result = fl.evaluate("blend", root=data, output=tmp_path / "scores.json")
    assert len(result.rows) == len({(row.sequence, row.frame) for row in result.rows}) == 12
    assert len(again) == 12 - 5
    assert not set(again) & set(done)


def test_two_runs_on_one_output_exclude_each_other(data: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "scores.json"
    process = started(["evaluate", "slow", "--root", data, "--output", output], seconds=0.1)
    assert wait_until(lambda: len(lines(output)) >= 2, process)
    line = frameloom("evaluate", "blend", "--root", data, "--output", output).refused()
    assert "is being made by another run" in line
    process.kill()
    process.communicate()


def test_a_torn_or_strange_line_of_the_journal_is_measured_again(data: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.json"
    process = started(["evaluate", "slow", "--root", data, "--output", output], seconds=0.1)
    assert wait_until(lambda: len(lines(output)) >= 4, process)
    process.kill()
    process.communicate()
    journal = workspace(output) / "journal"
    with journal.open("ab") as file:
        file.write(b'{"job": 7, "rows": [{"model": "slow"}]}\n{"job": 1000, "rows": []}\n{"job": 3, "ro')
    process = started(["evaluate", "slow", "--root", data, "--output", output])
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert len(json.loads(output.read_text())["rows"]) == 12


def test_worst_needs_a_json_file_and_keeps_older_pictures(data: Path, tmp_path: Path, frameloom: Command) -> None:
    words = ["evaluate", "blend", "--root", data, "--worst", 1]
    assert "--output" in frameloom(*words).refused()
    assert ".json" in frameloom(*words, "--output", tmp_path / "scores.md").refused()
    (tmp_path / "scores-frames").mkdir()
    (tmp_path / "scores-frames" / "holiday.jpg").write_bytes(b"mine")
    assert "exists" in frameloom(*words, "--output", tmp_path / "scores.json").refused()
    assert "holiday.jpg" in frameloom(*words, "--output", tmp_path / "scores.json", "--overwrite").refused()
    assert (tmp_path / "scores-frames" / "holiday.jpg").read_bytes() == b"mine"
    assert not (tmp_path / "scores.json").exists()
