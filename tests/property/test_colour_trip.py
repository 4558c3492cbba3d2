"""RGB and back: no level may drift, whatever the tags, also beyond nominal black and white."""

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import readers
from factories import BT601, BT709, BT2020, FULL, LIMITED, SIZE, clip, from_planes, noise, planes_of
from frameloom.media.pictures.colour import ColourTags, VideoPicture, tags_of
from frameloom.media.pictures.native import to_native

LUMA_BIAS, CHROMA_BIAS = 0.05, 0.1  # levels of 8 bits; the requirement


def drift(picture: av.VideoFrame, tags: ColourTags) -> list[np.ndarray]:
    """Per plane: what the trip to RGB and back changes, in levels of 8 bits."""
    there_and_back = to_native(VideoPicture(picture, tags).to_float(), picture.format.name, tags)
    levels = 2.0 ** (picture.format.components[0].bits - 8)
    pairs = zip(planes_of(there_and_back), planes_of(picture), strict=True)
    return [(after.astype(np.float64) - before) / levels for after, before in pairs]


def drawn_planes(seed: int, format: str, low: int, high: int) -> list[np.ndarray]:
    """Smooth planes over a range of 8-bit levels (times 4 at 10 bits)."""
    deep = format.endswith("10le")
    height, width = SIZE
    chroma = {"420": (height // 2, width // 2), "422": (height, width // 2), "444": (height, width)}[format[3:6]]
    made = []
    for number, size in enumerate([SIZE, chroma, chroma]):
        level = noise(size, seed=seed * 3 + number, channels=1)[..., 0] / 255 * (high - low) + low
        made.append(np.rint(level * 4).astype("<u2") if deep else np.rint(level).astype(np.uint8))
    return made


@pytest.mark.parametrize("matrix", [BT601, BT709, BT2020])
@pytest.mark.parametrize("range_", [LIMITED, FULL])
@pytest.mark.parametrize("format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le"])
@settings(max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_round_trip_leaves_no_bias_even_beyond_nominal_black_and_white(
    matrix: int, range_: int, format: str, seed: int
) -> None:
    """Levels 2 to 253 are beyond nominal in limited range: swscale's own conversion clips them by up to 2 levels."""
    tags = ColourTags(matrix, range_, matrix, matrix)
    luma, *chroma = drift(from_planes(drawn_planes(seed, format, 2, 253), format), tags)
    assert abs(luma.mean()) < LUMA_BIAS
    assert np.abs(luma).max() <= 1
    for plane in chroma:
        assert abs(plane.mean()) < CHROMA_BIAS


@pytest.mark.parametrize("format", ["yuv444p", "yuv444p10le"])
@pytest.mark.parametrize("range_", [LIMITED, FULL])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=8)
def test_round_trip_without_subsampling_is_exact(format: str, range_: int, seed: int) -> None:
    picture = from_planes(drawn_planes(seed, format, 1, 254), format)
    for plane in drift(picture, ColourTags(BT709, range_, 1, 1)):
        assert not plane.any()


def test_where_a_codec_puts_chroma_does_not_move_it(tmp_path: Path) -> None:
    """Decoded H.264 says that chroma lies at the left; it was moved there on the way to RGB, and not back."""
    drawn = clip(tmp_path / "in.mp4", 1, options={"qp": "0"})
    sited, tags = readers.pictures(drawn)[0], ColourTags(BT709, LIMITED, 1, 1)
    plain = from_planes(planes_of(sited), "yuv420p")
    assert np.array_equal(VideoPicture(sited, tags).to_float(), VideoPicture(plain, tags).to_float())


@pytest.mark.real
def test_round_trip_of_a_real_clip_leaves_no_bias(real_clip: Path) -> None:
    drifts = [drift(picture, tags_of(picture)) for picture in readers.spread(real_clip, 10)]
    for number, limit in enumerate([LUMA_BIAS, CHROMA_BIAS, CHROMA_BIAS]):
        assert abs(np.mean([planes[number].mean() for planes in drifts])) < limit
        assert max(abs(planes[number].mean()) for planes in drifts) < 2 * limit  # nor in any single frame
