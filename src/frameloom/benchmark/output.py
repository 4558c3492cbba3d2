"""Evaluations as files: a result that is there whole or not at all, and what an unfinished run goes on from."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from frameloom.counting import counted
from frameloom.errors import CannotWrite, InputError
from frameloom.journal import Entry, Journal
from frameloom.media.writing.target import check_output, staged_file
from frameloom.media.writing.workspace import Workspace
from frameloom.progress import Notices
from frameloom.results.measuring import Evaluation


def check_suffix(path: Path) -> None:
    """Refuse, before any work is done, a type of file that is not written.

    Raises:
        CannotWrite: the suffix is neither .json nor .md.
    """
    if path.suffix.lower() not in (".json", ".md"):
        raise CannotWrite(f"{path}: results are written as .json (all rows) or .md (the table)")


def check_target(path: Path | None, root: Path, *, worst: int, overwrite: bool) -> None:
    """Refuse, before any work is done, what cannot or must not be written.

    Raises:
        CannotWrite: another suffix, or a folder that holds something else.
        OutputExists: something is there already, without `overwrite`.
        InputError: pictures without a .json file that says what they show.
    """
    if worst and (path is None or path.suffix.lower() != ".json"):
        raise InputError("--worst keeps pictures beside a result: name a .json file with --output")
    if path is not None:
        check_suffix(path)
        check_output(path, [root], overwrite=overwrite)
        if worst:
            check_output(pictures_folder(path), [root], overwrite=overwrite, folder=True)


def pictures_folder(path: Path) -> Path:
    """Where the pictures of a result go: `scores-frames` beside `scores.json`."""
    return path.with_name(f"{path.stem}-frames")


@contextmanager
def resumable(output: Path | None, work: Entry) -> Generator[Journal | None]:
    """A journal beside the output that one run at a time has for itself; it goes when the block ends well.

    Args:
        output: The file that is made; None: there is nowhere to go on from, and no journal.
        work: All that the result depends on; what was finished of other work does not count.

    Raises:
        CannotWrite: another run is making this output.
    """
    if output is None:
        yield None
        return
    with Workspace(output) as workspace:
        journal = Journal(workspace.path / "journal", work)
        if journal.changed:
            changed = ", ".join(journal.changed)
            Notices().add(f"{output}: an unfinished run was found, but its {changed} was other; starting afresh")
        elif journal.entries:
            were = "was" if len(journal.entries) == 1 else "were"
            Notices().add(f"{output}: going on; {counted(len(journal.entries), 'sample')} {were} finished")
        try:
            yield journal
        finally:
            workspace.keep = bool(journal.entries)


def save_evaluation(evaluation: Evaluation, path: Path, *, overwrite: bool) -> None:
    """Write all rows (.json) or the tables (.md).

    Raises:
        CannotWrite: another suffix, or the place cannot be written.
    """
    check_suffix(path)
    with staged_file(path, overwrite=overwrite) as working:
        if path.suffix.lower() == ".json":
            evaluation.save(working)
        else:
            working.write_text(f"{evaluation.report}\n\n{evaluation.spread}\n", encoding="utf-8")
