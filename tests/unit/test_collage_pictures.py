"""Pictures of a collage: in the encoder's format, in the descriptor's size, and made ahead."""

import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from collage_pool import coloured
from factories import clip, noise, write_png
from frameloom.errors import CannotOpen
from frameloom.frame import Frame
from frameloom.media.pictures.colour import default_tags
from frameloom.media.pictures.native import native_of_bytes, to_native
from frameloom.media.pictures.planes import read_planes, write_planes
from frameloom.media.reading.source import SourceInfo, open_source
from frameloom.media.writing.encoding import Encoding, VideoSettings
from frameloom.media.writing.sink import VideoSink
from frameloom.retrieval import fitting as module
from frameloom.retrieval.fitting import Fitted, FittedImages, Fitting, fitted, jpeg_of
from frameloom.retrieval.queries import query_of, shown_aspect
from frameloom.retrieval.rendering import mostly_changes

_USUAL = Encoding()


@pytest.mark.parametrize("size", [(48, 64), (47, 63)])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "gray", "gbrp"])
def test_bytes_become_the_picture_that_floats_become(format: str, full_range: bool, size: tuple[int, int]) -> None:
    """Smooth pixels, for chroma is averaged here and filtered there."""
    pixels, tags = noise(size), default_tags(720, full_range)
    quick = read_planes(native_of_bytes(pixels, format, tags))
    exact = read_planes(to_native(pixels.astype(np.float32) / 255, format, tags))
    for ours, theirs in zip(quick, exact, strict=True):
        assert ours.shape == theirs.shape
        apart = np.abs(ours.astype(int) - theirs)
        assert apart.max() <= (1 if ours.shape == size else 12)
        assert apart.mean() < 1


@pytest.mark.parametrize("size", [(180, 320), (175, 311), (100, 178)])
@pytest.mark.parametrize("format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "gray"])
def test_what_is_mixed_before_it_is_enlarged_has_the_same_colours(format: str, size: tuple[int, int]) -> None:
    """Against floats all the way, softly, for filters differ; chroma of (100, 178) shrinks, the others' grows."""
    pixels, tags = np.asarray(cv2.GaussianBlur(noise((72, 128)), (0, 0), 3), np.uint8), default_tags(720)
    planes = read_planes(native_of_bytes(pixels, format, tags, size))
    large = cv2.resize(pixels.astype(np.float32) / 255, size[::-1], interpolation=cv2.INTER_CUBIC)
    exact = read_planes(to_native(large, format, tags))
    levels = 4 if "10" in format else 1
    for ours, theirs in zip(planes, exact, strict=True):
        assert ours.shape == theirs.shape
        apart = ours.astype(float) - theirs
        assert abs(apart.mean()) < 0.1 * levels
        assert np.abs(apart).mean() < 0.8 * levels


@pytest.mark.parametrize(("format", "kind"), [("yuv420p", np.uint8), ("yuv420p10le", "<u2")])
def test_what_lies_behind_the_rows_of_a_picture_is_zero(format: str, kind: type | str) -> None:
    planes = [np.full(size, 99, kind) for size in ((6, 10), (3, 5), (3, 5))]
    for _ in range(20):  # memory that was used before
        picture = write_planes(planes, format)
        for plane, values in zip(picture.planes, planes, strict=True):
            rows = np.frombuffer(bytes(plane), kind).reshape(plane.height, -1)
            assert rows.shape[1] > plane.width
            assert (rows[:, : plane.width] == values).all()
            assert not rows[:, plane.width :].any()
        write_planes([np.full(size, 99, kind) for size in ((6, 64), (3, 32), (3, 32))], format)


def test_every_colour_is_at_most_a_rounding_from_exact() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    pixels[0, :8] = [[red, green, blue] for red in (0, 255) for green in (0, 255) for blue in (0, 255)]
    luma = read_planes(native_of_bytes(pixels, "yuv444p", default_tags(720)))[0]
    exact = 16 + 219 * (pixels.astype(np.float64) @ [0.2126, 0.7152, 0.0722]) / 255
    assert np.abs(luma - exact).max() < 0.63
    assert luma[0, 0] == 16
    assert luma[0, 7] == 235


@pytest.mark.parametrize("size", [(180, 320), (90, 212), (120, 120)])
def test_a_reduced_frame_is_what_the_whole_frame_would_be(size: tuple[int, int], tmp_path: Path) -> None:
    source = open_source(clip(tmp_path / "film.mkv", 1, size=size, draw=coloured))
    (frame,), aspect = list(source), shown_aspect(source.info)
    asked = (54, round(54 * aspect))

    def framing(image: np.ndarray) -> np.ndarray:
        return cv2.resize(image, asked[::-1], interpolation=cv2.INTER_AREA)

    small = query_of(frame, framing, aspect=aspect, smallest=asked)
    assert np.abs(small.astype(int) - framing(frame.to_uint8())).mean() < 0.7


def test_a_frame_of_pixels_that_are_not_square_is_looked_for_as_it_is_seen(tmp_path: Path) -> None:
    source = open_source(clip(tmp_path / "film.mkv", 1, size=(64, 64), aspect=Fraction(2)))
    seen = []
    query_of(
        next(iter(source)), lambda image: seen.append(image.shape) or image, aspect=Fraction(2), smallest=(96, 192)
    )
    assert seen == [(96, 192, 3)]


def test_the_middle_of_an_image_is_kept(tmp_path: Path) -> None:
    image = np.zeros((40, 100, 3), np.uint8)
    image[:, 30:70] = 200
    write_png(tmp_path / "wide.png", image)
    assert (Fitting(size=(80, 80), aspect=Fraction(1)).read(tmp_path / "wide.png") == 200).all()


def test_a_photo_is_never_decoded_smaller_than_it_is_shown(tmp_path: Path) -> None:
    """A crop of a tall photo is as wide as the photo: half of it would not do, however high it is."""
    stripes = np.zeros((1000, 300, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 255
    cv2.imwrite(str(tmp_path / "tall.jpg"), stripes, [cv2.IMWRITE_JPEG_QUALITY, 100])
    shown = Fitting(size=(150, 300), aspect=Fraction(2)).read(tmp_path / "tall.jpg")
    assert shown.std() > 100


@pytest.mark.parametrize("size", [(90, 160), (40, 71), (64, 114)])
def test_a_frame_and_its_file_show_the_same(size: tuple[int, int], tmp_path: Path) -> None:
    """Both are made from the same pixels, each enlarged for itself."""
    cv2.imwrite(str(tmp_path / "a.jpg"), noise((64, 120)))
    fitting, wanted = Fitting(size=size, aspect=Fraction(size[1], size[0])), settings(size)
    found = fitted(fitting.read_middle(tmp_path / "a.jpg"), wanted, jpeg=True)
    whole = fitting.read(tmp_path / "a.jpg")
    assert found.picture.size == whole.shape[:2] == size
    assert found.jpeg == jpeg_of(whole)
    assert np.abs(found.picture.to_integer(8).astype(int) - whole).mean() < 3  # of which chroma at half its size is 2


class _Made:
    """Counts what is made."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self._lock = threading.Lock()

    def __call__(self, identity: int) -> Fitted:
        with self._lock:
            self.ids.append(identity)
        if identity == 13:
            raise CannotOpen("13.png is damaged")
        return fitted(np.full((8, 8, 3), identity, np.uint8), settings(), jpeg=True)


def settings(size: tuple[int, int] = (8, 8), encoding: Encoding = _USUAL) -> VideoSettings:
    info = SourceInfo(
        path=Path("film"),
        kind="video",
        size=size,
        depth=8,
        frame_count=1,
        rate=Fraction(25),
        regular=True,
        tick=Fraction(1, 25),
        start=Fraction(0),
        duration=Fraction(1),
    )
    return VideoSettings.of(info, encoding, rate=Fraction(25), unit=Fraction(1, 25))


@pytest.mark.parametrize("workers", [1, 3])
def test_images_come_in_order_and_each_is_made_once(workers: int) -> None:
    make = _Made()
    ids = [3, None, 5, 3, 3, 7, 5, 5, None, 9, 3]
    shown = [image and int(image.picture.to_integer(8)[0, 0, 0]) for image in FittedImages(make, workers).through(ids)]
    assert shown == [pytest.approx(identity, abs=1) if identity is not None else None for identity in ids]
    assert sorted(make.ids) == [3, 5, 7, 9]


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    make = _Made()
    monkeypatch.setattr(module, "_CACHED_BYTES", 1)
    images = FittedImages(make, 1)
    for number, _ in enumerate(images.through([1, 2, 3, 4, 5, 1, 1])):
        assert len(images._kept) <= 3, number
    assert make.ids.count(1) == 2


def test_images_that_do_not_come_again_are_let_go_at_once() -> None:
    images = FittedImages(_Made(), 1)
    for number, _ in enumerate(images.through([1, 2, 3, 1, 4, 5, 6, 7, 8])):
        assert len(images._bytes) == (min(number, 1) + 1 if number < 3 else 1), number


def test_an_image_that_is_gone_ends_it_and_the_threads() -> None:
    before = threading.active_count()
    with pytest.raises(CannotOpen, match="13"):
        list(FittedImages(_Made(), 2).through([1, 2, 13, 4, 5, 6]))
    assert threading.active_count() == before


def test_where_images_change_all_the_time_none_is_predicted_from_another() -> None:
    assert mostly_changes([1, 2, 3, 1])
    assert not mostly_changes([1, 1, 1, 2, 2, 2])
    assert not mostly_changes([None, None, None, None, 5])
    assert not mostly_changes([4])


def test_key_frames_alone_are_smoothed_for_nothing(tmp_path: Path) -> None:
    """H.264 `ultrafast` leaves the smoothing of block edges out; here it costs no bytes."""
    pixels = [cv2.resize(noise((90, 160), seed=seed), (320, 180), interpolation=cv2.INTER_CUBIC) for seed in range(4)]
    smoothed = settings((180, 320), Encoding(preset="ultrafast", key_frames_only=True))
    plain = replace(smoothed, options=tuple(option for option in smoothed.options if option[0] != "deblock"))
    errors, sizes = zip(
        *(_written(tmp_path / f"{wanted is plain}.mkv", pixels, wanted) for wanted in (smoothed, plain)), strict=True
    )
    assert errors[0] < 0.95 * errors[1]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.01)


def _written(path: Path, pixels: list[np.ndarray], wanted: VideoSettings) -> tuple[float, int]:
    """How far a video is from its frames, squared, and its bytes."""
    shown = [fitted(image, wanted, jpeg=False).picture for image in pixels]
    with VideoSink(path, wanted) as sink:
        for number, picture in enumerate(shown):
            sink.append(Frame(picture, Fraction(number, 25), Fraction(1, 25)))
    errors = [
        np.square(frame.to_float() - picture.to_float()).mean()
        for frame, picture in zip(open_source(path), shown, strict=True)
    ]
    return float(np.mean(errors)), path.stat().st_size
