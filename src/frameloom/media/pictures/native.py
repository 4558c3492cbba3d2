"""Pictures in the pixel format of an output: from float pixels, or from decoded planes without going through RGB."""

from dataclasses import replace
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.frame import FloatPixels, float_pixels
from frameloom.media.pictures.colour import ColourTags, full_chroma, levels_of, matrix_of, same_levels
from frameloom.media.pictures.pixel_formats import planar_name, traits_of
from frameloom.media.pictures.planes import read_planes, unwritten, write_planes

_AT_ANY_DEPTH = ((1, 1), (1, 2), (2, 2))  # samplings that FFmpeg has formats for at every depth


def to_native(pixels: FloatPixels, format: str, tags: ColourTags) -> av.VideoFrame:
    """Float RGB(A) pixels as a picture of that format, rounded once; where it has no alpha, they go over black."""
    traits = traits_of(format)
    colours, alpha = _parted(pixels, traits.alpha)
    if traits.family == "rgb":
        return _rgb(_rounded(np.concatenate([colours, *alpha], axis=2), traits.depth), format, traits.depth)
    offset, span = levels_of(tags, traits.depth)
    weights = matrix_of(tags) * span[:, None]
    levels = cv2.transform(np.ascontiguousarray(colours), weights.astype(np.float32)) + offset
    integers = _clipped(levels, traits.depth)
    planes = [integers[..., index] for index in range(1 if traits.family == "gray" else 3)]
    planes += [_rounded(values[..., 0], traits.depth) for values in alpha]
    if traits.family == "gray":
        return write_planes(planes, format)
    return same_levels(write_planes(planes, full_chroma(traits.depth, traits.alpha)), format, tags)


def native_of_bytes(
    pixels: NDArray[np.uint8], format: str, tags: ColourTags, size: tuple[int, int] | None = None
) -> av.VideoFrame:
    """8-bit RGB pixels (height, width, 3) as a picture of that format, in a tenth of the time of `to_native`.

    At 8 bits OpenCV mixes colours in integers (up to 0.62 of a level from the exact value, where 0.5 is rounding) and
    chroma is the mean of the pixels that share it; other formats go the way of `to_native`.

    `size` (height, width) enlarges. Colours are mixed before that, while there are fewer of them, and chroma goes from
    the size of the pixels straight to its own.
    """
    height, width = size = size or pixels.shape[:2]
    traits = traits_of(format)
    if traits.family != "yuv" or traits.depth != 8 or traits.alpha:
        return to_native(float_pixels(enlarged(pixels, size)), format, tags)
    rows, columns = traits.chroma
    offset, span = levels_of(tags, 8)
    weights = np.hstack([matrix_of(tags) * span[:, None] / 255, offset[:, None]]).astype(np.float32)
    mixed = cv2.transform(np.ascontiguousarray(pixels), weights)
    levels = [np.asarray(plane, np.uint8) for plane in cv2.split(mixed)]
    if height % rows or width % columns:
        planes = [enlarged(plane, size) for plane in levels]
        return same_levels(write_planes(planes, full_chroma(8, alpha=False)), format, tags)
    picture, planes = unwritten(size, format, np.dtype(np.uint8))
    for plane, values in zip(planes, levels, strict=True):
        _resize_into(plane, values)
    return picture


def enlarged(values: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """(height, width) or (height, width, channels) in a size (height, width) with no fewer pixels; bicubic."""
    if values.shape[:2] == size:
        return values
    return np.asarray(cv2.resize(values, size[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def _resize_into(plane: NDArray[np.uint8], values: NDArray[np.uint8]) -> None:
    """Fill a plane (rows, columns): bicubic from fewer values, else with the mean of those that each covers."""
    if values.shape == plane.shape:
        plane[...] = values
        return
    shrinks = values.size > plane.size
    cv2.resize(values, plane.shape[::-1], dst=plane, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def _parted(pixels: FloatPixels, keeps_alpha: bool) -> tuple[FloatPixels, list[FloatPixels]]:
    """Colours, and alpha where it is kept."""
    colours, alpha = pixels[..., :3], pixels[..., 3:]
    if keeps_alpha:
        return colours, [alpha if alpha.size else np.ones_like(pixels[..., :1])]
    return (colours * alpha if alpha.size else colours), []


def _clipped(levels: NDArray[np.floating], depth: int) -> NDArray[Any]:
    """Rounded to the nearest integer of a depth."""
    return np.rint(np.clip(levels, 0, 2**depth - 1)).astype(np.uint8 if depth == 8 else np.dtype("<u2"))


def _rounded(pixels: FloatPixels, depth: int) -> NDArray[Any]:
    """[0, 1] to the nearest integer of a depth, at full scale."""
    return _clipped(pixels * np.float32(2**depth - 1), depth)


def _rgb(levels: NDArray[Any], format: str, depth: int) -> av.VideoFrame:
    """(height, width, 3 or 4) integers as planar RGB, or as bytes side by side."""
    if format.startswith("gbr"):
        return write_planes([levels[..., index] for index in (1, 2, 0, 3)[: levels.shape[2]]], format)
    packed = av.VideoFrame.from_ndarray(np.ascontiguousarray(levels), "rgba" if levels.shape[2] == 4 else "rgb24")
    return packed.reformat(format=format)  # another order of the same bytes


def kept_native(
    picture: av.VideoFrame, format: str, tags: ColourTags, padding: tuple[int, int] = (0, 0)
) -> av.VideoFrame | None:
    """A decoded picture in another depth, sampling or size, each plane for itself; None where colours must be mixed.

    Rows and columns of padding repeat the edge. A picture that needs none of this is returned itself.
    """
    if picture.format.name == format and padding == (0, 0):
        return picture
    here, there = traits_of(picture.format.name), traits_of(format)
    if here.family != there.family or here.alpha != there.alpha or here.family == "rgb":
        return None
    if here.depth < there.depth and here.chroma in _AT_ANY_DEPTH:  # first deeper, so that new chroma is rounded finely
        picture = _sampled(_at_depth(_sampled(picture, here.chroma, tags), there.depth, tags), there.chroma, tags)
    else:
        picture = _at_depth(_sampled(picture, there.chroma, tags), there.depth, tags)
    return _padded(picture, format, padding)


def _sampled(picture: av.VideoFrame, chroma: tuple[int, int], tags: ColourTags) -> av.VideoFrame:
    """Planar, with that sampling of chroma."""
    traits = traits_of(picture.format.name)
    return same_levels(picture, planar_name(replace(traits, chroma=chroma)), tags)


def _at_depth(picture: av.VideoFrame, depth: int, tags: ColourTags) -> av.VideoFrame:
    """With the same colours at another depth, rounded to the nearest."""
    traits = traits_of(picture.format.name)
    if traits.depth == depth:
        return picture
    planes: list[NDArray[Any]] = []
    for number, plane in enumerate(read_planes(picture)):
        (offset, span), (new_offset, new_span) = (_scale(number, tags, bits) for bits in (traits.depth, depth))
        planes.append(_clipped((plane.astype(np.float32) - offset) * (new_span / span) + new_offset, depth))
    return write_planes(planes, planar_name(replace(traits, depth=depth)))


def _scale(plane: int, tags: ColourTags, depth: int) -> tuple[np.float32, np.float32]:
    """Offset and span of a plane; the fourth is alpha, always at full scale."""
    if plane == 3:
        return np.float32(0), np.float32(2**depth - 1)
    offset, span = levels_of(tags, depth)
    return offset[plane], span[plane]


def _padded(picture: av.VideoFrame, format: str, padding: tuple[int, int]) -> av.VideoFrame:
    """With rows and columns added at the bottom and right that repeat the edge."""
    if picture.format.name == format and padding == (0, 0):
        return picture
    height, width = picture.height + padding[0], picture.width + padding[1]
    rows, columns = traits_of(format).chroma
    planes: list[NDArray[Any]] = []
    for number, plane in enumerate(read_planes(picture)):
        size = (-(-height // rows), -(-width // columns)) if number in (1, 2) else (height, width)
        more = [(0, new - old) for new, old in zip(size, plane.shape, strict=True)]
        planes.append(np.pad(plane, more, mode="edge"))
    return write_planes(planes, format)
