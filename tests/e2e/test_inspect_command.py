"""`frameloom inspect`: the report, the table, the page; bad input; old results; times as they are in the file."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import frameloom as fl
import readers
from commands import Command
from factories import clip, image_folder, moving_square, noise, write_png
from frameloom.errors import DecodeError, InputError, OutputExists, RangeError
from frameloom.media.writing.workspace import Workspace
from frameloom.progress import listening
from frameloom.similarity.kept_judgements import BLOCK
from processes import workspace

NAMES = ["frames.csv", "index.html", "report.json"]
SIZE = (48, 64)


def lit(index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The moving square; frame 5 is darker."""
    image = moving_square(index, size)
    return np.rint(image * 0.8).astype(np.uint8) if index == 5 else image


def textured(index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    return noise(size, seed=index)


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    return clip(tmp_path / "walk & <run>.mp4", 12, size=SIZE, draw=lit)


def test_folder_holds_report_table_and_page(walk: Path, frameloom: Command, tmp_path: Path) -> None:
    said = frameloom("inspect", walk, tmp_path / "out").done()
    assert sorted(entry.name for entry in (tmp_path / "out").iterdir()) == NAMES
    assert readers.hidden_in(tmp_path) == []
    assert "12 frames inspected; flicker 1, tearing 0" in said.out
    assert "frame 5 at 0.200 s: flicker" in said.out
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [(one["frame"], one["time"], one["kind"]) for one in report["findings"]] == [(5, "1/5", "flicker")]
    assert report["counts"]["flicker"] == 1
    assert len(report["frames"]) == 12
    with (tmp_path / "out" / "frames.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["findings"] for row in rows] == ["flicker" if index == 5 else "" for index in range(12)]
    assert rows[3]["time"] == "3/25"
    assert rows[0]["to_previous"] == ""
    assert float(rows[5]["flicker"]) > 1


def test_page_shows_the_worst_frame_between_its_neighbours(walk: Path, tmp_path: Path) -> None:
    fl.inspect(walk, tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text()
    assert "walk &amp; &lt;run&gt;.mp4" in page
    assert "<run>" not in page
    assert "1 flickering frame found." in page
    assert "darker than its neighbours" in page
    assert page.count("data:image/jpeg") == 3
    assert "prefers-color-scheme: dark" in page
    assert page.count('class="mark') == 1
    for word in ("http://", "https://", "<script", 'src="/'):
        assert word not in page


def test_python_gives_the_same_without_writing(walk: Path, tmp_path: Path) -> None:
    seen = fl.inspect(walk, kinds=["flicker", "cut"], worst=3, size=64)
    assert seen.output is None
    assert seen.frames[5].flicker > 1 > seen.frames[4].flicker
    assert seen.counts == {"flicker": 1, "cut": 0}
    assert seen.worst[0].frame == 5
    assert seen.grid == (4, 4)
    assert list(tmp_path.iterdir()) == [walk]
    assert fl.inspect(walk, kinds=["jump"]).findings == ()


def test_another_encoder_and_a_folder_of_images(tmp_path: Path, frameloom: Command) -> None:
    seen = fl.inspect(image_folder(tmp_path / "frames", 5), encoder="color", fps=30)
    assert (seen.encoder, seen.rate, seen.frames[3].time) == ("color", 30, Fraction(1, 10))
    shown = json.loads(frameloom("inspect", tmp_path / "frames", "--json", "--image-size", "64").done().out)
    assert shown["frames"][4]["time"] == "2/5"


def test_times_of_a_variable_rate_are_exact(tmp_path: Path) -> None:
    stamps = [0, 40, 80, 200, 240, 333]
    path = clip(tmp_path / "vfr.mkv", 6, tick=Fraction(1, 1000), stamps=stamps)
    assert [frame.time for frame in fl.inspect(path).frames] == [Fraction(stamp, 1000) for stamp in stamps]


@pytest.mark.parametrize("count", [1, 2])
def test_the_shortest_clips_say_that_there_is_little_to_compare(tmp_path: Path, count: int) -> None:
    seen = fl.inspect(clip(tmp_path / "short.mp4", count), tmp_path / "out")
    assert len(seen.frames) == count
    assert "little to compare" in seen.notices[0]
    assert "Nothing wrong was found." in (tmp_path / "out" / "index.html").read_text()


def test_a_file_that_breaks_off_stops_or_is_told(tmp_path: Path) -> None:
    path = clip(tmp_path / "half.mkv", 60, draw=textured, tick=Fraction(1, 1000))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(DecodeError, match="breaks off"):
        fl.inspect(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert any("breaks off" in notice for notice in fl.inspect(path, on_error="skip").notices)


def test_a_damaged_frame_is_a_finding_and_no_duplicate(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "frames", 8)
    (folder / "00004.png").write_bytes(b"no picture")
    seen = fl.inspect(folder, on_error="skip")
    assert [(one.frame, one.kind) for one in seen.findings] == [(4, "damaged")]
    assert seen.frames[4].damaged


def test_old_results_stay_unless_told(walk: Path, frameloom: Command, tmp_path: Path) -> None:
    fl.inspect(walk, tmp_path / "out")
    before = (tmp_path / "out" / "report.json").read_bytes()
    with pytest.raises(OutputExists):
        fl.inspect(walk, tmp_path / "out")
    assert (tmp_path / "out" / "report.json").read_bytes() == before
    frameloom("inspect", walk, tmp_path / "out", "--overwrite").done()
    write_png(tmp_path / "other" / "photo.png", moving_square(0))
    assert "not a result" in frameloom("inspect", walk, tmp_path / "other", "--overwrite").refused()


def test_bad_options_are_told_in_one_line(walk: Path, frameloom: Command, tmp_path: Path) -> None:
    assert "does not exist" in frameloom("inspect", tmp_path / "none.mp4").refused()
    assert "no encoder" in frameloom("inspect", walk, "--encoder", "nothing").refused()
    assert "at least 16 pixels" in frameloom("inspect", walk, "--size", "3").refused()
    frameloom("inspect", walk, "--kinds", "wobble").refused()
    with pytest.raises(InputError, match="wobble"):
        fl.inspect(walk, kinds=["wobble"])  # type: ignore[list-item]
    with pytest.raises(RangeError, match="worst is -1"):
        fl.inspect(walk, worst=-1)


def flickering(index: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The moving square; frames 20, 49, 51 and 90 are darker."""
    image = moving_square(index % 8, size)
    return np.rint(image * 0.8).astype(np.uint8) if index in (20, 49, 51, 90) else image


def stopping_after(count: int) -> Callable[[Iterable[object], str, int | None, int], Iterator[object]]:
    """A listener to progress that presses Ctrl-C when so many frames were inspected."""

    def listener(items: Iterable[object], label: str, total: int | None, done: int) -> Iterator[object]:
        for index, item in enumerate(items):
            if label.startswith("inspecting") and index == count:
                raise KeyboardInterrupt
            yield item

    return listener


def test_an_interrupted_run_goes_on_and_says_the_same(tmp_path: Path) -> None:
    path = clip(tmp_path / "film.mp4", 110, size=SIZE, draw=flickering)
    undisturbed = fl.inspect(path, tmp_path / "undisturbed")
    with pytest.raises(KeyboardInterrupt) as stopped, listening(stopping_after(60), None):  # type: ignore[arg-type]
        fl.inspect(path, tmp_path / "out")
    assert "run the same command again to go on" in str(stopped.value.__notes__)
    assert not (tmp_path / "out").exists()
    seen = fl.inspect(path, tmp_path / "out")
    assert (seen.frames_reused, undisturbed.frames_reused) == (BLOCK, 0)
    assert "going on; 50 of 110 frames" in seen.notices[0]
    assert {one.frame for one in seen.findings} >= {20, 49, 51, 90}
    assert (seen.frames, seen.findings, seen.worst) == (undisturbed.frames, undisturbed.findings, undisturbed.worst)
    assert (tmp_path / "out" / "frames.csv").read_bytes() == (tmp_path / "undisturbed" / "frames.csv").read_bytes()
    pages = [(tmp_path / name / "index.html").read_text() for name in ("out", "undisturbed")]
    assert pages[0].count("data:image/jpeg") == pages[1].count("data:image/jpeg") == 3 * len(seen.worst)
    assert readers.hidden_in(tmp_path) == []


def test_a_run_that_finds_another_ones_frames_starts_afresh(tmp_path: Path) -> None:
    path = clip(tmp_path / "film.mp4", 70, size=SIZE, draw=flickering)
    with pytest.raises(KeyboardInterrupt), listening(stopping_after(60), None):  # type: ignore[arg-type]
        fl.inspect(path, tmp_path / "out")
    assert workspace(tmp_path / "out").exists()
    seen = fl.inspect(path, tmp_path / "out", encoder="color")
    assert seen.frames_reused == 0
    assert "(model) changed since; starting afresh" in seen.notices[0]


def test_two_runs_cannot_make_one_folder(walk: Path, frameloom: Command, tmp_path: Path) -> None:
    with Workspace(tmp_path / "out"):
        assert "is being made by another run" in frameloom("inspect", walk, tmp_path / "out").refused()
