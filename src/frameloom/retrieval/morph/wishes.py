"""What is asked of a film made of a pool, and what of it can be refused before any image is read."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import get_args

from frameloom.descriptor_options import DescriptorOptions
from frameloom.errors import CannotOpen, InputError, RangeError
from frameloom.media.writing.codecs import CODECS
from frameloom.media.writing.encoding import Encoding
from frameloom.media.writing.sink import check_encoding, kind_of_output
from frameloom.media.writing.target import check_output
from frameloom.models.choice import ModelChoice
from frameloom.retrieval.morph.choices import Grade
from frameloom.retrieval.morph.pace import Pace
from frameloom.retrieval.searching import PoolWish
from frameloom.retrieval.store import is_index
from frameloom.retrieval.structures import StructureWish
from frameloom.runtime import Runtime

RESULTS = "results.json"
_SMOOTHEST_DESCRIPTOR = "spatial_color"  # of the light ones, as measured on thumbnails: docs/morph.md
_LONGEST_WINDOW, _LONGEST_SIDE = 32, 16384

Size = tuple[int, int]
"""(height, width) in pixels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What a user asks of a film, besides its images.

    Raises:
        RangeError: a value outside what is allowed.
    """

    pace: Pace
    sizes: tuple[Size, ...]
    encoding: Encoding
    start: Path | None = None
    """The first picture; None: where the pool is densest."""
    repeat: bool = False
    """Whether a film that is longer than the pool goes back the way it came."""
    smooth: int = 1
    """How many pictures before it each is chosen by."""
    grade: Grade | None = None
    strength: float = 0.7
    audio: Path | None = None
    model: ModelChoice | None = None
    """What makes the frames between pictures; None where there are none."""
    workers: int = 2
    """Threads that read images."""
    overwrite: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.smooth <= _LONGEST_WINDOW:
            raise RangeError(f"smooth is {self.smooth}; it must be a whole number from 1 to {_LONGEST_WINDOW}")
        if self.grade is not None and self.grade not in get_args(Grade):
            raise RangeError(f"grade is '{self.grade}'; give histogram, reinhard or lut")
        if not (math.isfinite(self.strength) and 0 <= self.strength <= 1):
            raise RangeError(f"strength is {self.strength}; it must be from 0 (colours stay) to 1")
        if self.workers < 1:
            raise RangeError(f"workers is {self.workers}; it must be a whole number from 1 up")


def sizes_of(formats: Sequence[str]) -> tuple[Size, ...]:
    """Sizes as users write them: 1920x1080, width by height.

    Raises:
        RangeError: one is none, is too large, or is there twice.
    """
    sizes: list[Size] = []
    for words in formats:
        found = re.fullmatch(r"\s*([0-9]{1,6})[xX]([0-9]{1,6})\s*", words)
        if found is None:
            raise RangeError(f"format '{words}' is no size; give a width and a height, such as 1920x1080")
        size = int(found[2]), int(found[1])
        if not 1 <= min(size) <= max(size) <= _LONGEST_SIDE:
            raise RangeError(f"format {words} is impossible; sides are 1 to {_LONGEST_SIDE} pixels")
        if size in sizes:
            raise RangeError(f"format {words} is asked for twice; leave one out")
        sizes.append(size)
    if not sizes:
        raise RangeError("there is no format; give one or more, such as 1920x1080")
    return tuple(sizes)


def pool_wish(
    place: Path, descriptor: str | None, checkpoint: Path | None = None, workers: int | None = None
) -> PoolWish:
    """A folder of images, or of their index, compared by a descriptor; None: as the index is, or what is smoothest."""
    usual = None if is_index(place) else _SMOOTHEST_DESCRIPTOR
    return PoolWish(
        place=place,
        descriptor=descriptor or usual,
        options=DescriptorOptions(),
        structure=StructureWish(kind="exact", lists=None, probes=None),
        runtime=Runtime(checkpoint=checkpoint),
        workers=workers,
    )


def common_aspect(sizes: Sequence[Size]) -> Fraction:
    """Width by height in which images are compared for all these sizes: the geometric mean of theirs."""
    exact = [Fraction(width, height) for height, width in sizes]
    if len(set(exact)) == 1:
        return exact[0]
    return Fraction(math.prod(map(float, exact)) ** (1 / len(exact))).limit_denominator(1000)


def outputs_of(output: Path, sizes: Sequence[Size], encoding: Encoding) -> tuple[Path, ...]:
    """One video for each size: the name itself, with the size in it where there are several, or files in a folder."""
    if kind_of_output(output) == "folder":
        return tuple(output / f"{words_of(size)}{encoding.card.suffixes[0]}" for size in sizes)
    if len(sizes) == 1:
        return (output,)
    return tuple(output.with_name(f"{output.stem}-{words_of(size)}{output.suffix}") for size in sizes)


def words_of(size: Size) -> str:
    """1920x1080."""
    return f"{size[1]}x{size[0]}"


def names_of_result() -> frozenset[str]:
    """All that a folder with films may hold."""
    suffixes = {suffix for card in CODECS.values() for suffix in card.suffixes}
    return frozenset({RESULTS, *(f"[0-9]*x[0-9]*{suffix}" for suffix in suffixes)})


def check_morph(place: Path, output: Path, wishes: Wishes) -> None:
    """Refuse, before any image is described, what cannot be written.

    Raises:
        CannotWrite: a kind of file that is not written, or a file that does not hold the codec.
        InputError: an animation.
        CannotOpen: the sound is not there.
        OutputExists: an output is there already.
    """
    kind = kind_of_output(output)
    if kind in ("gif", "animation"):
        raise InputError(f"{output}: a morph is a video or a folder; name .mp4, .mkv, .mov, or a folder")
    inputs = [place, *([] if wishes.audio is None else [wishes.audio])]
    if wishes.audio is not None and not wishes.audio.is_file():
        raise CannotOpen(f"{wishes.audio} does not exist or is no file; name a sound file, or leave out --audio")
    if kind == "folder":
        check_output(output, inputs, overwrite=wishes.overwrite, folder=True, names=names_of_result())
        return
    check_encoding(output, wishes.encoding)
    for path in outputs_of(output, wishes.sizes, wishes.encoding):
        check_output(path, inputs, overwrite=wishes.overwrite)


def check_enough(images: int, place: Path, wishes: Wishes) -> None:
    """See that there is a picture for all of the film.

    Raises:
        InputError: there are too few, or there is only one.
    """
    pace = wishes.pace
    if images < 2:
        raise InputError(f"{place} has one image that can be read; a morph goes from picture to picture and needs two")
    if images >= pace.pictures or wishes.repeat:
        return
    frames = images * (pace.hold + pace.between) - pace.between
    raise InputError(
        f"{place} has {images} images, and {float(pace.duration):g} s at {float(pace.rate):g} frames a second show "
        f"{pace.pictures}; give --duration {_down(frames / pace.rate)} or less, more --hold or --between, or --repeat"
    )


def _down(seconds: Fraction) -> str:
    return f"{math.floor(seconds * 1000) / 1000:g}"
