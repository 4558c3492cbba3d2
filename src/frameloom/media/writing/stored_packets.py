"""Encoded packets in a working file, exactly as the encoder gave them.

Containers round clocks, move time stamps and refuse codecs; a segment that waits to be joined needs none of that.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from frameloom.errors import MediaError

_HEADER = struct.Struct("<qqI?")  # presentation time, duration, bytes that follow, key frame


@dataclass(frozen=True, slots=True)
class StoredPacket:
    """One packet; times are in units of its stream."""

    pts: int
    duration: int
    is_keyframe: bool
    data: bytes


class PacketWriter:
    """Writes packets in decoding order."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._first_pts: int | None = None
        self.delay = 0
        """By how many frames decoding runs ahead of showing."""

    def append(self, packet: "Packet[VideoStream]") -> None:
        """Write one packet."""
        pts, data = packet.pts or 0, bytes(packet)
        if self._first_pts is None:
            self._first_pts = pts
        self.delay += (packet.dts or 0) < self._first_pts
        self._file.write(_HEADER.pack(pts, packet.duration or 0, len(data), packet.is_keyframe))
        self._file.write(data)

    def close(self) -> None:
        """Bring everything to the disk."""
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())

    def abandon(self) -> None:
        """Let go of the file; what it still holds back may not fit on the disk."""
        with suppress(OSError):
            self._file.close()


def read_stored(path: Path) -> Iterator[StoredPacket]:
    """The packets of a file, in decoding order."""
    with path.open("rb") as file:
        while header := file.read(_HEADER.size):
            pts, duration, size, is_keyframe = _unpacked(header, path)
            data = file.read(size)
            if len(data) != size:
                raise MediaError(f"{path} ends in the middle of a frame; delete the folder it lies in and start again")
            yield StoredPacket(pts, duration, is_keyframe, data)


def presentation_times(path: Path) -> list[int]:
    """When the packets of a file are shown, in decoding order, without reading the packets themselves."""
    times: list[int] = []
    with path.open("rb") as file:
        while header := file.read(_HEADER.size):
            pts, _, size, _ = _unpacked(header, path)
            times.append(pts)
            file.seek(size, os.SEEK_CUR)
    return times


def _unpacked(header: bytes, path: Path) -> tuple[int, int, int, bool]:
    try:
        return _HEADER.unpack(header)
    except struct.error:
        raise MediaError(f"{path} is cut short; delete the folder it lies in and start again") from None


def joined(paths: Sequence[Path], unit: Fraction, delay: int) -> "Iterator[Packet[VideoStream]]":
    """Packets of files that follow one another in time, as one stream ready to mux.

    Each file was encoded on its own, so decoding times are made anew: `delay` frames ahead of when frames are shown, in
    the order in which they are shown, as encoders count them.
    """
    stamps = np.array([time for path in paths for time in presentation_times(path)], np.int64)
    decoding_times = iter(_decoding_times(np.sort(stamps), delay).tolist())
    for path in paths:
        for stored in read_stored(path):
            packet = cast("Packet[VideoStream]", Packet(stored.data))
            packet.time_base = unit
            packet.pts, packet.dts, packet.duration = stored.pts, next(decoding_times), stored.duration
            packet.is_keyframe = stored.is_keyframe
            yield packet


def _decoding_times(shown: NDArray[np.int64], delay: int) -> NDArray[np.int64]:
    """When each packet is decoded, given when frames are shown, ascending."""
    ahead = min(delay, len(shown) - 1)
    if ahead <= 0:
        return shown
    return np.concatenate([shown[:ahead] - (shown[ahead] - shown[0]), shown[:-ahead]])
