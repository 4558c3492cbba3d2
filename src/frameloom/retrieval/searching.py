"""A pool by its folder or its index, opened for the frames of a video."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frameloom.descriptor_options import DescriptorOptions
from frameloom.errors import InputError, RangeError
from frameloom.features.descriptors.choice import choose_descriptor
from frameloom.features.descriptors.framing import compat_query_framed
from frameloom.progress import Notices
from frameloom.retrieval.build import IndexPlan
from frameloom.retrieval.collage_wishes import Searched
from frameloom.retrieval.describing import Describing
from frameloom.retrieval.duplicates import least_similarity, left_out
from frameloom.retrieval.index import PoolIndex
from frameloom.retrieval.kept_duplicates import find_duplicates
from frameloom.retrieval.opening import describing_of, index_of
from frameloom.retrieval.pool import list_pool
from frameloom.retrieval.queries import Framing
from frameloom.retrieval.store import is_index, read_index
from frameloom.retrieval.structures import EXACT, StructureWish
from frameloom.runtime import Runtime

DEFAULT_DESCRIPTOR = "canny"


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolWish:
    """A folder of images, or of their index, and how images are compared."""

    place: Path
    descriptor: str | None
    """None: canny, or that of an index."""
    options: DescriptorOptions
    structure: StructureWish
    runtime: Runtime
    limit: int | None = None
    """Use at most so many images, the first ones."""
    workers: int | None = None
    skip_near_duplicates: bool = False
    """Of images that are nearly the same, use the first alone."""
    duplicate_similarity: float | None = None
    """From which similarity on they count as such; None: a measured one."""

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise RangeError(f"demo images is {self.limit}; it must be a whole number from 1 up")
        described = self._describing(self.options.aspect)  # a name that nobody has is told before anything is opened
        if self.skip_near_duplicates and not is_index(self.place):
            least_similarity(described.choice.name, self.duplicate_similarity)
        if self.duplicate_similarity is not None and not self.skip_near_duplicates:
            raise InputError("--duplicate-similarity says which images are near-duplicates; add --skip-near-duplicates")

    def count(self) -> int:
        """How many images there are at most, before any is read.

        Raises:
            MediaError: the folder cannot be listed, or holds no images.
        """
        index = is_index(self.place)
        there = read_index(self.place).facts.images if index else len(list_pool(self.place).images)
        return there if self.limit is None else min(there, self.limit)

    def open(self, aspect: Fraction) -> Searched:
        """The pool, its images compared in these proportions; an index keeps its own.

        Raises:
            MediaError: the images cannot be read, or the index is damaged.
            InputError: other options than those of the index.
        """
        describing = self._describing(Fraction(16, 9) if self.options.compat else aspect)
        plan = IndexPlan(describing=describing, structure=self.structure, workers=self.workers, limit=self.limit)
        index = index_of(self.place, plan)
        if is_index(self.place):
            describing = self._that_of(index, describing)
        excluded = None if self.limit is None else np.arange(len(index.paths)) >= self.limit
        least, notices = self._least_similarity(describing), Notices()
        alike = None
        if least is not None:
            found = find_duplicates(index.stored, least, notices, first=self.limit)
            alike = left_out(found.groups, len(index.paths))
            excluded = alike if excluded is None else excluded | alike
        return Searched(
            index=index,
            vectors=index.stored.vectors,
            name=self.place,
            images=[index.facts.pool_sha256, str(index.facts.structure), self.limit, least],
            descriptor=describing.choice.load(),
            descriptor_name=describing.choice.name,
            settings=describing.parameters(),
            framing=_framing(describing),
            smallest=None if describing.choice.options.compat else describing.choice.options.size,
            excluded=excluded,
            structure=index.facts.structure,
            near_duplicates=0 if alike is None else int(np.count_nonzero(alike)),
            notices=tuple(notices.texts),
        )

    def _least_similarity(self, describing: Describing) -> float | None:
        """Of near-duplicates; None: they are not looked for."""
        if not self.skip_near_duplicates:
            return None
        return least_similarity(describing.choice.name, self.duplicate_similarity)

    def _describing(self, aspect: Fraction | float) -> Describing:
        options = replace(self.options, aspect=aspect)
        return Describing(choice=choose_descriptor(self.descriptor or DEFAULT_DESCRIPTOR, options, self.runtime))

    def _that_of(self, index: PoolIndex, asked: Describing) -> Describing:
        """How the images of an index were compared; what was asked must be the same or nothing."""
        describing = describing_of(index.stored)
        made, options = describing.choice, replace(describing.choice.options, aspect=self.options.aspect)
        named = self.descriptor is None or made.name == asked.choice.name
        if not (named and self.options in (options, DescriptorOptions())):
            raise InputError(
                f"{self.place} is an index made with {made.name} and options of its own; leave out --descriptor and "
                "what goes with it, or name the folder of the images"
            )
        if self.structure != EXACT and self.structure.settings() != index.facts.asked:
            raise InputError(
                f"{self.place} is an index that is searched as it was built; leave out --use-ivf-index and the like, "
                "or give them to frameloom index build"
            )
        return describing


def _framing(describing: Describing) -> Framing:
    """A frame as the descriptor is given it."""
    options = describing.choice.options
    if not options.compat:
        return describing.frame
    return _checked(partial(compat_query_framed, size=options.comparison_size), options.size, describing.choice.name)


def _checked(framing: Framing, size: tuple[int, int], name: str) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    def checked(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        query = framing(image)
        if name == "hog" and query.shape[:2] != size:
            raise InputError(
                f"the original compares {name} of 16:9 videos only (this one is {image.shape[1]}x{image.shape[0]}); "
                "leave out --compat"
            )
        return query

    return checked
