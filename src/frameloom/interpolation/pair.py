"""Two images, as files or arrays, to the images between them, as files or arrays."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError, RangeError, ShapeError
from frameloom.frame import ArrayPicture, FloatPixels, Frame, Pixels, float_pixels, quantise
from frameloom.images import pixels_of
from frameloom.interpolation.between import cascade
from frameloom.media.timeline import passes_total, rate_of
from frameloom.media.writing.gif import GifSink
from frameloom.media.writing.image_folder import ImageFolderSink
from frameloom.media.writing.sink import FrameSink, names_a_file
from frameloom.media.writing.target import check_output, staged_folder
from frameloom.models.choice import ModelChoice
from frameloom.progress import track
from frameloom.results.making import Between
from frameloom.roles import Interpolator, Moment

GIF_NAME = "between.gif"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images of one size and kind."""

    first: Pixels
    last: Pixels
    files: tuple[Path, ...]  # where they came from

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.first.shape[0], self.first.shape[1]

    @property
    def depth(self) -> int:
        """8 or 16 bits when written to files."""
        return 8 if self.first.dtype == np.uint8 else 16


def open_pair(first: str | Path | NDArray[Any], last: str | Path | NDArray[Any]) -> Pair:
    """Read two images and bring them to one kind: alpha if one has it, the finer of their two types.

    Raises:
        ShapeError: their sizes differ, or an array is not an image.
        CannotOpen: a file is missing or not an image.
    """
    names = [str(item) if isinstance(item, (str, Path)) else f"the {place} image"
             for item, place in ((first, "first"), (last, "last"))]  # fmt: skip
    images = [pixels_of(item, name) for item, name in zip((first, last), names, strict=True)]
    if images[0].shape[:2] != images[1].shape[:2]:
        sizes = [f"{name} is {image.shape[1]}x{image.shape[0]}" for name, image in zip(names, images, strict=True)]
        raise ShapeError(f"{sizes[0]}, {sizes[1]}; both must have one size")
    files = tuple(Path(item) for item in (first, last) if isinstance(item, (str, Path)))
    channels = max(image.shape[2] for image in images)
    kind = max((image.dtype for image in images), key=lambda dtype: dtype.itemsize)
    first_pixels, last_pixels = (_of_kind(image, kind, channels) for image in images)
    return Pair(first_pixels, last_pixels, files)


def _of_kind(image: Pixels, kind: "np.dtype[Any]", channels: int) -> Pixels:
    if image.dtype != kind:
        image = float_pixels(image) if kind == np.float32 else quantise(float_pixels(image), 16)
    if image.shape[2] < channels:
        opaque = {"uint8": 255, "uint16": 65535, "float32": 1}[image.dtype.name]
        image = np.concatenate([image, np.full_like(image[..., :1], opaque)], axis=2)
    return image


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What to make between two images."""

    images: Pair
    asked: ModelChoice
    moments: list[Moment] | None  # None: evenly spaced by counts
    counts: list[int]
    files: tuple[Path, ...] = ()  # read besides the images, not to be written over

    def __post_init__(self) -> None:
        if not self.counts or any(count < 0 for count in self.counts):
            raise RangeError(f"num is {' '.join(map(str, self.counts)) or 'empty'}; give whole numbers from 0 up")

    @property
    def total(self) -> int:
        """How many images will be made."""
        return passes_total(self.counts) if self.moments is None else len(self.moments)

    @property
    def model(self) -> ModelChoice:
        """The model with nothing left open."""
        return self.asked.settled(self.images.size)

    @property
    def positions(self) -> tuple[float, ...]:
        """How far each image is, a map by its mean."""
        if self.moments is None:
            return tuple(float(Fraction(k, self.total + 1)) for k in range(1, self.total + 1))
        return tuple(float(np.mean(moment)) for moment in self.moments)

    def made(self) -> Iterator[FloatPixels]:
        """The images, one at a time."""
        first, last = float_pixels(self.images.first), float_pixels(self.images.last)
        model = self.model.load()
        if self.moments is not None:
            yield from _at_moments(model, first, last, self.moments)
        elif len(self.counts) == 1:
            yield from model.between(first, last, list(self.positions))
        else:
            yield from cascade(model, first, last, self.counts)


def _at_moments(
    model: Interpolator, first: FloatPixels, last: FloatPixels, moments: list[Moment]
) -> Iterator[FloatPixels]:
    """Exactly 0 and exactly 1 are the images themselves."""
    made = model.between(first, last, [moment for moment in moments if not _is_end(moment)])
    for moment in moments:
        yield next(made) if not _is_end(moment) else (first if moment == 0 else last)


def _is_end(moment: Moment) -> bool:
    return isinstance(moment, float) and moment in (0.0, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is wanted of the images besides what they show."""

    samples: int = 1
    gif: bool = False
    fps: str | float | Fraction = 10
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise RangeError(f"samples is {self.samples}; it must be a whole number from 1 up")


def in_memory(job: Job, wish: Wish) -> Between:
    """Make the images and return them, in the inputs' type, sample by sample."""
    kind = job.images.first.dtype
    images = tuple(
        image if kind == np.float32 else quantise(image, job.images.depth)
        for draw in _draws(job, wish)
        for image in track(draw.made(), "between", draw.total)
    )
    return _result(job, wish, images=images)


def to_folder(job: Job, output: Path, wish: Wish) -> Between:
    """Write both inputs and the images between them as numbered PNG files, and a GIF where wanted.

    Several samples each go to a folder of their own.

    Raises:
        OutputExists: the folder holds an earlier result and `overwrite` is not given.
    """
    rate = rate_of(wish.fps)
    if names_a_file(output):
        raise InputError(f"{output} names a file; the images between go to a folder of numbered PNG files")
    folders = [output] if wish.samples == 1 else [output / f"sample-{draw + 1}" for draw in range(wish.samples)]
    read, also = [*job.images.files, *job.files], frozenset({GIF_NAME})
    for folder in folders:
        check_output(folder, read, overwrite=wish.overwrite, folder=True, names=also)
    for draw, folder in zip(_draws(job, wish), folders, strict=True):
        with staged_folder(folder, overwrite=wish.overwrite, names=also) as working:
            _write(draw, working, rate, gif=wish.gif)
    names = [f"{index:05d}.png" for index in range(job.total + 2)] + [GIF_NAME] * wish.gif
    return _result(job, wish, files=tuple(folder / name for folder in folders for name in names), output=output)


def _draws(job: Job, wish: Wish) -> list[Job]:
    """The same job for each sample.

    Raises:
        InputError: several samples of a model that makes the same every time.
    """
    asked = job.asked
    if wish.samples > 1 and not asked.card.samples:
        raise InputError(f"{asked.name} takes no --samples: it makes the same images every time")
    runtimes = [replace(asked.runtime, sample=number) for number in range(wish.samples)]
    return [replace(job, asked=replace(asked, runtime=runtime)) for runtime in runtimes]


def _result(
    job: Job, wish: Wish, *, images: tuple[Pixels, ...] = (), files: tuple[Path, ...] = (), output: Path | None = None
) -> Between:
    return Between(
        model=job.model.name,
        model_settings=job.model.settings,
        moments=job.positions,
        samples=wish.samples,
        images=images,
        files=files,
        output=output,
    )


def _write(job: Job, working: Path, rate: Fraction, *, gif: bool) -> None:
    with ExitStack() as stack:
        sinks: list[FrameSink] = [stack.enter_context(ImageFolderSink(working, job.images.depth))]
        if gif:
            sinks.append(stack.enter_context(GifSink(working / GIF_NAME, job.images.size)))
        for index, pixels in enumerate(track(_with_ends(job), "between", job.total + 2)):
            frame = Frame(ArrayPicture(pixels), index / rate, 1 / rate)
            for sink in sinks:
                sink.append(frame)


def _with_ends(job: Job) -> Iterator[Pixels]:
    yield job.images.first
    yield from job.made()
    yield job.images.last
