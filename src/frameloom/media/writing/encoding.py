"""How video is encoded: what a user chooses, and what follows from it for one source."""

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast, get_args

import av.error
import cv2
from av.codec.context import CodecContext, Flags
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from frameloom.errors import CannotWrite, InputError, RangeError
from frameloom.media.choices import Preset, VideoCodec
from frameloom.media.pictures.colour import ColourTags, default_tags
from frameloom.media.pictures.light import Light, display_in_numbers, display_in_steps
from frameloom.media.pictures.pixel_formats import Traits, nearest, traits_of
from frameloom.media.reading.source import SourceInfo
from frameloom.media.writing.codecs import CODECS, CodecCard, cards_that_hold

_ENCODER_THREADS = 4  # fixed, because the bytes of x264 and x265 depend on it
# x264's AVX-512 code reads what it has not written: one in ten to a hundred encodings of a 176x144 clip came out
# different from the others (none of 240 without it, and those gave the bytes of the majority).
_AVX512F = 13  # OpenCV's number for the feature, which its Python module does not name
_X264_STEADY = ["asm=AVX2"] if cv2.checkHardwareSupport(_AVX512F) else []
# `ultrafast` leaves it out, because frames that others are predicted from must be smoothed while encoding. Key frames
# alone are smoothed by the player only: 0.5 dB of luma, 0.9 of chroma for no bytes and no time (60 photos at 1280x720).
_X264_SMOOTHED = {"deblock": "0:0"}
_MAX_TICKS_PER_SECOND = 2_000_000  # what players read without trouble; finer clocks are rounded to it
_SVT_ERRORS_ONLY = "1"
_ONE_SLICE = (288, 352)  # up to this size FFmpeg lets FFV1 have one; of tiny pictures it cannot cut the four it would
_RGB_MATRIX, _FULL_RANGE = 0, 2
_SRGB_PRIMARIES, _SRGB_TRANSFER = 1, 13


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """What a user chooses."""

    codec: VideoCodec = "h264"
    crf: int | None = None
    lossless: bool = False
    pix_fmt: str | None = None
    preset: Preset = "medium"
    """Of h264 and hevc."""
    key_frames_only: bool = False
    """Of h264 and hevc: whether no frame is predicted from another, which is in vain where none is like another."""

    def __post_init__(self) -> None:
        if self.codec not in CODECS:
            raise RangeError(f"codec '{self.codec}' is not written; there are: {', '.join(CODECS)}")
        if self.preset not in get_args(Preset):
            raise RangeError(f"preset is '{self.preset}'; give one of {', '.join(get_args(Preset))}")
        self._check_quality()
        if self.pix_fmt is not None and self.pix_fmt not in self.card.formats:
            raise InputError(
                f"{self.codec} does not take the pixel format '{self.pix_fmt}'; it takes {', '.join(self.card.formats)}"
            )

    def _check_quality(self) -> None:
        card = self.card
        if self.lossless and card.lossless == "never":
            able = ", ".join(other.name for other in CODECS.values() if other.lossless != "never")
            raise InputError(f"{card.name} always loses something; for --lossless use --codec {able}")
        if self.crf is None:
            return
        if card.crf is None:
            raise InputError(f"{card.name} has no --crf; leave it out, or use --codec h264, hevc or av1")
        if self.lossless:
            raise InputError("--lossless and --crf contradict each other; give one of them")
        if not 0 <= self.crf <= card.worst_crf:
            raise RangeError(f"crf is {self.crf}; for {card.name} it must be from 0 (best) to {card.worst_crf}")

    @property
    def card(self) -> CodecCard:
        """The codec."""
        return CODECS[self.codec]

    @property
    def quality(self) -> int | None:
        """Constant rate factor: lower is better and larger; None where the codec has none."""
        return self.card.crf if self.crf is None else self.crf

    def check_output(self, path: Path) -> None:
        """Refuse a file that does not hold the codec.

        Raises:
            CannotWrite: with the codecs and files that go together.
        """
        suffix = path.suffix.lower()
        if suffix in self.card.suffixes:
            return
        others = [card.name for card in CODECS.values() if suffix in card.suffixes]
        raise CannotWrite(
            f"{path}: {self.codec} is written to {' or '.join(self.card.suffixes)}; "
            f"for {suffix} use --codec {' or '.join(others)}"
        )


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """Everything that decides the bytes of an encoded stream, besides its frames."""

    encoder: str
    size: tuple[int, int]  # (height, width) of what is shown
    padding: tuple[int, int]  # rows and columns added at the bottom and right, where the format needs even sides
    format: str
    tags: ColourTags
    sample_aspect: Fraction
    rate: Fraction  # nominal frames per second
    unit: Fraction  # seconds of which all times are whole multiples
    options: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, like: SourceInfo, encoding: Encoding, *, rate: Fraction, unit: Fraction) -> "VideoSettings":
        """What suits a source.

        Raises:
            InputError: a lossless encoding that the codec cannot give for this source, or too small a picture.
        """
        card = encoding.card
        if min(like.size) < card.smallest_side:
            raise InputError(
                f"{like.path.name} is {like.size[1]}x{like.size[0]}; {card.name} needs {card.smallest_side} pixels on "
                "each side: use another --codec"
            )
        format = _pixel_format(like, encoding)
        encoder = card.formats.get(format, card.encoder)
        tags = like.tags or default_tags(like.size[0])
        return cls(
            encoder=encoder,
            size=like.size,
            padding=_padding(like.size, format) if card.even_sides else (0, 0),
            format=format,
            tags=_rgb_tags(like.tags) if traits_of(format).family == "rgb" else tags,
            sample_aspect=like.sample_aspect,
            rate=rate,
            unit=max(unit, Fraction(1, _MAX_TICKS_PER_SECOND)),
            options=tuple(_options(encoder, encoding, format, like).items()),
        )

    def add_stream(self, output: OutputContainer) -> VideoStream:
        """Declare the stream in a container and open its encoder, so that what the header says of it is known.

        Raises:
            CannotWrite: the encoder does not take this size.
        """
        stream = output.add_stream(self.encoder, rate=self.rate, options=dict(self.options))
        assert isinstance(stream, VideoStream)
        stream.time_base = self.unit
        if self.encoder == "libx265" and output.format.name in ("mp4", "mov"):
            stream.codec_context.codec_tag = "hvc1"  # what players of the mp4 family expect
        self._open(stream.codec_context)
        return stream

    def lone_encoder(self) -> VideoCodecContext:
        """An encoder whose packets are those of `add_stream`, without a container: nothing keeps it alive but its user.

        Raises:
            CannotWrite: the encoder does not take this size.
        """
        context = cast(VideoCodecContext, CodecContext.create(self.encoder, "w"))
        context.options = dict(self.options)
        context.flags |= Flags.global_header  # as for every container that is written
        self._open(context)
        return context

    def _open(self, context: VideoCodecContext) -> None:
        if self.encoder == "libsvtav1":  # it reports every setting on stderr; only this tells it not to
            os.environ.setdefault("SVT_LOG", _SVT_ERRORS_ONLY)
        context.height, context.width = self.size[0] + self.padding[0], self.size[1] + self.padding[1]
        context.pix_fmt = self.format
        context.time_base = self.unit
        context.framerate = self.rate
        context.thread_count = _ENCODER_THREADS
        context.sample_aspect_ratio = self.sample_aspect
        tag(context, self.tags)
        try:
            context.open(strict=False)
        except av.error.FFmpegError as error:
            raise cannot_encode(context) from error


def cannot_encode(context: VideoCodecContext) -> CannotWrite:
    """What to tell the user when an encoder refuses."""
    return CannotWrite(
        f"{context.name} cannot encode {context.width}x{context.height} pixels as {context.pix_fmt}; "
        "try another --codec, or a folder as output"
    )


def _options(encoder: str, encoding: Encoding, format: str, like: SourceInfo) -> dict[str, str]:
    """Settings of an encoder, by FFmpeg's names."""
    crf = str(encoding.quality)
    if encoder in ("libx264", "libx264rgb"):
        quality = {"qp": "0"} if encoding.lossless else {"crf": crf}  # crf 0 still loses a little at 10 bits
        return {
            **quality,
            **_effort(encoding),
            **(_X264_SMOOTHED if encoding.key_frames_only else {}),
            **_joined("x264-params", [*_X264_STEADY, *_x264_light(like.light)]),
        }
    if encoder == "libx265":
        fixed = ["log-level=error", "pools=none", "frame-threads=2"]
        quality = {} if encoding.lossless else {"crf": crf}
        asked = ["lossless=1"] if encoding.lossless else []
        return {
            **quality,
            **_effort(encoding),
            **_joined("x265-params", [*fixed, *asked, *_x265_light(like.light)]),
        }
    if encoder == "libsvtav1":
        return {"crf": crf, "preset": "8", **_joined("svtav1-params", _svt_light(like.light))}
    if encoder == "prores_ks":
        return {"profile": "4444" if traits_of(format).chroma == (1, 1) else "hq"}
    small = all(side <= limit for side, limit in zip(like.size, _ONE_SLICE, strict=True))
    slices = {"slices": "1"} if small else {}
    return {"level": "3", "slicecrc": "1", **slices}


def _effort(encoding: Encoding) -> dict[str, str]:
    return {"preset": encoding.preset, **({"g": "1"} if encoding.key_frames_only else {})}


def _joined(name: str, settings: list[str]) -> dict[str, str]:
    return {name: ":".join(settings)} if settings else {}


def _x264_light(light: Light | None) -> list[str]:
    display = [f"mastering-display={display_in_steps(light.display)}"] if light and light.display else []
    return display + ([f"cll={light.content[0]},{light.content[1]}"] if light and light.content else [])


def _x265_light(light: Light | None) -> list[str]:
    display = [f"master-display={display_in_steps(light.display)}"] if light and light.display else []
    return display + ([f"max-cll={light.content[0]},{light.content[1]}"] if light and light.content else [])


def _svt_light(light: Light | None) -> list[str]:
    display = [f"mastering-display={display_in_numbers(light.display)}"] if light and light.display else []
    return display + ([f"content-light={light.content[0]},{light.content[1]}"] if light and light.content else [])


def source_traits(like: SourceInfo) -> Traits:
    """What the pictures of a source hold."""
    if like.pixel_format is None:
        return Traits("rgb", like.depth, (1, 1), like.alpha)
    found = traits_of(like.pixel_format)
    return Traits(found.family, found.depth, found.chroma, like.alpha)


def _pixel_format(like: SourceInfo, encoding: Encoding) -> str:
    """What was asked for; else the source's own format or the nearest, RGB as 4:2:0 unless nothing may be lost."""
    card, wanted = encoding.card, source_traits(like)
    exact = encoding.lossless or card.lossless == "always"
    own = like.pixel_format if like.pixel_format in _own_formats(card) else None
    if encoding.pix_fmt is not None:
        found = encoding.pix_fmt
    elif own is not None and (exact or wanted.family == "yuv") and traits_of(own) == wanted:
        found = own
    elif exact or wanted.family == "yuv":
        found = nearest(wanted, card.formats)
    else:
        found = nearest(Traits("yuv", 8 if wanted.depth == 8 else 10, (2, 2), wanted.alpha), card.formats)
    if encoding.lossless and traits_of(found) != wanted:
        raise InputError(
            f"{like.path.name} is {wanted}, which {card.name} does not hold exactly"
            f"{f' as {found}' if encoding.pix_fmt else ''}; for --lossless use {cards_that_hold(wanted)}"
        )
    return found


def _own_formats(card: CodecCard) -> set[str]:
    """What a source may keep: also the older names of full-range formats."""
    old = {name.replace("yuv", "yuvj") for name in card.formats if name in ("yuv420p", "yuv422p", "yuv444p")}
    return {*card.formats, *(old if card.even_sides else ())}


def _rgb_tags(tags: ColourTags | None) -> ColourTags:
    """RGB without a matrix, at full range, in the colours of the source; images are sRGB."""
    primaries, transfer = (tags.primaries, tags.transfer) if tags else (_SRGB_PRIMARIES, _SRGB_TRANSFER)
    return ColourTags(_RGB_MATRIX, _FULL_RANGE, primaries, transfer)


def _padding(size: tuple[int, int], format: str) -> tuple[int, int]:
    """Rows and columns to add so that chroma has whole samples."""
    rows, columns = traits_of(format).chroma
    return -size[0] % rows, -size[1] % columns


def tag(target: VideoCodecContext | VideoFrame, tags: ColourTags) -> None:
    """Say how the numbers mean colours."""
    target.colorspace = tags.matrix
    target.color_range = tags.range
    target.color_primaries = tags.primaries
    target.color_trc = tags.transfer
