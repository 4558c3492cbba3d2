"""How video is encoded: what a user chooses, and what follows from it for one source and one container."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av
import cv2
from av.codec import Codec
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from frameloom.errors import RangeError
from frameloom.media.colour import ColourTags, default_tags
from frameloom.media.source import SourceInfo

VideoCodec = Literal["h264", "hevc"]
ENCODERS: dict[str, str] = {"h264": "libx264", "hevc": "libx265"}
_DEFAULT_CRF = {"h264": 18, "hevc": 20}
_MAX_CRF = 51
_ENCODER_THREADS = 4  # fixed, because the bytes depend on it
# x264's AVX-512 code reads what it has not written: one in ten to a hundred encodings of a 176x144 clip came out
# different from the others (none of 240 without it, and those gave the bytes of the majority).
_AVX512F = 13  # OpenCV's number for the feature, which its Python module does not name
_HAS_AVX512 = cv2.checkHardwareSupport(_AVX512F)
_MAX_TICKS_PER_SECOND = 2_000_000  # what players read without trouble; finer clocks are rounded to it


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """What a user chooses."""

    codec: VideoCodec = "h264"
    crf: int | None = None

    def __post_init__(self) -> None:
        if self.codec not in ENCODERS:
            raise RangeError(f"codec '{self.codec}' is not written; there are: {', '.join(ENCODERS)}")
        if self.crf is not None and not 0 <= self.crf <= _MAX_CRF:
            raise RangeError(f"crf is {self.crf}; it must be from 0 (best) to {_MAX_CRF}")

    @property
    def quality(self) -> int:
        """Constant rate factor: lower is better and larger."""
        return _DEFAULT_CRF[self.codec] if self.crf is None else self.crf


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
        """What suits a source."""
        encoder = ENCODERS[encoding.codec]
        format = _pixel_format(like, encoder)
        return cls(
            encoder=encoder,
            size=like.size,
            padding=_padding(like.size, format),
            format=format,
            tags=like.tags or default_tags(like.size[0]),
            sample_aspect=like.sample_aspect,
            rate=rate,
            unit=max(unit, Fraction(1, _MAX_TICKS_PER_SECOND)),
            options=_options(encoder, encoding),
        )

    def add_stream(self, output: OutputContainer) -> VideoStream:
        """Declare the stream in a container."""
        stream = output.add_stream(self.encoder, rate=self.rate, options=dict(self.options))
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = self.size[0] + self.padding[0], self.size[1] + self.padding[1]
        stream.pix_fmt = self.format
        context = stream.codec_context
        context.time_base = self.unit
        stream.time_base = self.unit
        context.framerate = self.rate
        context.thread_count = _ENCODER_THREADS
        context.sample_aspect_ratio = self.sample_aspect
        if self.encoder == "libx265" and output.format.name in ("mp4", "mov"):
            context.codec_tag = "hvc1"  # what players of the mp4 family expect
        tag(context, self.tags)
        return stream


def _options(encoder: str, encoding: Encoding) -> tuple[tuple[str, str], ...]:
    options = [("crf", str(encoding.quality)), ("preset", "medium")]
    if encoder == "libx264" and _HAS_AVX512:
        options.append(("x264-params", "asm=AVX2"))
    if encoder == "libx265":
        options.append(("x265-params", "log-level=error:pools=none:frame-threads=2"))
    return tuple(options)


def _pixel_format(like: SourceInfo, encoder: str) -> str:
    """The source's own format where the encoder takes it, else 4:2:0 at the source's depth (8 or 10 bits)."""
    formats = {format.name for format in Codec(encoder, "w").video_formats or ()}
    if like.pixel_format in formats and like.pixel_format.startswith("yuv"):
        return like.pixel_format
    return "yuv420p" if like.depth == 8 else "yuv420p10le"


def _padding(size: tuple[int, int], format: str) -> tuple[int, int]:
    """Rows and columns to add so that chroma has whole samples."""
    chroma = av.VideoFormat(format, 8, 8).components[1]
    return -size[0] % (8 // chroma.height), -size[1] % (8 // chroma.width)


def tag(target: "VideoCodecContext | av.VideoFrame", tags: ColourTags) -> None:
    """Say how the numbers mean colours."""
    target.colorspace = tags.matrix
    target.color_range = tags.range
    target.color_primaries = tags.primaries
    target.color_trc = tags.transfer
