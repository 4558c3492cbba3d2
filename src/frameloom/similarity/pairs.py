"""Many pairs of images: every image encoded once, one bad pair told and the others done, one table for all."""

import csv
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from frameloom.counting import counted
from frameloom.errors import FrameloomError, InputError
from frameloom.journal import Entry
from frameloom.media.writing.sink import names_a_file
from frameloom.media.writing.target import check_output, put_in_place, told
from frameloom.media.writing.workspace import Workspace
from frameloom.progress import Notices, track
from frameloom.results.comparing import ComparedPair, Comparison, Comparisons
from frameloom.similarity.compare import Method, compare_encoded
from frameloom.similarity.encoded_images import ImageEncoder, TokenStore
from frameloom.similarity.kept_pairs import KeptPairs, key_of
from frameloom.similarity.pairs_file import PairEntry

TABLES = frozenset({"results.json", "results.csv"})
_DECIDE_THE_FILES = ("frameloom", "numpy", "opencv-python-headless", "matplotlib", "pillow")
_WHAT_CHANGED = {"model": "the encoder", "options": "an option", "version": "the version", "pairs": "the pairs"}
_AHEAD = 4  # pairs whose images may be encoded together with those of this one
_COLUMNS = (
    "label", "image_a", "image_b", "cosine_distance", "cosine_similarity", "grade", "mean_similarity_a2b",
    "mean_similarity_b2a", "mean_mismatch_a", "mean_mismatch_b",
)  # fmt: skip

Draw = Callable[[Comparison, Path], object]
"""Writes the files of one pair into a folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is wanted on the disk."""

    output: Path
    """A folder."""
    draw: Draw | None = None
    """None: the table alone."""
    look: Mapping[str, Any] | None = None
    """What `draw` depends on besides a comparison, as JSON can hold it."""
    names: frozenset[str] = frozenset()
    """Of the files that `draw` writes for one pair, whether it is given or not."""
    config: Path | None = None
    """The pairs file, not to be written over."""
    overwrite: bool = False

    def place(self, entry: PairEntry) -> Path | None:
        """The folder of a pair, where there is one."""
        return self.output / entry.folder if self.draw else None

    def earlier(self) -> frozenset[str]:
        """What an earlier result in the folder consists of."""
        if not self.output.is_dir():
            return TABLES
        folders = [entry for entry in self.output.iterdir() if entry.is_dir() and not entry.is_symlink()]
        drawn = [folder for folder in folders if {entry.name for entry in folder.iterdir()} <= self.names]
        return TABLES | {f"{folder.name}/" for folder in drawn}


def compare_entries(entries: Sequence[PairEntry], encoder: ImageEncoder, method: Method, wish: Wish) -> Comparisons:
    """Compare pairs and write results.json, results.csv and, where wanted, a folder for each pair.

    Entries that are no pairs are told among the failures, as are those whose images cannot be read. Pairs that an
    interrupted run has finished are not compared again.

    Raises:
        InputError: the output is named like a file.
        OutputExists, CannotWrite: the folder cannot be written, holds something else than an earlier result, or is
            being made by another run.
    """
    started = time.perf_counter()
    if names_a_file(wish.output):
        raise InputError(f"{wish.output} names a file; tables and pictures go to a folder")
    inputs, earlier = [*([wish.config] if wish.config else []), *_images(entries)], wish.earlier()
    check_output(wish.output, inputs, overwrite=wish.overwrite, folder=True, names=earlier)
    failures: dict[str, str] = {}
    with Workspace(wish.output) as workspace, told(wish.output):
        kept = _open_kept(workspace, entries, _work(encoder, method, wish), wish)
        reused = len(kept.pairs)
        left = [entry for entry in entries if entry.folder not in kept.pairs]
        store = TokenStore(encoder, _images(left))
        for entry, found in track(_compared(left, store, method), "compare", len(entries), reused):
            if isinstance(found, str):
                failures[_unused(entry, failures)] = found
            else:
                _draw(entry, found, wish, kept.folder / entry.folder)
                kept.add(entry.folder, replace(_numbers(found), label=entry.label, output=wish.place(entry)))
        result = Comparisons(
            encoder=method.encoder,
            pairs=tuple(kept.pairs[entry.folder] for entry in entries if entry.folder in kept.pairs),
            failures=failures,
            images=store.encoded,
            pairs_reused=reused,
            output=wish.output,
            seconds=time.perf_counter() - started,
        )
        result.save(kept.folder / "results.json")
        _write_table(kept.folder / "results.csv", entries, kept.pairs, failures)
        put_in_place(kept.folder, wish.output, wish.overwrite, earlier)
    return result


def _images(entries: Sequence[PairEntry]) -> list[Path]:
    """Every use of an image."""
    return [path for entry in entries if not entry.problem for path in (entry.image_a, entry.image_b) if path]


def _work(encoder: ImageEncoder, method: Method, wish: Wish) -> Entry:
    """Everything that all pairs depend on."""
    return {
        "model": [method.identity, method.encoder, method.settings, method.grades],
        "options": [encoder.size, encoder.keep_aspect, method.pool, method.colours, wish.look],
        "version": [version(name) for name in _DECIDE_THE_FILES],
    }


def _open_kept(workspace: Workspace, entries: Sequence[PairEntry], work: Entry, wish: Wish) -> KeptPairs:
    """What an interrupted run left, and a word on it."""
    kept = KeptPairs(workspace, work, {entry.folder: key_of(entry, wish.place(entry)) for entry in entries})
    if kept.changed:
        changed = " and ".join(words for what, words in _WHAT_CHANGED.items() if what in kept.changed)
        Notices().add(f"{wish.output}: an unfinished run was found, but {changed or 'what it was to make'} changed "
                      "since; starting afresh")  # fmt: skip
    elif kept.pairs:
        Notices().add(f"{wish.output}: going on; {len(kept.pairs)} of {counted(len(entries), 'pair')} were compared")
    return kept


def _draw(entry: PairEntry, found: Comparison, wish: Wish, folder: Path) -> None:
    """The pictures of a pair, if they are wanted."""
    if wish.draw:
        folder.mkdir()
        wish.draw(replace(found, label=entry.label, output=wish.place(entry)), folder)


def _compared(
    entries: Sequence[PairEntry], store: TokenStore, method: Method
) -> Iterator[tuple[PairEntry, Comparison | str]]:
    """Each pair with what came of it, or why nothing did."""
    for index, entry in enumerate(entries):
        if entry.problem or entry.image_a is None or entry.image_b is None:
            yield entry, entry.problem
            continue
        following = (other for other in entries[index + 1 : index + 1 + _AHEAD] if not other.problem)
        ahead = (path for other in following for path in (other.image_a, other.image_b) if path)
        try:
            first, second = store.pair(entry.image_a, entry.image_b, ahead)
            found = compare_encoded(first, second, method)
        except FrameloomError as error:
            yield entry, str(error)
        else:
            yield entry, found


def _numbers(found: Comparison) -> ComparedPair:
    """Without maps: those of many pairs would not fit into memory."""
    named: dict[str, Any] = {item.name: getattr(found, item.name) for item in fields(ComparedPair)}
    return ComparedPair(**named)


def _unused(entry: PairEntry, failures: dict[str, str]) -> str:
    return entry.label if entry.label not in failures else f"{entry.label} ({entry.folder})"


def _write_table(
    path: Path, entries: Sequence[PairEntry], done: dict[str, ComparedPair], failures: dict[str, str]
) -> None:
    """One row for each pair, in the order of the file; failed ones with the reason."""
    reasons = iter(failures.values())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*_COLUMNS, "error"])
        for entry in entries:
            found = done.get(entry.folder)
            if found is None:
                images = [str(image or "") for image in (entry.image_a, entry.image_b)]
                writer.writerow([entry.label, *images, *[""] * (len(_COLUMNS) - 3), next(reasons)])
            else:
                writer.writerow([*("" if (value := getattr(found, name)) is None else value for name in _COLUMNS), ""])
