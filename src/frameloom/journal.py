"""A record of finished units of work, so that an interrupted run goes on where it was.

One line of JSON each. The first says what the work is; a run whose work differs starts afresh. A torn last line, which
a kill in the middle of writing leaves behind, does not count.
"""

import json
import os
from pathlib import Path
from typing import Any, cast

Entry = dict[str, Any]


class Journal:
    """Finished units of one piece of work."""

    def __init__(self, path: Path, work: Entry) -> None:
        """Args: path of the file, and everything that the result depends on, as JSON can hold it."""
        self._path = path
        self._work: Entry = json.loads(json.dumps(work))
        recorded = _read(path)
        before = recorded[0] if recorded else self._work
        self.changed = [name for name in sorted({*before, *self._work}) if before.get(name) != self._work.get(name)]
        """What is different from the work recorded there; then nothing of it counts."""
        self.entries = [] if self.changed else recorded[1:]
        """The finished units."""
        _write(path, [self._work, *self.entries])

    def add(self, entry: Entry) -> None:
        """Record a finished unit; it is on the disk when this returns."""
        with self._path.open("ab") as file:
            file.write(_line(entry))
            file.flush()
            os.fsync(file.fileno())
        self.entries.append(entry)


def _line(entry: Entry) -> bytes:
    return json.dumps(entry).encode() + b"\n"


def _write(path: Path, entries: list[Entry]) -> None:
    """All of it anew, which takes a torn line away."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(b"".join(map(_line, entries)))
    fresh.replace(path)


def _read(path: Path) -> list[Entry]:
    if not path.exists():
        return []
    entries: list[Entry] = []
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if not line.endswith(b"\n") or not isinstance(entry, dict):
            break
        entries.append(cast(Entry, entry))
    return entries
