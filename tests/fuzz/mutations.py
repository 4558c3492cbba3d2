"""Ways to damage a file, each reproducible from a random generator."""

import random
import struct
from collections.abc import Callable

Mutation = Callable[[bytearray, bytes, random.Random], None]
_BOXES = (b"mvhd", b"mdhd", b"tkhd", b"stts", b"ctts", b"stsz", b"stsc", b"stco", b"stss", b"avc1", b"hvc1", b"elst",
          b"hdlr", b"avcC", b"strh", b"strf", b"avih", b"idx1", b"movi", b"IHDR", b"VP8L", b"GIF8", b"mdat",
          b"moov")  # fmt: skip


def flip_bits(data: bytearray, _: bytes, random: random.Random) -> None:
    for _ in range(random.choice((1, 1, 4, 16, 64))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def flip_bits_of_the_header(data: bytearray, _: bytes, random: random.Random) -> None:
    for _ in range(random.choice((1, 2, 8))):
        data[random.randrange(min(len(data), 600))] ^= 1 << random.randrange(8)


def flip_bits_at_the_end(data: bytearray, _: bytes, random: random.Random) -> None:
    for _ in range(random.choice((1, 2, 8))):
        data[-1 - random.randrange(min(len(data), 1500))] ^= 1 << random.randrange(8)


def _stretch(data: bytearray, random: random.Random) -> slice:
    start = random.randrange(len(data))
    return slice(start, min(len(data), start + random.choice((4, 32, 300, 3000))))


def wipe(data: bytearray, _: bytes, random: random.Random) -> None:
    where = _stretch(data, random)
    data[where] = bytes(len(data[where]))


def overwrite(data: bytearray, _: bytes, random: random.Random) -> None:
    where = _stretch(data, random)
    data[where] = random.randbytes(len(data[where]))


def cut_short(data: bytearray, _: bytes, random: random.Random) -> None:
    del data[random.randrange(1, len(data)) :]


def repeat_a_part(data: bytearray, _: bytes, random: random.Random) -> None:
    part = data[_stretch(data, random)]
    where = random.randrange(len(data))
    data[where:where] = part


def take_a_part_out(data: bytearray, _: bytes, random: random.Random) -> None:
    del data[_stretch(data, random)]
    if not data:
        data.append(0)


def swap_parts(data: bytearray, _: bytes, random: random.Random) -> None:
    length = random.choice((8, 64, 500))
    one, other = (random.randrange(max(1, len(data) - length)) for _ in range(2))
    if abs(one - other) >= length:
        data[one : one + length], data[other : other + length] = (
            data[other : other + length],
            data[one : one + length],
        )


def extreme_number(data: bytearray, _: bytes, random: random.Random) -> None:
    """A field of 2, 4 or 8 bytes at its limit, most often near the name of a box, where the fields are."""
    found = [at for name in _BOXES if (at := data.find(name)) >= 0]
    at = (random.choice(found) + random.randrange(-8, 60)) if found and random.random() < 0.8 else None
    at = random.randrange(len(data)) if at is None else at
    value = random.choice(
        (bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0", struct.pack(">I", 30000), b"\xff" * 8, b"\x75\x30",
         struct.pack("<I", 30000), b"\0\1", bytes(8), b"\0\0\0\1", b"\x00\xff\xff\xff\xff\xff\xff\xff")
    )  # fmt: skip
    at = max(0, min(at, len(data) - len(value)))
    data[at : at + len(value)] = value


def splice(data: bytearray, other: bytes, random: random.Random) -> None:
    """The beginning of this file, the end of another."""
    del data[random.randrange(1, len(data)) :]
    data += other[random.randrange(len(other)) :]


def append(data: bytearray, other: bytes, _: random.Random) -> None:
    data += other


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits, flip_bits_of_the_header, flip_bits_at_the_end, wipe, overwrite, cut_short, repeat_a_part,
    take_a_part_out, swap_parts, extreme_number, extreme_number, splice, append,
)  # fmt: skip


def mutated(data: bytes, other: bytes, random: random.Random) -> bytes:
    """The file with one or two things wrong."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2))):
        random.choice(MUTATIONS)(changed, other, random)
    return bytes(changed)
