"""The tokens of sampled frames on disk: written frame by frame, read by frame or by patch.

Tokens are the costly part of an analysis, so they are kept when a run is interrupted. Files are read and not mapped:
mapped pages would count as memory of the process.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import CannotOpen
from frameloom.features.similarity import unit_length

Value = TypeVar("Value", bound=np.generic)
FILES = ("tokens", "means", "pictures")


@dataclass(frozen=True, kw_only=True)
class TokenSpool:
    """Three files in a folder: unit tokens, mean tokens, and small pictures of the frames."""

    folder: Path
    frames: int
    patches: int
    dims: int
    picture: tuple[int, int]
    """(height, width) of the pictures."""

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Bytes that a frame takes in each file."""
        return 4 * self.patches * self.dims, 8 * self.dims, 3 * self.picture[0] * self.picture[1]

    def holds(self, frames: int) -> bool:
        """Whether all files are there and at least as long as so many frames take."""
        paths = [self.folder / name for name in FILES]
        return all(
            path.is_file() and path.stat().st_size >= frames * size
            for path, size in zip(paths, self.sizes, strict=True)
        )

    def write(self, frame: int, tokens: NDArray[np.float32], picture: NDArray[np.uint8]) -> None:
        """Write one frame; `flush` brings it to the disk.

        Args:
            frame: Its number.
            tokens: (patches, dims), of any length.
            picture: (height, width, 3) RGB.
        """
        mean = tokens.mean(axis=0, dtype=np.float64)
        for name, size, values in zip(FILES, self.sizes, (unit_length(tokens), mean, picture), strict=True):
            path = self.folder / name
            with path.open("r+b" if path.exists() else "w+b") as file:
                file.seek(frame * size)
                file.write(np.ascontiguousarray(values).data)

    def flush(self) -> None:
        """Return when all that was written is on the disk."""
        for name in FILES:
            with (self.folder / name).open("rb") as file:
                os.fsync(file.fileno())

    def tokens_of(self, frame: int) -> NDArray[np.float32]:
        """The unit tokens of a frame, (patches, dims)."""
        return self._read("tokens", frame * self.sizes[0], np.empty((self.patches, self.dims), np.float32))

    def picture_of(self, frame: int) -> NDArray[np.uint8]:
        """A frame, small: (height, width, 3) RGB."""
        return self._read("pictures", frame * self.sizes[2], np.empty((*self.picture, 3), np.uint8))

    def mean_tokens(self) -> NDArray[np.float64]:
        """The mean of each frame's tokens as they were before they were made unit length: (frames, dims)."""
        return self._read("means", 0, np.empty((self.frames, self.dims)))

    def patches_over_time(self, first: int, end: int) -> NDArray[np.float32]:
        """The unit tokens of some patches in all frames, (end - first, frames, dims)."""
        taken = np.empty((end - first, self.frames, self.dims), np.float32)
        part = np.empty((end - first, self.dims), np.float32)
        with (self.folder / "tokens").open("rb") as file:
            for frame in range(self.frames):
                _fill(part, file, frame * self.sizes[0] + 4 * first * self.dims)
                taken[:, frame] = part
        return taken

    def _read(self, name: str, start: int, into: NDArray[Value]) -> NDArray[Value]:
        with (self.folder / name).open("rb") as file:
            _fill(into, file, start)
        return into


def _fill(array: NDArray[Any], file: BinaryIO, start: int) -> None:
    file.seek(start)
    if file.readinto(array.data) != array.nbytes:  # type: ignore[attr-defined]  # buffered files can
        raise CannotOpen(f"{file.name} has become shorter meanwhile; run the same command again")
