"""Evaluations as files."""

from pathlib import Path

from frameloom.errors import CannotWrite
from frameloom.media.writing.target import staged_file
from frameloom.results.measuring import Evaluation


def check_suffix(path: Path) -> None:
    """Refuse, before any work is done, a type of file that is not written.

    Raises:
        CannotWrite: the suffix is neither .json nor .md.
    """
    if path.suffix.lower() not in (".json", ".md"):
        raise CannotWrite(f"{path}: results are written as .json (all rows) or .md (the table)")


def save_evaluation(evaluation: Evaluation, path: Path, *, overwrite: bool) -> None:
    """Write all rows (.json) or the table (.md).

    Raises:
        CannotWrite: another suffix, or the place cannot be written.
    """
    check_suffix(path)
    with staged_file(path, overwrite=overwrite) as working:
        if path.suffix.lower() == ".json":
            evaluation.save(working)
        else:
            working.write_text(evaluation.report + "\n", encoding="utf-8")
