"""A folder of numbered images."""

from pathlib import Path
from types import TracebackType

from frameloom import images
from frameloom.frame import Frame


class ImageFolderSink:
    """Numbered PNG files in an existing folder, from 00000.png on, or from another number."""

    def __init__(self, folder: Path, depth: int, first: int = 0) -> None:
        self._folder = folder
        self._depth = depth
        self._count = first

    def append(self, frame: Frame) -> None:
        """Write one image; source pixels of the same depth are written as they are."""
        pixels = frame.picture.to_integer(self._depth)
        images.write_image(self._folder / f"{self._count:05d}.png", pixels)
        self._count += 1

    def __enter__(self) -> "ImageFolderSink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to finish."""
