"""A process that does what may crash, one line of JSON at a time; a new one where it has died."""

import json
import select
import subprocess
import sys
from pathlib import Path


class Reader:
    """Runs a program of this folder."""

    def __init__(self, program: str, seconds: float) -> None:
        """Args: its name, and how long it may take for one line."""
        self._program = Path(__file__).with_name(program)
        self._seconds = seconds
        self._process = self._started()

    def _started(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, str(self._program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read(self, *words: str) -> str:
        """Give it these words; returns what it says of them, or how it died."""
        process = self._process
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(words) + "\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], self._seconds)
        said = process.stdout.readline() if ready else ""
        if said:
            return json.loads(said)
        hung = process.poll() is None and not ready
        _, err = self.end()
        self._process = self._started()
        return f"{'hangs' if hung else f'crashes with {process.returncode}'} {err[-300:]}".strip()

    def end(self) -> tuple[str, str]:
        """Stop it; returns what it said."""
        self._process.kill()
        return self._process.communicate()
