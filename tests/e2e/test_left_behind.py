"""What an unfinished run left behind is used as far as it is whole; the rest is made again, whatever became of it."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import frameloom as fl
import readers
from commands import Command
from factories import clip
from frameloom import images
from frameloom.errors import CannotWrite, OutputExists
from frameloom.interpolation import render
from frameloom.media.writing.stored_packets import PacketWriter
from frameloom.media.writing.video_container import VideoContainer
from processes import workspace

FRAMES, SEGMENTS = 201, 3  # the last segment holds a single source frame
BLEND = ("--model", "blend")
NAMES = ("out.mkv", "out", "out.gif")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("film") / "film.mp4", FRAMES)


@pytest.fixture(scope="module")
def left(film: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By name: an output whose run was interrupted when all segments were finished."""
    folder = tmp_path_factory.mktemp("left")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "name_file", _interrupt)
        patch.setattr(render, "put_in_place", _interrupt)
        for name in NAMES:
            with pytest.raises(KeyboardInterrupt):
                fl.interpolate(film, folder / name, model="blend")
    return {name: folder / name for name in NAMES}


@pytest.fixture(scope="module")
def whole(film: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    for name in NAMES:
        fl.interpolate(film, folder / name, model="blend")
    return {name: content(folder / name) for name in NAMES}


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def content(path: Path) -> bytes:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return b"".join(file.read_bytes() for file in files)


def edit(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    def edited(folder: Path) -> object:
        journal = folder / "journal"
        return journal.write_bytes(change(journal.read_bytes()))

    return edited


def replaced(old: bytes, new: bytes) -> Callable[[Path], object]:
    return edit(lambda text: text.replace(old, new, 1))


def as_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


PACKETS = "000000.packets"
MISHAPS: dict[str, tuple[str, Callable[[Path], object], int]] = {
    "an entry is empty": ("out.mkv", edit(lambda text: text + b"{}\n"), SEGMENTS),
    "an entry is a list": ("out.mkv", edit(lambda text: text + b"[1]\n"), SEGMENTS),
    "an entry stands twice": ("out.mkv", edit(lambda text: text + text.splitlines(True)[1]), SEGMENTS),
    "a number is a word": ("out.mkv", replaced(b'"number": 0', b'"number": "x"'), SEGMENTS - 1),
    "a number is too large": ("out.mkv", replaced(b'"number": 0', b'"number": 99'), SEGMENTS - 1),
    "a number is negative": ("out.mkv", replaced(b'"number": 0', b'"number": -1'), SEGMENTS - 1),
    "a tally is a list": ("out.mkv", replaced(b'"tally": {', b'"tally": [], "was": {'), SEGMENTS - 1),
    "a tally holds a word": ("out.mkv", replaced(b'"damaged": 0', b'"damaged": "none"'), SEGMENTS - 1),
    "a delay is missing": ("out.mkv", replaced(b'"delay": ', b'"delays": '), SEGMENTS - 1),
    "a delay is null": ("out.mkv", replaced(b'"delay": ', b'"delay": null, "was": '), SEGMENTS - 1),
    "the work is another": ("out.mkv", edit(lambda text: b'{"other": 1}\n' + text), 0),
    "the journal is a folder": ("out.mkv", lambda folder: as_folder(folder / "journal"), 0),
    "packets are missing": ("out.mkv", lambda folder: (folder / PACKETS).unlink(), SEGMENTS - 1),
    "packets are empty after a power cut": ("out.mkv", lambda folder: os.truncate(folder / PACKETS, 0), SEGMENTS - 1),
    "packets are cut short": ("out.mkv", lambda folder: os.truncate(folder / PACKETS, 999), SEGMENTS - 1),
    "packets are a folder": ("out.mkv", lambda folder: as_folder(folder / PACKETS), SEGMENTS - 1),
    "an image is missing": ("out", lambda folder: (folder / "images" / "00003.png").unlink(), SEGMENTS - 1),
    "an image is empty": ("out.gif", lambda folder: os.truncate(folder / "images" / "00003.png", 0), SEGMENTS - 1),
    "images are missing": ("out", lambda folder: shutil.rmtree(folder / "images"), 0),
    "there is a strange image": ("out", lambda folder: (folder / "images" / "99999.png").write_bytes(b"x"), SEGMENTS),
    "there is one more in a GIF": ("out.gif", lambda folder: (folder / "images" / "99999.png").touch(), SEGMENTS),
}


@pytest.mark.parametrize("mishap", MISHAPS)
def test_what_is_left_is_used_as_far_as_it_is_whole(
    film: Path, left: dict[str, Path], whole: dict[str, bytes], tmp_path: Path, frameloom: Command, mishap: str
) -> None:
    name, happen, reused = MISHAPS[mishap]
    output = tmp_path / name
    shutil.copytree(workspace(left[name]), workspace(output))
    happen(workspace(output))
    made = json.loads(frameloom("interpolate", film, output, *BLEND, "--json").done().out)
    assert (made["segments"], made["segments_reused"]) == (SEGMENTS, reused)
    assert content(output) == whole[name]
    assert not readers.hidden_in(tmp_path)


def test_a_file_with_the_name_of_the_working_folder_is_named(film: Path, tmp_path: Path, frameloom: Command) -> None:
    output = tmp_path / "out.mkv"
    workspace(output).touch()
    assert f"{workspace(output)} is in the way" in frameloom("interpolate", film, output, *BLEND).refused()


def test_an_output_that_appears_meanwhile_is_kept_and_so_is_the_work(
    film: Path, left: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out.mkv"
    shutil.copytree(workspace(left["out.mkv"]), workspace(output))
    finish = VideoContainer.finish

    def finish_late(container: VideoContainer, end: int) -> None:
        finish(container, end)
        output.write_text("another's")

    monkeypatch.setattr(VideoContainer, "finish", finish_late)
    with pytest.raises(OutputExists, match="add --overwrite"):
        fl.interpolate(film, output, model="blend")
    assert output.read_text() == "another's"
    assert workspace(output).is_dir()


def _no_room(*_: object, **__: object) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


FULL: dict[str, tuple[str, object, str]] = {
    "packets": ("out.mkv", PacketWriter, "append"),
    "packets, when they are brought to the disk": ("out.mkv", os, "fsync"),
    "images": ("out", Path, "write_bytes"),
    "images of a GIF": ("out.gif", images, "write_image"),
    "the file that is put together": ("out.mkv", VideoContainer, "mux"),
    "the end of that file": ("out.mkv", VideoContainer, "finish"),
}


@pytest.mark.parametrize("where", FULL)
@pytest.mark.parametrize("segments", [0, 2])
def test_a_full_disk_ends_with_one_line_and_the_run_goes_on_when_there_is_room(
    film: Path, left: dict[str, Path], whole: dict[str, bytes], tmp_path: Path, frameloom: Command,
    monkeypatch: pytest.MonkeyPatch, where: str, segments: int,
) -> None:  # fmt: skip
    name, owner, function = FULL[where]
    output = tmp_path / name
    if segments:
        shutil.copytree(workspace(left[name]), workspace(output))
        edit(lambda text: b"".join(text.splitlines(True)[: 1 + segments]))(workspace(output))
    write = getattr(owner, function)

    def fail(target: Any, *rest: Any, **options: Any) -> Any:
        """The journal is small; it fits."""
        journal = isinstance(target, Path) and target.stem == "journal"
        return write(target, *rest, **options) if journal else _no_room()

    with monkeypatch.context() as patch:
        patch.setattr(owner, function, _no_room if owner is os else fail)
        refused = frameloom("interpolate", film, output, *BLEND, "--quiet").refused()
    assert refused.startswith(f"frameloom: {output} cannot be written: the disk is full; make room")
    assert not output.exists()
    made = json.loads(frameloom("interpolate", film, output, *BLEND, "--json").done().out)
    assert made["segments_reused"] >= segments
    assert content(output) == whole[name]
    assert not readers.hidden_in(tmp_path)


def test_a_disk_that_is_still_full_does_not_cost_what_was_finished(
    film: Path, left: dict[str, Path], tmp_path: Path, frameloom: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal that could not be written was an internal error, and took the finished segments with it."""
    output = tmp_path / "out.mkv"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", _no_room)
        assert "the disk is full" in frameloom("interpolate", film, output, *BLEND).refused()
        assert not workspace(output).exists()
        shutil.copytree(workspace(left["out.mkv"]), workspace(output))
        assert "the disk is full" in frameloom("interpolate", film, output, *BLEND).refused()
    made = json.loads(frameloom("interpolate", film, output, *BLEND, "--json").done().out)
    assert made["segments_reused"] == SEGMENTS


def test_a_working_image_that_cannot_be_written_is_told_as_the_output(tmp_path: Path) -> None:
    from frameloom.media.writing.target import told

    with pytest.raises(CannotWrite, match=r"film cannot be written: No such file"), told(Path("film")):
        images.write_image(tmp_path / "none" / "0.png", np.zeros((2, 2, 3), np.uint8))


@pytest.mark.parametrize(("on_error", "reused"), [("skip", SEGMENTS), ("stop", SEGMENTS - 1)])
def test_what_was_made_over_damage_counts_only_for_those_who_skip_it(
    film: Path, left: dict[str, Path], tmp_path: Path, on_error: str, reused: int
) -> None:
    output = tmp_path / "out.mkv"
    shutil.copytree(workspace(left["out.mkv"]), workspace(output))
    replaced(b'"damaged": 0', b'"damaged": 1')(workspace(output))
    made = fl.interpolate(film, output, model="blend", on_error=on_error)
    assert made.segments_reused == reused
    assert made.damaged == (on_error == "skip")
