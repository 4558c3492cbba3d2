"""Evaluations as files."""

from pathlib import Path

from frameloom.errors import CannotWrite
from frameloom.media.target import staged_file
from frameloom.results import Evaluation


def save_evaluation(evaluation: Evaluation, path: Path) -> None:
    """Write all rows (.json) or the table (.md).

    Raises:
        CannotWrite: another suffix, or the place cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in (".json", ".md"):
        raise CannotWrite(f"{path}: results are written as .json (all rows) or .md (the table)")
    with staged_file(path) as working:
        if suffix == ".json":
            evaluation.save(working)
        else:
            working.write_text(evaluation.table + "\n", encoding="utf-8")
