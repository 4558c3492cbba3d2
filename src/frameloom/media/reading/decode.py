"""Decoding that keeps to the list of pictures: every place of the list is answered for, in order, from any place on.

There are two ways to decode. The quick one uses all cores and asks the decoder to give up at the first oddity, because
what several threads make of damaged data differs from run to run. Where anything is odd the careful way takes over: one
thread, damage marked. So undamaged files are read fast, and damaged ones always in the same way.

To start in the middle, the quick way begins one whole group of pictures earlier than needed: pictures shown before a
key frame but decoded after it may be predicted from the group before. The careful way begins at the beginning, because
what a decoder puts in place of damaged parts depends on all that it has seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.codec.context import ThreadType
from av.container import InputContainer
from av.video.stream import VideoStream

from frameloom.media.reading.opening import MOST_PIXELS, open_container, video_stream
from frameloom.media.reading.packet_list import NO_STAMP, AnyPacket, PacketList, packets_of

BEGINNING = -1  # instead of the index of a key frame
_JUMPS = 4
# Decoders that may work on several pictures at once. That of HEVC may not: damaged input can make its threads wait for
# each other for ever, which nothing from outside can end.
_FRAME_THREADED = frozenset({"h264"})
# Those that do not tell of all damage, and conceal it differently from thread to thread.
_ONE_THREAD = frozenset({"mpeg1video", "mpeg2video"})


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What the decoder gave for one place of the list."""

    place: int
    picture: av.VideoFrame | None
    reason: str = ""
    """Why there is no picture, where there should be one."""
    repeated: bool = False
    """Whether the picture is that of an earlier place."""


class Odd(Exception):
    """The quick way met something that it does not judge; for use within this package."""


class Astray(Odd):
    """After a jump the container gives other packets than at first."""


def shown_from(path: Path, packets: PacketList, first: int) -> Iterator[Shown]:
    """What is shown at every place from `first` on; `picture` is the last sound one where the place has none itself.

    Only before the first sound picture of all is `picture` None.
    """
    place = first
    for jumping in (True, False):
        try:
            for shown in _quickly(path, packets, place, jumping=jumping):
                yield shown
                place = shown.place + 1
            return
        except Astray:
            continue
        except Odd:
            break
    yield from _carefully(path, packets, place)


def _quickly(path: Path, packets: PacketList, first: int, *, jumping: bool) -> Iterator[Shown]:
    """Raises Odd at the first thing out of order."""
    key = max(BEGINNING, packets.key_before(first) - 1) if packets.by_stamp else BEGINNING
    for shown in _holding(decoded(path, packets, key, careful=False, jumping=jumping)):
        if shown.reason or shown.picture is None:
            raise Odd(shown.reason)
        if shown.place >= first:
            yield shown


def _carefully(path: Path, packets: PacketList, first: int) -> Iterator[Shown]:
    for shown in _holding(decoded(path, packets, BEGINNING, careful=True)):
        if shown.place >= first:
            yield shown


def _holding(decoded: Iterator[Shown]) -> Iterator[Shown]:
    """The last sound picture where a place has none."""
    last: av.VideoFrame | None = None
    for shown in decoded:
        last = last if shown.picture is None else shown.picture
        yield Shown(shown.place, last, shown.reason, repeated=shown.picture is None)


class _Places:
    """Finds the place of each decoded picture, and notices which places get none."""

    def __init__(self, packets: PacketList, first: int) -> None:
        self._packets = packets
        self._next = first
        self._reasons = dict.fromkeys(packets.corrupt, "the file marks it as damaged")

    def condemn(self, number: int, reason: str) -> None:
        """Take no picture for the place of that packet."""
        self._reasons.setdefault(int(self._packets.places[number]), reason)

    def resolve(self, picture: av.VideoFrame) -> Iterator[Shown]:
        """Places that are settled when this picture comes out; none for one that has no place."""
        place = self._place_of(picture)
        if place is None:
            return
        if picture.is_corrupt:
            self._reasons.setdefault(place, "parts of it are missing")
        yield from self._without(place)
        self._next = place + 1
        reason = self._reasons.get(place, "")
        yield Shown(place, None if reason else picture, reason)

    def rest(self) -> Iterator[Shown]:
        """Places left when the decoder has no more."""
        yield from self._without(len(self._packets.stamps))

    def _without(self, end: int) -> Iterator[Shown]:
        for place in range(self._next, end):
            silent = "" if place in self._packets.repeats else "the decoder gives no picture"
            yield Shown(place, None, self._reasons.get(place, silent))
        self._next = max(self._next, end)

    def _place_of(self, picture: av.VideoFrame) -> int | None:
        if self._packets.by_stamp:
            known = self._packets.places_of_stamp.get(NO_STAMP if picture.pts is None else picture.pts, [])
            return next((place for place in known if place >= self._next), None)
        place = self._next
        while place in self._reasons and not picture.is_corrupt:
            place += 1
        return place if place < len(self._packets.stamps) else None


def decoded(path: Path, packets: PacketList, key: int, *, careful: bool, jumping: bool = False) -> Iterator[Shown]:
    """Every place from that key frame on, as the decoder gives it.

    Args:
        path: The file.
        packets: Its list.
        key: Index of the key frame in the list, or BEGINNING.
        careful: Whether to decode in one thread and report damage, instead of raising Odd.
        jumping: Whether to have the container go there, instead of reading over what comes before.

    Raises:
        Astray: what is read after a jump is not what is in the list.
        Odd: the quick way met an error.
    """
    first = 0 if key == BEGINNING else int(packets.places[packets.keys[key]])
    places = _Places(packets, first)
    with open_container(path) as container:
        stream = video_stream(container, path)
        _prepare(stream, careful)
        for number, packet in _numbered(container, stream, packets, key, jumping=jumping):
            try:
                pictures = stream.decode(packet)
            except (av.error.FFmpegError, OSError) as error:
                if not careful:
                    raise Odd from error
                places.condemn(number, (error.strerror or str(error)).lower())
                continue
            for picture in pictures:
                yield from places.resolve(picture)
        for picture in _drained(stream, careful):
            yield from places.resolve(picture)
    yield from places.rest()


def _prepare(stream: VideoStream, careful: bool) -> None:
    context = stream.codec_context
    context.options = {"max_pixels": str(MOST_PIXELS)} | ({} if careful else {"err_detect": "explode"})
    if careful or context.name in _ONE_THREAD:
        context.thread_count = 1
        context.thread_type = ThreadType.NONE
    else:
        context.thread_type = ThreadType.AUTO if context.name in _FRAME_THREADED else ThreadType.SLICE


def _drained(stream: VideoStream, careful: bool) -> list[av.VideoFrame]:
    try:
        pictures = stream.decode(None)
    except av.error.EOFError:
        return []
    except (av.error.FFmpegError, OSError) as error:
        if not careful:
            raise Odd from error
        return []
    for picture in pictures:
        picture.time_base = stream.time_base or Fraction(1, 1000)  # which only a packet brings along
    return pictures


def _numbered(
    container: InputContainer, stream: VideoStream, packets: PacketList, key: int, *, jumping: bool
) -> Iterator[tuple[int, AnyPacket]]:
    """Packets to decode and their numbers in the list."""
    if key == BEGINNING:  # pictures that are only counted are counted from the first key frame on
        first = int(packets.keys[0]) if len(packets.keys) and not packets.by_stamp else 0
    else:
        first = int(packets.keys[key])
    start = _jump(container, stream, packets, key) if jumping and key != BEGINNING else 0
    for number, packet in enumerate(packets_of(container, [stream]), start):
        if start and (number >= len(packets.places) or _stamp(packet) != packets.packet_stamps[number]):
            raise Astray
        if first <= number < len(packets.places) and not (key != BEGINNING and packets.leads(number, first)):
            yield number, packet


def _jump(container: InputContainer, stream: VideoStream, packets: PacketList, key: int) -> int:
    """Go to a packet at or before that key frame, as near as the container can; returns its number."""
    wanted = int(packets.keys[key])
    for back in range(_JUMPS):
        target = int(packets.packet_stamps[packets.keys[max(0, key - back**2)]])
        try:
            container.seek(target, stream=stream)
            landed = _number_of(next(packets_of(container, [stream]), None), packets)
            container.seek(target, stream=stream)  # again, to read from there
        except (av.error.FFmpegError, OSError) as error:
            raise Astray from error
        if 0 <= landed <= wanted:
            return landed
    raise Astray


def _stamp(packet: AnyPacket) -> int:
    return NO_STAMP if packet.pts is None else packet.pts


def _number_of(packet: "AnyPacket | None", packets: PacketList) -> int:
    """The number of a packet by its stamp; -1 where the stamp is not there, or not once."""
    if packet is None:
        return -1
    found = (packets.packet_stamps == _stamp(packet)).nonzero()[0]
    return int(found[0]) if len(found) == 1 else -1
