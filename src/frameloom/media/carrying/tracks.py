"""Streams on their way from a source to an output: packets in, packets at the output's times out."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Protocol, cast

import av.error
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.stream import Stream

from frameloom.counting import counted
from frameloom.media.carrying.retiming import Retiming
from frameloom.media.reading.packet_list import AnyPacket

# A stamp that falls back further than this is not a rounding but a break; what it stamps has been heard already.
_LARGEST_REPAIR = Fraction(1, 2)
_LEAP = Fraction(1)  # seconds that sound seldom pauses without packets


class Track(Protocol):
    """Takes the packets of one stream in the file's order, gives back what is to be muxed."""

    def feed(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """What one packet of the source becomes."""
        ...

    def finish(self) -> Iterator[AnyPacket]:
        """What is left at the end."""
        ...

    def repairs(self) -> list[str]:
        """In words, what was wrong with the stream and was dealt with."""
        ...


class Stamps:
    """Decoding times of one stream, made to rise as containers insist."""

    def __init__(self, tick: Fraction, least_step: Fraction, *, gaps: bool = True) -> None:
        """Follow a stream.

        Args:
            tick: Seconds per tick of the packets.
            least_step: The step, in seconds, below which the output's clock may see none.
            gaps: Whether long gaps are usual; if not, one must be in two stamps before it is believed.
        """
        self._leap = None if gaps else _LEAP / tick
        self._claimed: int | None = None  # when the next packet should begin if the last one's stamp is right
        self._tick = tick
        self._step = max(1, -(-least_step // tick))
        self.last: int | None = None
        self._last_duration = 0
        self.repaired = 0
        self.skipped = 0

    def admit(self, packet: AnyPacket) -> bool:
        """Give the packet a place after the one before it; False if it has none."""
        if packet.dts is None:
            packet.dts = packet.pts if packet.pts is not None else self._next()
            self.repaired += packet.pts is None
        packet.pts = packet.dts if packet.pts is None else packet.pts
        self._doubt(packet)
        if self.last is not None and packet.dts < self.last + self._step:
            if (self.last - packet.dts) * self._tick > _LARGEST_REPAIR:
                self.skipped += 1
                return False
            self.repaired += 1
            packet.dts = self.last + self._step
            packet.pts = max(packet.pts, packet.dts)
        self.last, self._last_duration = packet.dts, packet.duration or 0
        return True

    def _doubt(self, packet: AnyPacket) -> None:
        """Place a packet that claims to come long after the one before right behind it, unless the next agrees."""
        assert packet.dts is not None
        claimed, self._claimed = self._claimed, None
        if self._leap is None or self.last is None or packet.dts - self._next() <= self._leap:
            return
        if claimed is not None and abs(packet.dts - claimed) <= self._leap / 50:
            return
        self._claimed = packet.dts + (packet.duration or 0)
        packet.pts = packet.dts = self._next()
        self.repaired += 1

    def _next(self) -> int:
        return 0 if self.last is None else self.last + max(self._step, self._last_duration)

    def in_words(self, what: str) -> list[str]:
        """What had to be done, if anything."""
        words: list[str] = []
        if self.repaired:
            words.append(f"{what}: {counted(self.repaired, 'packet')} without a usable time got one")
        if self.skipped:
            words.append(f"{what}: {counted(self.skipped, 'packet')} that fall back in time left out")
        return words


class CopiedSound:
    """Audio packets as they are. Only for outputs that last as long as the source."""

    def __init__(self, source: AudioStream, target: Stream, retiming: Retiming) -> None:
        self._name = source.codec.canonical_name
        self._target = target
        self._retiming = retiming
        rate = source.codec_context.sample_rate or 48000
        tick = Fraction(source.time_base or 1)
        self._stamps = Stamps(tick, Fraction(1, rate), gaps=False)
        self._usual_duration = round(source.codec_context.frame_size / rate / tick)
        self._unwrap = _unwrapper(source)
        self._broken = 0

    def feed(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The packet, moved; none if it makes no sense."""
        _end_with_stream(packet)
        try:
            for unwrapped in (packet,) if self._unwrap is None else _filtered(packet, self._unwrap):
                yield from self._moved(unwrapped)
        except av.error.FFmpegError:
            self._broken += 1

    def _moved(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        before = self._stamps.last
        if not self._stamps.admit(packet):
            return
        assert packet.dts is not None
        assert packet.pts is not None
        if before is not None:
            self._usual_duration = packet.dts - before
        packet.duration = packet.duration or self._usual_duration  # .mp4 loses a last packet that lasts for nothing
        moved = self._retiming.ticks(packet.dts, packet.time_base) - packet.dts
        packet.dts += moved
        packet.pts += moved
        packet.stream = self._target
        yield packet

    def finish(self) -> Iterator[AnyPacket]:
        """Nothing is held."""
        yield from ()

    def repairs(self) -> list[str]:
        """Packets that were broken or needed new times."""
        what = f"sound ({self._name})"
        broken = [f"{what}: {counted(self._broken, 'damaged packet')} left out"] if self._broken else []
        return broken + self._stamps.in_words(what)


def _unwrapper(source: AudioStream) -> BitStreamFilterContext | None:
    """AAC for broadcast has a header in every packet, which files put in front of all.

    Containers would unwrap it themselves, but a damaged header would then be their fault and end everything.
    """
    wrapped = source.codec.canonical_name == "aac" and not source.codec_context.extradata
    return BitStreamFilterContext("aac_adtstoasc", source) if wrapped else None


def _filtered(packet: AnyPacket, filter: BitStreamFilterContext) -> Iterator[AnyPacket]:
    tick = packet.time_base
    for filtered in cast("list[AnyPacket]", filter.filter(packet)):
        filtered.time_base = tick
        yield filtered


def _end_with_stream(packet: AnyPacket) -> None:
    """Readers round the last packet up to a whole frame of its codec; the stream says where it really ends."""
    stream: Stream = packet.stream
    if stream.duration is None or packet.pts is None or packet.duration is None:
        return
    end = (stream.start_time or 0) + stream.duration
    if packet.pts < end < packet.pts + packet.duration:
        packet.duration = end - packet.pts


class Cover:
    """One picture that stands for the whole file."""

    def __init__(self, target: Stream) -> None:
        self._target = target

    def feed(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The picture; it has no time."""
        packet.pts = packet.dts = 0
        packet.stream = self._target
        yield packet

    def finish(self) -> Iterator[AnyPacket]:
        """Nothing is held."""
        yield from ()

    def repairs(self) -> list[str]:
        """Never any."""
        return []
