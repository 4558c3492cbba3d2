"""What a pixel format can hold, and which of an encoder's formats suits a source best."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import av

from frameloom.media.pictures.colour import depth_of, has_alpha, is_yuv

_NAMES_OF_CHROMA = {
    (1, 1): "4:4:4",
    (1, 2): "4:2:2",
    (2, 2): "4:2:0",
    (1, 4): "4:1:1",
    (4, 4): "4:1:0",
    (2, 1): "4:4:0",
}


@dataclass(frozen=True, slots=True)
class Traits:
    """What pictures of a format can hold."""

    family: Literal["yuv", "rgb", "gray"]
    depth: int  # bits per channel
    chroma: tuple[int, int]  # rows and columns that share one sample of chroma
    alpha: bool

    def __str__(self) -> str:
        kind = {"yuv": _NAMES_OF_CHROMA.get(self.chroma, "yuv"), "rgb": "RGB", "gray": "grey"}[self.family]
        return f"{self.depth}-bit {kind}{' with transparency' if self.alpha else ''}"


@cache
def traits_of(name: str) -> Traits:
    """The traits of a format by FFmpeg's name; palettes count as RGB, and less than 8 bits as 8."""
    format = av.VideoFormat(name, 8, 8)
    depth = min(16, max(8, depth_of(format)))
    if is_yuv(format):
        chroma = format.components[1]
        return Traits("yuv", depth, (8 // chroma.height, 8 // chroma.width), has_alpha(format))
    grey = len([component for component in format.components if not component.is_alpha]) == 1
    return Traits("gray" if grey and not format.has_palette else "rgb", depth, (1, 1), has_alpha(format))


def planar_name(traits: Traits) -> str:
    """The planar format of luma and chroma with these traits; FFmpeg does not have all of them."""
    depth = "" if traits.depth == 8 else f"{traits.depth}le"
    if traits.family == "gray":
        return f"gray{depth}"
    sampling = _NAMES_OF_CHROMA[traits.chroma].replace(":", "")
    return f"yuv{'a' if traits.alpha else ''}{sampling}p{depth}"


def nearest(wanted: Traits, names: Iterable[str]) -> str:
    """The format that loses least, and among those the one that adds least."""

    def cost(name: str) -> tuple[int, ...]:
        found = traits_of(name)
        coarser = sum(here > there for here, there in zip(found.chroma, wanted.chroma, strict=True))
        finer = sum(here < there for here, there in zip(found.chroma, wanted.chroma, strict=True))
        return (
            found.family != wanted.family,
            wanted.alpha and not found.alpha,
            max(0, wanted.depth - found.depth),
            coarser,
            found.alpha and not wanted.alpha,
            finer,
            max(0, found.depth - wanted.depth),
        )

    return min(names, key=cost)
