"""Images to tokens, each read and encoded once however many pairs it belongs to."""

import os
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.errors import FrameloomError
from frameloom.features.patches import grid_size, prepare
from frameloom.frame import Pixels, float_pixels, quantise
from frameloom.images import pixels_of
from frameloom.roles import PatchEncoder
from frameloom.similarity.compare import EncodedImage

_LARGEST = 1024  # side of the pictures that maps are shown on
_AT_ONCE = 4  # images: more gained nothing on the CPU when the original was measured
_MEMORY = 2**30  # bytes of tokens and pictures that are kept for later pairs

Source = str | os.PathLike[str] | NDArray[Any]


class ImageEncoder:
    """Encodes images, all prepared in one way."""

    def __init__(self, encoder: PatchEncoder, *, size: int | None = None, keep_aspect: bool = False) -> None:
        """Take an encoder and the size that images are brought to, as `features.patches.grid_size` takes it.

        Raises:
            RangeError: `size` is smaller than one patch.
        """
        grid_size(encoder, (1, 1), size=size)
        self._encoder = encoder
        self.size = size
        """Of the square, or of the shorter side, in pixels, as it was asked for; None: the encoder's own."""
        self.keep_aspect = keep_aspect

    def encode(self, images: Sequence[tuple[str, Pixels]]) -> list[EncodedImage]:
        """Encode images with their names, those of one grid together."""
        grids = [self._grid(pixels) for _, pixels in images]
        encoded: dict[int, EncodedImage] = {}
        for grid in dict.fromkeys(grids):
            places = [place for place, other in enumerate(grids) if other == grid]
            prepared = np.stack([prepare(float_pixels(images[place][1]), self._encoder, grid) for place in places])
            tokens, others = self._encoder.encode_all(prepared)
            for number, place in enumerate(places):
                name, pixels = images[place]
                parts = (np.asarray(part[number], np.float32).copy() for part in (tokens, others))
                encoded[place] = EncodedImage(name, _picture(pixels), *parts)
        return [encoded[place] for place in range(len(images))]

    def _grid(self, pixels: Pixels) -> tuple[int, int]:
        height, width = pixels.shape[:2]
        return grid_size(self._encoder, (height, width), size=self.size, keep_aspect=self.keep_aspect)


def encode_two(first: Source, second: Source, encoder: ImageEncoder) -> tuple[EncodedImage, EncodedImage]:
    """Encode two files or arrays; one file given twice is read once.

    Raises:
        CannotOpen: a file cannot be read.
        InputError: an array that is not an image.
    """
    given = ((first, "the first image"), (second, "the second image"))
    names = [word if isinstance(item, np.ndarray) else os.fspath(item) for item, word in given]
    if not isinstance(first, np.ndarray) and not isinstance(second, np.ndarray) and Path(first) == Path(second):
        (encoded,) = encoder.encode([(names[0], pixels_of(first, names[0]))])
        return encoded, encoded
    images = [(name, pixels_of(item, name)) for name, item in zip(names, (first, second), strict=True)]
    ours, theirs = encoder.encode(images)
    return ours, theirs


class TokenStore:
    """Tokens of the images of many pairs. What no later pair needs is dropped; beyond `memory` bytes, the oldest."""

    def __init__(self, encoder: ImageEncoder, uses: Iterable[Path], *, memory: int = _MEMORY) -> None:
        """Take the encoder and every use of an image that there will be, in any order."""
        self._encoder = encoder
        self._left = Counter(uses)
        self._memory = memory
        self._kept: OrderedDict[Path, EncodedImage] = OrderedDict()
        self._unreadable: dict[Path, FrameloomError] = {}
        self.encoded = 0
        """Images that were encoded."""

    def pair(self, first: Path, second: Path, ahead: Iterable[Path] = ()) -> tuple[EncodedImage, EncodedImage]:
        """Two images; where one must be encoded, so are some of those that are needed next.

        Raises:
            CannotOpen, InputError: one of them cannot be read; told again for every pair that it belongs to.
        """
        if not {first, second} <= self._kept.keys():
            self._fetch([first, second, *ahead])
        try:
            unreadable = next((self._unreadable[path] for path in (first, second) if path in self._unreadable), None)
            if unreadable is not None:
                raise unreadable
            return self._kept[first], self._kept[second]
        finally:
            self._let_go(first, second)

    def _fetch(self, paths: Iterable[Path]) -> None:
        missing = [path for path in dict.fromkeys(paths) if path not in self._kept and path not in self._unreadable]
        images: list[tuple[str, Pixels]] = []
        for path in missing:
            try:
                images.append((str(path), pixels_of(path, str(path))))
            except FrameloomError as error:
                self._unreadable[path] = error
            if len(images) == _AT_ONCE:
                break
        for image in self._encoder.encode(images):
            self._kept[Path(image.name)] = image
        self.encoded += len(images)

    def _let_go(self, *used: Path) -> None:
        self._left.subtract(used)
        for path in used:
            if path in self._kept:
                self._kept.move_to_end(path)
                if self._left[path] <= 0:
                    del self._kept[path]
        while len(self._kept) > _AT_ONCE and sum(image.nbytes for image in self._kept.values()) > self._memory:
            self._kept.popitem(last=False)


def _picture(pixels: Pixels) -> NDArray[np.uint8]:
    """The image as pictures of results show it: 8-bit RGB, not too large."""
    height, width = pixels.shape[:2]
    shrink = _LARGEST / max(height, width)
    if shrink < 1:
        smaller = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        pixels = np.asarray(cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA), pixels.dtype)
    rgb = pixels[..., :3]
    return (rgb if rgb.dtype == np.uint8 else quantise(float_pixels(rgb), 8)).astype(np.uint8)
