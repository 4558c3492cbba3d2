"""The list of pictures of a video: one pass over its packets, without decoding.

What this list says is what a source yields, one frame for each entry, whatever the decoder makes of it. Packets that
are never shown (alternate references of VP8 and VP9, what an edit list cuts off) have no place in it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from frameloom.errors import NoFrames
from frameloom.media.reading.clock import FALLBACK_RATE, Clock, clock_of
from frameloom.media.reading.declared import missing_seconds
from frameloom.media.reading.opening import open_container, video_stream

AnyPacket: TypeAlias = "Packet[Any]"

NO_STAMP = -(2**63)
_NEVER_SHOWN = -1
# An MPEG-4 picture that only says "as before" has a header and nothing else; decoders give no picture for it.
_REPEAT_BYTES = 19


@dataclass(frozen=True, kw_only=True)
class PacketList:
    """The packets of the pictures in the file's order, and which place in the order of showing each has."""

    stamps: NDArray[np.int64]
    """Of each place, in ticks, strictly ascending."""
    tick: Fraction
    declared: list[Fraction]
    """Rates that the file declares."""
    last_duration: Fraction
    """Seconds that the last picture is shown; 0 where the file does not say."""
    has_stamps: bool
    """False for a raw stream, of which only the rate is known; its tick is one frame."""
    by_stamp: bool
    """Whether a decoded picture is recognised by its stamp; else pictures are only counted."""
    packet_stamps: NDArray[np.int64]
    """Of each packet; NO_STAMP where it has none."""
    places: NDArray[np.int64]
    """Of each packet; -1 for one that is never shown."""
    keys: NDArray[np.int64]
    """Numbers of the packets that hold key frames which are shown."""
    first_key_place: int
    """Pictures before this place may need others from before the beginning of the file."""
    corrupt: frozenset[int]
    """Places whose packets the container itself calls damaged."""
    repeats: frozenset[int]
    """Places for which a sound decoder may give no picture: the one before is shown again."""
    missing: Fraction
    """Seconds that the file declares at its end but does not hold."""

    def clock(self, first: int = 0) -> Clock:
        """When each picture from that place on is shown."""
        if not self.has_stamps:
            return Clock(self.stamps[first:], self.tick, 1 / self.tick, True, self.tick)
        return clock_of(self.stamps[first:], self.tick, self.declared, self.last_duration)

    @cached_property
    def places_of_stamp(self) -> dict[int, list[int]]:
        """Places of the packets with that stamp, ascending; broken files use a stamp twice."""
        found: dict[int, list[int]] = {}
        for stamp, place in zip(self.packet_stamps.tolist(), self.places.tolist(), strict=True):
            if place != _NEVER_SHOWN:
                found.setdefault(stamp, []).append(place)
        return {stamp: sorted(places) for stamp, places in found.items()}

    @cached_property
    def _first_needed(self) -> list[int]:
        """For each place, the lowest number of the packets shown from there on."""
        numbers = [0] * len(self.stamps)
        for number, place in enumerate(self.places.tolist()):
            if place != _NEVER_SHOWN:
                numbers[place] = number
        for place in range(len(numbers) - 2, -1, -1):
            numbers[place] = min(numbers[place], numbers[place + 1])
        return numbers

    def leads(self, number: int, key: int) -> bool:
        """Whether a packet follows that of a key frame but is shown before it, so may need pictures from before it."""
        return number > key and _NEVER_SHOWN < self.places[number] < self.places[key]

    def key_before(self, place: int) -> int:
        """Index in `keys` of the last key frame that is decoded before everything from `place` on; -1 for none."""
        return bisect_right(self.keys.tolist(), self._first_needed[place]) - 1


@dataclass
class _Collected:
    """What the pass over the packets notes down."""

    pts: list[int | None] = field(default_factory=list[int | None])
    dts: list[int | None] = field(default_factory=list[int | None])
    durations: list[int] = field(default_factory=list[int])
    keys: list[int] = field(default_factory=list[int])
    shown: list[int] = field(default_factory=list[int])
    corrupt: list[int] = field(default_factory=list[int])
    repeats: list[int] = field(default_factory=list[int])

    def add(self, packet: AnyPacket, codec: str) -> None:
        """Note down one packet of the pictures."""
        number = len(self.pts)
        self.pts.append(packet.pts)
        self.dts.append(packet.dts)
        self.durations.append(packet.duration or 0)
        if packet.is_keyframe:
            self.keys.append(number)
        if packet.is_discard or _is_hidden(memoryview(packet), codec):
            return
        self.shown.append(number)
        if packet.is_corrupt:
            self.corrupt.append(number)
        if codec == "mpeg4" and packet.size <= _REPEAT_BYTES:
            self.repeats.append(number)


def _is_hidden(data: memoryview, codec: str) -> bool:
    """Whether a packet holds only a picture to predict from: RFC 6386, section 9.1; VP9 specification, section 6.2."""
    first, last = data[0], data[-1]
    if codec == "vp8":
        return bool(first & 1) and not first & 0x10  # key frames are always shown
    if codec == "vp9" and first >> 6 == 2:
        several = last & 0xE0 == 0xC0  # a superframe ends with a picture that is shown
        deepest_profile = first & 0x30 == 0x30  # which has one more bit before those below
        shift = 1 if deepest_profile else 0
        repeats, shown = first >> (3 - shift) & 1, first >> (1 - shift) & 1
        return not (several or repeats or shown)
    return False


def read_packets(path: Path) -> PacketList:
    """Go over all packets of a file once.

    Raises:
        CannotOpen: it cannot be read at all.
        NoFrames: it has no pictures.
    """
    with open_container(path) as container:
        stream = video_stream(container, path)
        noted = _Collected()
        end = Fraction(0)
        for packet in packets_of(container, list(container.streams)):
            end = max(end, _end_of(packet))
            if packet.stream_index == stream.index:
                noted.add(packet, stream.codec_context.name)
        if not noted.shown:
            raise NoFrames(f"{path} has a video stream without pictures")
        return _listed(noted, container, stream, end, path.stat().st_size)


def packets_of(container: InputContainer, streams: Sequence[Stream]) -> Iterator[AnyPacket]:
    """Packets with content, up to the end or to where the container can no longer be followed."""
    with suppress(av.error.FFmpegError, OSError):
        yield from demuxed(container, streams)


def demuxed(container: InputContainer, streams: Sequence[Stream]) -> Iterator[AnyPacket]:
    """Packets with content.

    Raises:
        av.error.FFmpegError, OSError: the container can no longer be followed.
    """
    packets = container.demux(*streams)
    while True:
        try:
            packet = next(packets, None)
        except IndexError:  # a packet of a stream that appeared midway, which the binding does not know
            packets = container.demux(*streams)
            continue
        if packet is None:
            return
        if packet.size:  # an empty one would tell the decoder that the stream is over
            yield packet


def _end_of(packet: AnyPacket) -> Fraction:
    stamp = packet.dts if packet.pts is None else packet.pts
    if stamp is None:
        return Fraction(0)
    return (stamp + (packet.duration or 0)) * Fraction(packet.time_base or 0)


def _listed(
    noted: _Collected, container: InputContainer, stream: VideoStream, end: Fraction, file_size: int
) -> PacketList:
    rates = [Fraction(rate) for rate in (stream.guessed_rate, stream.average_rate, stream.base_rate) if rate]
    declared = [rate for rate in rates if 0 < rate < 10**6]
    tick = Fraction(stream.time_base or Fraction(1, 1000))
    by_stamp = _stamps_can_be_trusted(noted, container, stream)
    if not by_stamp and noted.keys:  # what comes before the first key frame cannot be told apart from it by counting
        noted.shown = [number for number in noted.shown if number >= noted.keys[0]] or noted.shown
    guesses = [_stamp_of(noted, number) for number in noted.shown]
    has_stamps = any(guess is not None for guess in guesses)
    if not has_stamps:
        tick = 1 / (declared[0] if declared else FALLBACK_RATE)
        stamps, order = np.arange(len(guesses)), np.arange(len(guesses))
        last = tick
    else:
        stamps, order = _in_order(_filled(guesses), noted, by_stamp)
        last = noted.durations[noted.shown[int(order[-1])]] * tick
    places = np.full(len(noted.pts), _NEVER_SHOWN)
    shown = np.array(noted.shown)
    places[shown[order] if by_stamp else shown] = np.arange(len(shown))
    return PacketList(
        stamps=stamps,
        tick=tick,
        declared=declared,
        last_duration=last,
        has_stamps=has_stamps,
        by_stamp=by_stamp,
        packet_stamps=np.array([NO_STAMP if pts is None else pts for pts in noted.pts], np.int64),
        places=places,
        keys=np.array([number for number in noted.keys if places[number] != _NEVER_SHOWN], np.int64),
        first_key_place=max(0, int(places[noted.keys[0]])) if noted.keys else 0,
        corrupt=_places(_marked(noted, container), places),
        repeats=_places(noted.repeats, places),
        missing=missing_seconds(container, stream, end, file_size),
    )


def _marked(noted: _Collected, container: InputContainer) -> list[int]:
    """Packets that are marked as damaged, for good reason."""
    if container.format.name != "mpegts":
        return noted.corrupt
    # Where broadcasts begin or are joined the counters do not fit; that marks a packet nearby, but is no damage.
    joints = [noted.shown[start] for start in (0, *_starts_of_parts(noted))]
    return [number for number in noted.corrupt if all(not -2 <= number - joint <= 0 for joint in joints)]


def _places(numbers: list[int], places: NDArray[np.int64]) -> frozenset[int]:
    return frozenset(int(places[number]) for number in numbers if places[number] != _NEVER_SHOWN)


def _stamp_of(noted: _Collected, number: int) -> int | None:
    pts = noted.pts[number]
    return noted.dts[number] if pts is None else pts


def _filled(guesses: list[int | None]) -> list[int]:
    """Where a stamp is missing, one tick after the one before."""
    filled: list[int] = []
    for guess in guesses:
        filled.append(guess if guess is not None else (filled[-1] + 1 if filled else 0))
    return filled


def _stamps_can_be_trusted(noted: _Collected, container: InputContainer, stream: VideoStream) -> bool:
    """Whether every picture has a stamp of its own that says when it is shown."""
    if any(noted.pts[number] is None for number in noted.shown) or _starts_of_parts(noted):
        return False
    formats = container.format.name
    # AVI, and Matroska files made from it, only know the order of decoding; where the decoder reorders, that is not the
    # order of showing, but looks like it.
    from_avi = formats == "avi" or ("matroska" in formats and bool(re.search(r"\w", stream.codec_tag.strip("\0"))))
    pts = [noted.pts[number] or 0 for number in noted.shown]
    reorders = bool(stream.codec_context.has_b_frames) and len(pts) > 1
    return not (from_avi and reorders and pts == sorted(pts))


def _starts_of_parts(noted: _Collected) -> list[int]:
    """Where in `shown` the time of decoding jumps back: files that were joined by appending one to the other."""
    starts: list[int] = []
    before: int | None = None
    for index, number in enumerate(noted.shown):
        now = noted.dts[number]
        if now is None:
            continue
        if before is not None and now < before:
            starts.append(index)
        before = now
    return starts


def _in_order(guesses: list[int], noted: _Collected, by_stamp: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Stamps in the order of showing, strictly ascending, and the indices in `shown` that they come from.

    A part whose clock starts anew follows the one before it without a gap.
    """
    stamps = np.array(guesses, np.int64)
    starts = [] if by_stamp else _starts_of_parts(noted)
    order = np.concatenate([start + np.argsort(part, kind="stable") for start, part in _parts(stamps, starts)])
    ascending: list[int] = []
    shift = 0
    for position, stamp in enumerate(stamps[order].tolist()):
        if position in starts and stamp + shift <= ascending[-1]:
            step = ascending[-1] - ascending[-2] if len(ascending) > 1 else 1
            shift = ascending[-1] + step - stamp
        ascending.append(max(stamp + shift, ascending[-1] + 1) if ascending else stamp)
    return np.array(ascending, np.int64), order


def _parts(stamps: NDArray[np.int64], starts: list[int]) -> list[tuple[int, NDArray[np.int64]]]:
    return list(zip([0, *starts], np.split(stamps, starts), strict=True))
