"""Samples of data sets: frames of which some are given to a model and the others are the truth."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import DatasetError, RangeError, ShapeError
from frameloom.frame import ArrayPicture, quantise
from frameloom.image_size import claimed_size
from frameloom.images import read_image
from frameloom.interpolation.map_files import read_measured_map, resized
from frameloom.progress import Notices
from frameloom.roles import Moment

Image = NDArray[np.uint8]
"""(height, width, 3) RGB."""

_HEAD, _LONG_HEAD = 1 << 10, 1 << 17  # bytes in which files mostly, and with a thumbnail, say their size
_BLUR = 5  # pixels; the window that the originals smooth maps with, at the maps' own size


@dataclass(frozen=True, slots=True)
class Sample:
    """Two frames of a sequence and the true frames between them."""

    sequence: str
    files: tuple[Path, ...]
    """First, truths in order, last."""
    first_index: int
    stride: int = 1
    """Frames of the sequence from one of the files to the next."""
    maps: tuple[Path, ...] = ()
    """Measured distance maps, one for each truth; empty: the truths lie evenly between the given frames."""
    prepare: Callable[[Image], Image] | None = None
    """What the data set does to its frames before they are used, such as a crop."""

    @property
    def factor(self) -> int:
        """Steps from first to last."""
        return len(self.files) - 1

    def index(self, step: int) -> int:
        """Which frame of its sequence the truth after so many steps is."""
        return self.first_index + step * self.stride

    def evenly(self) -> "Sample":
        """The same without maps."""
        return replace(self, maps=())

    def load(self) -> list[Image]:
        """All frames as `(height, width, 3)` uint8 RGB.

        Raises:
            ShapeError: they are not all of one size.
        """
        frames = [ArrayPicture(read_image(file)).to_integer(8)[..., :3].astype(np.uint8) for file in self.files]
        for file, frame in zip(self.files, frames, strict=True):
            if frame.shape != frames[0].shape:
                raise ShapeError(
                    f"{file} is {frame.shape[1]}x{frame.shape[0]}, {self.files[0].name} is "
                    f"{frames[0].shape[1]}x{frames[0].shape[0]}; all frames of a sequence must have one size"
                )
        return frames if self.prepare is None else [self.prepare(frame) for frame in frames]

    def moments(self, size: tuple[int, int], *, smooth: bool) -> list[Moment]:
        """When the truths are: numbers, or the maps for frames of (height, width).

        Maps are clipped to [0, 1]; where they hold no number, nothing moved, and the moment stands.

        Args:
            size: Of the frames.
            smooth: Blur maps by 5 pixels before they are resized, as InterpAny-Clearer does to test.
        """
        numbers = [step / self.factor for step in range(1, self.factor)]
        if not self.maps:
            return list(numbers)
        return [_map(file, number, size, smooth=smooth) for file, number in zip(self.maps, numbers, strict=True)]


def _map(file: Path, moment: float, size: tuple[int, int], *, smooth: bool) -> NDArray[np.float32]:
    measured = read_measured_map(file).astype(np.float64)
    clipped = np.clip(np.where(np.isnan(measured), moment, measured), 0, 1)
    if smooth:
        clipped = np.asarray(cv2.GaussianBlur(clipped, (_BLUR, _BLUR), 0), np.float64)
    return resized(clipped, size)


def windows(
    sequence: str, files: Sequence[Path], factor: int, *, prepare: Callable[[Image], Image] | None = None
) -> Iterator[Sample]:
    """Samples of a sequence: every `factor`-th frame is given, the rest is truth.

    None of one that is too short, which is told.

    Raises:
        DatasetError: its frames are numbered one by one, and a number is missing: what follows would be a wrong truth.
    """
    _see_that_none_is_missing(files)
    if len(files) <= factor:
        there = f"there {'is' if len(files) == 1 else 'are'} {len(files)}"
        Notices().add(f"{sequence}: passed over: {factor}x needs {factor + 1} frames, {there}")
    for start in range(0, len(files) - factor, factor):
        yield Sample(sequence, tuple(files[start : start + factor + 1]), start, prepare=prepare)


def _see_that_none_is_missing(files: Sequence[Path]) -> None:
    """Raises: DatasetError where one is. Names with gaps throughout, such as times, say nothing."""
    named = [re.fullmatch(r"(.*?)([0-9]+)", file.stem) for file in files]
    numbers = [int(match[2]) for match in named if match is not None]
    steps = [after - before for before, after in pairwise(numbers)]
    if len(numbers) < len(files) or not steps or 2 * steps.count(1) <= len(steps):
        return
    for number, step in enumerate(steps, start=1):
        if step > 1:
            raise DatasetError(
                f"{files[number].parent}: {files[number].name} comes after {files[number - 1].name}: frames between "
                "are missing, and others would be taken for them; rename what follows if it belongs there"
            )


def check_sizes(samples: Iterable[Sample]) -> None:
    """See what the files say of their sizes, before any of them is used.

    Raises:
        ShapeError: frames of a sample differ in size.
    """
    claimed: dict[Path, tuple[int, int] | None] = {}
    for sample in samples:
        for file in sample.files:
            if file not in claimed:
                claimed[file] = _claimed_size(file)
        if len({claimed[file] for file in sample.files} - {None}) > 1:
            sample.load()  # turned by what a camera noted, they may be of one size all the same


def _claimed_size(file: Path) -> tuple[int, int] | None:
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
        return claimed_size(head) or claimed_size(head + opened.read(_LONG_HEAD))


def halved(frame: Image) -> Image:
    """Half the width and height, each pixel the mean of four."""
    return scaled_to(frame, (frame.shape[0] // 2, frame.shape[1] // 2))


def scaled_to(frame: Image, size: tuple[int, int]) -> Image:
    """At another (height, width), by areas, rounded to 8 bits."""
    if frame.shape[:2] == size:
        return frame
    return np.asarray(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def centre(frame: Image) -> Image:
    """The middle half of the width and height."""
    height, width = frame.shape[:2]
    top, left = height // 4, width // 4
    return np.ascontiguousarray(frame[top : height - top, left : width - left])


def middle_square(frame: Image, *, side: int) -> Image:
    """The middle `side` pixels of each side, or all where there are not as many."""
    top, left = (max(0, length // 2 - side // 2) for length in frame.shape[:2])
    return np.ascontiguousarray(frame[top : top + side, left : left + side])


def of_even_size(frame: Image) -> Image:
    """Without an odd last row or column."""
    return frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]


def only_middle(factor: int, name: str) -> None:
    """Refuse a factor of which the data set has no truth.

    Raises:
        RangeError: it is not 2.
    """
    if factor != 2:
        raise RangeError(f"{name} has one true frame between two: its factor is 2, not {factor}")


def file_list_hash(samples: Sequence[Sample], root: Path) -> str:
    """SHA-256 of the sorted names (relative to the root) and sizes of all files of the samples, one `name size` a line.

    Raises:
        DatasetError: one of them is missing.
    """
    files = {file for sample in samples for file in (*sample.files, *sample.maps)}
    lines: list[str] = []
    for file in files:
        try:
            lines.append(f"{file.relative_to(root).as_posix()} {file.stat().st_size}\n")
        except FileNotFoundError:
            hint = " (or measure with --uniform, without maps)" if file.suffix == ".npy" else ""
            raise DatasetError(f"{file} is missing{hint}") from None
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def as_eight_bits(image: NDArray[np.float32]) -> Image:
    """Rounded to the nearest of 8 bits."""
    return quantise(image, 8).astype(np.uint8, copy=False)
