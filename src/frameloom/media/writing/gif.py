"""Animated GIFs with one palette for the whole clip.

The palette can only be known when all frames have been seen, so frames go to a lossless file beside the output first;
memory does not grow with their number.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import av
import av.error
import av.filter
import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from frameloom.frame import Frame

_GIF_TICK = Fraction(1, 100)
_SHORTEST = 2  # ticks: players show anything shorter for a tenth of a second


class GifSink:
    """An animated GIF that loops; times are rounded to its hundredths of a second."""

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self._path = path
        self._size = size
        self._spool_path = path.with_name(f"{path.name}.spool.mkv")
        self._spool = av.open(str(self._spool_path), "w", format="matroska")
        stream = self._spool.add_stream("ffv1", rate=25)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = size
        stream.pix_fmt = "bgra"
        self._stream = stream
        self._palette, self._palette_input = _palette_graph(size)
        self._times: list[int] = []  # in GIF ticks
        self._end = 0

    def append(self, frame: Frame) -> None:
        """Keep one frame, unless it would be shown for too short a time to be played right."""
        time = round(frame.time / _GIF_TICK)
        self._end = round((frame.time + frame.duration) / _GIF_TICK)
        if self._times and time - self._times[-1] < _SHORTEST:
            return
        pixels = frame.to_uint8()
        if pixels.shape[2] == 3:
            pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=2)
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgba")
        picture.pts = len(self._times)
        picture.time_base = Fraction(1, 25)
        self._palette_input.push(picture)
        self._spool.mux(self._stream.encode(picture.reformat(format="bgra")))
        self._times.append(time)

    def __enter__(self) -> "GifSink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Find the palette and write the GIF; after an error, only clean up."""
        try:
            self._spool.mux(self._stream.encode(None))
            self._spool.close()
            if error is None and self._times:
                self._palette_input.push(None)
                self._write(self._palette.vpull())
        finally:
            self._spool_path.unlink(missing_ok=True)

    def _write(self, palette: av.VideoFrame) -> None:
        times = [*self._times, max(self._end, self._times[-1] + _SHORTEST)]
        with av.open(str(self._path), "w", format="gif", options={"loop": "0"}) as output:
            stream = output.add_stream("gif", rate=100)
            assert isinstance(stream, VideoStream)
            stream.height, stream.width = self._size
            stream.pix_fmt = "pal8"
            stream.codec_context.time_base = _GIF_TICK
            for index, picture in enumerate(self._mapped(palette)):
                picture.pts = times[index]
                picture.time_base = _GIF_TICK
                packets = cast("list[Packet[VideoStream]]", cast(Any, stream).encode(picture))
                for packet in packets:
                    packet.duration = times[index + 1] - times[index]
                    output.mux_one(packet)
            output.mux(stream.encode(None))

    def _mapped(self, palette: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """The kept frames in the colours of the palette."""
        graph = av.filter.Graph()
        height, width = self._size
        pictures = graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("bgra"), time_base=Fraction(1, 25)
        )
        colours = graph.add_buffer(
            width=palette.width, height=palette.height, format=palette.format, time_base=Fraction(1, 25)
        )
        mapping = graph.add("paletteuse", "dither=sierra2_4a:diff_mode=rectangle")
        pictures.link_to(mapping, 0, 0)
        colours.link_to(mapping, 0, 1)
        mapping.link_to(graph.add("buffersink"))
        graph.configure()
        palette.pts = 0
        palette.time_base = Fraction(1, 25)
        colours.push(palette)
        colours.push(None)
        with av.open(str(self._spool_path)) as spool:
            for index, picture in enumerate(spool.decode(video=0)):
                picture.pts = index
                picture.time_base = Fraction(1, 25)
                pictures.push(picture)
                yield from _drained(graph)
        pictures.push(None)
        yield from _drained(graph)


def _drained(graph: av.filter.Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _palette_graph(size: tuple[int, int]) -> "tuple[av.filter.Graph, av.filter.context.FilterContext]":
    graph = av.filter.Graph()
    entry = graph.add_buffer(width=size[1], height=size[0], format=av.VideoFormat("rgba"), time_base=Fraction(1, 25))
    making = graph.add("palettegen", "stats_mode=full")
    entry.link_to(making)
    making.link_to(graph.add("buffersink"))
    graph.configure()
    return graph, entry
