"""A video file being written: one encoded stream, and other streams copied beside it."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol

import av
import av.error
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from frameloom.media.reading.packet_list import AnyPacket
from frameloom.media.writing.encoding import VideoSettings

VIDEO_SUFFIXES = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}


class Beside(Protocol):
    """What goes into a file beside its pictures: the other streams of a video, or a sound of its own."""

    def add_to(self, output: OutputContainer) -> None:
        """Declare it in an output that has its pictures declared already, and nothing written."""
        ...

    def until(self, time: Fraction | None) -> Iterator[AnyPacket]:
        """Packets that begin before `time` (output seconds), ready to mux; all that are left for None."""
        ...


class VideoContainer:
    """Interleaves packets of the video with what is copied, and makes the file last exactly as long as the video."""

    def __init__(self, path: Path, settings: VideoSettings, copy: Beside | None) -> None:
        """Declare all streams; the format follows from the suffix of the path."""
        self._unit = settings.unit
        self._copy = copy
        format = VIDEO_SUFFIXES[path.suffix.lower()]
        mp4_family = format != "matroska"
        self._timer = _LastDuration(whole_file=mp4_family)
        self._output = av.open(str(path), "w", format=format, options=_options(self._unit, mp4_family))
        try:
            self.stream = settings.add_stream(self._output)
            if copy is not None:
                copy.add_to(self._output)
        except BaseException:
            self._output.close()
            raise

    def mux(self, packet: "Packet[VideoStream]") -> None:
        """Take a packet of the video, in decoding order."""
        packet.stream = self.stream
        self._deliver(self._timer.push(packet))

    def _deliver(self, packet: "Packet[VideoStream] | None") -> None:
        if packet is None:
            return
        if self._copy is not None:
            time = (packet.dts or 0) * self._unit
            for other in self._copy.until(time):
                self._output.mux_one(other)
        self._output.mux_one(packet)

    def finish(self, end: int) -> None:
        """Write what is left and close; `end` is when the last frame ends, in units."""
        self._deliver(self._timer.last(end))
        if self._copy is not None:
            for other in self._copy.until(None):
                self._output.mux_one(other)
        self._output.close()

    def __enter__(self) -> "VideoContainer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """After an error, only let go of the file."""
        if error is not None:
            with suppress(av.error.FFmpegError, OSError):
                self._output.close()


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


def _options(unit: Fraction, mp4_family: bool) -> dict[str, str]:
    """The same bytes every time; the mp4 family with its index at the front and a clock as fine as the frames'."""
    if not mp4_family:
        return {"fflags": "+bitexact"}
    timescale = unit.denominator * -(-1000 // unit.denominator)
    return {"fflags": "+bitexact", "movflags": "+faststart", "movie_timescale": str(timescale)}
