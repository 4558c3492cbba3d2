"""Decoded video pictures to RGB, without loss of level; `native` is the way back.

The rule: the matrix and range the file is tagged with; untagged video is BT.709 from 720 lines up, else BT.601, limited
range. swscale only changes how often chroma is sampled, at the depth of the source (Lanczos, accurate rounding); the
3x3 matrix is applied here, in float32 and without clipping. So values beyond nominal black and white, which real clips
have, survive the way to RGB and back: swscale's own RGB conversion clips them (up to 2 levels of luma, measured).
"""

import re
from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from frameloom.frame import FloatPixels, Pixels, float_pixels, quantise
from frameloom.media.pictures.planes import read_planes, write_planes

_SCALER = int(
    Interpolation.LANCZOS
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.BITEXACT
)
_AVERAGER = _SCALER & ~int(Interpolation.LANCZOS) | int(Interpolation.AREA)
_HD_LINES = 720
_PLANAR = re.compile(r"yuv[aj]?4\d\dp(\d+le)?")
# Codes of ITU-T H.273, as video files carry them
_BT709, _SMPTE170M = 1, 6
_LIMITED, _FULL = 1, 2
_UNKNOWN = (0, 2)
_MATRIX_OF_PRIMARIES = {1: 1, 5: 5, 6: 6, 7: 7, 9: 9}
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
    """The tags of a decoded picture, with the rule for what is missing.

    A matrix that is missing, or that of RGB, is the one that goes with the primaries, so HDR that says only half of
    what it is stays HDR. RGB has no range of its own: what is made of it is limited.
    """
    rgb = not is_yuv(picture.format) and not is_grey(picture.format)
    full_range = not rgb and (picture.color_range == _FULL or picture.format.name.startswith("yuvj"))
    assumed = default_tags(picture.height, full_range)
    matrix, primaries, transfer = int(picture.colorspace), int(picture.color_primaries), int(picture.color_trc)
    if matrix in _LUMA_WEIGHTS:
        return ColourTags(matrix, assumed.range, primaries, transfer)
    return ColourTags(
        _MATRIX_OF_PRIMARIES.get(primaries, assumed.matrix),
        assumed.range,
        assumed.primaries if primaries in _UNKNOWN else primaries,
        assumed.transfer if transfer in _UNKNOWN else transfer,
    )


def is_yuv(format: av.VideoFormat) -> bool:
    """Whether pictures of this format are luma and chroma."""
    return not format.is_rgb and len(format.components) >= 3 and "pal" not in format.name


def is_grey(format: av.VideoFormat) -> bool:
    """Whether pictures of this format are luma alone."""
    return format.name.startswith("gray") and len(format.components) == 1 and format.components[0].bits <= 16


def depth_of(format: av.VideoFormat) -> int:
    """Bits per channel."""
    return max(component.bits for component in format.components)


def has_alpha(format: av.VideoFormat) -> bool:
    """Whether pictures of this format carry transparency."""
    return format.has_palette or any(component.is_alpha for component in format.components)


def hides_something(picture: av.VideoFrame) -> bool:
    """Whether an RGB picture uses its transparency: GIFs are decoded with it, whether they have any or not."""
    return has_alpha(picture.format) and _packed_rgb(picture).shape[2] == 4


def levels_of(tags: ColourTags, depth: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Offset and span of (Y, Cb, Cr) at a depth."""
    if tags.full_range:
        peak = float(2**depth - 1)
        return np.array([0, 2 ** (depth - 1), 2 ** (depth - 1)], np.float32), np.full(3, peak, np.float32)
    unit = float(2 ** (depth - 8))
    return np.array([16, 128, 128], np.float32) * unit, np.array([219, 224, 224], np.float32) * unit


def matrix_of(tags: ColourTags) -> NDArray[np.float64]:
    """RGB to Y, Cb, Cr (ITU-T H.273, section 8.3)."""
    red, blue = _LUMA_WEIGHTS[tags.matrix]
    luma = np.array([red, 1 - red - blue, blue])
    return np.stack(
        [luma, (np.array([0, 0, 1]) - luma) / (2 * (1 - blue)), (np.array([1, 0, 0]) - luma) / (2 * (1 - red))]
    )


def full_chroma(depth: int, alpha: bool) -> str:
    """The planar format with a sample of chroma for every pixel."""
    return f"yuv{'a' if alpha else ''}444p{'' if depth == 8 else f'{depth}le'}"


def same_levels(picture: av.VideoFrame, format: str, tags: ColourTags) -> av.VideoFrame:
    """Another sampling of chroma, same matrix, range and depth."""
    if picture.format.name == format:
        return picture
    shades = int(tags.range)
    return _unsited(picture).reformat(
        format=format, interpolation=_SCALER, src_color_range=shades, dst_color_range=shades
    )


def reduced(picture: "VideoPicture", size: tuple[int, int]) -> "VideoPicture":
    """A picture of luma and chroma in another size (height, width), each pixel the mean of those that it covers.

    Chroma gets a sample for every pixel, so that none of it is lost a second time: a third of the error on a real clip.
    """
    native, shades = picture.native, int(picture.tags.range)
    small = _unsited(native).reformat(
        width=size[1],
        height=size[0],
        format=full_chroma(picture.depth, has_alpha(native.format)),
        interpolation=_AVERAGER,
        src_color_range=shades,
        dst_color_range=shades,
    )
    return VideoPicture(small, picture.tags)


def _unsited(picture: av.VideoFrame) -> av.VideoFrame:
    """The picture without the tag that says where chroma lies between the pixels.

    swscale would honour it on the way to RGB, but on the way back nothing can be told it: colours of made frames would
    lie a quarter of a pixel or more beside those of source frames (2 to 5 times the error in chroma, measured).
    """
    if _PLANAR.fullmatch(picture.format.name) is None:
        return picture
    return write_planes(read_planes(picture), picture.format.name)


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
        if is_grey(self.native.format):
            (luma,), (offset, span) = read_planes(self.native), levels_of(self.tags, self.depth)
            return np.repeat((luma[..., None].astype(np.float32) - offset[0]) / span[0], 3, axis=2)
        if not is_yuv(self.native.format):
            return float_pixels(_packed_rgb(self.native))
        alpha = has_alpha(self.native.format)
        full = same_levels(self.native, full_chroma(self.depth, alpha), self.tags)
        levels = np.stack(read_planes(full), axis=-1)
        offset, span = levels_of(self.tags, self.depth)
        inverse = np.linalg.inv(matrix_of(self.tags)) / span  # one product does scaling and mixing
        shifted = levels[..., :3].astype(np.float32) - offset
        rgb = cv2.transform(shifted, inverse.astype(np.float32)).astype(np.float32, copy=False)
        if not alpha:
            return rgb
        opacity = levels[..., 3:].astype(np.float32) / np.float32(2**self.depth - 1)
        return np.concatenate([rgb, opacity], axis=2)

    def to_integer(self, depth: int) -> Pixels:
        """(height, width, 3 or 4) uint8 or uint16 at full scale, rounded."""
        if not is_yuv(self.native.format) and not is_grey(self.native.format):
            packed = _packed_rgb(self.native)
            return (
                packed
                if packed.dtype == (np.uint8 if depth == 8 else np.uint16)
                else quantise(float_pixels(packed), depth)
            )
        return quantise(self.to_float(), depth)


def _packed_rgb(picture: av.VideoFrame) -> Pixels:
    """RGB and palette pictures as integers; alpha that hides nothing is dropped."""
    deep = depth_of(picture.format) > 8
    alpha = has_alpha(picture.format)
    format = ("rgba64le" if deep else "rgba") if alpha else ("rgb48le" if deep else "rgb24")
    packed = picture.reformat(format=format, interpolation=_SCALER).to_ndarray()
    pixels = packed.astype(np.uint16 if deep else np.uint8, copy=False)
    if alpha and (pixels[..., 3] == (65535 if deep else 255)).all():
        return pixels[..., :3]
    return pixels
