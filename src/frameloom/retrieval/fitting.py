"""Images of a pool as pictures of a video: its size, its proportions, its pixel format."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import CannotWrite
from frameloom.features.descriptors.framing import crop_to_aspect
from frameloom.media.pictures.colour import VideoPicture
from frameloom.media.pictures.native import enlarged, native_of_bytes
from frameloom.media.writing.encoding import VideoSettings
from frameloom.retrieval.pictures import read_picture

_JPEG_QUALITY = 95
_CACHED_BYTES = 96 * 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitting:
    """What pictures of a video are like."""

    size: tuple[int, int]
    """(height, width) in pixels."""
    aspect: Fraction
    """Width by height as it is seen; that of the size only where pixels are square."""

    def read(self, path: Path) -> NDArray[np.uint8]:
        """The middle of an image file, (height, width, 3) RGB, in this size.

        Raises:
            CannotOpen: it cannot be read.
        """
        return enlarged(self.read_middle(path), self.size)

    def read_middle(self, path: Path) -> NDArray[np.uint8]:
        """The same, as small as it comes where it must be enlarged.

        Raises:
            CannotOpen: it cannot be read.
        """
        longest = max(*self.size, round(self.size[0] * self.aspect))
        return self._middle(read_picture(path, smallest=(longest, longest)))  # after cropping it is still large enough

    def fit(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The middle of an image (height, width, 3), of these proportions, in this size."""
        return enlarged(self._middle(image), self.size)

    def _middle(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The middle of an image, of these proportions, with no more pixels than this size has."""
        cropped = crop_to_aspect(image, self.aspect)
        height, width = self.size
        if cropped.shape[0] * cropped.shape[1] <= height * width:
            return cropped
        return np.asarray(cv2.resize(cropped, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """An image ready to be written."""

    picture: VideoPicture
    """In the pixel format of the video."""
    jpeg: bytes | None
    """As a file; None where none is written."""

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return self.picture.nbytes + len(self.jpeg or b"")


def fitted(pixels: NDArray[np.uint8], settings: VideoSettings, *, jpeg: bool) -> Fitted:
    """Pixels (height, width, 3), at most as large as the video, as a picture for an encoder, and as a JPEG file."""
    native = native_of_bytes(pixels, settings.format, settings.tags, settings.size)
    return Fitted(VideoPicture(native, settings.tags), jpeg_of(pixels, settings.size) if jpeg else None)


def jpeg_of(pixels: NDArray[np.uint8], size: tuple[int, int] | None = None) -> bytes:
    """(height, width, 3) RGB as a JPEG file of quality 95; enlarged to that size where one is given."""
    ordered = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    image = enlarged(np.asarray(ordered, np.uint8), size or pixels.shape[:2])
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise CannotWrite(f"{image.shape[1]}x{image.shape[0]} pixels do not go into a JPEG file; leave out the frames")
    return data.tobytes()


class Sized(Protocol):
    """What knows the memory that it takes."""

    @property
    def nbytes(self) -> int:
        """Bytes."""
        ...


Ready = TypeVar("Ready", bound=Sized)


class FittedImages(Generic[Ready]):
    """Images by id, made ahead in threads; those that come again are kept, up to a number of bytes."""

    def __init__(self, make: Callable[[int], Ready], workers: int) -> None:
        self._make = make
        self._workers = workers
        self._kept: OrderedDict[int, Future[Ready]] = OrderedDict()
        self._bytes: dict[int, int] = {}  # of those that were shown before

    def through(self, ids: Sequence[int | None]) -> Iterator[Ready | None]:
        """The images of these ids in order; None for None."""
        ahead, left = 2 * self._workers, Counter(ids)
        with ThreadPoolExecutor(self._workers, "fitting") as threads:
            try:
                for place, identity in enumerate(ids):
                    for coming in ids[place : place + ahead]:
                        self._begin(threads, coming)
                    if identity is None:
                        yield None
                        continue
                    left[identity] -= 1
                    yield self._shown(identity)
                    if not left[identity]:
                        self._forget(identity)
                    self._make_room(needed=set(ids[place + 1 : place + ahead]))
            finally:
                threads.shutdown(cancel_futures=True)
                self._kept.clear()
                self._bytes.clear()

    def _begin(self, threads: ThreadPoolExecutor, identity: int | None) -> None:
        if identity is None:
            return
        if identity not in self._kept:
            self._kept[identity] = threads.submit(self._make, identity)
        self._kept.move_to_end(identity)

    def _shown(self, identity: int) -> Ready:
        image = self._kept[identity].result()
        self._bytes[identity] = image.nbytes
        return image

    def _forget(self, identity: int) -> None:
        del self._kept[identity], self._bytes[identity]

    def _make_room(self, needed: set[int | None]) -> None:
        """Let go of those that were not shown for longest."""
        total = sum(self._bytes.values())
        for identity in list(self._kept):
            if total <= _CACHED_BYTES:
                return
            if identity not in needed and identity in self._bytes:
                total -= self._bytes[identity]
                self._forget(identity)
