"""Subtitles: copied at new times, or written anew as the text that the output's container holds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av.error
from av.container import OutputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle, SubtitleSet

from frameloom.counting import counted
from frameloom.media.carrying.container_limits import OVERLAPPING_SUBTITLES
from frameloom.media.carrying.retiming import Retiming
from frameloom.media.carrying.tracks import Stamps
from frameloom.media.reading.packet_list import AnyPacket

_MILLISECOND = Fraction(1, 1000)
_NOTHING_SHOWN = bytes(2)  # how mov_text fills the time between lines; what writes it does so by itself
_UNTIMED = Fraction(3)  # seconds that a line is shown whose file does not say
_FIELDS_BEFORE_TEXT = 8  # of a dialogue line as decoders give it: ReadOrder, Layer, Style, Name, three margins, Effect
_DRAWING = re.compile(rb"\{[^}]*\\p[1-9]")


class CopiedSubtitles:
    """Packets as they are, at the output's times."""

    def __init__(self, source: SubtitleStream, target: Stream, retiming: Retiming, *, overlapping: bool) -> None:
        self._name = source.codec.canonical_name
        self._target = target
        self._retiming = retiming
        tick = Fraction(source.time_base or 1)
        self._stamps = Stamps(tick, Fraction(0) if overlapping else tick)

    def feed(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The packet, moved and stretched; none if its time is over before the first picture."""
        if self._name == "mov_text" and bytes(packet) == _NOTHING_SHOWN:
            return
        if not self._stamps.admit(packet):
            return
        assert packet.pts is not None
        span = packet.duration or 0
        start, end = (self._retiming.ticks(stamp, packet.time_base) for stamp in (packet.pts, packet.pts + span))
        if span and end <= 0:
            return
        packet.pts = packet.dts = max(0, start)
        packet.duration = max(0, end - packet.pts)
        packet.stream = self._target
        yield packet

    def finish(self) -> Iterator[AnyPacket]:
        """Nothing is held."""
        yield from ()

    def repairs(self) -> list[str]:
        """Packets that needed new times."""
        return self._stamps.in_words(f"subtitles ({self._name})")


@dataclass(frozen=True, slots=True)
class Line:
    """Text and when it is shown, output seconds."""

    start: Fraction
    end: Fraction
    text: bytes  # with the override codes of Advanced SubStation Alpha


class OneAtATime:
    """Lines that overlap, as a sequence in which each is shown with those that are there already."""

    def __init__(self) -> None:
        self._shown: list[Line] = []
        self._now = Fraction(0)

    def add(self, line: Line) -> Iterator[Line]:
        """What is settled once a line begins; lines come in order of their start."""
        yield from self._until(line.start)
        self._now = max(self._now, line.start)
        self._shown.append(line)

    def rest(self) -> Iterator[Line]:
        """What is still shown when no more lines come."""
        yield from self._until(max((line.end for line in self._shown), default=self._now))

    def _until(self, time: Fraction) -> Iterator[Line]:
        while self._shown and self._now < time:
            end = min(time, *(line.end for line in self._shown))
            if end > self._now:
                yield Line(self._now, end, b"\\N".join(line.text for line in self._shown))
                self._now = end
            self._shown = [line for line in self._shown if line.end > end]


class ConvertedSubtitles:
    """Text subtitles decoded and encoded as another kind of text; what that cannot say (fonts, places) is lost."""

    def __init__(self, source: SubtitleStream, output: OutputContainer, codec: str, retiming: Retiming) -> None:
        self._name = source.codec.canonical_name
        self._source = source.codec_context
        self._retiming = retiming
        self._source.open(strict=False)
        target = output.add_stream(codec)
        assert isinstance(target, SubtitleStream)
        target.time_base = _MILLISECOND
        target.codec_context.time_base = _MILLISECOND
        target.codec_context.subtitle_header = self._source.subtitle_header
        self.target = target
        self._sequence = None if output.format.name in OVERLAPPING_SUBTITLES else OneAtATime()
        self._stamps = Stamps(Fraction(source.time_base or 1), Fraction(0))
        self._broken = 0

    def feed(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The packets of the lines that are settled."""
        if not self._stamps.admit(packet):
            return
        line = self._line(packet)
        if line is None or not line.text or line.end <= 0:
            return
        for settled in (line,) if self._sequence is None else self._sequence.add(line):
            yield self._encoded(settled)

    def _line(self, packet: AnyPacket) -> Line | None:
        try:
            decoded = self._source.decode2(packet)
        except av.error.FFmpegError:
            self._broken += 1
            return None
        if decoded is None or packet.pts is None:
            return None
        start = packet.pts * packet.time_base
        span = packet.duration * packet.time_base if packet.duration else _UNTIMED
        begin, end = (max(Fraction(0), self._retiming.time(time)) for time in (start, start + span))
        return Line(begin, end, _text_of(decoded))

    def _encoded(self, line: Line) -> AnyPacket:
        start, end = round(line.start / _MILLISECOND), round(line.end / _MILLISECOND)
        dialogue = SubtitleSet.create(b"0,0,Default,,0,0,0,," + line.text, 0, end - start, start)
        packet = cast(AnyPacket, self.target.codec_context.encode_subtitle(dialogue))
        packet.pts = packet.dts = start
        packet.duration = end - start
        packet.time_base = _MILLISECOND
        packet.stream = self.target
        return packet

    def finish(self) -> Iterator[AnyPacket]:
        """The lines that were still shown."""
        for line in () if self._sequence is None else self._sequence.rest():
            yield self._encoded(line)

    def repairs(self) -> list[str]:
        """Lines that could not be read, and packets that needed new times."""
        what = f"subtitles ({self._name})"
        broken = [f"{what}: {counted(self._broken, 'line')} could not be read and left out"] if self._broken else []
        return broken + self._stamps.in_words(what)


def _text_of(decoded: SubtitleSet) -> bytes:
    """The text of all lines of one packet; drawings are not text."""
    texts = (
        rect.ass.split(b",", _FIELDS_BEFORE_TEXT)[-1].rstrip(b"\r\n")
        for rect in decoded
        if isinstance(rect, AssSubtitle)
    )
    return b"\\N".join(text for text in texts if text and not _DRAWING.search(text))
