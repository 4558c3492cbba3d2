"""Several inputs of one call, and what their outputs are called."""

from collections.abc import Sequence
from pathlib import Path

from frameloom.errors import CannotOpen, InputError
from frameloom.images import images_in, natural_key
from frameloom.media.reading.chunks import is_animated_webp
from frameloom.media.writing.animation import ANIMATION_SUFFIXES
from frameloom.media.writing.sink import ONLY_READ, VIDEO_SUFFIXES

_READ = frozenset({*VIDEO_SUFFIXES, ".gif", *ANIMATION_SUFFIXES}) | ONLY_READ


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


def output_names(
    sources: Sequence[Path], folder: Path, suffixes: Sequence[str] = tuple(VIDEO_SUFFIXES)
) -> dict[Path, Path]:
    """Each input, collections replaced by what is in them, with its output in `folder`.

    `suffixes` are those of files that hold the video; others become the first of them.

    Raises:
        InputError: there is no input, or two outputs would have one name.
    """
    inputs = [member for source in sources for member in (members(source) if is_collection(source) else [source])]
    if not inputs:
        raise InputError("there is no input; name at least one video, folder of images, or image")
    names: dict[Path, Path] = {}
    for path in inputs:
        output = folder / _output_name(path, suffixes)
        clash = next((other for other, name in names.items() if name == output), None)
        if clash is not None:
            raise InputError(f"{clash} and {path} would both become {output}; rename one, or make them in two calls")
        names[path] = output
    return names


def _output_name(path: Path, suffixes: Sequence[str]) -> str:
    """Videos and animations keep their type where it is written and holds the codec; all else becomes a video."""
    suffix = path.suffix.lower()
    if path.is_dir():
        return f"{path.resolve().name}{suffixes[0]}"
    return path.name if suffix in suffixes or _is_animation(path, suffix) else f"{path.stem}{suffixes[0]}"


def _is_animation(path: Path, suffix: str) -> bool:
    if suffix == ".webp":
        return path.is_file() and is_animated_webp(path)
    return suffix == ".gif" or suffix in ANIMATION_SUFFIXES
