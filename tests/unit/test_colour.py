"""Known numbers are known colours, by the matrix and range that a video is tagged with."""

import av
import numpy as np
import pytest

from factories import BT601, BT709, BT2020, FULL, LIMITED, from_planes
from frameloom.frame import quantise
from frameloom.media.pictures.colour import ColourTags, VideoPicture, default_tags, tags_of
from frameloom.media.pictures.native import to_native

COLOURS = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "white": (1, 1, 1),
    "black": (0, 0, 0),
    "skin": (0.86, 0.63, 0.51),
}
# (Kr, Kb) of ITU-R BT.601, BT.709 and BT.2020
WEIGHTS = {BT601: (0.299, 0.114), BT709: (0.2126, 0.0722), BT2020: (0.2627, 0.0593)}


def encoded(rgb: tuple[float, ...], matrix: int, range_: int, depth: int) -> tuple[int, int, int]:
    """Y, Cb, Cr as the recommendations define them, computed here by hand."""
    red_weight, blue_weight = WEIGHTS[matrix]
    red, green, blue = rgb
    luma = red_weight * red + (1 - red_weight - blue_weight) * green + blue_weight * blue
    cb, cr = (blue - luma) / (2 * (1 - blue_weight)), (red - luma) / (2 * (1 - red_weight))
    scale = 2 ** (depth - 8)
    if range_ == LIMITED:
        return round((16 + 219 * luma) * scale), round((128 + 224 * cb) * scale), round((128 + 224 * cr) * scale)
    peak, middle = 2**depth - 1, 2 ** (depth - 1)
    return round(peak * luma), min(peak, round(middle + peak * cb)), min(peak, round(middle + peak * cr))


def flat(levels: tuple[int, int, int], depth: int, size: tuple[int, int] = (16, 16)) -> av.VideoFrame:
    kind = np.uint8 if depth == 8 else np.dtype("<u2")
    half = size[0] // 2, size[1] // 2
    planes = [np.full(shape, level, kind) for shape, level in zip((size, half, half), levels, strict=True)]
    return from_planes(planes, "yuv420p" if depth == 8 else "yuv420p10le")


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("range_", [LIMITED, FULL])
@pytest.mark.parametrize("matrix", [BT601, BT709, BT2020])
@pytest.mark.parametrize("colour", COLOURS)
def test_known_colours_decode_to_themselves(colour: str, matrix: int, range_: int, depth: int) -> None:
    picture = flat(encoded(COLOURS[colour], matrix, range_, depth), depth)
    seen = VideoPicture(picture, ColourTags(matrix, range_, matrix, matrix)).to_float()
    # half a level of luma and of each chroma, the latter up to 1.9 times in one channel; a full-range chroma clips
    assert np.abs(seen - np.array(COLOURS[colour])).max() < (1.75 / 255 if depth == 8 else 0.5 / 255)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(("matrix", "range_"), [(BT601, LIMITED), (BT709, LIMITED), (BT709, FULL)])
def test_made_frames_are_written_with_the_same_numbers(colour: str, matrix: int, range_: int) -> None:
    pixels = np.broadcast_to(np.array(COLOURS[colour], np.float32), (16, 16, 3)).copy()
    picture = to_native(pixels, "yuv420p", ColourTags(matrix, range_, matrix, matrix))
    levels = tuple(int(np.frombuffer(plane, np.uint8)[0]) for plane in picture.planes)
    assert levels == encoded(COLOURS[colour], matrix, range_, 8)


@pytest.mark.parametrize(("lines", "matrix"), [(718, BT601), (720, BT709), (1080, BT709), (480, BT601)])
def test_untagged_video_is_709_from_720_lines_up(lines: int, matrix: int) -> None:
    """A saturated red is some 20 levels apart between the two."""
    red = flat(encoded(COLOURS["red"], matrix, LIMITED, 8), 8, (lines, 16))
    tags = tags_of(red)
    assert (tags.matrix, tags.range) == (matrix, LIMITED)
    assert np.abs(VideoPicture(red, tags).to_float() - np.array([1, 0, 0])).max() < 1.75 / 255


def test_an_odd_719_lines_are_still_601() -> None:
    assert default_tags(719).matrix == BT601


def test_tags_of_a_picture_win_over_the_rule() -> None:
    picture = flat((100, 128, 128), 8)
    picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc = BT709, FULL, 1, 13
    assert tags_of(picture) == ColourTags(BT709, FULL, 1, 13)


def test_bare_full_range_is_honoured_without_a_matrix() -> None:
    picture = flat((0, 128, 128), 8)
    picture.color_range = FULL
    assert tags_of(picture).full_range
    assert np.abs(VideoPicture(picture, tags_of(picture)).to_float()).max() < 1e-6


def test_values_beyond_black_and_white_are_kept_as_float_and_clipped_only_when_rounded() -> None:
    tags = ColourTags(BT709, LIMITED, 1, 1)
    below, above = VideoPicture(flat((4, 128, 128), 8), tags), VideoPicture(flat((250, 128, 128), 8), tags)
    assert np.allclose(below.to_float(), -12 / 219, atol=1e-6)
    assert np.allclose(above.to_float(), 234 / 219, atol=1e-6)
    assert below.to_integer(8).max() == 0
    assert above.to_integer(16).min() == 65535


def test_ten_bits_are_not_squeezed_through_eight() -> None:
    ramp = np.tile(np.arange(64, 64 + 876, dtype="<u2"), (4, 1))
    grey = np.full((2, 438), 512, "<u2")
    picture = from_planes([ramp, grey, grey], "yuv420p10le")
    seen = VideoPicture(picture, ColourTags(BT709, LIMITED, 1, 1)).to_float()
    assert np.allclose(seen[0, :, 1], np.arange(876) / 876, atol=1e-5)
    assert len(np.unique(VideoPicture(picture, ColourTags(BT709, LIMITED, 1, 1)).to_integer(16)[0, :, 1])) == 876


def test_transparency_survives_and_goes_over_black_where_video_has_none() -> None:
    planes = [np.full((8, 8), 235, np.uint8), *[np.full((8, 8), 128, np.uint8)] * 2, np.full((8, 8), 51, np.uint8)]
    seen = VideoPicture(from_planes(planes, "yuva444p"), ColourTags(BT601, LIMITED, 6, 6)).to_float()
    assert np.allclose(seen[0, 0], [1, 1, 1, 0.2], atol=1e-5)
    written = to_native(seen, "yuv420p", ColourTags(BT601, LIMITED, 6, 6))
    assert np.frombuffer(written.planes[0], np.uint8)[0] == round(16 + 219 * 0.2)


@pytest.mark.parametrize(("depth", "peak"), [(8, 255), (16, 65535)])
def test_rounding_is_to_the_nearest_and_clips(depth: int, peak: int) -> None:
    values = np.array([-1, 0, 0.4 / peak, 0.6 / peak, 1 - 0.4 / peak, 1, 2], np.float32).reshape(1, 7, 1)
    assert quantise(values, depth).ravel().tolist() == [0, 0, 0, 1, peak, peak, peak]
