"""Every codec in every file that holds it: times, tags, depth, size, alpha; what is exact is exact."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import readers
from factories import (
    BT709,
    BT2020,
    FULL,
    LIMITED,
    SIZE,
    Tags,
    clip,
    from_planes,
    moving_square,
    noise,
    write_png,
    write_video,
)
from factories import write_gif as animated
from frameloom.errors import CannotWrite, InputError
from frameloom.frame import ArrayPicture, Frame
from frameloom.media.pictures.pixel_formats import traits_of
from frameloom.media.reading.source import SourceInfo, open_source
from frameloom.media.writing.codecs import CODECS
from frameloom.media.writing.encoding import Encoding, VideoSettings
from frameloom.media.writing.sink import check_encoding, sink_for
from frameloom.media.writing.video_container import VIDEO_SUFFIXES
from frameloom.media.writing.video_encoder import VideoEncoder

EVEN = Fraction(1, 25)
PAIRS = [(card.name, suffix) for card in CODECS.values() for suffix in card.suffixes]


def write(path: Path, info: SourceInfo, frames: Iterable[Frame], **how: object) -> Path:
    with sink_for(path, like=info, rate=info.rate, unit=EVEN / 4, encoding=Encoding(**how)) as sink:
        for frame in frames:
            sink.append(frame)
    return path


def rewrite(path: Path, source: Path, **how: object) -> Path:
    opened = open_source(source)
    return write(path, opened.info, opened, **how)


def drawn(tmp_path: Path, format: str, count: int = 3, **how: object) -> Path:
    """A clip that no codec has touched: FFV1 gives back what it was given."""
    return clip(tmp_path / f"{format}.mkv", count, format=format, codec="ffv1", **how)


def images(folder: Path, channels: int, dtype: type) -> Path:
    for number in range(3):
        pixels = noise((20, 26), seed=number, channels=channels, dtype=dtype)
        write_png(folder / f"{number}.png", pixels)
    return folder


@pytest.mark.parametrize("range_", [LIMITED, FULL])
@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize(("codec", "suffix"), PAIRS)
def test_times_tags_and_depth_arrive(tmp_path: Path, codec: str, suffix: str, depth: int, range_: int) -> None:
    format = "yuv420p" if depth == 8 else "yuv420p10le"
    source = drawn(tmp_path, format, 5, tags=Tags(BT2020, range_, 9, 18))
    made = rewrite(tmp_path / f"out{suffix}", source, codec=codec)
    assert readers.times(made) == [k * EVEN for k in range(5)]
    seen = readers.pictures(made)
    assert (seen[0].height, seen[0].width) == SIZE
    assert (seen[0].colorspace, seen[0].color_primaries, seen[0].color_trc) == (9, 9, 18)
    assert seen[0].color_range == range_ or codec == "prores"  # which has no such field: see the next test
    assert traits_of(seen[0].format.name).depth == max(depth, 10 if codec == "prores" else 8)
    for before, after in zip(open_source(source), open_source(made), strict=True):
        assert np.abs(before.to_float() - after.to_float()).mean() < 0.02


@pytest.mark.parametrize(("codec", "suffix"), PAIRS)
def test_the_same_frames_give_the_same_bytes(tmp_path: Path, codec: str, suffix: str) -> None:
    source = clip(tmp_path / "in.mp4", 12, size=(96, 128))
    first, second = (rewrite(tmp_path / f"{k}{suffix}", source, codec=codec).read_bytes() for k in range(2))
    assert first == second


@pytest.mark.parametrize("format", ["yuv420p", "yuv422p10le", "yuva444p10le"])
@pytest.mark.parametrize(("codec", "suffix"), PAIRS)
def test_segments_can_be_joined_in_a_container_that_only_knows_the_settings(
    tmp_path: Path, codec: str, suffix: str, format: str
) -> None:
    """What a header says of a stream must be known before the first frame, and be the same for all segments."""
    opened = open_source(drawn(tmp_path, format, 6))
    settings = VideoSettings.of(opened.info, Encoding(codec=codec), rate=opened.info.rate, unit=EVEN)
    packets: list[av.Packet] = []
    with av.open(str(tmp_path / f"joined{suffix}"), "w", format=VIDEO_SUFFIXES[suffix]) as joined:
        target = settings.add_stream(joined)
        declared = bytes(target.codec_context.extradata or b"")
        for part in (list(opened)[:3], list(opened)[3:]):
            with av.open(str(tmp_path / "segment.mkv"), "w") as segment:
                stream = settings.add_stream(segment)
                encoder = VideoEncoder(stream, settings)
                packets += [packet for frame in part for packet in encoder.encode(frame)] + list(encoder.finish())
                assert bytes(stream.codec_context.extradata or b"") == declared
        for packet in packets:
            packet.stream = target
            joined.mux_one(packet)
    whole = readers.pictures(rewrite(tmp_path / f"whole{suffix}", tmp_path / f"{format}.mkv", codec=codec))
    seen = readers.pictures(tmp_path / f"joined{suffix}")
    assert [picture.format.name for picture in seen] == [picture.format.name for picture in whole]
    assert np.abs(seen[4].to_ndarray(format="gray").astype(int) - whole[4].to_ndarray(format="gray")).mean() < 3


NATIVE = [
    ("yuv420p", "h264 hevc ffv1"),
    ("yuv422p", "h264 hevc ffv1"),
    ("yuv444p10le", "h264 hevc ffv1"),
    ("yuv420p10le", "h264 hevc ffv1"),
    ("yuv420p12le", "hevc ffv1"),
    ("yuv422p16le", "ffv1"),
    ("gray", "hevc ffv1"),
    ("yuva420p", "ffv1"),
    ("yuva444p10le", "ffv1"),
    ("gbrp10le", "hevc ffv1"),
]


@pytest.mark.parametrize("codec", ["h264", "hevc", "ffv1"])
@pytest.mark.parametrize(("format", "able"), NATIVE)
def test_lossless_gives_back_every_sample_or_says_who_can(tmp_path: Path, format: str, able: str, codec: str) -> None:
    source = drawn(tmp_path, format)
    if codec not in able.split():
        with pytest.raises(InputError, match=rf"does not hold exactly; for --lossless use {able.split()[0]} \("):
            rewrite(tmp_path / "out.mkv", source, codec=codec, lossless=True)
        return
    made = rewrite(tmp_path / "out.mkv", source, codec=codec, lossless=True)
    before, after = readers.planes(source), readers.planes(made)
    assert all(readers.same_planes(a, b) for a, b in zip(before, after, strict=True))
    assert readers.pictures(made)[0].format.name == format


@pytest.mark.parametrize(
    ("channels", "dtype", "able"),
    [(3, np.uint8, "h264 hevc ffv1"), (4, np.uint8, "ffv1"), (3, np.uint16, "ffv1"), (4, np.uint16, "ffv1")],
)
@pytest.mark.parametrize("codec", ["h264", "hevc", "ffv1"])
def test_lossless_images_keep_every_number(tmp_path: Path, codec: str, channels: int, dtype: type, able: str) -> None:
    source = open_source(images(tmp_path / "in", channels, dtype))
    if codec not in able.split():
        with pytest.raises(InputError, match=r"for --lossless use ffv1 \(\.mkv\)"):
            write(tmp_path / "out.mkv", source.info, source, codec=codec, lossless=True)
        return
    made = write(tmp_path / "out.mkv", source.info, source, codec=codec, lossless=True)
    for before, after in zip(source, open_source(made), strict=True):
        assert np.array_equal(before.picture.to_integer(source.info.depth), after.picture.to_integer(source.info.depth))


def test_a_lossless_copy_of_a_gif_has_its_colours(tmp_path: Path) -> None:
    source = animated(tmp_path / "in.gif", [moving_square(k) for k in range(3)], [10, 10, 10])
    made = rewrite(tmp_path / "out.mp4", source, lossless=True)
    for before, after in zip(open_source(source), open_source(made), strict=True):
        assert np.array_equal(before.to_uint8(), after.to_uint8())


@pytest.mark.parametrize(("codec", "format"), [(card.name, name) for card in CODECS.values() for name in card.formats])
def test_every_format_that_is_offered_can_be_written(tmp_path: Path, codec: str, format: str) -> None:
    info = open_source(drawn(tmp_path, "yuva444p", 2)).info
    height, width = SIZE
    rows, columns = np.mgrid[:height, :width] / np.array([height, width])[:, None, None]
    pixels = np.stack([columns, rows, (columns + rows) / 2, 0.25 + columns / 2], axis=2).astype(np.float32)
    if format.startswith("gray"):
        pixels[..., :3] = pixels[..., :1]
    shown = [Frame(ArrayPicture(pixels), k * EVEN, EVEN) for k in range(2)]
    source = open_source(write(tmp_path / f"out{CODECS[codec].suffixes[-1]}", info, shown, codec=codec, pix_fmt=format))
    asked, got = traits_of(format), traits_of(source.info.pixel_format)
    assert (got.family, got.chroma, got.alpha) == (asked.family, asked.chroma, asked.alpha)
    assert got.depth == asked.depth or (codec == "prores" and asked.chroma == (1, 1))  # decoded as 12 bits
    for frame in source:
        seen = frame.to_float()
        wanted = pixels if seen.shape[2] == 4 else pixels[..., :3] * pixels[..., 3:]
        assert np.abs(seen - wanted).mean() < 0.01


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("suffix", VIDEO_SUFFIXES)
def test_a_file_that_does_not_hold_the_codec_is_refused_with_what_does(codec: str, suffix: str) -> None:
    if suffix in CODECS[codec].suffixes:
        check_encoding(Path(f"out{suffix}"), Encoding(codec=codec))
        return
    with pytest.raises(CannotWrite, match=rf"out\{suffix}: {codec} is written to .*; for \{suffix} use --codec h264"):
        check_encoding(Path(f"out{suffix}"), Encoding(codec=codec))


@pytest.mark.parametrize("size", [(16, 400), (400, 31)])
def test_pictures_too_small_for_av1_are_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    """SVT-AV1 waits for ever for some of them."""
    info = replace(open_source(drawn(tmp_path, "yuv420p", 1)).info, size=size)
    with pytest.raises(InputError, match="32 pixels on each side: use another --codec"):
        VideoSettings.of(info, Encoding(codec="av1"), rate=info.rate, unit=EVEN)


def test_a_lossless_gif_is_refused() -> None:
    with pytest.raises(InputError, match=r"256 colours; for --lossless use \.apng or \.webp"):
        check_encoding(Path("out.gif"), Encoding(lossless=True))


@pytest.mark.parametrize("codec", ["av1", "ffv1", "prores"])
@pytest.mark.parametrize("size", [(47, 63), (65, 67), (33, 353)])
def test_codecs_without_that_rule_keep_odd_sizes(tmp_path: Path, codec: str, size: tuple[int, int]) -> None:
    info = replace(open_source(drawn(tmp_path, "yuv420p", 2)).info, size=size)
    pixels = np.full((*size, 3), (30, 120, 200), np.uint8)
    made = write(tmp_path / "out.mkv", info, [Frame(ArrayPicture(pixels), 0 * EVEN, EVEN)], codec=codec)
    seen = next(iter(open_source(made))).to_uint8()
    assert seen.shape == pixels.shape
    assert np.abs(seen.astype(int) - pixels).mean() < 6


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(("codec", "suffix"), PAIRS)
def test_very_short_clips_have_times(tmp_path: Path, codec: str, suffix: str, count: int) -> None:
    """x265 gives the packets of one or two frames whatever decoding times lie in memory."""
    made = rewrite(tmp_path / f"out{suffix}", drawn(tmp_path, "yuv420p", count), codec=codec)
    assert readers.times(made) == [k * EVEN for k in range(count)]
    assert abs(readers.length(made) - count * EVEN) <= Fraction(1, 1000)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_padding_an_odd_source_leaves_its_samples_alone(tmp_path: Path, codec: str) -> None:
    """They went through RGB once, and lost up to a level, only to get one more row."""
    source = clip(tmp_path / "in.mkv", 2, size=(47, 63), format="yuv420p", codec="ffv1")
    made = rewrite(tmp_path / "out.mp4", source, codec=codec, lossless=True)
    for before, after in zip(readers.planes(source), readers.planes(made), strict=True):
        assert [plane.shape for plane in after] == [(48, 64), (24, 32), (24, 32)]
        assert np.array_equal(after[0][:47, :63], before[0])
        assert np.array_equal(after[0][47, :63], before[0][46])
        assert np.array_equal(after[1], before[1])


def test_444_by_choice_keeps_an_odd_size(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mkv", 2, size=(47, 63), format="yuv420p", codec="ffv1")
    assert open_source(rewrite(tmp_path / "out.mp4", source, pix_fmt="yuv444p")).info.size == (47, 63)


@pytest.mark.parametrize(
    ("format", "codec", "chosen"),
    [
        ("yuv420p", "prores", "yuv422p10le"),
        ("yuv422p10le", "prores", "yuv422p10le"),
        ("yuv444p12le", "prores", "yuv444p10le"),
        ("yuva420p", "prores", "yuva444p10le"),
        ("yuv420p12le", "h264", "yuv420p10le"),
        ("yuv420p12le", "hevc", "yuv420p12le"),
        ("yuv422p10le", "av1", "yuv420p10le"),
        ("yuv411p", "h264", "yuv422p"),
        ("gray", "h264", "yuv420p"),
        ("gbrp16le", "h264", "yuv420p10le"),
        ("gbrp16le", "hevc", "yuv420p10le"),
        ("bgr0", "hevc", "yuv420p"),
        ("bgr0", "ffv1", "bgr0"),
        ("yuva420p", "h264", "yuv420p"),
    ],
)
def test_the_format_nearest_to_the_source_is_chosen(tmp_path: Path, format: str, codec: str, chosen: str) -> None:
    info = replace(open_source(drawn(tmp_path, "yuv420p", 1)).info, pixel_format=format, alpha="a4" in format)
    assert VideoSettings.of(info, Encoding(codec=codec), rate=info.rate, unit=EVEN).format == chosen


def test_full_range_formats_of_old_name_are_kept(tmp_path: Path) -> None:
    info = replace(open_source(drawn(tmp_path, "yuv420p", 1)).info, pixel_format="yuvj420p")
    assert VideoSettings.of(info, Encoding(), rate=info.rate, unit=EVEN).format == "yuvj420p"


@pytest.mark.parametrize(("codec", "suffix"), [("prores", ".mov"), ("prores", ".mkv"), ("ffv1", ".mkv")])
@pytest.mark.parametrize("tags", [Tags(BT709, LIMITED, 1, 1), Tags(BT709, FULL, 1, 1)])
def test_transparency_is_kept_by_codecs_that_can(tmp_path: Path, codec: str, suffix: str, tags: Tags) -> None:
    height, width = SIZE
    alpha = np.tile(np.arange(width, dtype=np.uint8) * 4, (height, 1))
    half = np.full((height // 2, width // 2), 120, np.uint8)
    picture = from_planes([np.full(SIZE, 100, np.uint8), half, half, alpha], "yuva420p")
    source = write_video(tmp_path / "in.mkv", [picture], codec="ffv1", tags=tags)
    seen = next(iter(open_source(rewrite(tmp_path / f"out{suffix}", source, codec=codec)))).to_float()
    assert seen.shape == (*SIZE, 4)
    assert np.abs(seen[..., 3] - alpha / 255).max() < 1 / 255
