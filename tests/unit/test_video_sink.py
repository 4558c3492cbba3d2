"""Videos as written: source frames untouched, times exact, tags set, the format's limits respected."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import readers
from factories import SIZE, Tags, clip, moving_square, native, planes_of
from frameloom.errors import CannotWrite, RangeError
from frameloom.frame import ArrayPicture, Frame
from frameloom.media.reading.source import open_source
from frameloom.media.writing.encoding import Encoding, VideoSettings
from frameloom.media.writing.sink import VideoSink, kind_of_output, sink_for
from frameloom.media.writing.video_encoder import VideoEncoder

EVEN = Fraction(1, 25)


def write(path: Path, source: Path, frames: Iterator[Frame] | list[Frame], unit: Fraction, **how: object) -> Path:
    info = open_source(source).info
    with sink_for(path, like=info, rate=info.rate, unit=unit, encoding=Encoding(**how)) as sink:
        for frame in frames:
            sink.append(frame)
    return path


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.mov", "out.m4v"])
@pytest.mark.parametrize("format", ["yuv420p", "yuv444p", "yuv422p"])
def test_lossless_encoding_gives_source_frames_back_sample_for_sample(tmp_path: Path, name: str, format: str) -> None:
    source = clip(tmp_path / "in.mp4", 9, format=format)
    made = write(tmp_path / name, source, open_source(source), EVEN, crf=0)
    before, after = readers.planes(source), readers.planes(made)
    assert len(after) == 9
    assert all(readers.same_planes(a, b) for a, b in zip(before, after, strict=True))
    assert readers.pictures(made)[0].format.name == format


@pytest.mark.parametrize("tags", [None, Tags(1, 1, 1, 1), Tags(6, 2, 6, 6), Tags(2, 2, 2, 2), Tags(9, 1, 9, 14)])
@pytest.mark.parametrize("rotation", [0, 90])
def test_the_encoder_gets_the_decoded_planes_and_no_copy_through_rgb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tags: Tags | None, rotation: int
) -> None:
    source = clip(tmp_path / "in.mp4", 5, tags=tags, rotation=rotation)
    handed: list[list[np.ndarray]] = []
    convert = VideoEncoder._native

    def spy(self: VideoEncoder, frame: Frame) -> av.VideoFrame:
        picture = convert(self, frame)
        handed.append(planes_of(picture))
        return picture

    monkeypatch.setattr(VideoEncoder, "_native", spy)
    through_rgb = "frameloom.media.writing.video_encoder.to_native"
    monkeypatch.setattr(through_rgb, lambda *_: pytest.fail("a source frame went through RGB"))
    write(tmp_path / "out.mp4", source, open_source(source), EVEN)
    decoded = [[np.rot90(plane, rotation // 90) for plane in picture] for picture in readers.planes(source)]
    assert all(readers.same_planes(a, b) for a, b in zip(handed, decoded, strict=True))


def frames_at(stamps: list[int], end: int, tick: Fraction) -> list[Frame]:
    ends = [*stamps[1:], end]
    return [
        Frame(ArrayPicture(moving_square(k)), start * tick, (stop - start) * tick)
        for k, (start, stop) in enumerate(zip(stamps, ends, strict=True))
    ]


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.mov"])
@pytest.mark.parametrize(
    ("stamps", "end", "tick"),
    [
        (list(range(0, 24, 2)), 24, Fraction(1, 50)),
        ([k * 1001 for k in range(10)], 10010, Fraction(1, 60000)),
        ([0, 20, 100, 117, 300, 301, 900], 1450, Fraction(1, 1000)),
        ([0], 33, Fraction(1, 100)),
        ([0, 700], 9000, Fraction(1, 90000)),
        ([0, 1, 2, 3, 4, 5, 6, 7], 19, Fraction(1, 24)),
    ],
)
def test_times_are_exact_and_the_duration_within_half_a_tick(
    tmp_path: Path, name: str, stamps: list[int], end: int, tick: Fraction
) -> None:
    source = clip(tmp_path / "in.mp4", 2)
    made = write(tmp_path / name, source, frames_at(stamps, end, tick), tick)
    read = readers.packets(made, "video")
    slack = read.tick / 2 if name.endswith(".mkv") else 0  # .mkv counts milliseconds
    assert all(abs(seen - stamp * tick) <= slack for seen, stamp in zip(sorted(read.starts), stamps, strict=True))
    if not name.endswith(".mkv"):  # which has a duration of the file only
        assert abs(read.duration - end * tick) <= read.tick / 2
    assert abs(readers.length(made) - end * tick) <= max(Fraction(1, 2000), tick / 2)


def test_clocks_too_fine_for_players_are_rounded_and_stay_in_order(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 2)
    tick = Fraction(1, 90_000 * 1001 * 7)
    step = 90_000 * 1001 * 7 // 30
    made = write(tmp_path / "out.mp4", source, frames_at([k * step + k for k in range(6)], 6 * step, tick), tick)
    times = readers.times(made)
    assert all(abs(time - Fraction(k, 30)) < Fraction(1, 500_000) for k, time in enumerate(times))
    assert abs(readers.length(made) - Fraction(6, 30)) < Fraction(1, 1000)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (Tags(1, 1, 1, 1), (1, 1, 1, 1)),
        (Tags(6, 2, 6, 6), (6, 2, 6, 6)),
        (Tags(9, 1, 9, 14), (9, 1, 9, 14)),
        (None, (6, 1, 6, 6)),  # untagged, 48 lines: what it was taken for
    ],
)
@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_outputs_are_tagged_with_what_was_assumed(
    tmp_path: Path, name: str, given: Tags | None, written: tuple
) -> None:
    source = clip(tmp_path / "in.mp4", 3, tags=given)
    made = readers.pictures(write(tmp_path / name, source, open_source(source), EVEN))[0]
    assert (made.colorspace, made.color_range, made.color_primaries, made.color_trc) == written


def test_made_frames_have_the_colours_of_the_source(tmp_path: Path) -> None:
    """A made frame in a 709 full-range clip must be written by 709 full range, not by what swscale assumes."""
    for tags in (Tags(1, 2, 1, 1), Tags(1, 1, 1, 1), Tags(6, 1, 6, 6)):
        source = clip(tmp_path / f"{tags.matrix}{tags.range}.mp4", 2, tags=tags)
        want = np.full((*SIZE, 3), (200, 40, 60), np.uint8)
        output = tmp_path / f"out{tags.matrix}{tags.range}.mp4"
        made = write(output, source, [Frame(ArrayPicture(want), 0 * EVEN, EVEN)], EVEN, crf=1)
        seen = next(iter(open_source(made))).to_uint8()
        assert np.abs(seen.astype(int) - want).max() <= 3


@pytest.mark.parametrize(("size", "format"), [((47, 63), "yuv420p"), ((48, 63), "yuv420p"), ((47, 64), "yuv420p")])
def test_odd_sides_are_padded_by_repeating_the_edge(tmp_path: Path, size: tuple[int, int], format: str) -> None:
    source = clip(tmp_path / "in.mp4", 2, size=(48, 64))
    frames = [Frame(ArrayPicture(moving_square(1, size)), Fraction(0), EVEN)]
    info = open_source(source).info
    odd = type(info)(**{name: getattr(info, name) for name in info.__slots__} | {"size": size})
    settings = VideoSettings.of(odd, Encoding(crf=1), rate=info.rate, unit=EVEN)
    assert settings.padding == (48 - size[0], 64 - size[1])
    with VideoSink(tmp_path / "out.mp4", settings) as sink:
        sink.append(frames[0])
    seen = next(iter(open_source(tmp_path / "out.mp4"))).to_uint8().astype(int)
    assert seen.shape == (48, 64, 3)
    kept = tuple(slice(side // 2 * 2) for side in size)
    assert np.abs(seen[kept] - moving_square(1, size)[kept]).mean() < 6
    if size[1] == 63:
        assert np.abs(seen[:, 63] - seen[:, 62]).mean() < 6


def test_odd_444_needs_no_padding_and_stays_as_it_is(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 3, size=(47, 63), format="yuv444p")
    made = write(tmp_path / "out.mp4", source, open_source(source), EVEN, crf=0)
    assert all(readers.same_planes(a, b) for a, b in zip(readers.planes(source), readers.planes(made), strict=True))


def test_ten_bits_stay_ten_bits(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 4, format="yuv420p10le")
    made = write(tmp_path / "out.mp4", source, open_source(source), EVEN, crf=0)
    assert readers.pictures(made)[0].format.name == "yuv420p10le"
    pairs = zip(readers.planes(source), readers.planes(made), strict=True)
    assert (
        max(np.abs(before[0].astype(int) - after[0]).mean() for before, after in pairs) < 2
    )  # of 1023; crf 0 is not lossless at 10 bits


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_hevc_is_written_with_the_tag_players_expect(tmp_path: Path, name: str) -> None:
    source = clip(tmp_path / "in.mp4", 8)
    made = write(tmp_path / name, source, open_source(source), EVEN, codec="hevc")
    with av.open(str(made)) as container:
        context = container.streams.video[0].codec_context
        assert context.name == "hevc"
        assert context.codec_tag == "hvc1" or name.endswith(".mkv")
    assert readers.times(made) == [k * EVEN for k in range(8)]


def test_pixel_shape_is_carried_over(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 2, aspect=Fraction(16, 11))
    made = write(tmp_path / "out.mp4", source, open_source(source), EVEN)
    with av.open(str(made)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(16, 11)


def test_the_index_lies_at_the_front(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 2)
    data = write(tmp_path / "out.mp4", source, open_source(source), EVEN).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_frame_types_of_the_source_are_not_repeated(tmp_path: Path) -> None:
    """A source of key frames only would force the encoder to write key frames only."""
    source = clip(tmp_path / "in.mp4", 12, options={"g": "1"})
    made = write(tmp_path / "out.mp4", source, open_source(source), EVEN)
    assert sum(picture.key_frame for picture in readers.pictures(source)) == 12
    assert sum(picture.key_frame for picture in readers.pictures(made)) == 1


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    source = clip(tmp_path / "in.mp4", 6)
    first, second = (write(tmp_path / f"{k}.mp4", source, open_source(source), EVEN).read_bytes() for k in range(2))
    assert first == second


@pytest.mark.parametrize("name", ["a.webm", "a.avi", "a.ts", "a.png", "a.jpg"])
def test_types_that_are_not_written_are_refused(name: str) -> None:
    with pytest.raises(CannotWrite, match="a\\."):
        kind_of_output(Path(name))


@pytest.mark.parametrize("how", [{"crf": -1}, {"crf": 52}, {"codec": "vp8"}, {"codec": "av1", "crf": 64}])
def test_impossible_encodings_are_refused(how: dict) -> None:
    with pytest.raises(RangeError):
        Encoding(**how)


def test_default_qualities() -> None:
    assert (Encoding().quality, Encoding(codec="hevc").quality, Encoding(crf=0).quality) == (18, 20, 0)
    assert (Encoding(codec="av1").quality, Encoding(codec="ffv1").quality) == (20, None)


def test_native_helper_is_sound() -> None:
    """The tests lean on this: the drawn picture must survive the way to native planes."""
    assert planes_of(native(moving_square(0)))[0].std() > 10
