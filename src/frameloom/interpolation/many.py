"""Several inputs of one call, and what their outputs are called."""

from collections.abc import Sequence
from pathlib import Path

from frameloom.errors import CannotOpen, InputError
from frameloom.images import SUFFIXES, images_in, natural_key
from frameloom.media.writing.sink import ONLY_READ, VIDEO_SUFFIXES

_KEPT = frozenset({*VIDEO_SUFFIXES, ".gif", ".apng"})
"""Suffixes that an output has from its input; an animated .webp is told from an image only by opening it."""
_READ = _KEPT | ONLY_READ


def is_collection(path: Path) -> bool:
    """Whether a path is a folder that holds no images itself, and so stands for the inputs in it."""
    return path.is_dir() and not images_in(path)


def members(folder: Path) -> list[Path]:
    """The inputs in a folder: videos, animations and folders of images, in natural order.

    Raises:
        CannotOpen: there is none.
    """
    entries = sorted((entry for entry in folder.iterdir() if not entry.name.startswith(".")), key=natural_key)
    found = [
        entry
        for entry in entries
        if (entry.is_dir() and images_in(entry)) or (entry.is_file() and entry.suffix.lower() in _READ)
    ]
    if not found:
        raise CannotOpen(f"{folder} holds neither images, nor videos, nor folders of images")
    return found


def output_names(sources: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Each input, collections replaced by what is in them, with its output in `folder`.

    Raises:
        InputError: there is no input, or two outputs would have one name.
    """
    inputs = [member for source in sources for member in (members(source) if is_collection(source) else [source])]
    if not inputs:
        raise InputError("there is no input; name at least one video, folder of images, or image")
    names: dict[Path, Path] = {}
    for path in inputs:
        output = folder / _output_name(path)
        clash = next((other for other, name in names.items() if name == output), None)
        if clash is not None:
            raise InputError(f"{clash} and {path} would both become {output}; rename one, or make them in two calls")
        names[path] = output
    return names


def _output_name(path: Path) -> str:
    suffix = path.suffix.lower()
    if path.is_dir() or suffix in SUFFIXES:
        return f"{path.stem if suffix in SUFFIXES else path.name}.mp4"
    return path.name if suffix in _KEPT else f"{path.stem}.mp4"
