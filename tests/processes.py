"""Run the command line in a process of its own, to stop it at a chosen point and look at what it leaves."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

# `--model slow` is known, and joining takes long enough to be met
_SCRIPT = """
import sys, time
import frameloom
from frameloom.cli import app
from frameloom.media.writing.video_container import VideoContainer

frameloom.register(frameloom.ModelCard(name="slow", role="interpolator", build="slow_model:Slow"))
mux = VideoContainer.mux
VideoContainer.mux = lambda self, packet: (time.sleep(0.0005), mux(self, packet))[1]
app.run()
"""


def started(words: list[object], *, seconds: float = 0.002, script: str = _SCRIPT) -> subprocess.Popen[str]:
    """Begin `frameloom` with these words; the model `slow` takes so many seconds per frame.

    `script` is what runs the command line, in place of one that knows that model.
    """
    paths = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths, "SLOW_SECONDS": str(seconds)}
    command = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def workspace(output: Path) -> Path:
    """Where an output is made."""
    return output.with_name(f".{output.name}.frameloom")


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 30) -> bool:
    """Whether it happens before the process ends."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if happened():
            return True
        if process.poll() is not None:
            return happened()
        time.sleep(0.001)
    pytest.fail(f"nothing happened: {process.args}")
