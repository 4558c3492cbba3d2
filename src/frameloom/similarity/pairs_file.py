"""Which pairs of images to compare: a JSON file, or the same as Python lists and dictionaries."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from frameloom.errors import CannotOpen, InputError

_KEYS = (("image_a", "ref_img"), ("image_b", "dist_img"))  # the second ones as in VFI-Similarity's older files
_EXAMPLE = '[{"image_a": "a.png", "image_b": "b.png", "label": "walk"}]'
_LONGEST_NAME = 80  # characters; file systems take 255 bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class PairEntry:
    """One pair of the file."""

    label: str
    """As the file has it; pair_000 and so on where it has none."""
    folder: str
    """The label as a folder's name, different from every other."""
    image_a: Path | None = None
    image_b: Path | None = None
    problem: str = ""
    """Why it cannot be compared, where it is not a pair."""


def read_pairs(config: str | Path | Sequence[Mapping[str, Any]], *, taken: frozenset[str]) -> list[PairEntry]:
    """The pairs of a file, or of a list; paths of a file are relative to its folder.

    Args:
        config: A list of objects, or an object with such a list under `pairs`; each with image_a, image_b (or ref_img,
            dist_img) and perhaps label. Other keys are not looked at.
        taken: Names that no pair's folder may have.

    Raises:
        CannotOpen: the file cannot be read.
        InputError: it is not laid out so, or holds no pair.
    """
    from_file = isinstance(config, (str, Path))
    name = str(config) if from_file else "the list of pairs"
    data = _read(Path(config)) if from_file else config
    if isinstance(data, Mapping):
        data = cast(Mapping[str, Any], data).get("pairs")
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise InputError(f"{name} holds no list of pairs; expected {_EXAMPLE}")
    items = list(cast(Sequence[Any], data))
    if not items:
        raise InputError(f"{name} holds no pair; expected {_EXAMPLE}")
    folder = Path(config).parent if from_file else Path()
    used = {word.lower() for word in taken}
    return [_entry(item, index, folder, used) for index, item in enumerate(items)]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise CannotOpen(f"{path} does not exist") from None
    except OSError as error:
        raise CannotOpen(f"{path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}; expected {_EXAMPLE}") from error


def _entry(item: Any, index: int, folder: Path, used: set[str]) -> PairEntry:
    unnamed = f"pair_{index:03d}"
    if not isinstance(item, Mapping):
        what = f"is {json.dumps(item)}, not an object with image_a and image_b"
        return PairEntry(label=unnamed, folder=_folder_name(unnamed, unnamed, used), problem=what)
    fields = cast(Mapping[str, Any], item)
    label = fields.get("label")
    label = unnamed if label is None or label == "" else str(label)
    paths: list[Path | None] = []
    problems: list[str] = []
    for keys in _KEYS:
        given = next((fields[key] for key in keys if key in fields), None)
        path = folder / given if isinstance(given, (str, Path)) and str(given) else None
        paths.append(path)
        if path is None:
            problems.append(f"has no {keys[0]}" if given is None else f"has {given!r} for {keys[0]}, not a file's path")
    return PairEntry(
        label=label,
        folder=_folder_name(label, unnamed, used),
        image_a=paths[0],
        image_b=paths[1],
        problem=" and ".join(problems),
    )


def _folder_name(label: str, unnamed: str, used: set[str]) -> str:
    """The label without what file systems or people trip over, numbered where that name is taken."""
    safe = re.sub(r"[^\w.-]+", "-", label)[:_LONGEST_NAME].strip("-.") or unnamed
    name, number = safe, 1
    while name.lower() in used:
        number += 1
        name = f"{safe}-{number}"
    used.add(name.lower())
    return name
