"""Decoded video pictures to RGB and back, without loss of level.

The rule: the matrix and range the file is tagged with; untagged video is BT.709 from 720 lines up, else BT.601, limited
range. swscale only changes how often chroma is sampled, at the depth of the source (Lanczos, accurate rounding); the
3x3 matrix is applied here, in float32 and without clipping. So values beyond nominal black and white, which real clips
have, survive the way to RGB and back: swscale's own RGB conversion clips them (up to 2 levels of luma, measured).
"""

from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from frameloom.frame import FloatPixels, Pixels, float_pixels, quantise

_SCALER = int(
    Interpolation.LANCZOS
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.BITEXACT
)
_HD_LINES = 720
# Codes of ITU-T H.273, as video files carry them
_BT709, _SMPTE170M = 1, 6
_LIMITED, _FULL = 1, 2
# matrix code -> (red weight, blue weight) of luma
_LUMA_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
                 9: (0.2627, 0.0593)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColourTags:
    """How the numbers of a video mean colours (ITU-T H.273 codes)."""

    matrix: int
    range: int  # 1 limited, 2 full
    primaries: int
    transfer: int

    @property
    def full_range(self) -> bool:
        """Whether black is 0 instead of 16 (at 8 bits)."""
        return self.range == _FULL


def default_tags(height: int, full_range: bool = False) -> ColourTags:
    """What untagged video of that height is taken for."""
    family = _BT709 if height >= _HD_LINES else _SMPTE170M
    return ColourTags(family, _FULL if full_range else _LIMITED, family, family)


def tags_of(picture: av.VideoFrame) -> ColourTags:
    """The tags of a decoded picture; where the matrix is missing or unknown, the rule fills in all of them."""
    full_range = picture.color_range == _FULL or picture.format.name.startswith("yuvj")
    assumed = default_tags(picture.height, full_range)
    matrix = int(picture.colorspace)
    if matrix not in _LUMA_WEIGHTS:
        return assumed
    return ColourTags(matrix, assumed.range, int(picture.color_primaries), int(picture.color_trc))


def is_yuv(format: av.VideoFormat) -> bool:
    """Whether pictures of this format are luma and chroma."""
    return not format.is_rgb and len(format.components) >= 3 and "pal" not in format.name


def depth_of(format: av.VideoFormat) -> int:
    """Bits per channel."""
    return max(component.bits for component in format.components)


def has_alpha(format: av.VideoFormat) -> bool:
    """Whether pictures of this format carry transparency."""
    return format.has_palette or any(component.is_alpha for component in format.components)


def _levels(tags: ColourTags, depth: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Offset and span of (Y, Cb, Cr) at a depth."""
    if tags.full_range:
        peak = float(2**depth - 1)
        return np.array([0, 2 ** (depth - 1), 2 ** (depth - 1)], np.float32), np.full(3, peak, np.float32)
    unit = float(2 ** (depth - 8))
    return np.array([16, 128, 128], np.float32) * unit, np.array([219, 224, 224], np.float32) * unit


def _matrix(tags: ColourTags) -> NDArray[np.float64]:
    """RGB to Y, Cb, Cr (ITU-T H.273, section 8.3)."""
    red, blue = _LUMA_WEIGHTS[tags.matrix]
    luma = np.array([red, 1 - red - blue, blue])
    return np.stack(
        [luma, (np.array([0, 0, 1]) - luma) / (2 * (1 - blue)), (np.array([1, 0, 0]) - luma) / (2 * (1 - red))]
    )


def _full_chroma(depth: int, alpha: bool) -> str:
    return f"yuv{'a' if alpha else ''}444p{'' if depth == 8 else f'{depth}le'}"


def _same_levels(picture: av.VideoFrame, format: str, tags: ColourTags) -> av.VideoFrame:
    """Another sampling of chroma, same matrix, range and depth."""
    if picture.format.name == format:
        return picture
    shades = int(tags.range)
    return picture.reformat(format=format, interpolation=_SCALER, src_color_range=shades, dst_color_range=shades)


def _read_planes(picture: av.VideoFrame) -> NDArray[np.uint8 | np.uint16]:
    """Planes of one size as (height, width, planes)."""
    width, height = picture.width, picture.height
    kind = np.dtype(np.uint8) if depth_of(picture.format) == 8 else np.dtype("<u2")
    planes = [np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1) for plane in picture.planes]
    return np.stack([plane[:height, :width] for plane in planes], axis=-1)


def _write_planes(levels: NDArray[Any], format: str) -> av.VideoFrame:
    """(height, width, planes) integers as a picture of that format."""
    height, width = levels.shape[:2]
    picture = av.VideoFrame(width, height, format)
    for index, plane in enumerate(picture.planes):
        rows = np.zeros((plane.height, plane.line_size // levels.itemsize), levels.dtype)
        rows[:height, :width] = levels[..., index]
        plane.update(rows.tobytes())
    return picture


@dataclass(frozen=True, slots=True, eq=False)
class VideoPicture:
    """A decoded video picture; its planes are kept as they are."""

    native: av.VideoFrame
    tags: ColourTags

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.native.height, self.native.width

    @property
    def depth(self) -> int:
        """Bits per channel."""
        return depth_of(self.native.format)

    @property
    def nbytes(self) -> int:
        """Memory that the planes take."""
        return sum(plane.buffer_size for plane in self.native.planes)

    def to_float(self) -> FloatPixels:
        """(height, width, 3, or 4 with alpha) float32; values beyond black and white lie outside [0, 1]."""
        if not is_yuv(self.native.format):
            return float_pixels(_packed_rgb(self.native))
        alpha = has_alpha(self.native.format)
        levels = _read_planes(_same_levels(self.native, _full_chroma(self.depth, alpha), self.tags))
        offset, span = _levels(self.tags, self.depth)
        inverse = np.linalg.inv(_matrix(self.tags)) / span  # one product does scaling and mixing
        shifted = levels[..., :3].astype(np.float32) - offset
        rgb = cv2.transform(shifted, inverse.astype(np.float32)).astype(np.float32, copy=False)
        if not alpha:
            return rgb
        opacity = levels[..., 3:].astype(np.float32) / np.float32(2**self.depth - 1)
        return np.concatenate([rgb, opacity], axis=2)

    def to_integer(self, depth: int) -> Pixels:
        """(height, width, 3 or 4) uint8 or uint16 at full scale, rounded."""
        if not is_yuv(self.native.format):
            packed = _packed_rgb(self.native)
            return (
                packed
                if packed.dtype == (np.uint8 if depth == 8 else np.uint16)
                else quantise(float_pixels(packed), depth)
            )
        return quantise(self.to_float(), depth)


def _packed_rgb(picture: av.VideoFrame) -> Pixels:
    """RGB, palette and grey pictures as integers; alpha that hides nothing is dropped."""
    deep = depth_of(picture.format) > 8
    alpha = has_alpha(picture.format)
    format = ("rgba64le" if deep else "rgba") if alpha else ("rgb48le" if deep else "rgb24")
    packed = picture.reformat(format=format, interpolation=_SCALER).to_ndarray()
    pixels = packed.astype(np.uint16 if deep else np.uint8, copy=False)
    if alpha and (pixels[..., 3] == (65535 if deep else 255)).all():
        return pixels[..., :3]
    return pixels


def to_native(pixels: FloatPixels, format: str, tags: ColourTags) -> av.VideoFrame:
    """Float RGB(A) pixels to a luma and chroma picture of that format, rounded once; alpha goes over black."""
    if pixels.shape[2] == 4:
        pixels = pixels[..., :3] * pixels[..., 3:]
    depth = depth_of(av.VideoFormat(format))
    offset, span = _levels(tags, depth)
    weights = _matrix(tags) * span[:, None]
    levels = cv2.transform(np.ascontiguousarray(pixels), weights.astype(np.float32)) + offset
    integers = np.rint(np.clip(levels, 0, 2**depth - 1)).astype(np.uint8 if depth == 8 else np.dtype("<u2"))
    return _same_levels(_write_planes(integers, _full_chroma(depth, alpha=False)), format, tags)
