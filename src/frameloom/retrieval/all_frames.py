"""What a choice for all frames of a video together is made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from frameloom.retrieval.collage_wishes import Searched
from frameloom.retrieval.described_frames import DescribedFrames
from frameloom.retrieval.matching import Matching
from frameloom.retrieval.selection import Rules


@dataclass(frozen=True, kw_only=True)
class AllFrames:
    """A video, the pool, and what is asked."""

    matching: Matching
    searched: Searched
    rules: Rules
    frames: Sequence[int]
    """Of the source, in order."""
    described: DescribedFrames
    """The same as vectors, as far as they are known."""
    aspect: Fraction
    """Width by height of the video as it is seen."""

    @property
    def name(self) -> str:
        """Of the video."""
        return self.matching.source.info.path.name
