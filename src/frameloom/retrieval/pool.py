"""A pool: the images in a folder and the folders in it."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from frameloom.errors import CannotOpen, NoFrames
from frameloom.images import SUFFIXES

POOL_SUFFIXES = SUFFIXES | {
    ".gif", ".jpe", ".jp2", ".avif", ".dib", ".pbm", ".pnm", ".pfm", ".hdr", ".pic", ".ras", ".sr"
}  # fmt: skip
"""What OpenCV reads; of an animation the first picture counts."""


@dataclass(frozen=True, slots=True)
class PoolImage:
    """A file of a pool, and what tells that it is still the same."""

    path: str
    """Below the pool's folder, with `/` between names; as the file system spells it."""
    size: int
    """Bytes."""
    changed: int
    """Time of its last change, nanoseconds."""

    @property
    def key(self) -> str:
        """The same for the same file, unchanged: 32 hexadecimal digits."""
        return hashlib.sha256(self._identity()).hexdigest()[:32]

    def _identity(self) -> bytes:
        return b"%s\0%d\0%d\n" % (os.fsencode(self.path), self.size, self.changed)


@dataclass(frozen=True, slots=True)
class Pool:
    """The image files of a folder, in the order of their paths as bytes."""

    root: Path
    images: tuple[PoolImage, ...]

    @property
    def sha256(self) -> str:
        """Of all paths, sizes and times."""
        return digest(self.images)

    def place(self, image: PoolImage) -> Path:
        """Where the image lies."""
        return self.root / PurePosixPath(image.path)


def digest(images: Sequence[PoolImage]) -> str:
    """SHA-256 of paths, sizes and times of images in the order of a pool."""
    total = hashlib.sha256()
    for image in images:
        total.update(image._identity())  # pyright: ignore[reportPrivateUsage]
    return total.hexdigest()


def list_pool(root: Path) -> Pool:
    """All image files in a folder and below it, those behind links included; hidden ones are not looked at.

    A folder that is reached twice, as by a link to a folder above it, counts once, where it comes first in order.

    Raises:
        CannotOpen: the folder is missing or cannot be listed.
        NoFrames: there is no image file in it.
    """
    if not root.is_dir():
        raise CannotOpen(f"{root} is not a folder; name the folder with the images")
    images = sorted(_walk(root), key=lambda image: os.fsencode(image.path))
    if not images:
        raise NoFrames(f"{root} holds no image file; known are {', '.join(sorted(POOL_SUFFIXES))}")
    return Pool(root, tuple(images))


def _walk(root: Path) -> Iterator[PoolImage]:
    waiting, seen = [""], set[tuple[int, int]]()
    while waiting:
        below = waiting.pop()
        folder = root / below
        try:
            facts = folder.stat()
            if (facts.st_dev, facts.st_ino) in seen:
                continue
            seen.add((facts.st_dev, facts.st_ino))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            raise CannotOpen(f"{folder} cannot be listed: {error.strerror or error}") from error
        visible = [entry for entry in entries if not entry.name.startswith(".")]
        waiting += [f"{below}{entry.name}/" for entry in reversed(visible) if entry.is_dir()]
        yield from (image for entry in visible if (image := _image(entry, below)) is not None)


def _image(entry: "os.DirEntry[str]", below: str) -> PoolImage | None:
    """The entry, if it is a file that is named like an image."""
    if Path(entry.name).suffix.lower() not in POOL_SUFFIXES or not entry.is_file():
        return None
    try:
        facts = entry.stat()
    except FileNotFoundError:  # gone since the folder was listed
        return None
    return PoolImage(f"{below}{entry.name}", facts.st_size, facts.st_mtime_ns)
