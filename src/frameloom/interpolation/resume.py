"""What an earlier run left behind, and how much of it counts."""

import shutil
from dataclasses import fields
from pathlib import Path
from typing import cast

from frameloom.interpolation.plan import Segment
from frameloom.interpolation.segments import IMAGES, Finished, Recipe
from frameloom.interpolation.video import Tally
from frameloom.journal import Entry, Journal
from frameloom.media.writing.workspace import Workspace, remove
from frameloom.progress import Notices

_WHAT_CHANGED = {"input": "the input", "model": "the model", "options": "an option", "version": "the version",
                 "machine": "the machine"}  # fmt: skip
_ENTRY = {item.name for item in fields(Finished)}
_TALLY = {item.name for item in fields(Tally)}


def open_journal(
    workspace: Workspace, work: Entry, recipe: Recipe, segments: tuple[Segment, ...], notices: Notices
) -> Journal:
    """What is finished of this very work and lies there whole; everything else in the folder goes."""
    path = workspace.path / "journal"
    if path.is_dir():
        shutil.rmtree(path)
    journal = Journal(path, work)
    name = recipe.source.name
    if journal.changed:
        known = [words for what, words in _WHAT_CHANGED.items() if what in journal.changed]
        changed = " and ".join(known) or "what it was to make"
        notices.add(f"{name}: an unfinished run was found, but {changed} changed since; starting afresh")
    journal.entries = _whole(journal.entries, recipe, segments)
    _keep_only(workspace, {"journal", *(file.name for file in _files(journal, recipe, segments))})
    workspace.keep = bool(journal.entries)
    if journal.entries:
        notices.add(f"{name}: going on; {len(journal.entries)} of {len(segments)} segments were finished")
    return journal


def _whole(entries: list[Entry], recipe: Recipe, segments: tuple[Segment, ...]) -> list[Entry]:
    """The last entry of each segment, as far as it is one and its files are as large as they were.

    A power cut can leave a file empty that was finished before it. Damage that was skipped is met again without `skip`.
    """
    whole: dict[int, Entry] = {}
    for entry in entries:
        if _is_entry(entry) and entry["number"] < len(segments):
            number = int(entry["number"])
            whole.pop(number, None)
            tolerated = recipe.on_error == "skip" or not entry["tally"]["damaged"]
            if tolerated and recipe.size(segments[number]) == entry["size"]:
                whole[number] = entry
    return list(whole.values())


def _is_entry(entry: Entry) -> bool:
    """Whether it is what a `Finished` becomes: the journal may be older, or not ours."""
    if set(entry) != _ENTRY:
        return False
    if not isinstance(entry["tally"], dict) or not isinstance(entry["stages"], dict):
        return False
    tally, stages = cast("dict[str, object]", entry["tally"]), cast("dict[str, object]", entry["stages"])
    counts = [entry["number"], entry["delay"], entry["size"], *tally.values()]
    timed = all(isinstance(seconds, int | float) for seconds in stages.values())
    return set(tally) == _TALLY and timed and all(map(_is_count, counts))


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _files(journal: Journal, recipe: Recipe, segments: tuple[Segment, ...]) -> list[Path]:
    finished = [segments[int(entry["number"])] for entry in journal.entries]
    return [file for segment in finished for file in recipe.files(segment)]


def _keep_only(workspace: Workspace, names: set[str]) -> None:
    """Remove what does not count: it may lie among the images of the result."""
    for entry in workspace.entries():
        if entry.name == IMAGES and entry.is_dir():
            remove(image for image in entry.iterdir() if image.name not in names)
        elif entry.name not in names:
            remove([entry])
