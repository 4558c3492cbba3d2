"""What is asked of a collage: the pool that is searched, how images are chosen, and what is written."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from frameloom.errors import InputError, RangeError
from frameloom.media.choices import AudioWish, OnError
from frameloom.media.writing.encoding import Encoding
from frameloom.media.writing.sink import check_encoding, kind_of_output
from frameloom.media.writing.target import check_output
from frameloom.retrieval.collage_files import names_of_result
from frameloom.retrieval.facts import Structure
from frameloom.retrieval.queries import Framing
from frameloom.retrieval.selection import Rules
from frameloom.roles import Descriptor, ImageIndex


@dataclass(frozen=True, kw_only=True)
class Searched:
    """A pool, and how frames are looked for in it."""

    index: ImageIndex
    vectors: NDArray[np.floating]
    """Of the images, `(len(index.paths), dims)`, unit length."""
    name: Path
    """The folder of images, or their index."""
    images: Any
    """What changes when the images do, as JSON can hold it."""
    descriptor: Descriptor
    descriptor_name: str
    settings: dict[str, Any]
    """All that similarities depend on."""
    framing: Framing
    """An image to what the descriptor is given."""
    smallest: tuple[int, int] | None
    """(height, width) of a frame that the framing needs; None: whole frames."""
    excluded: NDArray[np.bool_] | None = None
    """Images `(len(index.paths),)` that must not be chosen."""
    structure: Structure | None = None
    """How the index is searched; None: exactly."""
    near_duplicates: int = 0
    """How many images must not be chosen because they are nearly the same as others."""
    notices: tuple[str, ...] = ()
    """What the user was told when it was opened."""

    @property
    def exact(self) -> bool:
        """Whether a search finds the most similar images of all."""
        return self.structure is None

    @property
    def pool(self) -> int:
        """How many images can be chosen."""
        total = len(self.index.paths)
        return total if self.excluded is None else total - int(np.count_nonzero(self.excluded))


class Pool(Protocol):
    """A pool before anything of it is read."""

    @property
    def place(self) -> Path:
        """The folder of images, or of their index."""
        ...

    def count(self) -> int:
        """How many images there are at most."""
        ...

    def open(self, aspect: Fraction) -> Searched:
        """The pool, for frames of these proportions."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What a user asks of a collage, besides its images."""

    rules: Rules
    encoding: Encoding
    rate: Fraction | None = None
    """Frames per second of the output; None: each frame at its own time."""
    seconds: Fraction | None = None
    """How much of the video is used; None: all."""
    batch: int = 10
    """Frames that are looked for and written down at a time."""
    frames: bool = True
    """Whether a folder gets each frame as a file too."""
    samples: int = 0
    """How many pictures show a frame beside its image."""
    interval: int = 1
    """Every how many frames there is one."""
    video: bool = True
    """Whether there is a video; else only results.json is written."""
    audio: AudioWish = "copy"
    on_error: OnError = "stop"
    workers: int = 2
    """Threads that read images."""
    overwrite: bool = False

    def __post_init__(self) -> None:
        least = {"checkpoint batch": (self.batch, 1), "save samples": (self.samples, 0),
                 "sample interval": (self.interval, 1), "workers": (self.workers, 1)}  # fmt: skip
        for name, (number, smallest) in least.items():
            if number < smallest:
                raise RangeError(f"{name} is {number}; it must be a whole number from {smallest} up")
        if self.audio not in ("copy", "drop"):
            raise RangeError(f"audio is '{self.audio}'; give copy or drop")
        if self.seconds is not None and self.seconds <= 0:
            raise RangeError(f"demo seconds is {float(self.seconds):g}; it must be above 0")


def check_collage(video: Path, output: Path, wishes: Wishes, inputs: list[Path]) -> None:
    """Refuse, before any image is described, what cannot be written.

    Raises:
        CannotWrite: a kind of file that is not written, or a file that does not hold the codec.
        InputError: options that need a folder, with the name of a video.
        OutputExists: it is there already.
    """
    kind = kind_of_output(output)
    if kind in ("gif", "animation"):
        raise InputError(f"{output}: a collage is a video or a folder; name .mp4, .mkv, .mov, or a folder")
    if kind == "video":
        check_encoding(output, wishes.encoding)
        if not wishes.video:
            raise InputError(f"{output} names a video, and with --skip-output there is none; name a folder")
        if wishes.samples:
            raise InputError(f"{output} names a video; samples go into a folder: name one, or leave --save-samples out")
    names = names_of_result(video)
    check_output(output, [video, *inputs], overwrite=wishes.overwrite, folder=kind == "folder", names=names)
