"""The sound of a file of its own, put under a film from its beginning and cut where the film ends."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal

import av.error
from av.audio.stream import AudioStream
from av.container import OutputContainer

from frameloom.errors import CannotOpen, InputError
from frameloom.media.carrying.container_limits import declare, holds, suffix_of
from frameloom.media.carrying.retiming import Retiming
from frameloom.media.carrying.sound_encoder import add_sound_encoder
from frameloom.media.carrying.streams import can_decode, name_of
from frameloom.media.carrying.stretch import StretchedSound
from frameloom.media.carrying.tracks import CopiedSound, Track
from frameloom.media.reading.opening import open_container
from frameloom.media.reading.packet_list import AnyPacket, demuxed


class SoundFile:
    """The first sound of a file, handed out up to a time."""

    def __init__(self, path: Path, end: Fraction) -> None:
        """Open a file.

        Args:
            path: A sound file, or a video.
            end: When the film ends, in seconds.

        Raises:
            CannotOpen: it cannot be read.
            InputError: it holds no sound.
        """
        self.path = path
        self._end = end
        try:
            self._input = open_container(path)
        except CannotOpen as error:
            raise CannotOpen(f"{path} cannot be read as sound; name a sound file, or a video with sound") from error
        if not self._input.streams.audio:
            self._input.close()
            raise InputError(f"{path} holds no sound; name another file, or leave out --audio")
        self._source: AudioStream = self._input.streams.audio[0]
        self._packets: Iterator[AnyPacket] = iter(())
        self._next: AnyPacket | None = None
        self._track: Track | None = None
        self._damage: list[str] = []
        self.sound: Literal["copied", "encoded"] = "copied"
        """What becomes of the sound; known once it is declared."""
        self.until_when = Fraction(0)
        """When the sound that was handed out ends, in seconds."""

    def add_to(self, output: OutputContainer) -> None:
        """Declare the sound in an output that has its pictures declared already, and nothing written.

        Raises:
            InputError: the output does not hold it, and it cannot be decoded.
        """
        source = self._source
        retiming = Retiming(Fraction(source.start_time or 0) * Fraction(source.time_base or 1))
        if holds(output.format.name, source):
            self._track = CopiedSound(source, declare(output, source), retiming)
        elif can_decode(source) and source.codec_context.sample_rate:
            self.sound = "encoded"
            self._track = StretchedSound(source, add_sound_encoder(output, source), retiming)
        else:
            raise InputError(f"{self.path} holds {name_of(source)}, which {suffix_of(output)} does not hold; use .mkv")
        self._packets = self._moved(self._track)
        self._next = next(self._packets, None)

    def _moved(self, track: Track) -> Iterator[AnyPacket]:
        """All packets that begin before the end, at the times of the output; the last one no longer than that."""
        for packet in self._made(track):
            start = (packet.pts or 0) * packet.time_base
            if start >= self._end:
                return
            left = int((self._end - start) / packet.time_base)
            packet.duration = max(1, min(packet.duration or 0, left))
            self.until_when = max(self.until_when, start + packet.duration * packet.time_base)
            yield packet

    def _made(self, track: Track) -> Iterator[AnyPacket]:
        try:
            for packet in demuxed(self._input, [self._source]):
                yield from track.feed(packet)
        except (av.error.FFmpegError, OSError) as error:
            self._damage.append(f"the sound ends early, because the file is damaged: {error.strerror}")
        yield from track.finish()

    def until(self, time: Fraction | None) -> Iterator[AnyPacket]:
        """Packets that begin before `time` (output seconds), ready to mux; all that are left for None."""
        while self._next is not None:
            packet = self._next
            if time is not None and (packet.dts or 0) * packet.time_base >= time:
                return
            self._next = next(self._packets, None)
            yield packet

    def repairs(self) -> list[str]:
        """What was damaged and dealt with, in words; complete at the end."""
        return self._damage if self._track is None else self._track.repairs() + self._damage

    def __enter__(self) -> "SoundFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._input.close()
