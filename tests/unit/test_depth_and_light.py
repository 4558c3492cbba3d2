"""Deep colour and HDR: no code is lost on the way, and what is said of brightness arrives or is said to be lost."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import frameloom as fl
import readers
from factories import (
    BT709,
    BT2020,
    FULL,
    LIMITED,
    Tags,
    clip,
    from_planes,
    image_folder,
    noise,
    planes_of,
    write_png,
    write_video,
)
from frameloom.media.pictures.colour import ColourTags, VideoPicture, tags_of
from frameloom.media.pictures.light import light_of
from frameloom.media.pictures.native import kept_native, to_native
from frameloom.media.reading.source import open_source
from frameloom.media.writing.encoding import Encoding, VideoSettings
from frameloom.media.writing.losses import losses
from frameloom.media.writing.sink import sink_for

EVEN = Fraction(1, 25)
DISPLAY = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"


def ramp(depth: int, format: str = "420") -> av.VideoFrame:
    """Every code of luma once, grey."""
    codes = np.arange(2**depth, dtype="<u2").reshape(32, -1)
    rows, columns = codes.shape
    middle = np.full((rows // 2, columns // 2), 2 ** (depth - 1), "<u2")
    return from_planes([codes, middle, middle], f"yuv{format}p{depth}le")


@pytest.mark.parametrize("range_", [LIMITED, FULL])
@pytest.mark.parametrize(("codec", "suffix"), [("h264", ".mp4"), ("hevc", ".mp4"), ("hevc", ".mkv"), ("ffv1", ".mkv")])
def test_interpolating_loses_no_code_of_a_ten_bit_ramp(tmp_path: Path, codec: str, suffix: str, range_: int) -> None:
    source = write_video(
        tmp_path / "in.mkv", [ramp(10)] * 3, codec="ffv1", tags=Tags(BT2020, range_, 9, 16)
    )  # fmt: skip
    made = tmp_path / f"out{suffix}"
    fl.interpolate(source, made, model="blend", codec=codec, lossless=True)
    seen = readers.planes(made)
    assert len(seen) == 6
    for picture in seen:  # made frames went through float RGB
        assert np.array_equal(picture[0], planes_of(ramp(10))[0])


@pytest.mark.parametrize("range_", [LIMITED, FULL])
@pytest.mark.parametrize("depth", [10, 12, 14])
@pytest.mark.parametrize("matrix", [BT709, BT2020])
def test_float_pixels_hold_every_code(depth: int, matrix: int, range_: int) -> None:
    tags = ColourTags(matrix, range_, matrix, matrix)
    back = to_native(VideoPicture(ramp(depth), tags).to_float(), f"yuv420p{depth}le", tags)
    assert np.array_equal(planes_of(back)[0], planes_of(ramp(depth))[0])


@pytest.mark.parametrize("range_", [LIMITED, FULL])
def test_twelve_bits_are_rounded_to_ten(range_: int) -> None:
    tags = ColourTags(BT2020, range_, 9, 16)
    kept = kept_native(ramp(12), "yuv420p10le", tags)
    assert kept is not None
    codes = np.arange(4096)
    exact = codes / 4 if range_ == LIMITED else codes * 1023 / 4095
    luma = planes_of(kept)[0].ravel()
    assert np.abs(luma - np.minimum(exact, 1023)).max() <= 0.5
    assert (planes_of(kept)[1] == 512).all()


@pytest.mark.parametrize("range_", [LIMITED, FULL])
def test_eight_bits_in_ten_come_back_exactly(range_: int) -> None:
    tags = ColourTags(BT709, range_, 1, 1)
    planes = [noise((32, 48), channels=1)[..., 0], *[noise((32, 24), seed=k, channels=1)[..., 0] for k in (1, 2)]]
    deeper = kept_native(from_planes(planes, "yuv422p"), "yuv422p10le", tags)
    assert deeper is not None
    back = kept_native(deeper, "yuv422p", tags)
    assert back is not None
    assert readers.same_planes(planes_of(back), planes)


@pytest.mark.parametrize(("codec", "depth"), [("hevc", 12), ("ffv1", 12), ("h264", 10), ("av1", 10), ("prores", 10)])
def test_twelve_bits_are_kept_where_the_codec_can(tmp_path: Path, codec: str, depth: int) -> None:
    info = open_source(write_video(tmp_path / "in.mkv", [ramp(12)], codec="ffv1")).info
    settings = VideoSettings.of(info, Encoding(codec=codec), rate=info.rate, unit=EVEN)
    assert av.VideoFormat(settings.format).components[0].bits == depth
    told = losses(info, Path("out.mkv"), settings)
    assert any("12 bits per channel are rounded to 10; hevc and ffv1 can keep them" in text for text in told) == (
        depth == 10
    )


def hdr(path: Path, format: str = "yuv420p10le") -> Path:
    params = f"log-level=error:pools=none:master-display={DISPLAY}:max-cll=1000,400"
    tags = Tags(BT2020, LIMITED, 9, 16)
    return clip(path, 3, format=format, codec="libx265", options={"x265-params": params}, tags=tags)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_mastering_display_and_light_levels_arrive(tmp_path: Path, codec: str, suffix: str) -> None:
    source, made = hdr(tmp_path / "in.mkv"), tmp_path / f"out{suffix}"
    fl.interpolate(source, made, model="blend", codec=codec)
    first = readers.pictures(made)[0]
    assert (first.colorspace, first.color_primaries, first.color_trc) == (9, 9, 16)
    given, seen = light_of(readers.pictures(source)[0]), light_of(first)
    assert given is not None
    assert seen is not None
    assert given.display is not None
    assert seen.display is not None
    assert seen.content == given.content == (1000, 400)
    assert abs(seen.display.brightest - 1000) < Fraction(1, 100)
    assert abs(seen.display.darkest - given.display.darkest) < Fraction(1, 10_000)
    for name in ("red", "green", "blue", "white"):
        pairs = zip(getattr(seen.display, name), getattr(given.display, name), strict=True)
        assert all(abs(a - b) < Fraction(1, 30_000) for a, b in pairs)  # AV1 counts in 1/65536


@pytest.mark.parametrize("codec", ["prores", "ffv1"])
def test_codecs_that_cannot_carry_them_say_so(tmp_path: Path, codec: str) -> None:
    info = open_source(hdr(tmp_path / "in.mkv")).info
    settings = VideoSettings.of(info, Encoding(codec=codec), rate=info.rate, unit=EVEN)
    assert any("only h264 and hevc and av1 carry them" in text for text in losses(info, Path("out.mkv"), settings))


def test_images_of_hdr_say_that_they_look_pale(tmp_path: Path) -> None:
    info = open_source(hdr(tmp_path / "in.mkv")).info
    assert "HDR (PQ)" in losses(info, Path("out"), None)[0]
    assert "rounded to 8" in losses(info, Path("out.webp"), None)[1]


def test_plain_video_loses_nothing_worth_saying(tmp_path: Path) -> None:
    info = open_source(clip(tmp_path / "in.mp4", 2)).info
    assert light_of(readers.pictures(tmp_path / "in.mp4")[0]) is None
    for codec in ("h264", "hevc", "av1"):
        assert losses(info, Path("o.mp4"), VideoSettings.of(info, Encoding(codec=codec), rate=EVEN, unit=EVEN)) == ()
    assert losses(info, Path("folder"), None) == ()


def test_lost_transparency_names_who_keeps_it(tmp_path: Path) -> None:
    write_png(tmp_path / "in" / "0.png", noise(channels=4))
    info = open_source(tmp_path / "in").info
    told = losses(info, Path("o.mp4"), VideoSettings.of(info, Encoding(), rate=EVEN, unit=EVEN))
    assert told[0].startswith(
        "transparency goes over black, because h264 does not keep it; prores (.mov, .mkv) and ffv1"
    )


def test_padding_is_told_with_the_reason(tmp_path: Path) -> None:
    info = open_source(image_folder(tmp_path / "in", 1, size=(47, 63))).info
    told = losses(info, Path("o.mp4"), VideoSettings.of(info, Encoding(), rate=EVEN, unit=EVEN))
    assert told == (
        "63x47 is written as 64x48 (edge repeated), because the video format needs even sides; --codec av1 and "
        "--pix-fmt yuv444p do not",
    )


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (Tags(2, 1, 9, 16), (9, 9, 16)),
        (Tags(2, 1, 9, 18), (9, 9, 18)),
        (Tags(2, 1, 1, 13), (1, 1, 13)),
        (Tags(2, 1, 2, 16), (6, 6, 16)),
        (Tags(9, 1, 2, 16), (9, 2, 16)),
    ],
)
def test_half_said_colours_are_not_forgotten(given: Tags, taken: tuple[int, int, int]) -> None:
    """A missing matrix made HDR into standard video: its transfer and primaries were dropped with it."""
    picture = ramp(10)
    picture.colorspace, picture.color_range = given.matrix, given.range
    picture.color_primaries, picture.color_trc = given.primaries, given.transfer
    tags = tags_of(picture)
    assert (tags.matrix, tags.primaries, tags.transfer) == taken


@pytest.mark.parametrize("codec", ["h264", "hevc", "ffv1"])
def test_blending_never_alters_source_frames(tmp_path: Path, codec: str) -> None:
    source = clip(tmp_path / "in.mkv", 4, format="yuv420p10le", codec="ffv1")
    fl.interpolate(source, tmp_path / "out.mkv", model="blend", codec=codec, lossless=True)
    before, after = readers.planes(source), readers.planes(tmp_path / "out.mkv")
    assert all(readers.same_planes(a, b) for a, b in zip(before, after[::2], strict=True))


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("codec", ["h264", "hevc", "ffv1"])
def test_a_lossless_copy_of_a_real_clip_is_exact(tmp_path: Path, real_clip: Path, codec: str) -> None:
    source = open_source(real_clip)
    how = {"rate": source.info.rate, "unit": source.info.tick}
    frames = [frame for _, frame in zip(range(12), source, strict=False)]
    with sink_for(tmp_path / "out.mkv", like=source.info, encoding=Encoding(codec=codec, lossless=True), **how) as sink:
        for frame in frames:
            sink.append(frame)
    for frame, after in zip(frames, readers.planes(tmp_path / "out.mkv"), strict=True):
        height, width = source.info.size
        assert np.array_equal(after[0][:height, :width], planes_of(frame.picture.native)[0])
        chroma = planes_of(frame.picture.native)[1:]
        assert readers.same_planes(after[1:], chroma)
