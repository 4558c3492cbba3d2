"""Which image of a pool takes the place of which frame."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.errors import InputError, RangeError
from frameloom.retrieval.calm.wishes import ANY, Calmness
from frameloom.roles import ImageIndex

Below = Literal["source", "hold", "best"]
"""What a frame shows that no image is similar enough to: itself, the image before it, or the most similar one."""

Assign = Literal["greedy", "optimal"]
"""Without repeats: each frame in turn takes the best image left; or all together have the best sum of similarities."""

_WORDS = ("source", "hold", "best")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How one of the most similar images is chosen.

    Raises:
        RangeError: a value outside what is allowed.
        InputError: values that contradict each other.
    """

    repeat: bool = True
    """Whether an image may be chosen for several frames."""
    depth: int = 10
    """Among how many of the most similar images one is drawn; 1 takes the most similar. Without `repeat` the best one
    that is left is taken, and this is how many are noted down."""
    seed: int = 0
    threshold: float | None = None
    """The least similarity, -1..1; None takes any."""
    below: Below = "source"
    assign: Assign = "greedy"
    calm: Calmness = ANY
    """How long a picture stays; then nothing is drawn, and `depth` is how many are noted down."""

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise RangeError(f"search depth is {self.depth}; it must be a whole number from 1 up")
        if self.seed < 0:
            raise RangeError(f"seed is {self.seed}; it must be a whole number from 0 up")
        if self.threshold is not None and not -1 <= self.threshold <= 1:
            raise RangeError(f"threshold is {self.threshold}; similarities lie from -1 to 1")
        if self.below not in _WORDS:
            raise RangeError(f"below is '{self.below}'; give {', '.join(_WORDS[:-1])} or {_WORDS[-1]}")
        if self.assign not in ("greedy", "optimal"):
            raise RangeError(f"assign is '{self.assign}'; give greedy or optimal")
        if self.assign == "optimal" and self.repeat:
            raise InputError(
                "--assign optimal shares images out, each to one frame at most: add --no-repeat; where images may "
                "repeat, --search-depth 1 takes the best one for every frame"
            )
        if self.assign == "optimal" and self.calm.asked:
            raise InputError(
                "--hold and --smooth without repeats choose for all frames together as they are: leave out --assign"
            )
        if self.calm.asked and self.threshold is not None:
            raise InputError(
                "--threshold judges each frame by itself, --hold and --smooth what a picture is worth while it stays: "
                "leave out the one or the others"
            )

    @property
    def drawn(self) -> bool:
        """Whether chance has a part in it."""
        return self.repeat and self.depth > 1 and not self.calm.asked

    @property
    def together(self) -> bool:
        """Whether all frames are chosen for together."""
        return self.assign == "optimal" or self.calm.asked

    @property
    def instead(self) -> float | None:
        """What a frame without an image counts in an assignment; None: it has one whatever the similarity."""
        return None if self.below == "best" else self.threshold

    def settings(self) -> dict[str, Any]:
        """What the choice depends on, as JSON can hold it; what has no effect is None."""
        return {
            "repeat": self.repeat,
            "search_depth": self.depth,
            "seed": self.seed if self.drawn else None,
            "threshold": self.threshold,
            "below": None if self.threshold is None else self.below,
            "assign": None if self.assign == "greedy" else self.assign,
            **self.calm.settings(),
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """What a frame shows."""

    frame: int
    """Which frame of the source."""
    candidates: tuple[tuple[int, float], ...]
    """Ids and similarities of the images it was chosen from, best first."""
    selected: int | None
    """Id of the image; None: the frame itself."""
    below: bool
    """Whether no image was similar enough."""

    def to_list(self) -> list[Any]:
        """As JSON can hold it."""
        return [self.frame, self.selected, self.below, [list(candidate) for candidate in self.candidates]]

    @classmethod
    def from_list(cls, stored: Any) -> "Choice | None":
        """What `to_list` gave; None if it is something else."""
        try:
            frame, selected, below, pairs = stored
            candidates = tuple((identity, float(similarity)) for identity, similarity in pairs)
        except (TypeError, ValueError):
            return None
        whole = [frame, *(identity for identity, _ in candidates), *([] if selected is None else [selected])]
        if not all(type(number) is int for number in whole) or type(below) is not bool:
            return None
        return cls(frame, candidates, selected, below)


class Selector:
    """Chooses images for frames in order. What it has chosen before is all that it remembers."""

    def __init__(self, index: ImageIndex, rules: Rules, *, excluded: NDArray[np.bool_] | None = None) -> None:
        """Args: the pool, how to choose, and images `(len(index.paths),)` that must not be chosen."""
        self._index = index
        self._rules = rules
        self._excluded = np.zeros(len(index.paths), np.bool_) if excluded is None else excluded.copy()
        self._shown: int | None = None  # the image chosen last

    @property
    def left(self) -> int:
        """How many images can still be chosen."""
        return int(np.count_nonzero(~self._excluded))

    def note(self, choices: Iterable[Choice]) -> None:
        """Remember what was chosen for earlier frames."""
        for choice in choices:
            if choice.selected is None:
                continue
            self._shown = choice.selected
            if not self._rules.repeat:
                self._excluded[choice.selected] = True

    def choose(self, frames: Sequence[int], queries: NDArray[np.float32]) -> list[Choice]:
        """Choose for several frames with one search; the same as for one after the other.

        Args:
            frames: Which frames of the source, in order.
            queries: `(frames, dims)`, unit length.

        Raises:
            InputError: no image is left.
        """
        rules = self._rules
        # Each earlier frame of these can take one image away: so many more, and `depth` are left for the last one too
        count = rules.depth if rules.repeat else rules.depth + len(frames) - 1
        found = self._search(queries, count)
        choices: list[Choice] = []
        for place, frame in enumerate(frames):
            candidates = self._unused(found[place])
            if not candidates:  # an approximate index may find less than there is
                candidates = self._unused(self._search(queries[place : place + 1], rules.depth)[0])
            choice = self._choice(frame, candidates[: rules.depth])
            self.note([choice])
            choices.append(choice)
        return choices

    def similar(self, queries: NDArray[np.float32]) -> list[list[tuple[int, float]]]:
        """Ids and similarities of the most similar images of each query (frames, dims), best first."""
        return self._search(queries, self._rules.depth)

    def _search(self, queries: NDArray[np.float32], count: int) -> list[list[tuple[int, float]]]:
        ids, products = self._index.search(queries, min(count, max(1, self.left)), excluded=self._excluded)
        # The shortest decimals that give the same float32: journals and results are half as large
        return [
            [(int(found), float(str(product))) for found, product in zip(row, similar, strict=True) if found >= 0]
            for row, similar in zip(ids, products, strict=True)
        ]

    def _unused(self, found: list[tuple[int, float]]) -> list[tuple[int, float]]:
        return [candidate for candidate in found if not self._excluded[candidate[0]]]

    def _choice(self, frame: int, candidates: list[tuple[int, float]]) -> Choice:
        if not candidates:
            raise InputError(
                f"no image was found for frame {frame}, {self.left} of {len(self._excluded)} are left; give more "
                "images, or with an IVF index a larger --ivf-nprobe"
            )
        threshold = self._rules.threshold
        similar = [identity for identity, product in candidates if threshold is None or product >= threshold]
        known = tuple(candidates)
        if similar:
            return Choice(frame, known, similar[self._draw(frame, len(similar))], below=False)
        instead = {"source": None, "hold": self._shown, "best": candidates[0][0]}
        return Choice(frame, known, instead[self._rules.below], below=True)

    def _draw(self, frame: int, count: int) -> int:
        """By seed and frame alone, so that a run that goes on draws what it would have drawn."""
        if not self._rules.drawn:
            return 0
        bits = np.random.Philox(np.random.SeedSequence((self._rules.seed, frame)))
        return int(np.random.Generator(bits).integers(count))


def check_enough(images: int, frames: int, rules: Rules, name: str, *, near_duplicates: int = 0) -> None:
    """See that there is an image for every frame, where none may be chosen twice.

    Args:
        images: How many can be chosen.
        frames: How many are to be replaced.
        rules: How to choose.
        name: Of the video.
        near_duplicates: How many more images there are that are nearly the same as these.

    Raises:
        InputError: there are too few.
    """
    if not images:
        raise InputError("the pool has no image that can be read; give others")
    if rules.repeat or rules.calm.asked or images >= frames:  # who stays needs no other image
        return
    besides = f" and {counted(near_duplicates, 'near-duplicate')} of them" if near_duplicates else ""
    raise InputError(
        f"{name} has {counted(frames, 'frame')} to replace and the pool {counted(images, 'image')}{besides}, too few "
        f"for --no-repeat: add {frames - images} or more, take fewer frames a second with --fps-override, or leave "
        "--no-repeat out"
    )
