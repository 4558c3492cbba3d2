"""Ctrl-C and SIGTERM end a run tidily: exit code 130, one line, nothing left; an old output stays."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from factories import clip
from processes import started, wait_until, workspace


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A single segment of work."""
    return clip(tmp_path_factory.mktemp("long") / "in.mp4", 60, size=(180, 320))


def wait_for_work(output: Path, process: subprocess.Popen[str]) -> None:
    """Until frames are being written."""
    folder = workspace(output)
    assert wait_until(lambda: any([*folder.glob("*.part"), *folder.glob("images/*")]), process)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("output", ["out.mp4", "out.gif", "out"])
def test_a_run_interrupted_before_anything_is_finished_leaves_nothing(
    long_clip: Path, tmp_path: Path, output: str, stop: signal.Signals
) -> None:
    process = started(["interpolate", long_clip, tmp_path / output, "--model", "slow"], seconds=0.1)
    wait_for_work(tmp_path / output, process)
    process.send_signal(stop)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert err.strip().splitlines() == ["frameloom: interrupted; nothing was left under the final name"]
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_overwrite_leaves_the_old_output(long_clip: Path, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_text("old")
    process = started(["interpolate", long_clip, tmp_path / "out.mp4", "--model", "slow", "--overwrite"], seconds=0.1)
    wait_for_work(tmp_path / "out.mp4", process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert (tmp_path / "out.mp4").read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.mp4"]


@pytest.mark.parametrize("pause", [0.0, 0.002, 0.02])
def test_impatient_interrupts_are_as_tidy_as_one(long_clip: Path, tmp_path: Path, pause: float) -> None:
    """A second Ctrl-C during the clean-up closed the file under the encoder: a segmentation fault."""
    process = started(["interpolate", long_clip, tmp_path / "out.mp4", "--model", "slow"], seconds=0.1)
    wait_for_work(tmp_path / "out.mp4", process)
    time.sleep(0.3)
    for _ in range(4):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        time.sleep(pause)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`frameloom doctor | head -1`"""
    process = started(["doctor"])
    process.stdout.close()
    process.wait(timeout=60)
    assert process.returncode == 0
    assert process.stderr.read() == ""
    process.stderr.close()


IMPATIENT = """
import sys
from frameloom.cli import app, reporting
reporting._PATIENCE = 0.05
sys.exit(app.main(sys.argv[1:]))
"""


def test_progress_is_shown_on_a_terminal(tmp_path: Path, long_clip: Path) -> None:
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    words = [sys.executable, "-c", IMPATIENT, "interpolate", str(long_clip), str(tmp_path / "out.mp4")]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=follower, env=environment)
    os.close(follower)
    shown = b""
    with suppress(OSError):  # the other end is closed
        while chunk := os.read(leader, 4096):
            shown += chunk
    os.close(leader)
    assert process.wait(timeout=60) == 0
    assert b"in.mp4" in shown, "what is being worked on"
    assert b"left" in shown, "and the time left"


def test_progress_is_silent_when_piped(tmp_path: Path, long_clip: Path) -> None:
    words = [sys.executable, "-c", IMPATIENT, "interpolate", str(long_clip), str(tmp_path / "out.mp4")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
