"""Where frames come from: videos, animations, folders of images, single images.

A source can be gone through any number of times; every pass decodes anew and holds a bounded number of frames.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, Protocol

import av

from frameloom import images
from frameloom.errors import CannotOpen, DecodeError, MediaError, NoFrames, ShapeError
from frameloom.frame import ArrayPicture, Frame
from frameloom.media.choices import OnError
from frameloom.media.pictures.colour import ColourTags, VideoPicture, depth_of, has_alpha, hides_something, tags_of
from frameloom.media.pictures.light import Light, light_of
from frameloom.media.pictures.rotate import Turner
from frameloom.media.reading.animated_webp import webp_clock, webp_pictures
from frameloom.media.reading.chunks import is_animated_png, is_animated_webp, is_transparent_webp
from frameloom.media.reading.decode import BEGINNING, Shown, decoded, shown_from
from frameloom.media.reading.opening import open_container, video_stream
from frameloom.media.reading.packet_list import PacketList, read_packets


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceInfo:
    """What is known before the first frame is decoded."""

    path: Path
    kind: Literal["video", "folder", "image"]
    size: tuple[int, int]
    """(height, width) in pixels, upright."""
    depth: int
    """Bits per channel."""
    frame_count: int
    """How many frames a pass yields."""
    rate: Fraction
    """Frames per second: exact where `regular`, else the mean; the playback rate where the source has no time."""
    regular: bool
    """Whether all frames are evenly spaced, up to the rounding of the file's clock."""
    tick: Fraction
    """Seconds per tick of the file's clock; its times are rounded to this."""
    start: Fraction
    """When the first frame is shown, in seconds on the file's clock."""
    duration: Fraction
    """Seconds from the first frame to the end of the last."""
    missing_seconds: Fraction = Fraction(0)
    """Seconds that the file declares at its end but does not hold: it was cut off."""
    pixel_format: str | None = None
    tags: ColourTags | None = None
    sample_aspect: Fraction = Fraction(1)
    alpha: bool = False
    """Whether pictures have transparency."""
    light: Light | None = None
    """What HDR video says of its brightness."""

    @property
    def has_time(self) -> bool:
        """Whether the frames have times of their own."""
        return self.kind == "video"


class FrameSource(Protocol):
    """Frames in order of time; every iteration decodes anew."""

    @property
    def info(self) -> SourceInfo:
        """What is known before the first frame is decoded."""
        ...

    def __iter__(self) -> Iterator[Frame]: ...

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """Frames from that index on, the same as in a pass over all of them."""
        ...

    def time_of(self, index: int) -> Fraction:
        """When a frame is shown, in seconds on the source's clock."""
        ...


def open_source(
    path: str | os.PathLike[str], *, rate: Fraction | None = None, on_error: OnError = "stop"
) -> FrameSource:
    """Open a video, an animated GIF, WebP or PNG, a folder of images (natural order) or a single image.

    Args:
        path: The file or folder.
        rate: Playback rate of images, which have no time of their own; 10 frames a second by default.
        on_error: What to do about a picture that is damaged or missing: "stop" raises DecodeError (CannotOpen for an
            image file), "skip" repeats the one before it, or at the beginning the next sound one, as a frame with
            `damaged` set. A file that breaks off ends there; `info.missing_seconds` says how much is lost.

    Raises:
        CannotOpen: missing, empty, damaged, or neither picture nor video.
        DecodeError: the file breaks off before its end, and `on_error` is "stop".
        NoFrames: readable, but without a single picture.
    """
    path = Path(path)
    if path.is_dir():
        path = path if path.name not in ("", "..") else path.resolve()  # messages name it
        found = images.images_in(path)
        if not found:
            raise NoFrames(f"{path} holds no images ({', '.join(sorted(images.SUFFIXES))})")
        return ImageSource(path, found, rate, on_error)
    if path.suffix.lower() == ".webp" and is_animated_webp(path):
        return WebpSource(path)
    if path.suffix.lower() in images.SUFFIXES and not is_animated_png(path):
        return ImageSource(path, [path], rate, on_error)
    return VideoSource(path, on_error)


class ImageSource:
    """Image files as frames at an even rate."""

    DEFAULT_RATE = Fraction(10)

    def __init__(self, path: Path, files: list[Path], rate: Fraction | None, on_error: OnError = "stop") -> None:
        self._files = files
        self._on_error = on_error
        first, _ = self._picture_for(0)
        self._rate = rate or self.DEFAULT_RATE
        self.info = SourceInfo(
            path=path,
            kind="folder" if path.is_dir() else "image",
            size=first.size,
            depth=first.depth,
            frame_count=len(files),
            rate=self._rate,
            regular=True,
            tick=1 / self._rate,
            start=Fraction(0),
            duration=len(files) / self._rate,
            alpha=first.pixels.shape[2] == 4,
        )

    def __iter__(self) -> Iterator[Frame]:
        return self.frames()

    def time_of(self, index: int) -> Fraction:
        """When an image is shown, in seconds."""
        return index / self._rate

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """Frames from that index on.

        Raises:
            CannotOpen: an image is damaged, and `on_error` is "stop".
            ShapeError: an image has another size than the first.
        """
        for index in range(start, len(self._files)):
            picture, file = self._picture_for(index)
            if picture.size != self.info.size:
                raise ShapeError(
                    f"{file} is {_size_text(picture.size)} but {self._files[0].name} is {_size_text(self.info.size)}; "
                    "all images of a folder must have one size"
                )
            yield Frame(picture, index / self._rate, 1 / self._rate, damaged=file != self._files[index])

    def _picture_for(self, index: int) -> tuple[ArrayPicture, Path]:
        """The image at that index, or the nearest sound one before it, or else after it; and its file."""
        trouble: CannotOpen | None = None
        for file in (*self._files[index::-1], *self._files[index + 1 :]):
            try:
                return ArrayPicture(images.read_image(file)), file
            except CannotOpen as error:
                trouble = trouble or error
                if self._on_error == "stop":
                    break
        raise trouble or NoFrames("no image was given")


def _size_text(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"


class VideoSource:
    """Frames of the first video stream of a file, as decoded, upright, with exact times.

    There is one frame for every picture that the file lists, damaged or not. Not counted are pictures at the very
    beginning that cannot be decoded because what they are predicted from was cut off: those shown before the first key
    frame.
    """

    def __init__(self, path: Path, on_error: OnError = "stop") -> None:
        if not path.exists():
            raise CannotOpen(f"{path} does not exist")
        if path.stat().st_size == 0 and path.is_file():
            raise CannotOpen(f"{path} is empty")
        self._path = path
        self._on_error = on_error
        self._packets = read_packets(path)
        self._first, native = _first_pictures(path, self._packets)
        self._clock = self._packets.clock(self._first)
        if self._packets.missing and on_error == "stop":
            raise DecodeError(
                f"{path} breaks off at {float(self._clock.end - self._clock.start):.3f} s, "
                f"{float(self._packets.missing):.3f} s before its end; add --on-error skip to use what is there"
            )
        with open_container(path) as container:
            aspect = Turner(native.rotation).turned_aspect(video_stream(container, path).sample_aspect_ratio)
        upright = Turner(native.rotation)(native)
        self.info = SourceInfo(
            path=path,
            kind="video",
            size=(upright.height, upright.width),
            depth=depth_of(upright.format),
            frame_count=len(self._clock.stamps),
            rate=self._clock.rate,
            regular=self._clock.regular,
            tick=self._clock.tick,
            start=self._clock.start,
            duration=self._clock.end - self._clock.start,
            missing_seconds=self._packets.missing,
            pixel_format=upright.format.name,
            tags=tags_of(upright),
            sample_aspect=aspect,
            alpha=hides_something(upright) if path.suffix.lower() == ".gif" else has_alpha(upright.format),
            light=light_of(native),
        )

    def time_of(self, index: int) -> Fraction:
        """When a frame is shown, in seconds on the file's clock."""
        return self._clock.time(index)

    def __iter__(self) -> Iterator[Frame]:
        return self.frames()

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """Frames from that index on, the same as in a pass over all of them, without decoding all before.

        Raises:
            DecodeError: a picture is damaged or missing, and `on_error` is "stop".
            MediaError: the pictures change their size.
        """
        turner: Turner | None = None
        upright: VideoPicture | None = None
        early: list[Shown] = []  # before the first sound picture, which then stands in for them
        if start >= len(self._clock.stamps):
            return
        for shown in shown_from(self._path, self._packets, self._first + start):
            if shown.reason and self._on_error == "stop":
                raise self._damaged(shown)
            if shown.picture is None:
                early.append(shown)
                continue
            if upright is None or not (shown.reason or shown.repeated):
                turner = turner or Turner(shown.picture.rotation)
                upright = self._upright(turner, shown)
            for each in (*early, shown):
                index = each.place - self._first
                yield Frame(upright, self._clock.time(index), self._clock.duration(index), bool(each.reason))
            early.clear()

    def _upright(self, turner: Turner, shown: Shown) -> VideoPicture:
        assert shown.picture is not None
        upright = turner(shown.picture)
        if (upright.height, upright.width) != self.info.size:
            raise MediaError(
                f"{self._path} changes its size to {upright.width}x{upright.height} at "
                f"{float(self._clock.time(shown.place - self._first)):.3f} s; "
                "cut it there and treat the parts one by one"
            )
        return VideoPicture(upright, tags_of(upright))

    def _damaged(self, shown: Shown) -> DecodeError:
        time = self._clock.time(shown.place - self._first)
        return DecodeError(
            f"{self._path} is damaged at {float(time):.3f} s: {shown.reason}; "
            "add --on-error skip to show the picture before it instead"
        )


class WebpSource:
    """Frames of an animated WebP, as RGB with alpha. Damage always stops it: its decoder does not go on behind."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clock = webp_clock(path)
        first = next(webp_pictures(path, self._clock))
        self.info = SourceInfo(
            path=path,
            kind="video",
            size=(first.height, first.width),
            depth=8,
            frame_count=len(self._clock.stamps),
            rate=self._clock.rate,
            regular=self._clock.regular,
            tick=self._clock.tick,
            start=self._clock.start,
            duration=self._clock.end - self._clock.start,
            pixel_format=first.format.name,
            tags=tags_of(first),
            alpha=is_transparent_webp(path),
        )

    def time_of(self, index: int) -> Fraction:
        """When a frame is shown, in seconds."""
        return self._clock.time(index)

    def __iter__(self) -> Iterator[Frame]:
        return self.frames()

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """Frames from that index on.

        Raises:
            MediaError: the file is damaged.
        """
        for index, picture in enumerate(webp_pictures(self._path, self._clock, start), start):
            shown = VideoPicture(picture, tags_of(picture))
            yield Frame(shown, self._clock.time(index), self._clock.duration(index))


def _first_pictures(path: Path, packets: PacketList) -> tuple[int, av.VideoFrame]:
    """The first place that counts, and the first sound picture.

    Raises:
        NoFrames: no picture can be decoded.
    """
    first = 0
    picture: av.VideoFrame | None = None
    for shown in decoded(path, packets, BEGINNING, careful=True):
        if shown.picture is None and shown.place < packets.first_key_place:
            first = shown.place + 1
        picture = picture or shown.picture
        if picture is not None and shown.place >= packets.first_key_place:
            break
    if picture is None:
        raise NoFrames(f"{path} has a video stream, but no frame of it can be decoded")
    return first, picture
