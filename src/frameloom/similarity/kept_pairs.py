"""What an interrupted comparison of many pairs leaves: numbers in a journal, and folders of pictures.

A pair counts while its images are as they were, whichever others the list has gained or lost.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from frameloom.journal import Entry, Journal
from frameloom.media.writing.workspace import Workspace, remove
from frameloom.results.base import plain
from frameloom.results.comparing import ComparedPair
from frameloom.similarity.pairs_file import PairEntry

EVERY = 1.0
"""Seconds of work that an interruption may cost: a line on the disk for each pair may take longer than comparing it."""
_JOURNAL, _RESULT = "journal", "result"
_NUMBERS = {item.name for item in fields(ComparedPair)}

Key = list[Any]
"""All that a pair depends on besides what all depend on, as JSON can hold it."""


def key_of(entry: PairEntry, place: Path | None) -> Key | None:
    """What a pair is recognised by: label, files with their sizes and times, and the folder that its summary names.

    None where a file is missing: such a pair is tried again.
    """
    key: Key = [entry.label, None if place is None else str(place)]
    for image in (entry.image_a, entry.image_b):
        try:
            state = None if image is None else image.stat()
        except (OSError, ValueError):  # the latter: a name that no file can have
            state = None
        if state is None:
            return None
        key += [str(image), state.st_size, state.st_mtime_ns]
    return key


class KeptPairs:
    """Finished pairs by the names of their folders; those of a second at most are not written down yet."""

    def __init__(self, workspace: Workspace, work: Entry, keys: Mapping[str, Key | None]) -> None:
        """Take up what an earlier run left of these pairs, and remove everything else.

        Args:
            workspace: Of the output; it is kept as soon as something is written down.
            work: All that every pair depends on, as JSON can hold it.
            keys: `key_of` each pair by the name of its folder, taken before its images are read: what changes later
                is compared again.
        """
        self._workspace = workspace
        self._keys = keys
        self.folder = workspace.path / _RESULT
        """Where pairs have their folders until the result gets its name."""
        self._journal = Journal(workspace.path / _JOURNAL, work)
        last = {entry["folder"]: entry for block in self._journal.entries for entry in block["pairs"]}
        self._journal.entries.clear()  # kept in `pairs`
        self.pairs = {name: _pair(entry) for name, entry in last.items() if self._counts(entry)}
        """What came of each."""
        self.changed = self._journal.changed or (["pairs"] if last and not self.pairs else [])
        """What is different from the work of which something lay there; then nothing of it counts."""
        remove(entry for entry in workspace.entries() if entry.name not in (_JOURNAL, _RESULT))
        self.folder.mkdir(exist_ok=True)
        remove(entry for entry in self.folder.iterdir() if entry.name not in self.pairs)
        workspace.keep = bool(self.pairs)
        self._waiting: list[Entry] = []
        self._written = time.monotonic()

    def add(self, name: str, found: ComparedPair) -> None:
        """Take in a pair whose pictures, if it has any, are in its folder."""
        numbers = asdict(found) | {
            "encoder_settings": plain(found.encoder_settings),
            "output": None if found.output is None else str(found.output),
        }
        files = _sizes(self.folder / name)
        self._waiting.append({"folder": name, "key": self._keys[name], "files": files, "numbers": numbers})
        self.pairs[name] = found
        if time.monotonic() - self._written < EVERY:
            return
        self._journal.add({"pairs": self._waiting})
        self._journal.entries.clear()
        self._workspace.keep = True
        self._waiting, self._written = [], time.monotonic()

    def _counts(self, entry: Entry) -> bool:
        """Whether it is of the same files, and its pictures lie there whole: a power cut can leave some empty."""
        key, name = entry["key"], entry["folder"]
        if key is None or key != self._keys.get(name) or entry["numbers"].keys() != _NUMBERS:
            return False
        return _sizes(self.folder / name) == entry["files"]


def _pair(entry: Entry) -> ComparedPair:
    """What `add` was given."""
    numbers: dict[str, Any] = dict(entry["numbers"])
    for name in ("grid_a", "grid_b"):
        numbers[name] = tuple(numbers[name])
    output = numbers.pop("output")
    return ComparedPair(**numbers, output=None if output is None else Path(output))


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of the files of a pair by name; none where nothing is drawn."""
    return {file.name: file.stat().st_size for file in folder.iterdir()} if folder.is_dir() else {}
