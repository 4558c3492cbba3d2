"""Animated WebP and PNG, which unlike GIF keep all colours, transparency and exact times."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import av
import av.error
from av.packet import Packet
from av.video.stream import VideoStream

from frameloom.errors import CannotWrite
from frameloom.frame import Frame
from frameloom.media.pictures.colour import default_tags
from frameloom.media.pictures.native import to_native
from frameloom.media.reading.chunks import end_webp_at, set_last_delay
from frameloom.media.reading.source import SourceInfo

ANIMATION_SUFFIXES = frozenset({".webp", ".apng"})
_MILLISECOND = Fraction(1, 1000)
_WEBP_QUALITY = "90"  # of 100
_THREADS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """How one kind of animation is written."""

    muxer: str
    encoder: str
    made_as: str
    """Planar or plain RGB that to_native writes."""
    stored_as: str
    """The same channels in the order that the encoder takes."""
    options: dict[str, str]
    muxer_options: dict[str, str]
    tick: Fraction
    set_end: Callable[[Path, Fraction, Fraction], None]
    """Corrects the file, given when the clip ends and how long its last frame is shown, in seconds."""


class AnimationSink:
    """An animation that loops, with the depth and the transparency of the source as far as its kind holds them."""

    def __init__(self, path: Path, like: SourceInfo, *, unit: Fraction, lossless: bool = False) -> None:
        """Open the file; the suffix says which kind, and `lossless` says that a WebP shall lose nothing."""
        self._path = path
        self._kind = _webp(lossless) if path.suffix.lower() == ".webp" else _apng(like, unit)
        self._tags = default_tags(like.size[0])  # RGB has no matrix, so any will do
        self._first: Fraction | None = None
        self._last = Frame(cast(Any, None), Fraction(0), Fraction(0))
        self._output = av.open(str(path), "w", format=self._kind.muxer, options=self._kind.muxer_options)
        stream = self._output.add_stream(self._kind.encoder, rate=25, options=self._kind.options)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = like.size
        stream.pix_fmt = self._kind.stored_as
        stream.codec_context.time_base = stream.time_base = self._kind.tick
        stream.codec_context.thread_count = _THREADS
        self._stream = stream

    def append(self, frame: Frame) -> None:
        """Encode one frame."""
        if self._first is None:
            self._first = frame.time
        picture = to_native(frame.to_float(), self._kind.made_as, self._tags).reformat(format=self._kind.stored_as)
        picture.pts = round((frame.time - self._first) / self._kind.tick)
        picture.time_base = self._kind.tick
        self._mux(picture)
        self._last = frame.shown(frame.time - self._first, frame.duration)

    def _mux(self, picture: av.VideoFrame | None) -> None:
        try:
            packets = cast("list[Packet[VideoStream]]", cast(Any, self._stream).encode(picture))
        except av.error.FFmpegError as error:
            raise CannotWrite(
                f"{self._path.suffix} cannot hold {self._stream.width}x{self._stream.height} pixels; use .mp4"
            ) from error
        for packet in packets:
            self._output.mux_one(packet)

    def __enter__(self) -> "AnimationSink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file; after an error, only let go of it."""
        if error is not None or self._first is None:
            self._abandon()
            return
        self._mux(None)
        self._output.close()
        self._kind.set_end(self._path, self._last.time + self._last.duration, self._last.duration)

    def _abandon(self) -> None:
        try:
            self._output.close()
        except (av.error.FFmpegError, OSError):
            return


def _webp(lossless: bool) -> _Kind:
    return _Kind(
        muxer="webp",
        encoder="libwebp_anim",
        made_as="bgra",
        stored_as="bgra",
        options={"lossless": "1"} if lossless else {"quality": _WEBP_QUALITY},
        muxer_options={"loop": "0"},
        tick=_MILLISECOND,
        set_end=lambda path, end, _: end_webp_at(path, round(end / _MILLISECOND)),
    )


def _apng(like: SourceInfo, unit: Fraction) -> _Kind:
    deep = like.depth > 8
    made_as = ("gbrap16le" if like.alpha else "gbrp16le") if deep else ("bgra" if like.alpha else "rgb24")
    stored_as = ("rgba64be" if like.alpha else "rgb48be") if deep else ("rgba" if like.alpha else "rgb24")
    return _Kind(
        muxer="apng",
        encoder="apng",
        made_as=made_as,
        stored_as=stored_as,
        options={},
        muxer_options={"plays": "0"},
        tick=unit,
        set_end=lambda path, _, last: set_last_delay(path, last),
    )
