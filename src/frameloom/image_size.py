"""The size that an image file claims to have, from its first bytes: known before anything is decoded.

Layouts: PNG (W3C, section 11.2.2), JPEG (ITU-T T.81, B.2.2), WebP (RFC 9649, section 2), BMP (BITMAPINFOHEADER),
TIFF 6.0 (section 2), Netpbm.
"""

import re
import struct
from collections.abc import Iterator

Size = tuple[int, int]
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_SHORT = 256, 257, 3


def claimed_size(data: bytes) -> Size | None:
    """(height, width) in pixels; None where it cannot be told."""
    for signature, read in _READERS:
        if data.startswith(signature):
            try:
                return read(data)
            except (struct.error, IndexError):  # it ends before it says
                return None
    return None


def breaks_off(data: bytes) -> bool:
    """Whether a part of a PNG file claims more bytes than are left: decoders make room for them, be it gigabytes."""
    at = 8
    if not data.startswith(b"\x89PNG"):
        return False
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"IEND":
            return False
        at += 12 + length
    return at > len(data)


def _png(data: bytes) -> Size:
    width, height = struct.unpack_from(">II", data, 16)
    return height, width


def _jpeg(data: bytes) -> Size | None:
    at = 2
    while True:
        while data[at] != 0xFF or data[at + 1] in (0x00, 0xFF):
            at += 1
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # start of a frame
            height, width = struct.unpack_from(">HH", data, at + 5)
            return height, width
        if marker == 0xDA:  # the picture itself begins, without a frame
            return None
        alone = marker == 0x01 or 0xD0 <= marker <= 0xD8
        at += 2 if alone else 2 + struct.unpack_from(">H", data, at + 2)[0]


def _webp(data: bytes) -> Size | None:
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return height + 1, width + 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return height & 0x3FFF, width & 0x3FFF
    return None


def _bmp(data: bytes) -> Size:
    width, height = struct.unpack_from("<ii", data, 18)
    return abs(height), abs(width)


def _tiff(data: bytes) -> Size:
    order = "<" if data[:2] == b"II" else ">"
    found = dict(_tiff_entries(data, order))
    return found.get(_TIFF_HEIGHT, 0), found.get(_TIFF_WIDTH, 0)


def _tiff_entries(data: bytes, order: str) -> Iterator[tuple[int, int]]:
    directory = struct.unpack_from(f"{order}I", data, 4)[0]
    for index in range(struct.unpack_from(f"{order}H", data, directory)[0]):
        at = directory + 2 + 12 * index
        tag, kind = struct.unpack_from(f"{order}HH", data, at)
        yield tag, struct.unpack_from(f"{order}{'H' if kind == _TIFF_SHORT else 'I'}", data, at + 8)[0]


def _netpbm(data: bytes) -> Size | None:
    plain = re.sub(rb"#[^\n]*", b"", data[:1000])
    found = re.match(rb"P[1-6]\s+(\d{1,12})\s+(\d{1,12})\s", plain)
    return (int(found[2]), int(found[1])) if found else None


_READERS = (
    (b"\x89PNG", _png),
    (b"\xff\xd8", _jpeg),
    (b"RIFF", _webp),
    (b"BM", _bmp),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"P", _netpbm),
)
