"""The hidden folder beside an output where it is made, and where an unfinished run is found again."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from frameloom.errors import CannotWrite, FrameloomError
from frameloom.media.writing.target import NOTHING_LEFT, make_parent, told

_LONGEST_NAME = 200  # bytes; file systems take 255
_LOCK_NAME = "lock"
_GO_ON = "run the same command again to go on"
_KEPT = "what is finished is kept for the next run"


class Workspace:
    """A working folder that one run at a time has for itself.

    It goes when the block ends, unless `keep` is set and an error or an interrupt ended it.
    """

    def __init__(self, output: Path) -> None:
        self._output = output
        self.path = make_parent(output) / _hidden_name(output.name)
        self._lock = FileLock(self.path / _LOCK_NAME, timeout=0)
        self.keep = False
        """Whether there is something that a later run can go on from."""

    def entries(self) -> list[Path]:
        """What lies in the folder, besides the lock."""
        return [entry for entry in self.path.iterdir() if entry.name != _LOCK_NAME]

    def __enter__(self) -> "Workspace":
        """Make the folder and lock it.

        Raises:
            CannotWrite: another run has it, or there is no permission.
        """
        with told(self._output):
            try:
                self._acquire()
            except Timeout:
                raise CannotWrite(
                    f"{self._output} is being made by another run; wait for it, or choose another name"
                ) from None
        self.keep = bool(self.entries())  # a run that fails before it has looked at them must not take them away
        return self

    def _acquire(self) -> None:
        for _ in range(3):  # a run that ends at this moment takes the folder away
            if self.path.exists() and not self.path.is_dir():
                raise CannotWrite(f"{self.path} is in the way: a folder of that name is needed; remove the file")
            self.path.mkdir(exist_ok=True)
            try:
                self._lock.acquire()
            except FileNotFoundError:
                continue
            if self.path.exists():
                return
            self._lock.release()
        raise Timeout(str(self.path))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the folder, or keep it for the next run and say so."""
        if error is None or not self.keep:
            shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release(force=True)
        if error is not None and self.keep:
            error.add_note(_GO_ON if _may_pass(error) else _KEPT)
        elif isinstance(error, KeyboardInterrupt):
            error.add_note(NOTHING_LEFT)


def _may_pass(error: BaseException) -> bool:
    """Whether the same command may do better next time: not where the input or the options are at fault."""
    return isinstance(error, CannotWrite) or not isinstance(error, FrameloomError)


def _hidden_name(name: str) -> str:
    """The folder's name for an output's; long ones are cut and told apart by a hash."""
    hidden = f".{name}.frameloom"
    if len(hidden.encode()) <= _LONGEST_NAME:
        return hidden
    start = name.encode()[: _LONGEST_NAME // 2].decode(errors="ignore")
    return f".{start}.{hashlib.sha256(name.encode()).hexdigest()[:16]}.frameloom"


def remove(entries: Iterable[Path]) -> None:
    """Remove files, links and folders with all that is in them."""
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
