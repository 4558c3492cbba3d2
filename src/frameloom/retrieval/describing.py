"""Images of a pool to vectors, in this process or in several."""

import json
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.errors import CannotOpen, ModelError
from frameloom.executor import run_units
from frameloom.features.descriptors.choice import DescriptorChoice
from frameloom.features.descriptors.framing import compat_pool_framed, framed
from frameloom.retrieval.pictures import read_picture
from frameloom.roles import Descriptor

CHUNK = 64
"""Images that are described at a time; what an interrupted build can lose of each process."""

_WORTH_A_PROCESS = 200  # images: to begin one takes about as long as to describe these
_OFF_LENGTH = 1e-3


@dataclass(frozen=True, kw_only=True)
class Describing:
    """How images become vectors: what may be sent to other processes and written down."""

    choice: DescriptorChoice
    exact_decode: bool = False
    """Decode JPEG pictures at full size, even if they are at least twice as large as is needed."""

    def parameters(self) -> dict[str, Any]:
        """All that vectors depend on, as JSON can hold it.

        Raises:
            ModelError: the checkpoint of the descriptor is missing.
        """
        runtime = self.choice.runtime
        described = {
            "descriptor": self.choice.name,
            "options": self.choice.options.settings(),
            "runtime": runtime.settings() if runtime.asked else {},
            "checkpoint": None if runtime.checkpoint is None else str(runtime.checkpoint),
            "identity": self.choice.identity(),
            "exact_decode": self.exact_decode,
        }
        return json.loads(json.dumps(described))

    def frame(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """An image (height, width, 3) of the pool as the descriptor is given it."""
        if self.choice.options.compat:
            return compat_pool_framed(image, self.choice.options.comparison_size)
        return framed(image, self.choice.options.aspect, self.choice.options.comparison_size)

    def smallest(self) -> tuple[int, int] | None:
        """(height, width) of a decoded image that will do; None: the full size alone."""
        return None if self.exact_decode else self.choice.options.size


@dataclass(frozen=True, slots=True)
class Described:
    """A chunk of images that was described."""

    number: int
    """Which chunk."""
    vectors: NDArray[np.float32]
    """(images that could be read, dims)."""
    failures: dict[int, str]
    """Place in the chunk of each other image, and what was wrong with it."""


def describe_all(
    describing: Describing, chunks: Sequence[Sequence[Path]], *, workers: int | None = None
) -> Iterator[Described]:
    """Describe images chunk by chunk; with several processes, in no certain order.

    Args:
        describing: How.
        chunks: The image files.
        workers: Processes; as many as there are processors, but not for a few images, by default.

    Raises:
        ModelError: the descriptor cannot be built, or does not give unit vectors.
    """
    units = list(enumerate(chunks))
    asked = workers or min(processors(), sum(map(len, chunks)) // _WORTH_A_PROCESS)
    yield from run_units(partial(_describe, describing), units, workers=max(1, asked))


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _describe(describing: Describing, unit: tuple[int, Sequence[Path]]) -> Iterator[Described]:
    number, paths = unit
    model = _model(describing)
    images: list[NDArray[np.uint8]] = []
    failures: dict[int, str] = {}
    for place, path in enumerate(paths):
        try:
            images.append(describing.frame(read_picture(path, smallest=describing.smallest())))
        except CannotOpen as error:
            failures[place] = str(error).removeprefix(f"{path} ")
    yield Described(number, _vectors(describing.choice.name, model, images), failures)


@lru_cache(maxsize=1)
def _model(describing: Describing) -> Descriptor:
    """The descriptor, built once per process. Processes of their own keep to one thread, for each has a neighbour."""
    if multiprocessing.parent_process() is not None:
        cv2.setNumThreads(1)
    return describing.choice.load()


def _vectors(name: str, model: Descriptor, images: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    if not images:
        return np.zeros((0, model.dims), np.float32)
    vectors = np.asarray(model.describe(np.stack(images)), np.float32)
    if vectors.shape != (len(images), model.dims):
        given = counted(len(images), "image")
        raise ModelError(f"{name} gave vectors {vectors.shape} for {given} and {model.dims} dims")
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    if not np.all(np.abs(lengths - 1) < _OFF_LENGTH):  # NaN is not below either
        raise ModelError(f"{name} gave a vector of length {lengths[np.argmax(np.abs(lengths - 1))]:g}; it must be 1")
    return vectors
