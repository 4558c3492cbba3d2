"""Where frames go: a video file, a folder of numbered images, an animated GIF.

Sinks write to the path they are given as frames come; giving the output its final name is the caller's
(`frameloom.media.target`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, cast

import av
import av.error
import numpy as np
from av.codec import Codec
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from frameloom import images
from frameloom.errors import CannotWrite, RangeError
from frameloom.frame import Frame
from frameloom.media.colour import ColourTags, VideoPicture, default_tags, to_native
from frameloom.media.gif import GifSink
from frameloom.media.image_folder import ImageFolderSink
from frameloom.media.remux import StreamCopy
from frameloom.media.source import SourceInfo

VIDEO_SUFFIXES = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
_NOT_WRITTEN = frozenset({".avi", ".webm", ".wmv", ".flv", ".mpg", ".mpeg", ".ts", ".m2ts", ".ogv", ".3gp", ".mxf",
                          ".apng"})  # fmt: skip
VideoCodec = Literal["h264", "hevc"]
ENCODERS: dict[str, str] = {"h264": "libx264", "hevc": "libx265"}
_DEFAULT_CRF = {"h264": 18, "hevc": 20}
_MAX_CRF = 51
_ENCODER_THREADS = 4  # fixed, because the bytes depend on it
_MAX_TICKS_PER_SECOND = 2_000_000  # what players read without trouble; finer clocks are rounded to it


class FrameSink(Protocol):
    """Takes frames in order of time."""

    def append(self, frame: Frame) -> None:
        """Write one frame; its time and duration count where the format has them."""
        ...

    def __enter__(self) -> "FrameSink": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what was written, unless an error ends it."""
        ...


def kind_of_output(path: Path) -> Literal["video", "gif", "folder"]:
    """What a name asks for: a video or GIF by its suffix, else a folder of images.

    Raises:
        CannotWrite: the suffix is that of a format that is not written.
    """
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return "video"
    if suffix == ".gif":
        return "gif"
    if suffix in _NOT_WRITTEN:
        known = ", ".join([*VIDEO_SUFFIXES, ".gif"])
        raise CannotWrite(f"{path}: '{suffix}' is not written; use {known}, or a name without suffix for a folder")
    if suffix in images.SUFFIXES:
        raise CannotWrite(f"{path} names one image, but several frames come out; name a folder or a video")
    return "folder"


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """How a video is encoded."""

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


def sink_for(
    path: Path,
    *,
    like: SourceInfo,
    rate: Fraction,
    unit: Fraction,
    encoding: Encoding | None = None,
    sound: StreamCopy | None = None,
) -> FrameSink:
    """Open an output of the kind that the suffix of its path asks for.

    Args:
        path: Where to write.
        like: The source, whose size, depth, colour tags and pixel shape the output has.
        rate: Nominal frames per second.
        unit: Seconds of which all times and durations are whole multiples.
        encoding: Codec and quality of a video.
        sound: Packets to copy into a video.
    """
    kind = kind_of_output(path)
    if kind == "gif":
        return GifSink(path, like.size)
    if kind == "folder":
        return ImageFolderSink(path, 8 if like.depth == 8 else 16)
    return VideoSink(path, like=like, rate=rate, unit=unit, encoding=encoding or Encoding(), sound=sound)


def pixel_format_for(like: SourceInfo, encoder: str) -> str:
    """The source's own format where the encoder takes it, else 4:2:0 at the source's depth (8 or 10 bits)."""
    formats = {format.name for format in Codec(encoder, "w").video_formats or ()}
    if like.pixel_format in formats and like.pixel_format.startswith("yuv"):
        return like.pixel_format
    return "yuv420p" if like.depth == 8 else "yuv420p10le"


class VideoSink:
    """An encoded video, with exact times and the sound that is copied into it."""

    def __init__(
        self,
        path: Path,
        *,
        like: SourceInfo,
        rate: Fraction,
        unit: Fraction,
        encoding: Encoding,
        sound: StreamCopy | None,
    ) -> None:
        encoder = ENCODERS[encoding.codec]
        self._format = pixel_format_for(like, encoder)
        self._tags = like.tags or default_tags(like.size[0])
        self._padding = _padding(like.size, self._format)
        self._unit = max(unit, Fraction(1, _MAX_TICKS_PER_SECOND))
        self._sound = sound
        self._durations: dict[int, int] = {}  # ticks by presentation time, of frames inside the encoder
        self._end = 0
        container = VIDEO_SUFFIXES[path.suffix.lower()]
        self._mp4_family = container != "matroska"
        self._timer = _LastDuration(whole_file=self._mp4_family)
        options = _mp4_options(self._unit) if self._mp4_family else {}
        self._output = av.open(str(path), "w", format=container, options=options)
        try:
            self._stream = self._add_stream(encoder, like, rate, encoding)
            if sound is not None:
                sound.add_to(self._output)
        except BaseException:
            self._output.close()
            raise

    @property
    def padding(self) -> tuple[int, int]:
        """Rows and columns added at the bottom and right, where the format needs even sides."""
        return self._padding

    def _add_stream(self, encoder: str, like: SourceInfo, rate: Fraction, encoding: Encoding) -> VideoStream:
        options = {"crf": str(encoding.quality), "preset": "medium"}
        if encoder == "libx265":
            options["x265-params"] = "log-level=error:pools=none:frame-threads=2"
        stream = self._output.add_stream(encoder, rate=rate, options=options)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = like.size[0] + self._padding[0], like.size[1] + self._padding[1]
        stream.pix_fmt = self._format
        context = stream.codec_context
        context.time_base = self._unit
        stream.time_base = self._unit
        context.framerate = rate
        context.thread_count = _ENCODER_THREADS
        context.sample_aspect_ratio = like.sample_aspect
        if encoder == "libx265" and self._mp4_family:
            context.codec_tag = "hvc1"  # what players of the mp4 family expect
        _tag(context, self._tags)
        return stream

    def append(self, frame: Frame) -> None:
        """Encode one frame; a picture decoded in the output's format goes in as it is."""
        picture = self._native(frame)
        stamp = round(frame.time / self._unit)
        self._end = round((frame.time + frame.duration) / self._unit)
        self._durations[stamp] = max(1, self._end - stamp)
        picture.pts = stamp
        picture.time_base = self._unit
        picture.pict_type = 0  # else the encoder repeats the frame types of the source
        self._mux(self._encoded(picture))

    def _native(self, frame: Frame) -> av.VideoFrame:
        picture = frame.picture
        kept = isinstance(picture, VideoPicture) and picture.native.format.name == self._format
        if isinstance(picture, VideoPicture) and kept and picture.tags == self._tags and self._padding == (0, 0):
            return picture.native
        pixels = frame.to_float()
        if self._padding != (0, 0):
            pixels = np.pad(pixels, ((0, self._padding[0]), (0, self._padding[1]), (0, 0)), mode="edge")
        native = to_native(pixels, self._format, self._tags)
        _tag(native, self._tags)
        return native

    def _encoded(self, picture: av.VideoFrame | None) -> "list[Packet[VideoStream]]":
        try:
            return cast(Any, self._stream).encode(picture)
        except av.error.ArgumentError as error:
            raise CannotWrite(
                f"{self._stream.codec_context.name} cannot encode {self._stream.width}x{self._stream.height} pixels as "
                f"{self._format}; try another --codec, or a folder as output"
            ) from error

    def _mux(self, packets: Iterable["Packet[VideoStream]"]) -> None:
        for packet in packets:
            packet.duration = self._durations.pop(packet.pts or 0, 1)
            self._deliver(self._timer.push(packet))

    def _deliver(self, packet: "Packet[VideoStream] | None") -> None:
        if packet is None:
            return
        if self._sound is not None:
            time = (packet.dts or 0) * self._unit
            for audio in self._sound.until(time):
                self._output.mux_one(audio)
        self._output.mux_one(packet)

    def __enter__(self) -> "VideoSink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file; after an error, only let go of it."""
        try:
            if error is None:
                self._mux(self._encoded(None))
                self._deliver(self._timer.last(self._end))
                if self._sound is not None:
                    for audio in self._sound.until(None):
                        self._output.mux_one(audio)
        finally:
            self._close(quietly=error is not None)

    def _close(self, *, quietly: bool) -> None:
        try:
            self._output.close()
        except (av.error.FFmpegError, OSError):
            if not quietly:
                raise


class _LastDuration:
    """Holds back one packet, because the last one decides how long the video is.

    Files of the mp4 family take durations from the steps between decoding times; only the last packet's own duration
    counts, and it must make up the rest.
    """

    def __init__(self, *, whole_file: bool) -> None:
        self._whole_file = whole_file
        self._held: Packet[VideoStream] | None = None
        self._first_dts: int | None = None
        self._start = 0

    def push(self, packet: "Packet[VideoStream]") -> "Packet[VideoStream] | None":
        """Take a packet, give back the one before."""
        if self._first_dts is None:
            self._first_dts, self._start = packet.dts or 0, packet.pts or 0
        previous, self._held = self._held, packet
        return previous

    def last(self, end: int) -> "Packet[VideoStream] | None":
        """The last packet, made to end when the video does (`end` in ticks)."""
        packet, self._held = self._held, None
        if packet is not None and self._whole_file and self._first_dts is not None:
            packet.duration = max(1, (end - self._start) - ((packet.dts or 0) - self._first_dts))
        return packet


def _mp4_options(unit: Fraction) -> dict[str, str]:
    """The index at the front, and durations counted as finely as the frames (by default whole milliseconds)."""
    timescale = unit.denominator * -(-1000 // unit.denominator)
    return {"movflags": "+faststart", "movie_timescale": str(timescale)}


def _padding(size: tuple[int, int], format: str) -> tuple[int, int]:
    """Rows and columns to add so that chroma has whole samples."""
    chroma = av.VideoFormat(format, 8, 8).components[1]
    return -size[0] % (8 // chroma.height), -size[1] % (8 // chroma.width)


def _tag(target: "VideoCodecContext | av.VideoFrame", tags: ColourTags) -> None:
    target.colorspace = tags.matrix
    target.color_range = tags.range
    target.color_primaries = tags.primaries
    target.color_trc = tags.transfer
