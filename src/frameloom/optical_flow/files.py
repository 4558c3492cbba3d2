"""Files that hold a flow, as data sets define them: Middlebury's .flo and KITTI's 16-bit PNG."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import CannotOpen, CannotWrite, ShapeError
from frameloom.images import read_image, write_image

Flow = NDArray[np.float32]
"""(height, width, 2) in pixels, x right then y down."""

_MARK = b"PIEH"  # the float 202021.25, by which a reader also finds out the order of bytes
_HEADER = np.dtype([("mark", "S4"), ("width", "<i4"), ("height", "<i4")])
_UNKNOWN = 1e9  # in .flo files, more than this says that nothing is known

_KITTI_STEPS = 64  # per pixel; so flows reach from -512 to just under 512 pixels
_KITTI_ZERO = 2**15


@dataclass(frozen=True, slots=True, eq=False)
class StoredFlow:
    """What a file holds."""

    flow: Flow
    """(height, width, 2) float32 in pixels, 0 where nothing is known."""
    known: NDArray[np.bool_]
    """(height, width)."""


def write_flo(path: Path, flow: Flow) -> None:
    """Write a .flo file: the numbers as they are, in 32 bits (Baker et al., IJCV 2011; vision.middlebury.edu/flow).

    Raises:
        CannotWrite: the place cannot be written.
    """
    height, width = flow.shape[:2]
    header = np.array([(_MARK, width, height)], _HEADER)
    try:
        path.write_bytes(header.tobytes() + np.ascontiguousarray(flow, "<f4").tobytes())
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror or error}") from error


def read_flo(path: Path) -> StoredFlow:
    """Read a .flo file.

    Raises:
        CannotOpen: missing, or not a whole .flo file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CannotOpen(f"{path} cannot be read: {error.strerror or error}") from error
    if len(content) < _HEADER.itemsize or content[:4] != _MARK:
        raise CannotOpen(f"{path} is not a .flo file: it does not begin with {_MARK.decode()}")
    header = np.frombuffer(content, _HEADER, count=1)[0]
    width, height = int(header["width"]), int(header["height"])
    if min(width, height) < 1 or len(content) - _HEADER.itemsize != 8 * width * height:
        raise CannotOpen(f"{path} does not hold the {width}x{height} vectors that it announces; copy it again")
    numbers = np.frombuffer(content, "<f4", offset=_HEADER.itemsize).reshape(height, width, 2).astype(np.float32)
    known = np.asarray((np.abs(numbers) <= _UNKNOWN).all(axis=2), np.bool_)  # false for NaN too
    return StoredFlow(flow=np.where(known[..., None], numbers, np.float32(0)), known=known)


def write_kitti(path: Path, flow: Flow) -> int:
    """Write a KITTI PNG: 64 steps per pixel, rounded, and a third channel that says where they hold.

    The format is that of the KITTI 2015 benchmark (Menze and Geiger, CVPR 2015).

    Returns:
        How many vectors are too long for the file, at 512 pixels; they are marked as unknown.

    Raises:
        CannotWrite: the place cannot be written, or the name does not end in .png.
    """
    if path.suffix.lower() != ".png":
        raise CannotWrite(f"{path}: KITTI's flow files are .png")
    steps = np.rint(flow.astype(np.float64) * _KITTI_STEPS) + _KITTI_ZERO
    fits = np.asarray(((steps >= 0) & (steps <= 2**16 - 1)).all(axis=2), np.bool_)
    stored = np.where(fits[..., None], steps, 0).astype(np.uint16)
    write_image(path, np.dstack([stored, fits.astype(np.uint16)]))
    return int((~fits).sum())


def read_kitti(path: Path) -> StoredFlow:
    """Read a KITTI PNG.

    Raises:
        CannotOpen: missing or damaged.
        ShapeError: an image of another kind.
    """
    stored = read_image(path)
    if stored.dtype != np.uint16 or stored.shape[2] != 3:
        raise ShapeError(f"{path} has {stored.shape[2]} channels of {stored.dtype}; KITTI's flow has 3 of 16 bits")
    known = stored[..., 2] > 0
    flow = (stored[..., :2].astype(np.float32) - _KITTI_ZERO) / _KITTI_STEPS
    return StoredFlow(flow=np.where(known[..., None], flow, np.float32(0)), known=known)
