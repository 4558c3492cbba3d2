"""Folders of images and GIFs as written."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

import readers
from factories import SIZE, clip, image_folder, moving_square, noise
from frameloom.frame import ArrayPicture, Frame, quantise
from frameloom.media.reading.source import open_source
from frameloom.media.writing.gif import GifSink
from frameloom.media.writing.image_folder import ImageFolderSink
from frameloom.media.writing.sink import sink_for

TICK = Fraction(1, 100)


def frames(count: int, length: Fraction) -> list[Frame]:
    return [Frame(ArrayPicture(moving_square(k)), k * length, length) for k in range(count)]


def write_gif(path: Path, shown: list[Frame]) -> Path:
    with GifSink(path, shown[0].size) as sink:
        for frame in shown:
            sink.append(frame)
    return path


def delays(path: Path) -> list[int]:
    """Hundredths of a second, from the graphic control extensions themselves."""
    data = path.read_bytes()
    found, place = [], data.find(b"\x21\xf9\x04")
    while place >= 0:
        found.append(int.from_bytes(data[place + 4 : place + 6], "little"))
        place = data.find(b"\x21\xf9\x04", place + 8)
    return found


def test_a_gif_has_the_frames_and_the_delays(tmp_path: Path) -> None:
    made = write_gif(tmp_path / "a.gif", frames(6, Fraction(1, 10)))
    assert delays(made) == [10] * 6
    assert readers.times(made) == [Fraction(k, 10) for k in range(6)]


def test_delays_that_are_no_whole_hundredths_add_up_to_the_exact_duration(tmp_path: Path) -> None:
    """At 30 fps a frame lasts 3.33 hundredths: rounding each would lose a tenth of the time."""
    made = write_gif(tmp_path / "a.gif", frames(30, Fraction(1, 30)))
    assert sum(delays(made)) == 100
    assert set(delays(made)) == {3, 4}


def test_above_fifty_a_second_frames_are_left_out_and_the_duration_kept(tmp_path: Path) -> None:
    """Players show delays of 0 or 1 hundredth for a tenth of a second."""
    made = write_gif(tmp_path / "a.gif", frames(100, Fraction(1, 100)))
    assert min(delays(made)) >= 2
    assert sum(delays(made)) == 100
    assert len(delays(made)) == 50


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    lengths = [Fraction(1, 5), Fraction(3, 100), Fraction(1, 2)]
    shown = [Frame(ArrayPicture(moving_square(k)), sum(lengths[:k], Fraction(0)), lengths[k]) for k in range(3)]
    assert delays(write_gif(tmp_path / "a.gif", shown)) == [20, 3, 50]


def test_a_gif_loops_for_ever(tmp_path: Path) -> None:
    data = write_gif(tmp_path / "a.gif", frames(2, Fraction(1, 10))).read_bytes()
    place = data.index(b"NETSCAPE2.0")
    assert data[place + 11 : place + 16] == b"\x03\x01\x00\x00\x00"


def test_colours_are_close_and_one_palette_serves_all_frames(tmp_path: Path) -> None:
    shown = frames(5, Fraction(1, 10))
    made = write_gif(tmp_path / "a.gif", shown)
    for picture, frame in zip(readers.pictures(made), shown, strict=True):
        seen = picture.to_ndarray(format="rgb24").astype(np.float32)
        blurred = [cv2.blur(image.astype(np.float32), (5, 5)) for image in (seen, frame.to_uint8())]
        assert np.abs(blurred[0] - blurred[1]).mean() < 4
    assert made.read_bytes()[10] & 0x80, "a global palette"


def test_equal_frames_keep_their_time(tmp_path: Path) -> None:
    """An encoder that drops what did not change must not shorten the clip."""
    still = [Frame(ArrayPicture(moving_square(0)), k * Fraction(1, 10), Fraction(1, 10)) for k in range(4)]
    assert sum(delays(write_gif(tmp_path / "a.gif", still))) == 40


def test_transparent_pixels_stay_transparent(tmp_path: Path) -> None:
    pixels = np.dstack([moving_square(0), np.full(SIZE, 255, np.uint8)])
    pixels[:10, :10, 3] = 0
    shown = [Frame(ArrayPicture(np.roll(pixels, k, axis=1)), k * Fraction(1, 10), Fraction(1, 10)) for k in range(3)]
    for k, picture in enumerate(readers.pictures(write_gif(tmp_path / "a.gif", shown))):
        alpha = picture.reformat(format="rgba").to_ndarray()[..., 3]
        assert (alpha[:10, k : 10 + k] == 0).all()
        assert (alpha[20:, 20:] == 255).all()


def test_transparency_survives_being_read_and_written_again(tmp_path: Path) -> None:
    pixels = np.dstack([moving_square(0), np.full(SIZE, 255, np.uint8)])
    pixels[:10, :10, 3] = 0
    shown = [Frame(ArrayPicture(np.roll(pixels, k, axis=1)), k * Fraction(1, 10), Fraction(1, 10)) for k in range(3)]
    first = write_gif(tmp_path / "a.gif", shown)
    again = write_gif(tmp_path / "b.gif", list(open_source(first)))
    for k, frame in enumerate(open_source(again)):
        assert (frame.to_uint8()[:10, k : 10 + k, 3] == 0).all()
        assert (frame.to_uint8()[20:, 20:, 3] == 255).all()


def test_one_frame_and_float_frames(tmp_path: Path) -> None:
    picture = ArrayPicture(np.full((5, 7, 3), 0.5, np.float32))
    made = write_gif(tmp_path / "a.gif", [Frame(picture, Fraction(0), Fraction(1, 2))])
    assert delays(made) == [50]
    assert np.abs(readers.pictures(made)[0].to_ndarray(format="rgb24").astype(int) - 128).max() <= 4


def test_nothing_is_left_of_the_scratch_file(tmp_path: Path) -> None:
    write_gif(tmp_path / "a.gif", frames(3, Fraction(1, 10)))
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.gif"]
    with pytest.raises(RuntimeError, match="stop"), GifSink(tmp_path / "b.gif", SIZE) as sink:
        sink.append(frames(1, Fraction(1, 10))[0])
        raise RuntimeError("stop")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.gif"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_image_folder_holds_source_pixels_exactly(tmp_path: Path, dtype: type, channels: int) -> None:
    pixels = noise(channels=channels, dtype=dtype)
    with ImageFolderSink(tmp_path, 8 if dtype is np.uint8 else 16) as sink:
        sink.append(Frame(ArrayPicture(pixels), Fraction(0), TICK))
    assert [entry.name for entry in tmp_path.iterdir()] == ["00000.png"]
    written = cv2.imread(str(tmp_path / "00000.png"), cv2.IMREAD_UNCHANGED)
    assert written.dtype == dtype
    assert np.array_equal(written[..., [2, 1, 0, 3][:channels]], pixels)


@pytest.mark.parametrize("depth", [8, 16])
def test_made_frames_are_rounded_once(tmp_path: Path, depth: int) -> None:
    pixels = np.random.default_rng(3).random((6, 5, 3), dtype=np.float32) * 1.2 - 0.1
    with ImageFolderSink(tmp_path, depth) as sink:
        sink.append(Frame(ArrayPicture(pixels), Fraction(0), TICK))
    written = cv2.imread(str(tmp_path / "00000.png"), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert np.array_equal(written, quantise(pixels, depth))
    peak = 2**depth - 1
    assert np.abs(written / peak - np.clip(pixels, 0, 1)).max() <= 0.51 / peak


def test_depth_of_a_folder_follows_the_source(tmp_path: Path) -> None:
    for number, (source, dtype) in enumerate(
        [
            (clip(tmp_path / "a.mp4", 2), np.uint8),
            (clip(tmp_path / "b.mp4", 2, format="yuv420p10le"), np.uint16),
            (image_folder(tmp_path / "c", 2, dtype=np.uint16), np.uint16),
        ]
    ):
        opened = open_source(source)
        folder = tmp_path / f"out{number}"
        folder.mkdir()
        with sink_for(folder, like=opened.info, rate=Fraction(25), unit=Fraction(1, 25)) as sink:
            for frame in opened:
                sink.append(frame)
        assert cv2.imread(str(folder / "00001.png"), cv2.IMREAD_UNCHANGED).dtype == dtype


def test_a_gif_is_opened_by_its_suffix(tmp_path: Path) -> None:
    info = open_source(clip(tmp_path / "a.mp4", 2)).info
    with sink_for(tmp_path / "OUT.GIF", like=info, rate=Fraction(10), unit=TICK) as sink:
        assert isinstance(sink, GifSink)
        sink.append(frames(1, Fraction(1, 10))[0])
    with av.open(str(tmp_path / "OUT.GIF")) as container:
        assert container.format.name == "gif"
