"""Finished outputs appear under their name at once, or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import av.error

from frameloom.errors import CannotWrite, FrameloomError, InputError, OutputExists
from frameloom.images import SUFFIXES

_NUMBERED = SUFFIXES | {".flo"}
"""Types of files that results consist of, one after another: pictures, and flows between them."""

NOTHING_LEFT = "nothing was left under the final name"


def check_output(
    output: Path, inputs: list[Path], *, overwrite: bool, folder: bool = False, names: frozenset[str] = frozenset()
) -> None:
    """Refuse, before any work is done, what cannot or must not be written.

    `folder` says that the output will be one; `names` are the files, besides numbered images, that an earlier result in
    it may consist of, and its folders, which end in `/`.

    Raises:
        InputError: the output is one of the inputs, lies inside an input folder, or holds an input.
        OutputExists: it is there already, without `overwrite`.
        CannotWrite: it is a folder with files that are not a result, or there is a file where a folder must be.
    """
    resolved = output.resolve()
    for path in inputs:
        if resolved == path.resolve():
            raise InputError(f"{output} is both input and output; give the output another name")
        if path.is_dir() and path.resolve() in resolved.parents:
            raise InputError(f"{output} lies inside the input folder {path}; put the output elsewhere")
        if output.is_dir() and resolved in path.resolve().parents:
            raise InputError(f"{path} lies inside the output folder {output}; put the output elsewhere")
    if not os.path.lexists(output):
        return
    if output.is_dir():
        _check_folder(output, names, overwrite=overwrite)
    elif folder:
        raise CannotWrite(f"{output} is a file; a folder is needed there")
    elif not overwrite:
        raise OutputExists(f"{output} exists; choose another name or add --overwrite")


def _check_folder(folder: Path, names: frozenset[str], *, overwrite: bool) -> None:
    """Refuse to write into a folder that holds anything but an earlier result: numbered images, and files of `names`.

    Raises:
        OutputExists: it holds an earlier result, without `overwrite`.
        CannotWrite: it holds something else.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise CannotWrite(f"{folder} cannot be listed: {error.strerror}") from error
    if not entries:
        return
    if not overwrite:
        raise OutputExists(f"{folder} exists and is not empty; choose another name or add --overwrite")
    strange = [entry for entry in entries if not _is_result(entry, names)]
    if strange:
        raise CannotWrite(f"{folder} holds '{strange[0].name}', which is not a result; it is not replaced")


def _is_result(entry: Path, names: frozenset[str]) -> bool:
    if entry.is_dir():
        return f"{entry.name}/" in names
    numbered = entry.suffix.lower() in _NUMBERED and entry.stem.isdigit()
    return entry.is_file() and (numbered or entry.name in names)


@contextmanager
def staged_file(output: Path, *, overwrite: bool) -> Generator[Path]:
    """A hidden path beside the output to write to; it gets the final name when the block ends well, else it goes.

    Raises:
        OutputExists: without `overwrite`, something of that name has appeared meanwhile.
    """
    folder = make_parent(output)
    with told(output):
        handle, name = tempfile.mkstemp(prefix=f".{output.name[:80]}.", suffix=f".part{output.suffix}", dir=folder)
        os.close(handle)
    working = Path(name)
    try:
        with told(output):
            yield working
            name_file(working, output, overwrite=overwrite)
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(NOTHING_LEFT)
        raise
    finally:
        working.unlink(missing_ok=True)


def name_file(working: Path, output: Path, *, overwrite: bool) -> None:
    """Give a finished file its name.

    Raises:
        OutputExists: without `overwrite`, something of that name has appeared meanwhile.
    """
    working.chmod(0o666 & ~_umask())
    if not overwrite and os.path.lexists(output):
        raise OutputExists(f"{output} was made by another run meanwhile and is kept; add --overwrite to replace it")
    working.replace(output)


@contextmanager
def staged_folder(output: Path, *, overwrite: bool, names: frozenset[str] = frozenset()) -> Generator[Path]:
    """A hidden folder beside the output to write to; it replaces an earlier result when the block ends well.

    `names` are the files, besides numbered images, that an earlier result may consist of.
    """
    parent = make_parent(output)
    with told(output):
        working = Path(tempfile.mkdtemp(prefix=f".{output.name[:80]}.", suffix=".part", dir=parent))
    try:
        with told(output):
            yield working
            put_in_place(working, output, overwrite, names)
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(NOTHING_LEFT)
        raise
    finally:
        shutil.rmtree(working, ignore_errors=True)


def put_in_place(working: Path, output: Path, overwrite: bool, names: frozenset[str] = frozenset()) -> None:
    """Give a finished folder its name, in place of an earlier result."""
    working.chmod(0o777 & ~_umask())
    if not output.exists():
        working.replace(output)
        return
    _check_folder(output, names, overwrite=overwrite)  # again: it may have changed while we worked
    old = Path(tempfile.mkdtemp(prefix=f".{output.name[:80]}.", suffix=".old", dir=output.parent))
    output.replace(old)
    working.replace(output)
    shutil.rmtree(old, ignore_errors=True)


def make_parent(output: Path) -> Path:
    """The folder of an output, made if need be."""
    parent = output.resolve().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"{output} cannot be written: {error.strerror} ({parent})") from error
    return parent


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


@contextmanager
def told(output: Path) -> Generator[None]:
    """Say which output could not be written, and why."""
    try:
        yield
    except FrameloomError as error:
        if isinstance(error, CannotWrite) and isinstance(error.__cause__, OSError):  # a working file of the output
            raise _cannot_write(output, error.__cause__) from error
        raise
    except (OSError, av.error.FFmpegError) as error:
        raise _cannot_write(output, error) from error


def _cannot_write(output: Path, error: OSError | av.error.FFmpegError) -> CannotWrite:
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = "the disk is full; make room"
    elif error.errno == errno.EFBIG:
        reason = "files may not become that large here"
    return CannotWrite(f"{output} cannot be written: {reason}")
