"""Sound, copied packet for packet from a source to an output."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import cast

import av
import av.error
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from frameloom.errors import MediaError
from frameloom.media.source import CONTAINER_OPTIONS

# Decoders need a run-up: streams that start less than this before the picture do so only in their time stamps.
_PRIMING_SECONDS = Fraction(1, 20)


@dataclass(frozen=True, slots=True)
class OtherStreams:
    """What a file holds besides the pictures that are read."""

    audio: tuple[int, ...]  # stream indices
    others: tuple[str, ...]  # in words
    earliest_audio: Fraction | None  # seconds on the file's clock; None without sound


def other_streams(path: Path) -> OtherStreams:
    """List the sound of a video and name what else it holds."""
    audio: list[int] = []
    others: list[str] = []
    starts: list[Fraction] = []
    videos = 0
    with av.open(str(path), options=CONTAINER_OPTIONS, metadata_errors="replace") as container:
        for stream in container.streams:
            if isinstance(stream, AudioStream):
                audio.append(stream.index)
                starts.append(Fraction(stream.start_time or 0) * Fraction(stream.time_base or 1))
            elif stream.type == "video":
                videos += 1
            else:
                others.append(stream.type)
        if container.chapters():
            others.append("chapters")
    if videos > 1:
        others.append("video" if videos == 2 else f"{videos - 1} x video")
    return OtherStreams(tuple(audio), tuple(sorted(set(others))), min(starts, default=None))


def lead_of_sound(streams: OtherStreams, first_picture: Fraction) -> Fraction:
    """How long before the first picture the sound begins, in seconds; a decoder's run-up does not count."""
    if streams.earliest_audio is None:
        return Fraction(0)
    lead = first_picture - streams.earliest_audio
    return lead if lead > _PRIMING_SECONDS else Fraction(0)


def _end_with_stream(packet: "Packet[AudioStream]") -> None:
    """Readers round the last packet up to a whole frame of its codec; the stream says where it really ends."""
    stream = packet.stream
    if stream.duration is None or packet.pts is None or packet.duration is None:
        return
    end = (stream.start_time or 0) + stream.duration
    if packet.pts < end < packet.pts + packet.duration:
        packet.duration = end - packet.pts


class SoundCopy:
    """Audio packets of a file, handed out up to a time, so that an output can interleave them with its pictures."""

    def __init__(self, path: Path, streams: OtherStreams, shift: Fraction) -> None:
        """Args: path of the source, its streams, and the seconds to add to every time stamp."""
        self._path = path
        self._shift = shift
        self._input = av.open(str(path), options=CONTAINER_OPTIONS, metadata_errors="replace")
        self._sources = [self._input.streams[index] for index in streams.audio]
        self._targets: dict[int, AudioStream] = {}
        self._packets: Iterator[Packet[AudioStream]] = iter(())
        self._waiting: Packet[AudioStream] | None = None
        self.left_out: list[str] = []

    def add_to(self, output: OutputContainer) -> None:
        """Declare the streams in the output; codecs that it cannot hold are listed in `left_out`."""
        kept: list[AudioStream] = []
        for source in self._sources:
            assert isinstance(source, AudioStream)
            if source.codec_context.name not in output.supported_codecs:
                self.left_out.append(source.codec_context.name)
                continue
            target = output.add_stream_from_template(source)
            language = source.metadata.get("language")
            if language:
                target.metadata["language"] = language
            self._targets[source.index] = target
            kept.append(source)
        if kept:
            self._packets = cast("Iterator[Packet[AudioStream]]", iter(self._input.demux(kept)))
            self._advance()

    def _advance(self) -> None:
        try:
            self._waiting = next((packet for packet in self._packets if packet.dts is not None), None)
        except av.error.FFmpegError as error:
            raise MediaError(f"the sound of {self._path} is damaged: {error.strerror or error}") from error

    def until(self, time: Fraction | None) -> "Iterator[Packet[AudioStream]]":
        """Packets that begin before `time` (output seconds), ready to mux; all that are left for None."""
        while self._waiting is not None:
            packet = self._waiting
            base = Fraction(packet.time_base or 1)
            decoding_time = packet.dts or 0  # packets without one are not kept
            if time is not None and decoding_time * base + self._shift >= time:
                return
            _end_with_stream(packet)
            packet.stream = self._targets[packet.stream.index]
            shift = round(self._shift / base)
            packet.dts = decoding_time + shift
            packet.pts = packet.pts + shift if packet.pts is not None else packet.dts
            yield packet
            self._advance()

    def __enter__(self) -> "SoundCopy":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._input.close()
