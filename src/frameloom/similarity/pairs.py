"""Many pairs of images: every image encoded once, one bad pair told and the others done, one table for all."""

import csv
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from frameloom.errors import FrameloomError, InputError
from frameloom.media.writing.sink import names_a_file
from frameloom.media.writing.target import check_output, staged_folder
from frameloom.progress import track
from frameloom.results.comparing import ComparedPair, Comparison, Comparisons
from frameloom.similarity.compare import Method, compare_encoded
from frameloom.similarity.encoded_images import ImageEncoder, TokenStore
from frameloom.similarity.pairs_file import PairEntry

TABLES = frozenset({"results.json", "results.csv"})
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
    names: frozenset[str] = frozenset()
    """Of the files that `draw` writes for one pair, whether it is given or not."""
    config: Path | None = None
    """The pairs file, not to be written over."""
    overwrite: bool = False

    def earlier(self) -> frozenset[str]:
        """What an earlier result in the folder consists of."""
        if not self.output.is_dir():
            return TABLES
        folders = [entry for entry in self.output.iterdir() if entry.is_dir() and not entry.is_symlink()]
        drawn = [folder for folder in folders if {entry.name for entry in folder.iterdir()} <= self.names]
        return TABLES | {f"{folder.name}/" for folder in drawn}


def compare_entries(entries: Sequence[PairEntry], encoder: ImageEncoder, method: Method, wish: Wish) -> Comparisons:
    """Compare pairs and write results.json, results.csv and, where wanted, a folder for each pair.

    Entries that are no pairs are told among the failures, as are those whose images cannot be read.

    Raises:
        InputError: the output is named like a file.
        OutputExists, CannotWrite: the folder cannot be written, or holds something else than an earlier result.
    """
    started = time.perf_counter()
    if names_a_file(wish.output):
        raise InputError(f"{wish.output} names a file; tables and pictures go to a folder")
    images = [path for entry in entries if not entry.problem for path in (entry.image_a, entry.image_b) if path]
    inputs, earlier = [*([wish.config] if wish.config else []), *images], wish.earlier()
    check_output(wish.output, inputs, overwrite=wish.overwrite, folder=True, names=earlier)
    store = TokenStore(encoder, images)
    done: dict[str, ComparedPair] = {}
    failures: dict[str, str] = {}
    with staged_folder(wish.output, overwrite=wish.overwrite, names=earlier) as working:
        for entry, found in track(_compared(entries, store, method), "compare", len(entries)):
            if isinstance(found, str):
                failures[_unused(entry, failures)] = found
                continue
            place = wish.output / entry.folder if wish.draw else None
            if wish.draw:
                (working / entry.folder).mkdir()
                wish.draw(replace(found, label=entry.label, output=place), working / entry.folder)
            done[entry.folder] = replace(_numbers(found), label=entry.label, output=place)
        result = Comparisons(
            encoder=method.encoder,
            pairs=tuple(done.values()),
            failures=failures,
            images=store.encoded,
            output=wish.output,
            seconds=time.perf_counter() - started,
        )
        result.save(working / "results.json")
        _write_table(working / "results.csv", entries, done, failures)
    return result


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
