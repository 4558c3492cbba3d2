"""Chunks of WebP and PNG files, as far as their animation is told there: times before decoding, and the last of them.

FFmpeg reads no animated WebP, and writes neither kind with the duration of its last frame.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_WEBP_HEAD = 12  # RIFF, size, WEBP
_ANIMATED, _ALPHA = 0x02, 0x10  # flags of the VP8X chunk
_FRAME_DURATION = 12  # of the ANMF chunk, 3 bytes, milliseconds
_FRAME_DELAY = 20  # of the fcTL chunk, two times 2 bytes, seconds as a fraction


@dataclass(frozen=True, slots=True)
class Chunk:
    """A named part of a file."""

    name: bytes
    start: int  # of its data, in bytes from the beginning of the file
    size: int


def is_animated_webp(path: Path) -> bool:
    """Whether a file is a WebP with frames; False for what cannot be read."""
    return bool(_webp_flags(path) & _ANIMATED)


def is_transparent_webp(path: Path) -> bool:
    """Whether an animated WebP says that it has transparency."""
    return bool(_webp_flags(path) & _ALPHA)


def _webp_flags(path: Path) -> int:
    try:
        with path.open("rb") as file:
            first = next(_webp_chunks(file), None)
            return _data(file, first, 1)[0] if first is not None and first.name == b"VP8X" else 0
    except (OSError, IndexError):
        return 0


def is_animated_png(path: Path) -> bool:
    """Whether a file is a PNG with frames; False for what cannot be read."""
    try:
        with path.open("rb") as file:
            for chunk in _png_chunks(file):
                if chunk.name in (b"acTL", b"IDAT"):
                    return chunk.name == b"acTL"
    except OSError:
        pass
    return False


def webp_durations(path: Path) -> list[int]:
    """Milliseconds that each frame of an animated WebP is shown."""
    with path.open("rb") as file:
        frames = [chunk for chunk in _webp_chunks(file) if chunk.name == b"ANMF"]
        return [_duration(file, chunk) for chunk in frames]


def end_webp_at(path: Path, end: int) -> None:
    """Let the last frame of a WebP be shown until so many milliseconds after the beginning."""
    with path.open("r+b") as file:
        frames = [chunk for chunk in _webp_chunks(file) if chunk.name == b"ANMF"]
        if not frames:  # a single picture has no time
            return
        before = sum(_duration(file, chunk) for chunk in frames[:-1])
        file.seek(frames[-1].start + _FRAME_DURATION)
        file.write(max(1, end - before).to_bytes(3, "little"))


def set_last_delay(path: Path, delay: Fraction) -> None:
    """Let the last frame of an animated PNG be shown for so many seconds."""
    with path.open("r+b") as file:
        frames = [chunk for chunk in _png_chunks(file) if chunk.name == b"fcTL"]
        if not frames:  # a single picture has no time
            return
        data = bytearray(_data(file, frames[-1], frames[-1].size))
        short = _in_sixteen_bits(delay)
        data[_FRAME_DELAY : _FRAME_DELAY + 4] = short.numerator.to_bytes(2, "big") + short.denominator.to_bytes(
            2, "big"
        )
        file.seek(frames[-1].start)
        file.write(bytes(data) + zlib.crc32(b"fcTL" + data).to_bytes(4, "big"))


def _in_sixteen_bits(delay: Fraction) -> Fraction:
    nearest = delay.limit_denominator(65535)
    return nearest if nearest.numerator <= 65535 else Fraction(min(65535, round(delay)))


def _duration(file: BinaryIO, frame: Chunk) -> int:
    return int.from_bytes(_data(file, frame, _FRAME_DURATION + 3)[_FRAME_DURATION:], "little")


def _data(file: BinaryIO, chunk: Chunk, size: int) -> bytes:
    file.seek(chunk.start)
    return file.read(size)


def _webp_chunks(file: BinaryIO) -> Iterator[Chunk]:
    head = file.read(_WEBP_HEAD)
    if head[:4] != b"RIFF" or head[8:] != b"WEBP":
        return
    place = _WEBP_HEAD
    while len(head := _at(file, place, 8)) == 8:
        size = int.from_bytes(head[4:], "little")
        yield Chunk(head[:4], place + 8, size)
        place += 8 + size + size % 2


def _png_chunks(file: BinaryIO) -> Iterator[Chunk]:
    if file.read(len(_PNG_SIGNATURE)) != _PNG_SIGNATURE:
        return
    place = len(_PNG_SIGNATURE)
    while len(head := _at(file, place, 8)) == 8:
        size = int.from_bytes(head[:4], "big")
        yield Chunk(head[4:], place + 8, size)
        place += 12 + size


def _at(file: BinaryIO, place: int, size: int) -> bytes:
    file.seek(place)
    return file.read(size)
