"""What a user says about when, in one of several ways, to the moments that a model is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError, RangeError, ShapeError
from frameloom.interpolation.map_files import check_values, read_map, resized
from frameloom.interpolation.motion_file import read_motion
from frameloom.media.timeline import check_between
from frameloom.roles import Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which images are wanted between two."""

    moments: list[Moment] | None = None  # None: evenly spaced by counts
    counts: list[int]
    files: tuple[Path, ...] = ()  # what it was read from


def wanted(
    *,
    at: Sequence[float | NDArray[Any]] | None,
    num: Sequence[int] | int | None,
    maps: Sequence[str | Path] | None,
    motion: str | Path | None,
    size: tuple[int, int],
) -> Wanted:
    """Bring moments, counts, map files or a motion file to moments for images of (height, width).

    Raises:
        InputError: two of them contradict each other, or a file cannot be used as asked.
        RangeError: moments outside 0..1, or none.
        ShapeError: something that is no map, or a mask of another size.
        CannotOpen: a file is missing or damaged.
    """
    counts = [num] if isinstance(num, int) else [1] if num is None else list(num)
    _check_one_way({"--at": at, "--maps": maps, "--motion": motion, "--num": num}, maps)
    check_between(counts)
    if at is not None:
        return Wanted(moments=checked_moments(at, size), counts=counts)
    if maps is not None:
        files = _files(maps)
        return Wanted(moments=[resized(read_map(file), size) for file in files], counts=counts, files=files)
    if motion is not None:
        if len(counts) != 1:
            raise InputError(f"--motion takes one number for --num, not the passes {' '.join(map(str, counts))}")
        if counts[0] < 1:
            raise RangeError(f"num is {counts[0]}; with --motion it must be from 1 up")
        plan = read_motion(Path(motion))
        return Wanted(moments=list(plan.maps(counts[0], size)), counts=counts, files=plan.files)
    return Wanted(counts=counts)


def _check_one_way(ways: dict[str, object], maps: Sequence[str | Path] | None) -> None:
    """Everything but --motion with --num, which says how many, excludes everything else."""
    given = [option for option, value in ways.items() if value is not None]
    if len(given) < 2 or given == ["--motion", "--num"]:
        return
    if given == ["--maps", "--num"] and maps is not None:
        raise InputError("--maps and --num contradict each other: each map makes one image")
    raise InputError(f"{given[0]} and {given[1]} contradict each other; give one of them")


def _files(maps: Sequence[str | Path]) -> tuple[Path, ...]:
    if isinstance(maps, (str, Path)):
        raise InputError(f"maps is {maps}; give a list of files, one for each new image")
    if not maps:
        raise RangeError("--maps needs at least one file, one for each new image")
    return tuple(Path(file) for file in maps)


def checked_moments(at: Sequence[float | NDArray[Any]], size: tuple[int, int]) -> list[Moment]:
    """Numbers and maps, made sure to lie in 0..1; maps of another size are resized.

    Raises:
        RangeError: a value outside, or none at all.
        ShapeError: a map that is not (height, width).
    """
    if not len(at):
        raise RangeError("--at needs at least one number from 0 (first image) to 1 (last image)")
    return [_checked(item, size) for item in at]


def _checked(item: float | NDArray[Any], size: tuple[int, int]) -> Moment:
    values = np.asarray(item)
    if not values.ndim:
        moment = float(values)
        if not 0 <= moment <= 1:  # nor is NaN
            raise RangeError(f"a moment is {moment}; moments are from 0 (first image) to 1 (last image)")
        return moment
    if values.ndim != 2 or not values.size:
        raise ShapeError(f"a distance map has shape {values.shape}; expected (height, width)")
    if values.dtype.kind != "f":
        raise InputError(f"a distance map has {values.dtype} values; expected floats from 0 to 1")
    check_values(values, "a distance map")
    return resized(values, size)
