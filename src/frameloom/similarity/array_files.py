"""Arrays written to disk part by part, and read without being loaded: .npz, Zarr, HDF5.

A .npz written here is what `numpy.savez` writes, except that the array in it begins at a multiple of 64 bytes, so that
it can be mapped into memory. It is not compressed: deflate makes similarities of real tokens a sixth smaller and takes
sixty times as long (measured on 100 frames of 1024 patches).
"""

import struct
import zipfile
from contextlib import ExitStack
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from frameloom.errors import InputError
from frameloom.extras import install_command

ArrayFormat = Literal["npz", "zarr", "hdf5"]
SUFFIXES: dict[ArrayFormat, str] = {"npz": ".npz", "zarr": ".zarr", "hdf5": ".h5"}
_PACKAGES: dict[ArrayFormat, str] = {"zarr": "zarr", "hdf5": "h5py"}
_ALIGNED = 64
_LOCAL_HEADER = 30  # bytes of a ZIP entry's header before its name
_ZIP64_FIELD = 20  # bytes that `zipfile` adds to it for entries that may be large
_PADDING_FIELD = 0xD935  # the id that Android's zipalign uses for the same
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same arrays give the same bytes


class ArrayWriter(Protocol):
    """Takes the values of an array in order, some of the first axis's items at a time, or part of one."""

    def append(self, values: NDArray[Any]) -> None:
        """Write the values that follow, (..., last axis)."""
        ...

    def __enter__(self) -> "ArrayWriter": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def check_format(form: ArrayFormat) -> None:
    """Refuse a form whose package is not installed.

    Raises:
        InputError: with the command that adds it.
    """
    package = _PACKAGES.get(form)
    if package is None:
        return
    try:
        import_module(package)
    except ImportError as error:
        raise InputError(
            f"--format {form} needs {package}, which is not installed; add it with: {install_command('arrays')}, "
            "or leave it out for npz"
        ) from error


def array_writer(
    folder: Path, name: str, shape: tuple[int, int, int], dtype: np.dtype[Any], form: ArrayFormat
) -> ArrayWriter:
    """Open `name` with the form's suffix in a folder; the array has that name as its key."""
    path = folder / (name + SUFFIXES[form])
    if form == "npz":
        return _NpzWriter(path, name, shape, dtype)
    opened = _new_zarr if form == "zarr" else _new_hdf5
    return _ChunkWriter(*opened(path, name, shape, dtype), shape)


def open_array(folder: Path, name: str, form: ArrayFormat) -> Any:
    """The array, which stays on the disk: a `numpy.memmap`, `zarr.Array` or `h5py.Dataset`."""
    path = folder / (name + SUFFIXES[form])
    if form == "npz":
        return _mapped(path, name)
    if form == "zarr":
        return import_module("zarr").open_group(str(path), mode="r")[name]
    return import_module("h5py").File(path, "r")[name]


class _NpzWriter:
    def __init__(self, path: Path, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._stack = ExitStack()
        self._dtype = dtype
        archive = self._stack.enter_context(zipfile.ZipFile(path, "w", zipfile.ZIP_STORED))
        entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
        entry.external_attr = 0o600 << 16
        header = _LOCAL_HEADER + len(entry.filename.encode()) + _ZIP64_FIELD + 4
        entry.extra = struct.pack("<HH", _PADDING_FIELD, -header % _ALIGNED) + bytes(-header % _ALIGNED)
        self._member = self._stack.enter_context(archive.open(entry, "w", force_zip64=True))
        about = BytesIO()
        npy.write_array_header_1_0(about, {"descr": dtype.str, "fortran_order": False, "shape": shape})
        self._member.write(about.getvalue())

    def append(self, values: NDArray[Any]) -> None:
        self._member.write(np.ascontiguousarray(values, self._dtype).data)

    def __enter__(self) -> "_NpzWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def _mapped(path: Path, name: str) -> NDArray[Any]:
    """The array of a .npz that is not compressed, mapped read-only."""
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(f"{name}.npy")
    with path.open("rb") as file:
        file.seek(entry.header_offset + _LOCAL_HEADER - 4)
        name_length, extra_length = struct.unpack("<HH", file.read(4))
        file.seek(name_length + extra_length, 1)
        npy.read_magic(file)
        shape, _, dtype = npy.read_array_header_1_0(file)
        return np.memmap(path, dtype, "r", file.tell(), shape)


class _ChunkWriter:
    """Fills a chunked array item by item of its first axis; one item is one chunk."""

    def __init__(self, array: Any, close: Any, shape: tuple[int, int, int]) -> None:
        self._array, self._close = array, close
        self._rows = shape[1]
        self._row = 0

    def append(self, values: NDArray[Any]) -> None:
        rows = values.reshape(-1, values.shape[-1])
        while len(rows):
            item, first = divmod(self._row, self._rows)
            part = rows[: self._rows - first]
            self._array[item, first : first + len(part)] = part
            self._row += len(part)
            rows = rows[len(part) :]

    def __enter__(self) -> "_ChunkWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()


def _new_zarr(path: Path, name: str, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> tuple[Any, Any]:
    zarr = import_module("zarr")
    codec = import_module("zarr.codecs").BloscCodec(cname="zstd", clevel=3, shuffle="shuffle")
    group = zarr.open_group(str(path), mode="w")
    array = group.create_array(name, shape=shape, dtype=dtype, chunks=(1, *shape[1:]), compressors=[codec])
    return array, lambda: None


def _new_hdf5(path: Path, name: str, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> tuple[Any, Any]:
    file = import_module("h5py").File(path, "w")
    array = file.create_dataset(name, shape, dtype, chunks=(1, *shape[1:]), shuffle=True, compression="lzf")
    return array, file.close
