"""`frameloom selftest`: the report, the page, bad input, going on after a kill."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import frameloom as fl
import readers
from commands import Command
from conftest import REAL_CLIPS
from factories import clip, image_folder, moving_square, noise, write_png
from frameloom.counting import counted
from frameloom.errors import InputError, ModelError, NoFrames, OutputExists, RangeError, ShapeError, UnknownModel
from processes import started, wait_until, workspace

NAMES = ["index.html", "report.json"]


def shone_on(index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The moving square; frame 9 is brighter, and a new shot begins with frame 14."""
    if index >= 14:
        return 255 - moving_square(index, size, step=1)[::-1]
    image = moving_square(index, size, step=1)
    return np.clip(image * 1.3, 0, 255).astype(np.uint8) if index == 9 else image


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    return clip(tmp_path / "walk & <run>.mp4", 22, draw=shone_on, options={"crf": "12"})


def test_folder_holds_report_and_page(walk: Path, frameloom: Command, tmp_path: Path) -> None:
    said = frameloom("selftest", walk, tmp_path / "out").done().out
    assert sorted(entry.name for entry in (tmp_path / "out").iterdir()) == NAMES
    assert readers.hidden_in(tmp_path) == []
    assert "frames left out and restored by 3 models" in said
    assert "fails at" in said
    assert "frame 9 at 0.360 s: flicker, frame 9: " in said
    assert "not tested: 2 frames (cut 2)" in said
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {one["model"] for one in report["candidates"]} == {"blend", "dis", "nearest"}
    assert report["metrics"] == ["psnr", "ssim"]
    assert report["verdict"] in said
    assert [one["frame"] for one in report["exclusions"]] == [13, 14]
    assert {frame["frame"] for frame in report["frames"]} == {*range(1, 13), *range(15, 21)}
    assert report["environment"]["frameloom"]
    first = report["candidates"][0]
    assert first["predicted"]["psnr"]["low"] < first["predicted"]["psnr"]["value"] < first["predicted"]["psnr"]["high"]
    values = [frame["values"][first["model"]]["psnr"] for frame in report["frames"] if frame["ranked"]]
    assert first["values"]["psnr"] == pytest.approx(np.mean(values))


def test_page_shows_ranking_reasons_and_the_worst_frames(walk: Path, tmp_path: Path) -> None:
    result = fl.selftest(walk, tmp_path / "out", models=["dis", "blend"], worst=2)
    page = (tmp_path / "out" / "index.html").read_text()
    assert "walk &amp; &lt;run&gt;.mp4, tested" in page
    assert "<run>" not in page
    assert page.count("<img ") == 6
    assert page.count('<article class="still"') == 2
    assert "Truth" in page
    assert f"Restored by {result.candidates[0].model}" in page
    assert "<strong>flicker</strong>: frame 9: " in page
    assert page.count('class="shot"') == 3  # two frames beside the cut, and the legend
    assert "a new shot begins with frame 14" in page
    assert "http" not in page.replace("http-equiv", "")


def test_without_output_nothing_is_written(walk: Path, tmp_path: Path) -> None:
    result = fl.selftest(walk, models=["nearest"], metrics=["ie"], samples=3)
    assert result.output is None
    assert list(tmp_path.iterdir()) == [walk]
    assert result.metrics == ("ie", "psnr")
    assert len(result.ranked) == 3
    assert (result.ahead, result.sure) == (None, False)
    assert result.verdict.startswith("nearest restores this clip at ")


def test_images_have_the_rate_that_is_given(tmp_path: Path) -> None:
    result = fl.selftest(image_folder(tmp_path / "set", 6), models=["blend"], fps=25)
    assert result.rate == 25
    assert result.frames[0].time * 25 == result.frames[0].frame


def test_json_is_the_report(walk: Path, frameloom: Command) -> None:
    printed = json.loads(frameloom("selftest", walk, "--models", "blend", "--samples", 4, "--json").done().out)
    assert len([frame for frame in printed["frames"] if frame["ranked"]]) == 4


def still(index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    return noise(size, seed=2)


def two_shots(index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    image = moving_square(index, size, step=1)
    return image if index < 2 else 255 - noise(size, seed=3) // 2


def test_clips_that_say_nothing_are_refused_with_the_reason(tmp_path: Path, frameloom: Command) -> None:
    for count in (1, 2):
        short = clip(tmp_path / f"{count}.mp4", count)
        assert f"has {counted(count, 'frame')}; at least three are needed" in frameloom("selftest", short).refused()
    with pytest.raises(NoFrames):
        fl.selftest(tmp_path / "2.mp4")
    line = frameloom("selftest", clip(tmp_path / "still.mp4", 12, draw=still), tmp_path / "out").refused()
    assert "nothing changes in it, so there is nothing to restore" in line
    with pytest.raises(InputError, match="no three frames in a row of one shot"):
        fl.selftest(clip(tmp_path / "cuts.mp4", 4, draw=two_shots))
    text = tmp_path / "words.mp4"
    text.write_text("no film")
    assert "words.mp4" in frameloom("selftest", text).refused()
    assert "missing.mp4 does not exist" in frameloom("selftest", tmp_path / "missing.mp4").refused()
    assert not (tmp_path / "out").exists()
    assert readers.hidden_in(tmp_path) == []


def test_images_of_two_sizes_are_refused(tmp_path: Path, frameloom: Command) -> None:
    image_folder(tmp_path / "set", 5)
    write_png(tmp_path / "set" / "00003.png", moving_square(3, (40, 64)))
    line = frameloom("selftest", tmp_path / "set", tmp_path / "out").refused()
    assert "00003.png is 64x40 but 00000.png is 64x48" in line
    with pytest.raises(ShapeError):
        fl.selftest(tmp_path / "set")
    assert not (tmp_path / "out").exists()


def test_models_and_numbers_that_cannot_be_are_refused(walk: Path, tmp_path: Path, frameloom: Command) -> None:
    line = frameloom("selftest", walk, "--models", "dis", "rife.dr", "--checkpoint", tmp_path).refused()
    assert "rife.dr" in line
    with pytest.raises(ModelError):
        fl.selftest(walk, models=["rife.dr"], checkpoint=tmp_path)
    with pytest.raises(UnknownModel):
        fl.selftest(walk, models=["bland"])
    for wrong in ({"samples": 0}, {"worst": -1}, {"seed": -1}):
        with pytest.raises(RangeError):
            fl.selftest(walk, **wrong)
    assert "lpips" in frameloom("selftest", walk, "--metrics", "lpips").refused()


def test_an_earlier_test_stays_unless_it_may_be_replaced(walk: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    fl.selftest(walk, out, models=["blend"], samples=2)
    before = (out / "report.json").read_bytes()
    with pytest.raises(OutputExists):
        fl.selftest(walk, out, models=["blend"], samples=2)
    assert (out / "report.json").read_bytes() == before
    fl.selftest(walk, out, models=["nearest"], samples=2, overwrite=True)
    assert json.loads((out / "report.json").read_text())["candidates"][0]["model"] == "nearest"


def lines(output: Path) -> list[bytes]:
    path = workspace(output) / "journal"
    return path.read_bytes().splitlines() if path.exists() else []


def timeless(output: Path) -> dict:
    report = json.loads((output / "report.json").read_text())
    for one in report["candidates"]:
        one["cpu_seconds"] = one["wall_seconds"] = one["speed_rank"] = 0
    return report | {"seconds": 0, "output": ""}


def test_a_killed_test_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    film = clip(tmp_path / "film.mp4", 16)
    undisturbed, output = tmp_path / "one", tmp_path / "two"

    def words(folder: Path) -> list[object]:
        return ["selftest", film, folder, "--models", "slow", "nearest"]

    process = started(words(undisturbed))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    process = started(words(output), seconds=0.1)
    assert wait_until(lambda: len(lines(output)) >= 5, process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert not output.exists()
    finished = len(lines(output)) - 1
    with (workspace(output) / "journal").open("ab") as file:  # a strange line and a torn one
        file.write(b'{"frame": 3, "moment": 0.5, "attempts": {"slow": {"values": 5}}}\n{"frame": 11, "mom')
    process = started(words(output))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert f"going on; {finished + 1} samples were finished" in err
    assert timeless(output) == timeless(undisturbed)
    assert readers.hidden_in(tmp_path) == []


def test_finished_frames_are_not_restored_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from frameloom.benchmark.self_test import trial

    film, output = clip(tmp_path / "film.mp4", 12), tmp_path / "out"
    attempt, done = trial.attempt, []

    def failing(model: object, window: object, *rest: object) -> object:
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(window.index)
        return attempt(model, window, *rest)

    monkeypatch.setattr(trial, "attempt", failing)
    with pytest.raises(KeyboardInterrupt):
        fl.selftest(film, output, models=["blend"])
    again: list[int] = []
    monkeypatch.setattr(trial, "attempt", lambda *given: again.append(given[1].index) or attempt(*given))
    result = fl.selftest(film, output, models=["blend"])
    assert sorted([*done, *again]) == [frame.frame for frame in result.frames]
    assert len(set(done) & set(again)) == 0


def test_two_runs_on_one_output_exclude_each_other(tmp_path: Path, frameloom: Command) -> None:
    film, output = clip(tmp_path / "film.mp4", 16), tmp_path / "out"
    process = started(["selftest", film, output, "--models", "slow"], seconds=0.1)
    assert wait_until(lambda: len(lines(output)) >= 2, process)
    assert "is being made by another run" in frameloom("selftest", film, output, "--models", "blend").refused()
    process.kill()
    process.communicate()


@pytest.mark.real
@pytest.mark.slow
def test_real_cuts_are_left_out_and_motion_is_better_than_none() -> None:
    result = fl.selftest(REAL_CLIPS / "bikes.mp4", samples=12, metrics=["psnr"])
    assert {30, 137, 242} <= {one.frame for one in result.exclusions if one.kind == "cut"}
    assert [one.model for one in result.candidates] == ["dis", "blend", "nearest"]
    assert result.sure
