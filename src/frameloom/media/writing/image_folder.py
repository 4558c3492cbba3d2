"""A folder of numbered images."""

from pathlib import Path
from types import TracebackType

from frameloom import images
from frameloom.frame import Frame

_FEWEST_DIGITS = 5


def image_name(number: int, count: int | None) -> str:
    """The name of one of `count` images, counted from 0."""
    digits = max(_FEWEST_DIGITS, len(str((count or 1) - 1)))
    return f"{number:0{digits}d}.png"


class ImageFolderSink:
    """Numbered PNG files in an existing folder, from 00000.png on or from another number.

    With `count` expected in all, names sort as text too.
    """

    def __init__(self, folder: Path, depth: int, count: int | None = None, first: int = 0) -> None:
        self._folder = folder
        self._expected = count
        self._depth = depth
        self._count = first

    def append(self, frame: Frame) -> None:
        """Write one image; source pixels of the same depth are written as they are."""
        pixels = frame.picture.to_integer(self._depth)
        images.write_image(self._folder / image_name(self._count, self._expected), pixels)
        self._count += 1

    def __enter__(self) -> "ImageFolderSink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to finish."""
