"""Distance maps from files and of any size, made fit for a pair of images."""

import tokenize
import warnings
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import CannotOpen, InputError, RangeError, ShapeError
from frameloom.frame import float_pixels
from frameloom.images import read_image


def read_map(path: Path) -> NDArray[np.floating[Any]]:
    """Read a distance map (height, width) in [0, 1].

    Args:
        path: .npy with float values from 0 to 1, or .png, grey, 8 or 16 bits, where full scale is 1.

    Raises:
        CannotOpen: missing, damaged, or another kind of file.
        InputError: values of another kind, or an image with colours or transparency.
        ShapeError: not (height, width).
        RangeError: a value that is outside 0..1 or no number; the message has the range that was found.
    """
    match path.suffix.lower():
        case ".npy":
            values = _read_npy(path)
        case ".png":
            values = _read_grey(path)
        case _:
            raise InputError(f"{path}: distance maps are read from .npy and .png files")
    check_values(values, str(path))
    return values


def read_measured_map(path: Path) -> NDArray[np.floating[Any]]:
    """Read a .npy file with a map as it was measured from flow: any values, NaN and infinity too.

    Raises:
        CannotOpen, InputError, ShapeError: as for `read_map`.
    """
    return _read_npy(path)


def check_values(values: NDArray[Any], name: str) -> None:
    """Make sure that all values of a map lie in [0, 1].

    Raises:
        RangeError: one does not.
    """
    finite = np.isfinite(values)
    if not finite.all():
        missing = values.size - int(np.count_nonzero(finite))
        raise RangeError(
            f"{name} has {missing} of {values.size} values that are not numbers (NaN or infinity), as maps measured "
            f"from flow have where nothing moves; give those pixels a value from 0 to 1 (say, the frame's time) first"
        )
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        raise RangeError(
            f"{name} has values from {low:g} to {high:g}; a distance map is from 0 (first image) to 1 (last image): "
            f"clip maps measured from flow with numpy.clip(map, 0, 1), and divide others by their full scale"
        )


def resized(values: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
    """A map at another (height, width), as float32 in [0, 1].

    Shrinking averages, as the originals do. Enlarging is bilinear: the originals ask for averaging there too, which
    repeats pixels, and blur the steps away; a blur would also spoil what is exact in a map that somebody drew. On a
    smooth map at half size bilinear is four times nearer to theirs than repeated pixels without the blur.
    """
    if values.shape == size:
        return values.astype(np.float32, copy=False)
    exact = np.ascontiguousarray(values, np.float64)  # so that a constant map stays one to the last bit of float32
    least = (min(size[1], values.shape[1]), min(size[0], values.shape[0]))
    shrunk = cv2.resize(exact, least, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(shrunk, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return np.clip(enlarged, 0, 1).astype(np.float32)


def _read_npy(path: Path) -> NDArray[np.floating[Any]]:
    try:
        with warnings.catch_warnings(action="ignore"):  # NumPy warns of files that Python 2 wrote, and reads them well
            # Mapped, so that a header that claims more than is there is found out before memory is taken
            stored: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise CannotOpen(f"{path} does not exist") from None
    except (ValueError, TypeError, OverflowError, EOFError, tokenize.TokenError):
        raise CannotOpen(f"{path} is damaged, or not a .npy file of numbers") from None
    except OSError as error:
        raise CannotOpen(f"{path} cannot be read: {error.strerror or error}") from error
    if not isinstance(stored, np.ndarray):
        raise CannotOpen(f"{path} is an archive of arrays; save each map as a .npy file of its own")
    if stored.dtype.kind != "f":
        raise InputError(f"{path} has {stored.dtype} values; save floats from 0 to 1 (a .png may have whole numbers)")
    if stored.ndim != 2 or not stored.size:
        raise ShapeError(f"{path} has shape {stored.shape}; a distance map is (height, width), one to a file")
    return np.array(cast(NDArray[np.floating[Any]], stored))  # in memory: the file may change


def _read_grey(path: Path) -> NDArray[np.float32]:
    pixels = read_image(path)
    if pixels.shape[2] == 4 or (pixels != pixels[..., :1]).any():
        kind = "transparency" if pixels.shape[2] == 4 else "colours"
        raise InputError(f"{path} has {kind}; a distance map is a grey image")
    return float_pixels(pixels[..., 0])
