"""Files that appear whole or not at all, and what is in them as a hash."""

import hashlib
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from frameloom.catalog import Checkpoint
from frameloom.errors import CannotWrite, ModelError, OutputExists

CHUNK = 1 << 20  # bytes read at a time


def sha256_of(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path, checkpoint: Checkpoint, *, name: str) -> bool:
    """Compare size and hash with what is known of them; False where nothing is known.

    Raises:
        ModelError: they differ.
    """
    size = path.stat().st_size
    if checkpoint.size is not None and size != checkpoint.size:
        raise ModelError(f"{name} has {size:,} bytes instead of {checkpoint.size:,}: cut off or another file")
    if checkpoint.sha256 is not None and (found := sha256_of(path)) != checkpoint.sha256.lower():
        raise ModelError(f"{name} is another file than expected: its SHA-256 is {found}, not {checkpoint.sha256}")
    return checkpoint.size is not None or checkpoint.sha256 is not None


def check_free(target: Path, *, overwrite: bool) -> None:
    """See that a file may be written there.

    Raises:
        CannotWrite: it is a folder.
        OutputExists: it is there already and overwriting was not asked for.
    """
    if target.is_dir():
        raise CannotWrite(f"{target} is a folder; name a file in it")
    if target.exists() and not overwrite:
        raise OutputExists(f"{target} is there already; choose another name or give --overwrite")


@contextmanager
def staged(target: Path, *, overwrite: bool) -> Generator[Path]:
    """A path beside the target to write to; it gets the target's name when the block ends well, and else goes.

    Raises:
        CannotWrite: the place cannot be written.
        OutputExists: the target is there already and overwriting was not asked for.
    """
    check_free(target, overwrite=overwrite)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with _told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            check_free(target, overwrite=overwrite)  # someone else may have been faster
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _told(target: Path) -> Generator[None]:
    """What the system says about a file, as an error of ours."""
    try:
        yield
    except (CannotWrite, OutputExists):
        raise
    except OSError as error:
        raise CannotWrite(f"{target} cannot be written: {error.strerror or error}") from error
