"""What HDR video says of the display it was graded on and of how bright it gets (SMPTE ST 2086, CTA-861.3)."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av
from av.sidedata.sidedata import Type

Point = tuple[Fraction, Fraction]  # chromaticity, CIE 1931 x and y

# What changes from frame to frame: made frames would need their own, and no encoder here takes it.
_DYNAMIC = {
    Type.DYNAMIC_HDR_PLUS: "HDR10+",
    Type.DOVI_RPU_BUFFER: "Dolby Vision",
    Type.DOVI_METADATA: "Dolby Vision",
    Type.DYNAMIC_HDR_VIVID: "HDR Vivid",
}


@dataclass(frozen=True, slots=True)
class MasteringDisplay:
    """The display that the colours were chosen on."""

    red: Point
    green: Point
    blue: Point
    white: Point
    darkest: Fraction  # cd/m2
    brightest: Fraction


@dataclass(frozen=True, slots=True)
class Light:
    """What a stream says of its brightness."""

    display: MasteringDisplay | None = None
    content: tuple[int, int] | None = None
    """Brightest pixel and brightest mean of a frame, cd/m2."""
    dynamic: tuple[str, ...] = ()
    """Names of what is said frame by frame."""


def light_of(picture: av.VideoFrame) -> Light | None:
    """What a decoded picture says; None where it says nothing."""
    display: MasteringDisplay | None = None
    content: tuple[int, int] | None = None
    dynamic: set[str] = set()
    for data in cast(Any, picture.side_data):  # its stub says that names come out
        if data.type is Type.MASTERING_DISPLAY_METADATA:
            display = _display(bytes(data))
        elif data.type is Type.CONTENT_LIGHT_LEVEL:
            brightest, mean = struct.unpack_from("=2I", bytes(data))
            content = (brightest, mean)
        elif data.type in _DYNAMIC:
            dynamic.add(_DYNAMIC[data.type])
    if display is None and content is None and not dynamic:
        return None
    return Light(display, content, tuple(sorted(dynamic)))


def _display(data: bytes) -> MasteringDisplay | None:
    """FFmpeg's AVMasteringDisplayMetadata: ten rationals, and whether colours and luminance are known."""
    numbers = struct.unpack_from("=22i", data)
    if not numbers[20]:
        return None
    ratios = [Fraction(over, under or 1) for over, under in zip(numbers[0:20:2], numbers[1:20:2], strict=True)]
    red, green, blue, white = zip(ratios[0:8:2], ratios[1:8:2], strict=True)
    darkest, brightest = ratios[8:] if numbers[21] else (Fraction(0), Fraction(0))
    return MasteringDisplay(red, green, blue, white, darkest, brightest)


def display_in_steps(display: MasteringDisplay) -> str:
    """For x264 and x265: chromaticity counts in 0.00002, luminance in 0.0001 cd/m2."""
    colours = "".join(
        f"{letter}({round(x * 50_000)},{round(y * 50_000)})" for letter, (x, y) in _labelled(display).items()
    )
    return f"{colours}L({round(display.brightest * 10_000)},{round(display.darkest * 10_000)})"


def display_in_numbers(display: MasteringDisplay) -> str:
    """For SVT-AV1: plain decimals."""
    colours = "".join(f"{letter}({float(x):.6f},{float(y):.6f})" for letter, (x, y) in _labelled(display).items())
    return f"{colours}L({float(display.brightest):.4f},{float(display.darkest):.6f})"


def _labelled(display: MasteringDisplay) -> dict[str, Point]:
    return {"G": display.green, "B": display.blue, "R": display.red, "WP": display.white}
