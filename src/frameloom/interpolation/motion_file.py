"""Motion files: JSON that names masks and says by which curve each object moves (docs/motion.md)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import CannotOpen, FrameloomError, InputError, RangeError, ShapeError
from frameloom.frame import float_pixels
from frameloom.images import read_image
from frameloom.interpolation.curves import Curve, meant, position_along
from frameloom.interpolation.distance import ObjectMotion, distance_maps

_KEYS = ("objects", "rest", "feather")
_OBJECT_KEYS = ("mask", "curve")


@dataclass(frozen=True, slots=True)
class MotionPlan:
    """What a motion file asks for."""

    objects: tuple[ObjectMotion, ...]
    rest: Curve
    feather: float
    files: tuple[Path, ...]  # the motion file and its masks

    def maps(self, count: int, size: tuple[int, int]) -> list[NDArray[np.float32]]:
        """Distance maps for that many evenly spaced images of (height, width).

        Raises:
            ShapeError: a mask is of another size; the message names its file.
            RangeError: an impossible count.
        """
        for item, file in zip(self.objects, self.files[1:], strict=True):
            if item.mask.shape != size:
                height, width = item.mask.shape
                raise ShapeError(f"the mask {file} is {width}x{height}, the images are {size[1]}x{size[0]}")
        like = np.broadcast_to(np.uint8(0), size)
        return distance_maps(like=like, count=count, objects=self.objects, rest=self.rest, feather=self.feather)


def read_motion(path: Path) -> MotionPlan:
    """Read a motion file and the masks it names; they lie relative to it.

    Raises:
        CannotOpen: the file or a mask is missing, or cannot be read.
        InputError: it is not JSON, or not laid out as a motion file is.
        RangeError: a number outside what is allowed, or an empty mask.
    """
    plan = _mapping(_parsed(path), _KEYS, str(path))
    entries = plan.get("objects", [])
    if not isinstance(entries, list) or not entries:
        raise InputError(f'{path}: "objects" must be a list of at least one {{"mask": ..., "curve": ...}}')
    masks: list[Path] = []
    objects: list[ObjectMotion] = []
    for number, entry in enumerate(cast(list[Any], entries), 1):
        where = f"{path}: object {number}"
        item = _mapping(entry, _OBJECT_KEYS, where)
        mask = path.parent / _mask_name(item, where)
        curve = _curve(item.get("curve", "linear"), where)
        masks.append(mask)
        objects.append(_object(mask, curve))
    return MotionPlan(
        objects=tuple(objects),
        rest=_curve(plan.get("rest", "linear"), f'{path}: "rest"'),
        feather=_feather(plan.get("feather", 9), path),
        files=(path, *masks),
    )


def mask_of(path: Path) -> NDArray[np.bool_]:
    """Read a mask (height, width): what is brighter than half in any channel, or in an image with transparency, opaque.

    More than half opaque, that is. An alpha channel that is opaque everywhere, as many programs write it, says nothing;
    then brightness counts.

    Raises:
        CannotOpen: missing, damaged, or not an image.
    """
    pixels = float_pixels(read_image(path))
    see_through = pixels.shape[2] == 4 and pixels[..., 3].min() < 1
    shown = pixels[..., 3] if see_through else pixels[..., :3].max(axis=2)
    return shown > np.float32(0.5)


def _object(mask: Path, curve: Curve) -> ObjectMotion:
    inside = mask_of(mask)
    if not inside.any():
        raise RangeError(f"the mask {mask} is empty: no pixel is brighter (or more opaque) than half")
    return ObjectMotion(inside, curve)


def _parsed(path: Path) -> object:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CannotOpen(f"{path} does not exist") from None
    except OSError as error:
        raise CannotOpen(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError:
        raise InputError(f"{path} is not text in UTF-8; a motion file is JSON") from None
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except RecursionError:
        raise InputError(f"{path} is nested too deeply to be a motion file") from None
    except ValueError as error:  # a whole number of thousands of digits
        raise InputError(f"{path}: {error}") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON itself would take the last of two equal keys without a word."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InputError(f'"{key}" is given twice')
        found[key] = value
    return found


def _no_constant(name: str) -> float:
    raise InputError(f"{name} is not a number that a motion file can hold")


def _mapping(value: object, known: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{where} must be an object with the keys {', '.join(known)}, not {_kind(value)}")
    found = cast(dict[str, Any], value)
    for key in found:
        if key not in known:
            raise InputError(f'{where} has the unknown key "{key}"; {meant(key, known)}')
    return found


def _mask_name(item: dict[str, Any], where: str) -> str:
    name = item.get("mask")
    if not isinstance(name, str) or not name or "\0" in name:
        got = "is missing" if name is None else f"is {_kind(name)}" if not isinstance(name, str) else "names no file"
        raise InputError(f'{where}: "mask" {got}; give the path of an image, relative to the motion file')
    return name


def _curve(value: Any, where: str) -> Curve:
    if isinstance(value, list):
        _check_points(cast(list[Any], value), where)
    elif not isinstance(value, str):
        raise InputError(f"{where}: a curve is a name or a list of points, not {_kind(value)}")
    curve = cast(Curve, value)
    try:
        position_along(curve)
    except FrameloomError as error:
        raise type(error)(f"{where}: {error}") from None
    return curve


def _check_points(points: list[Any], where: str) -> None:
    """Numbers, or pairs of numbers; NumPy would also make numbers of text and of true."""
    pairs = [cast(list[Any], point) for point in points if isinstance(point, list)]
    numbers = [number for pair in pairs for number in pair] if pairs else points
    whole = not pairs or (len(pairs) == len(points) and all(len(pair) == 2 for pair in pairs))
    if not (whole and all(map(_is_number, numbers))):
        raise InputError(f"{where}: a curve's points must all be numbers, or all pairs [time, value]")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _feather(value: Any, path: Path) -> float:
    if not _is_number(value) or not 0 <= value <= 10_000:
        shown = f"{value!r:.20}" if _is_number(value) else _kind(value)
        raise RangeError(f'{path}: "feather" is {shown}; it must be a number of pixels from 0 to 10000')
    return float(value)


def _kind(value: object) -> str:
    """What JSON calls it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"
