"""The codecs that video is written with: what each takes, what it keeps, and which files hold it."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from av.codec import Codec
from av.codec.codec import UnknownCodecError

from frameloom.media.choices import VideoCodec
from frameloom.media.pictures.pixel_formats import Traits, traits_of

# What to_native can write. Left out: interleaved and floating-point formats, other orders of the same channels, and
# the 'yuvj' names, which say again what the range tag says (a source that has one keeps it).
_WRITABLE = re.compile(r"yuva?4\d\dp(\d+le)?|gray(\d+le)?|gbra?p(\d+le)?|rgb24|bgr0|bgra")


@dataclass(frozen=True, kw_only=True, slots=True)
class CodecCard:
    """One way to write video."""

    name: VideoCodec
    encoder: str
    """What FFmpeg calls it."""
    rgb_encoder: str | None = None
    """Another encoder of the same codec, for RGB."""
    suffixes: tuple[str, ...]
    """The files that hold it and that players know."""
    crf: int | None = None
    """Default quality; None where there is no such setting."""
    worst_crf: int = 0
    lossless: Literal["never", "asked", "always"] = "never"
    even_sides: bool = False
    """Whether sides must be multiples of what shares a sample of chroma."""
    smallest_side: int = 1
    """Pixels; SVT-AV1 never returns from pictures that are long and less than some 30 pixels wide."""
    carries_light: bool = False
    """Whether the stream itself holds the mastering display and the content light level."""

    @property
    def formats(self) -> dict[str, str]:
        """Pixel formats that can be written, each with the encoder that takes it."""
        return _formats(self.encoder, self.rgb_encoder)

    @property
    def keeps_alpha(self) -> bool:
        """Whether it has a format with transparency."""
        return any(traits_of(name).alpha for name in self.formats)

    def holds(self, wanted: Traits) -> bool:
        """Whether one of its formats takes every sample as it is, and gives it back."""
        return self.lossless != "never" and any(traits_of(name) == wanted for name in self.formats)

    @property
    def available(self) -> bool:
        """Whether the FFmpeg of this installation has it."""
        return bool(_formats_of(self.encoder))

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.suffixes)})"


CODECS: dict[str, CodecCard] = {
    card.name: card
    for card in (
        CodecCard(
            name="h264",
            encoder="libx264",
            rgb_encoder="libx264rgb",
            suffixes=(".mp4", ".m4v", ".mov", ".mkv"),
            crf=18,
            worst_crf=51,
            lossless="asked",
            even_sides=True,
            carries_light=True,
        ),
        CodecCard(
            name="hevc",
            encoder="libx265",
            suffixes=(".mp4", ".m4v", ".mov", ".mkv"),
            crf=20,
            worst_crf=51,
            lossless="asked",
            even_sides=True,
            carries_light=True,
        ),
        CodecCard(
            name="av1",
            encoder="libsvtav1",
            suffixes=(".mp4", ".mkv"),
            crf=20,
            worst_crf=63,
            smallest_side=32,
            carries_light=True,
        ),
        CodecCard(name="prores", encoder="prores_ks", suffixes=(".mov", ".mkv")),
        CodecCard(name="ffv1", encoder="ffv1", suffixes=(".mkv",), lossless="always"),
    )
}


def cards_that_hold(wanted: Traits) -> str:
    """The codecs that keep such samples exactly, in words."""
    found = [str(card) for card in CODECS.values() if card.holds(wanted)]
    return " or ".join(found) if found else "a folder of images"


def cards_with_alpha() -> str:
    """The codecs that keep transparency, in words."""
    return " and ".join(str(card) for card in CODECS.values() if card.keeps_alpha)


@cache
def _formats(encoder: str, rgb_encoder: str | None) -> dict[str, str]:
    formats = dict.fromkeys(_formats_of(encoder), encoder)
    if rgb_encoder is not None:
        formats |= {name: rgb_encoder for name in _formats_of(rgb_encoder) if name == "rgb24"}
    return formats


def _formats_of(encoder: str) -> list[str]:
    try:
        offered = Codec(encoder, "w").video_formats or ()
    except UnknownCodecError:
        return []
    names = [format.name for format in offered if _WRITABLE.fullmatch(format.name)]
    return [name for name in names if not _is_broken(encoder, traits_of(name))]


def _is_broken(encoder: str, traits: Traits) -> bool:
    """x265 lists alpha but was built without it; grey H.264 is decoded as 4:2:0."""
    return (encoder == "libx265" and traits.alpha) or (encoder == "libx264" and traits.family == "gray")
