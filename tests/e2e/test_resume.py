"""A run that is killed, interrupted or refused goes on where it was, and ends with the same bytes."""

import hashlib
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import frameloom as fl
import readers
from commands import Command
from factories import Sound, clip, image_folder, moving_square, write_png
from frameloom.catalog import Catalog
from frameloom.models.zoo import CARDS
from processes import started, wait_until, workspace

FRAMES, SEGMENTS = 360, 4  # at 25 frames a second; doubled, 200 output frames make a segment


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """14.4 seconds with sound, a key frame now and then."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return clip(path, FRAMES, sounds=[Sound(14.4)])


@pytest.fixture(scope="module")
def undisturbed(film: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Hash of what comes out of a run without interruption, by suffix."""
    folder = tmp_path_factory.mktemp("undisturbed")
    hashes = {}
    for suffix in (".mp4", ".mkv", ".gif"):
        fl.interpolate(film, folder / f"out{suffix}", model="blend")
        hashes[suffix] = digest(folder / f"out{suffix}")
    fl.interpolate(film, folder / "out", model="blend")
    return hashes | {"": digest(folder / "out")}


def digest(path: Path) -> str:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def packet_files(output: Path) -> int:
    return len(list(workspace(output).glob("*.packets")))


def lines(output: Path) -> int:
    journal = workspace(output) / "journal"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def planning(output: Path) -> bool:
    return workspace(output).exists()


def first_segment(output: Path) -> bool:
    return any(workspace(output).glob("*.part"))


def after(count: int) -> Callable[[Path], bool]:
    return lambda output: lines(output) > count


def joining(output: Path) -> bool:
    return any(workspace(output).glob("joined.*"))


@pytest.fixture(autouse=True)
def _slow_model_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """To these tests alone: a self-test without options tries whatever has no weights."""
    slow = fl.ModelCard(name="slow", role="interpolator", build="slow_model:Slow")
    monkeypatch.setattr("frameloom.verbs.load.catalog", Catalog([*CARDS, slow]))


POINTS = {"planning": planning, "first segment": first_segment, "middle": after(2), "joining": joining}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    film: Path, undisturbed: dict[str, str], tmp_path: Path, frameloom: Command, suffix: str, point: str
) -> None:
    output = tmp_path / f"out{suffix}"
    process = started(["interpolate", film, output, "--model", "slow"])
    assert wait_until(lambda: POINTS[point](output), process), "it was too fast to be killed there"
    process.kill()
    process.communicate()
    assert not output.exists()
    finished = max(0, lines(output) - 1)
    said = frameloom("interpolate", film, output, "--model", "slow", "--json").done()
    made = json.loads(said.out)
    assert made["segments"] == SEGMENTS
    assert made["segments_reused"] == finished
    assert finished >= {"planning": 0, "first segment": 0, "middle": 2, "joining": SEGMENTS}[point]
    if finished:
        assert f"going on; {finished} of {SEGMENTS} segments" in said.err
    assert digest(output) == undisturbed[suffix]
    assert not readers.hidden_in(tmp_path)


@pytest.mark.parametrize("name", ["out.gif", "out"])
def test_images_and_animations_go_on_too(
    film: Path, undisturbed: dict[str, str], tmp_path: Path, frameloom: Command, name: str
) -> None:
    output = tmp_path / name
    process = started(["interpolate", film, output, "--model", "slow"])
    assert wait_until(lambda: lines(output) > 2, process)
    process.kill()
    process.communicate()
    made = json.loads(frameloom("interpolate", film, output, "--model", "slow", "--json").done().out)
    assert made["segments_reused"] >= 2
    assert made["frames_written"] == 2 * FRAMES
    assert digest(output) == undisturbed[output.suffix]
    assert not readers.hidden_in(tmp_path)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_run_says_how_to_go_on(
    film: Path, undisturbed: dict[str, str], tmp_path: Path, frameloom: Command, stop: signal.Signals, workers: int
) -> None:
    output = tmp_path / "out.mkv"
    process = started(["interpolate", film, output, "--model", "slow", "--workers", workers])
    assert wait_until(lambda: lines(output) > 1, process)
    process.send_signal(stop)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "frameloom: interrupted; run the same command again to go on\n"
    assert not output.exists()
    made = json.loads(frameloom("interpolate", film, output, "--model", "slow", "--json").done().out)
    assert made["segments_reused"] >= 1
    assert digest(output) == undisturbed[".mkv"]
    assert not readers.hidden_in(tmp_path)


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", pytest.param("out.gif", marks=pytest.mark.slow), "out"])
def test_two_workers_make_the_same_bytes_as_one(
    film: Path, undisturbed: dict[str, str], tmp_path: Path, name: str
) -> None:
    made = fl.interpolate(film, tmp_path / name, model="blend", workers=2)
    assert (made.segments, made.frames_read, made.frames_written) == (SEGMENTS, FRAMES, 2 * FRAMES)
    assert digest(tmp_path / name) == undisturbed[Path(name).suffix]


def test_workers_killed_with_their_parent_do_not_stay(film: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mkv"
    process = started(["interpolate", film, output, "--model", "slow", "--workers", "2"], seconds=0.05)
    assert wait_until(lambda: len(list(workspace(output).glob("*.part"))) == 2, process)
    process.kill()
    process.communicate()
    working = {file: file.stat().st_size for file in workspace(output).glob("*.part")}
    time.sleep(1.5)
    assert {file: file.stat().st_size for file in workspace(output).glob("*.part")} == working


CHANGES: dict[str, tuple[list[str], str]] = {
    "model": (["--model", "dis"], "the model"),
    "pace": (["--factor", "3"], "an option"),
    "quality": (["--crf", "30"], "an option"),
    "cuts": (["--cuts", "off"], "an option"),
}


@pytest.fixture
def unfinished(film: Path, tmp_path: Path) -> Path:
    """An output whose run was killed after its first segment."""
    output = tmp_path / "out.mkv"
    process = started(["interpolate", film, output, "--model", "slow"])
    assert wait_until(lambda: lines(output) > 1, process)
    process.kill()
    process.communicate()
    return output


@pytest.mark.parametrize("change", CHANGES)
def test_another_option_or_model_starts_afresh_and_says_so(
    film: Path, unfinished: Path, frameloom: Command, change: str
) -> None:
    words, what = CHANGES[change]
    given = ["interpolate", film, unfinished, "--model", "slow", *words]
    said = frameloom(*(given if change != "model" else [*given[:3], *words]), "--json").done()
    assert f"an unfinished run was found, but {what} changed since; starting afresh" in said.err
    assert json.loads(said.out)["segments_reused"] == 0


def test_another_input_of_the_same_name_starts_afresh(unfinished: Path, tmp_path: Path, frameloom: Command) -> None:
    other = clip(tmp_path / "film.mp4", 20)
    said = frameloom("interpolate", other, unfinished, "--model", "slow", "--json").done()
    assert "but the input changed since; starting afresh" in said.err
    assert json.loads(said.out)["frames_written"] == 40


def test_two_runs_on_one_output_exclude_each_other(film: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out.mp4"
    process = started(["interpolate", film, output, "--model", "slow"], seconds=0.05)
    assert wait_until(lambda: first_segment(output), process)
    refused = frameloom("interpolate", film, output, "--model", "slow").refused()
    assert refused == f"frameloom: {output} is being made by another run; wait for it, or choose another name"
    assert first_segment(output), "the other run is not disturbed"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert list(tmp_path.iterdir()) == [], "nothing was finished, so there is nothing to keep"


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs POSIX limits")
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_file_that_may_not_grow_ends_with_one_line_and_can_go_on(
    film: Path, undisturbed: dict[str, str], tmp_path: Path, frameloom: Command, suffix: str
) -> None:
    import resource

    output = tmp_path / f"out{suffix}"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    fl.interpolate(film, tmp_path / f"whole{suffix}", model="blend")
    whole = (tmp_path / f"whole{suffix}").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (whole - 5000, before[1]))
    try:
        refused = frameloom("interpolate", film, output, "--model", "slow").refused()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "files may not become that large here" in refused
    assert refused.endswith("run the same command again to go on")
    assert not output.exists()
    made = json.loads(frameloom("interpolate", film, output, "--model", "slow", "--json").done().out)
    assert made["segments_reused"] == SEGMENTS
    assert digest(output) == undisturbed[suffix]


def test_images_of_a_folder_count_as_an_input(tmp_path: Path, frameloom: Command) -> None:
    folder = image_folder(tmp_path / "in", 300)
    output = tmp_path / "out.mkv"
    process = started(["interpolate", folder, output, "--model", "slow", "--num", "1", "--fps", "25"])
    assert wait_until(lambda: lines(output) > 1, process)
    process.kill()
    process.communicate()
    write_png(folder / "00300.png", moving_square(300))
    said = frameloom("interpolate", folder, output, "--model", "slow", "--num", "1", "--fps", "25", "--json").done()
    assert "but the input changed since" in said.err
    assert json.loads(said.out)["frames_written"] == 601
