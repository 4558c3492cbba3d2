"""Evaluations in one table, as a result and as a file."""

from collections.abc import Sequence
from pathlib import Path

from frameloom.benchmark.leaderboard import board_of, grouped, read_evaluation
from frameloom.errors import CannotWrite
from frameloom.media.writing.target import check_output, staged_file
from frameloom.reports.leaderboard import leaderboard_page
from frameloom.results.measuring import Leaderboard

SUFFIXES = (".md", ".html")


def check_leaderboard_output(output: Path | None, results: Sequence[Path], *, overwrite: bool) -> None:
    """Refuse what cannot or must not be written.

    Raises:
        CannotWrite: the suffix is neither .md nor .html.
        InputError: the output is one of the results.
        OutputExists: it is there already, without `overwrite`.
    """
    if output is None:
        return
    if output.suffix.lower() not in SUFFIXES:
        raise CannotWrite(f"{output}: a leaderboard is written as .md or .html")
    check_output(output, list(results), overwrite=overwrite)


def make_leaderboard(results: Sequence[Path], output: Path | None, *, mixed: bool, overwrite: bool) -> Leaderboard:
    """Read evaluations, put those that can be compared into one table, and write it where that is wanted.

    Raises:
        CannotOpen: a file is missing or not a result.
        InputError: results that cannot be compared, without `mixed`.
        OutputExists, CannotWrite: the output cannot be written.
    """
    groups = grouped([read_evaluation(path) for path in results], mixed=mixed)
    boards = [board_of(group) for group in groups]
    made = Leaderboard(boards=tuple(boards), output=output)
    if output is not None:
        page = output.suffix.lower() == ".html"
        text = leaderboard_page(list(zip(boards, groups, strict=True))) if page else made.report + "\n"
        with staged_file(output, overwrite=overwrite) as working:
            working.write_text(text, encoding="utf-8")
    return made
