"""Checkpoints that are pickles, as PyTorch writes them: tensors and plain values are read, code is not run.

PyTorch's restricted reader is the guard. It stumbles over one thing that honest checkpoints hold: learning rates that
are NumPy scalars, in the optimizer's state. Exactly these are let through, and as plain numbers: stand-ins take the
place of NumPy's own functions, so that what a file says about layouts in memory never gets as far as NumPy.
"""

import pickle
import pickletools
import re
import struct
import threading
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, cast

import torch
from torch import serialization

from frameloom.errors import ModelError

_NUMBERS = {"f8": "d", "f4": "f", "f2": "e", "i8": "q", "i4": "i", "i2": "h", "i1": "b",
            "u8": "Q", "u4": "I", "u2": "H", "u1": "B", "b1": "?"}  # fmt: skip
"""NumPy's names of number types -> those of `struct`."""

_HARMLESS = ("torch", "torch._utils", "torch._tensor", "torch.nn.parameter", "torch.storage", "torch.serialization",
             "collections", "_codecs")  # fmt: skip
"""Modules that every checkpoint names; not worth telling."""

ZIP_BEGINS = b"PK\x03\x04"
ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)
"""What reading a damaged zip archive raises."""

_PICKLES = 8  # a legacy checkpoint is five pickles and then bytes
_lock = threading.Lock()


class _NumberType:
    """In place of `numpy.dtype`: the type of one number."""

    def __init__(self, code: str, align: bool = False, copy: bool = False) -> None:  # as pickled
        del align, copy
        if code not in _NUMBERS:
            raise pickle.UnpicklingError(f"numpy.dtype '{code}' is not a number")
        self.code = code
        self.order = "="

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take the byte order; the rest must be what plain numbers have."""
        order = state[1]
        if order not in ("<", ">", "=", "|") or any(item is not None for item in state[2:5]):
            raise pickle.UnpicklingError("numpy.dtype is not that of a number")
        self.order = "=" if order == "|" else order


def _number(kind: object, data: object) -> float:
    """In place of `numpy.core.multiarray.scalar`."""
    if not isinstance(kind, _NumberType) or not isinstance(data, bytes):
        raise pickle.UnpicklingError("a NumPy scalar is not a number")
    return struct.unpack(kind.order + _NUMBERS[kind.code], data)[0]


_STAND_INS = {
    "numpy.core.multiarray.scalar": _number,  # NumPy 1
    "numpy._core.multiarray.scalar": _number,  # NumPy 2
    "numpy.dtype": _NumberType,
}


@contextmanager
def _numbers_only() -> Generator[None]:
    """Let the restricted reader take the stand-ins, and nothing that other code has allowed it."""
    with _lock, ExitStack() as after, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, of pickles unlike its own: they are read or refused
        allowed = cast(list[Any], serialization.get_safe_globals())
        after.callback(lambda: serialization.add_safe_globals(allowed))
        after.callback(serialization.clear_safe_globals)
        serialization.clear_safe_globals()
        serialization.add_safe_globals([(item, name) for name, item in _STAND_INS.items()])  # type: ignore[arg-type]
        yield


def load_pickle(path: Path) -> object:
    """What `torch.save` has put into the file, tensors on the CPU.

    Raises:
        ModelError: it holds code, is damaged, or is not such a file.
    """
    try:
        with _numbers_only():
            return cast(object, torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # damaged bytes can fail in any way
        found = refused_imports(path, str(error))
        if found:
            raise _holds_code(path, found) from error
        raise ModelError(f"{path} is damaged, cut off or not a checkpoint ({_detail(error)}); get it again") from error


def refuse_code(path: Path) -> None:
    """Of a file that may be a pickle of any kind.

    Raises:
        ModelError: it would import something.
    """
    found = refused_imports(path)
    if found:
        raise _holds_code(path, found)


def refused_imports(path: Path, message: str = "") -> list[str]:
    """What a pickle would import that a checkpoint has no need of; found without unpickling.

    `message` is what the restricted reader said: the name in it comes first.
    """
    seen = [name for stream in _streams(path) for name in _imports(stream)]
    told = [name for name in re.findall(r"GLOBAL ([\w.]+\w)", message)[:1] if name in seen]  # not one that is cut off
    foreign = [name for name in seen if name not in _STAND_INS and name.rpartition(".")[0] not in _HARMLESS]
    # `os.system` calls itself posix.system or nt.system
    return list(dict.fromkeys(re.sub(r"^(posix|nt)\.", "os.", name) for name in told + foreign))


def _holds_code(path: Path, imports: list[str]) -> ModelError:
    more = f" and {len(imports) - 5} more" if len(imports) > 5 else ""
    return ModelError(
        f"{path} holds program code, not only weights: it tried to import {', '.join(imports[:5])}{more}. Nothing of "
        "it was run; use a file that holds a state dict, from a source you trust"
    )


def _detail(error: Exception) -> str:
    """The first line of what PyTorch says, without its advice to switch the restricted reader off."""
    text = str(error)
    told = re.search(r"WeightsUnpickler error:\s*([^\n]*)", text)
    line = told.group(1) if told else text.strip().partition("\n")[0]
    return f"{type(error).__name__}: {line[:120]}".rstrip(": ")


def _streams(path: Path) -> Iterator[IO[bytes]]:
    """Wherever pickles lie in the file."""
    with path.open("rb") as file:
        if file.read(len(ZIP_BEGINS)) != ZIP_BEGINS:
            file.seek(0)
            yield file
            return
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".pkl"):
                    with archive.open(name) as stream:
                        yield stream
    except ZIP_DAMAGE:
        return  # what could be read has been


def _imports(stream: IO[bytes]) -> Iterator[str]:
    """`module.name` of all that the pickles of a stream would import, up to where they are damaged or end."""
    try:
        for _ in range(_PICKLES):
            yield from _imports_of_one(stream)
    except Exception:  # damaged bytes can fail in any way; what was found until then counts
        return


def _imports_of_one(stream: IO[bytes]) -> Iterator[str]:
    texts: list[str] = []
    memo: dict[int, str] = {}
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name in ("GLOBAL", "INST"):
            yield str(argument).replace(" ", ".")
        elif opcode.name == "STACK_GLOBAL":
            yield ".".join(texts[-2:])
        elif opcode.name == "MEMOIZE":
            memo[len(memo)] = texts[-1] if texts else "?"
        elif opcode.name in ("PUT", "BINPUT", "LONG_BINPUT"):
            memo[int(cast(int, argument))] = texts[-1] if texts else "?"
        elif opcode.name in ("GET", "BINGET", "LONG_BINGET"):
            texts.append(memo.get(int(cast(int, argument)), "?"))
        elif isinstance(argument, str):
            texts.append(argument)
