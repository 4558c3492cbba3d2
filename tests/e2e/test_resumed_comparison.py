"""A comparison of many pairs that was interrupted or killed goes on and ends as an undisturbed one."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import frameloom as fl
from commands import Command
from factories import moving_square, write_png
from frameloom.progress import listening
from frameloom.results.comparing import Comparisons
from frameloom.similarity import kept_pairs, pairs
from processes import workspace

PAIRS, FINISHED = 4, 2
SIZE = 64


@pytest.fixture(autouse=True)
def each_pair_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_pairs, "EVERY", 0)


@pytest.fixture
def listed(tmp_path: Path) -> list[dict[str, str]]:
    """Each image with the next; the last pair has a file that is not there."""
    images = [write_png(tmp_path / f"{index}.png", moving_square(index, (48, 64), 5)) for index in range(PAIRS)]
    images.append(tmp_path / "none.png")
    return [{"image_a": str(images[at]), "image_b": str(images[at + 1]), "label": f"{at} on"} for at in range(PAIRS)]


def compared(listed: list[dict[str, str]], output: Path, **how: Any) -> Comparisons:
    return fl.compare_pairs(listed, output, **({"size": SIZE, "visualize": True} | how))


def two_pairs(items: Iterable[object], *_: object) -> Iterator[object]:
    """Hear of the progress and interrupt it."""
    yield from islice(items, FINISHED)
    raise KeyboardInterrupt


def nothing_done(items: Iterable[object], label: str, total: int | None, done: int) -> Iterator[object]:
    """Look at what was done before, and interrupt."""
    assert done == 0
    raise KeyboardInterrupt


@pytest.fixture
def interrupted(listed: list[dict[str, str]], tmp_path: Path) -> Path:
    """An output whose run ended after two of four pairs."""
    with pytest.raises(KeyboardInterrupt) as stopped, listening(two_pairs, None):
        compared(listed, tmp_path / "out")
    assert stopped.value.__notes__ == ["run the same command again to go on"]
    assert not (tmp_path / "out").exists()
    return tmp_path / "out"


def files(folder: Path) -> dict[str, bytes]:
    """All but what names the folder or tells the time."""
    own = ("results.json", "summary.json")
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.*") if file.name not in own}


def told(folder: Path) -> dict[str, Any]:
    """The JSON files, without what names the folder, tells the time or how much was done before."""
    found = {str(file.relative_to(folder)): json.loads(file.read_text()) for file in folder.rglob("*.json")}
    for one in [*found.values(), *found["results.json"]["pairs"]]:
        for name in ("output", "seconds", "images", "pairs_reused"):
            one.pop(name, None)
    return found


def test_an_interrupted_comparison_goes_on_and_ends_the_same(
    listed: list[dict[str, str]], interrupted: Path, tmp_path: Path
) -> None:
    resumed, whole = compared(listed, interrupted), compared(listed, tmp_path / "whole")
    assert (resumed.pairs_reused, whole.pairs_reused) == (FINISHED, 0)
    assert (resumed.images, whole.images) == (2, PAIRS)
    assert list(resumed.failures) == ["3 on"]
    assert resumed.pairs[0].output == interrupted / "0-on"
    assert resumed.pairs[0].grid_a == whole.pairs[0].grid_a
    assert len(files(interrupted)) == 1 + 7 * (PAIRS - 1)
    assert files(interrupted) == files(tmp_path / "whole")
    assert told(interrupted) == told(tmp_path / "whole")
    assert not workspace(interrupted).exists()


def test_the_user_is_told_that_it_goes_on(
    frameloom: Command, listed: list[dict[str, str]], interrupted: Path, tmp_path: Path
) -> None:
    (tmp_path / "pairs.json").write_text(json.dumps(listed))
    words = ("compare", "--config", tmp_path / "pairs.json", interrupted, "--size", SIZE, "--visualize")
    said = frameloom(*words)
    assert f"{interrupted}: going on; 2 of 4 pairs were compared" in said.err
    assert "3 of 4 pairs compared by hog, 2 images encoded" in said.out + said.err
    assert "--overwrite" in frameloom(*words).refused()


def test_nothing_is_left_where_no_pair_was_finished(listed: list[dict[str, str]], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), listening(nothing_done, None):
        compared(listed, tmp_path / "out")
    assert not workspace(tmp_path / "out").exists()


_KILLED = """
import json, os, signal, sys
import frameloom as fl
from frameloom.similarity import kept_pairs, pairs

kept_pairs.EVERY = 0
compare, done = pairs.compare_encoded, []

def compare_two(*words):
    done.append(words)
    if len(done) > 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return compare(*words)

pairs.compare_encoded = compare_two
fl.compare_pairs(json.loads(sys.argv[1]), sys.argv[2], size=64)
"""


def test_pairs_of_less_than_a_second_are_not_written_down(
    listed: list[dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its story: a line on the disk for each pair took longer than comparing it, where images are shared."""
    monkeypatch.setattr(kept_pairs, "EVERY", 1000)
    with pytest.raises(KeyboardInterrupt), listening(two_pairs, None):
        compared(listed, tmp_path / "out")
    assert not workspace(tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_killed_comparison_goes_on(listed: list[dict[str, str]], tmp_path: Path) -> None:
    output = tmp_path / "out"
    ended = subprocess.run([sys.executable, "-c", _KILLED, json.dumps(listed), str(output)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not output.exists()
    assert compared(listed, output, visualize=False).pairs_reused == FINISHED


@pytest.mark.parametrize(
    "how",
    [{"size": 96}, {"keep_aspect": True}, {"visualize": False}, {"scale": "relative"}, {"arrow_stride": 2},
     {"pca": False}, {"encoder": "color"}],
    ids=lambda how: next(iter(how)),
)  # fmt: skip
def test_other_work_does_not_use_what_was_left(
    listed: list[dict[str, str]], interrupted: Path, how: dict[str, Any]
) -> None:
    changed = "the encoder" if "encoder" in how else "an option"
    notices: list[str] = []
    with pytest.raises(KeyboardInterrupt), listening(nothing_done, notices.append):
        compared(listed, interrupted, **how)
    assert notices == [f"{interrupted}: an unfinished run was found, but {changed} changed since; starting afresh"]


def test_another_version_does_not_use_what_was_left(
    listed: list[dict[str, str]], interrupted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "version", lambda name: f"{name} 0")
    with pytest.raises(KeyboardInterrupt), listening(nothing_done, None):
        compared(listed, interrupted)


def test_a_pair_of_a_changed_image_is_compared_again(
    listed: list[dict[str, str]], interrupted: Path, tmp_path: Path
) -> None:
    write_png(tmp_path / "0.png", moving_square(9, (48, 64), 5))
    resumed = compared(listed, interrupted)
    assert resumed.pairs_reused == FINISHED - 1
    compared(listed, tmp_path / "whole")
    assert files(interrupted) == files(tmp_path / "whole")
    assert told(interrupted) == told(tmp_path / "whole")


def test_a_touched_image_counts_as_changed(listed: list[dict[str, str]], interrupted: Path, tmp_path: Path) -> None:
    state = (tmp_path / "1.png").stat()
    os.utime(tmp_path / "1.png", ns=(state.st_atime_ns, state.st_mtime_ns + 1_000_000))
    assert compared(listed, interrupted).pairs_reused == FINISHED - 2


def test_pictures_that_a_power_cut_took_are_made_again(listed: list[dict[str, str]], interrupted: Path) -> None:
    left = workspace(interrupted) / "result"
    os.truncate(left / "1-on" / "comparison.png", 0)
    assert compared(listed, interrupted).pairs_reused == FINISHED - 1
    assert (interrupted / "1-on" / "comparison.png").stat().st_size > 0


def test_pairs_may_come_and_change_places(listed: list[dict[str, str]], interrupted: Path) -> None:
    """A folder whose pair has another label now does not count: its summary tells the label."""
    renamed = {**listed[0], "label": "0, on"}  # has the folder 0-on, too
    resumed = compared([listed[2], listed[1], renamed], interrupted)
    assert resumed.pairs_reused == 1
    assert [pair.label for pair in resumed.pairs] == ["2 on", "1 on", "0, on"]
    assert json.loads((interrupted / "0-on" / "summary.json").read_text())["label"] == "0, on"


def test_a_pair_that_is_gone_leaves_nothing(listed: list[dict[str, str]], interrupted: Path) -> None:
    assert compared(listed[1:2], interrupted).pairs_reused == 1
    assert {entry.name for entry in interrupted.iterdir()} == {"results.json", "results.csv", "1-on"}


def test_a_pair_that_failed_is_tried_again(listed: list[dict[str, str]], tmp_path: Path) -> None:
    listed.insert(0, listed.pop())
    with pytest.raises(KeyboardInterrupt), listening(two_pairs, None):
        compared(listed, tmp_path / "out")
    write_png(tmp_path / "none.png", moving_square(7, (48, 64), 5))
    resumed = compared(listed, tmp_path / "out")
    assert (resumed.pairs_reused, resumed.failures) == (1, {})
    assert resumed.pairs[0].label == "3 on"
