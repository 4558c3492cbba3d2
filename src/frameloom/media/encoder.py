"""Frames to packets of an encoded stream."""

import io
from collections.abc import Iterator
from typing import Any, cast

import av
import av.error
import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from frameloom.errors import CannotWrite
from frameloom.frame import Frame
from frameloom.media.colour import VideoPicture, to_native
from frameloom.media.encoding import VideoSettings, tag


class VideoEncoder:
    """Encodes frames in order of time; packets come out in decoding order, with times and durations in `unit`."""

    def __init__(self, stream: VideoStream, settings: VideoSettings) -> None:
        self._stream = stream
        self._settings = settings
        self._durations: dict[int, int] = {}  # ticks by presentation time, of frames inside the encoder
        self.end = 0
        """When the last frame ends, in units."""

    def encode(self, frame: Frame) -> "Iterator[Packet[VideoStream]]":
        """Take one frame; a picture decoded in the output's format goes in as it is."""
        unit = self._settings.unit
        picture = self._native(frame)
        stamp = round(frame.time / unit)
        self.end = round((frame.time + frame.duration) / unit)
        self._durations[stamp] = max(1, self.end - stamp)
        picture.pts = stamp
        picture.time_base = unit
        picture.pict_type = 0  # else the encoder repeats the frame types of the source
        return self._packets(picture)

    def finish(self) -> "Iterator[Packet[VideoStream]]":
        """What the encoder still holds."""
        return self._packets(None)

    def _native(self, frame: Frame) -> av.VideoFrame:
        settings, picture = self._settings, frame.picture
        kept = isinstance(picture, VideoPicture) and picture.native.format.name == settings.format
        if isinstance(picture, VideoPicture) and kept and picture.tags == settings.tags and settings.padding == (0, 0):
            return picture.native
        pixels = frame.to_float()
        if settings.padding != (0, 0):
            rows, columns = settings.padding
            pixels = np.pad(pixels, ((0, rows), (0, columns), (0, 0)), mode="edge")
        native = to_native(pixels, settings.format, settings.tags)
        tag(native, settings.tags)
        return native

    def _packets(self, picture: av.VideoFrame | None) -> "Iterator[Packet[VideoStream]]":
        try:
            packets = cast("list[Packet[VideoStream]]", cast(Any, self._stream).encode(picture))
        except av.error.ArgumentError as error:
            raise CannotWrite(
                f"{self._stream.codec_context.name} cannot encode {self._stream.width}x{self._stream.height} pixels as "
                f"{self._settings.format}; try another --codec, or a folder as output"
            ) from error
        for packet in packets:
            packet.duration = self._durations.pop(packet.pts or 0, 1)
            yield packet


def lone_encoder(settings: VideoSettings) -> VideoEncoder:
    """An encoder whose packets go to no container; it gives the packets that one for a container would."""
    nowhere = av.open(io.BytesIO(), "w", format="matroska")  # nothing is ever muxed, so nothing is written
    return VideoEncoder(settings.add_stream(nowhere), settings)
