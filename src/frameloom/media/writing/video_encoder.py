"""Frames to packets of an encoded stream."""

from collections.abc import Iterator
from typing import Any, cast

import av
import av.error
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from frameloom.frame import FloatPixels, Frame
from frameloom.media.pictures.colour import VideoPicture
from frameloom.media.pictures.native import kept_native, to_native
from frameloom.media.pictures.pixel_formats import traits_of
from frameloom.media.writing.encoding import VideoSettings, cannot_encode, tag

_IN_ORDER = 2  # so few frames are never reordered, and x265 leaves their decoding times unset


class VideoEncoder:
    """Encodes frames in order of time; packets come out in decoding order, with times and durations in `unit`."""

    def __init__(self, context: VideoCodecContext, settings: VideoSettings) -> None:
        self._context = context
        self._settings = settings
        self._rgb = traits_of(settings.format).family == "rgb"  # no matrix: other tags change no numbers
        self._durations: dict[int, int] = {}  # ticks by presentation time, of frames inside the encoder
        self._taken = 0
        self.end = 0
        """When the last frame ends, in units."""

    def encode(self, frame: Frame) -> "Iterator[Packet[VideoStream]]":
        """Take one frame; a picture decoded in the output's format goes in as it is."""
        unit = self._settings.unit
        picture = self._native(frame)
        self._taken += 1
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
        native: av.VideoFrame | None = None
        if isinstance(picture, VideoPicture) and (picture.tags == settings.tags or self._rgb):
            native = kept_native(picture.native, settings.format, settings.tags, settings.padding)
            if native is not None and native is picture.native:
                return native
        if native is None:
            native = to_native(_padded(frame.to_float(), settings.padding), settings.format, settings.tags)
        tag(native, settings.tags)
        return native

    def _packets(self, picture: av.VideoFrame | None) -> "Iterator[Packet[VideoStream]]":
        try:
            packets = cast("list[Packet[VideoStream]]", cast(Any, self._context).encode(picture))
        except av.error.ArgumentError as error:
            raise cannot_encode(self._context) from error
        for packet in packets:
            packet.duration = self._durations.pop(packet.pts or 0, 1)
            if self._taken <= _IN_ORDER:
                packet.dts = packet.pts
            yield packet


def _padded(pixels: FloatPixels, padding: tuple[int, int]) -> FloatPixels:
    return np.pad(pixels, ((0, padding[0]), (0, padding[1]), (0, 0)), mode="edge") if padding != (0, 0) else pixels
