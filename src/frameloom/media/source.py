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
import av.error
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from frameloom import images
from frameloom.errors import CannotOpen, MediaError, NoFrames, ShapeError
from frameloom.frame import ArrayPicture, Frame
from frameloom.media.animated_webp import webp_clock, webp_pictures
from frameloom.media.chunks import is_animated_png, is_animated_webp, is_transparent_webp
from frameloom.media.clock import FALLBACK_RATE, Clock, clock_of
from frameloom.media.colour import ColourTags, VideoPicture, depth_of, has_alpha, hides_something, tags_of
from frameloom.media.light import Light, light_of
from frameloom.media.rotate import Turner

# What local files need; playlists in hostile input must not reach the network.
CONTAINER_OPTIONS = {"protocol_whitelist": "file"}


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
    """Pictures counted without decoding; damaged files may yield fewer."""
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
    """Frames in order of time; every iteration starts from the beginning."""

    @property
    def info(self) -> SourceInfo:
        """What is known before the first frame is decoded."""
        ...

    def __iter__(self) -> Iterator[Frame]: ...


def open_source(path: str | os.PathLike[str], *, rate: Fraction | None = None) -> "VideoSource | ImageSource":
    """Open a video, an animated GIF, WebP or PNG, a folder of images (natural order) or a single image.

    Args:
        path: The file or folder.
        rate: Playback rate of images, which have no time of their own; 10 frames a second by default.

    Raises:
        CannotOpen: missing, empty, damaged, or neither picture nor video.
        NoFrames: readable, but without a single picture.
    """
    path = Path(path)
    if path.is_dir():
        found = images.images_in(path)
        if not found:
            raise NoFrames(f"{path} holds no images ({', '.join(sorted(images.SUFFIXES))})")
        return ImageSource(path, found, rate)
    if path.suffix.lower() == ".webp" and is_animated_webp(path):
        return WebpSource(path)
    if path.suffix.lower() in images.SUFFIXES and not is_animated_png(path):
        return ImageSource(path, [path], rate)
    return VideoSource(path)


class ImageSource:
    """Image files as frames at an even rate."""

    DEFAULT_RATE = Fraction(10)

    def __init__(self, path: Path, files: list[Path], rate: Fraction | None) -> None:
        self._files = files
        first = ArrayPicture(images.read_image(files[0]))
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
        for index, file in enumerate(self._files):
            picture = ArrayPicture(images.read_image(file))
            if picture.size != self.info.size:
                raise ShapeError(
                    f"{file} is {_size_text(picture.size)} but {self._files[0].name} is {_size_text(self.info.size)}; "
                    "all images of a folder must have one size"
                )
            yield Frame(picture, index / self._rate, 1 / self._rate)


def _size_text(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"


class VideoSource:
    """Frames of the first video stream of a file, as decoded, upright, with exact times."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise CannotOpen(f"{path} does not exist")
        if path.stat().st_size == 0 and path.is_file():
            raise CannotOpen(f"{path} is empty")
        self._path = path
        self._clock = _read_clock(path)
        first = next(self._pictures(), None)
        if first is None:
            raise NoFrames(f"{path} has a video stream, but no frame of it can be decoded")
        native = first[0]
        with _open(path) as container:
            aspect = Turner(native.rotation).turned_aspect(_video_stream(container, path).sample_aspect_ratio)
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
            pixel_format=upright.format.name,
            tags=tags_of(upright),
            sample_aspect=aspect,
            alpha=hides_something(upright) if path.suffix.lower() == ".gif" else has_alpha(upright.format),
            light=light_of(native),
        )

    def __iter__(self) -> Iterator[Frame]:
        turner: Turner | None = None
        waiting: tuple[VideoPicture, Fraction] | None = None
        for native, time in self._pictures():
            turner = turner or Turner(native.rotation)
            upright = turner(native)
            if (upright.height, upright.width) != self.info.size:
                raise MediaError(
                    f"{self._path} changes its size to {upright.width}x{upright.height} at {float(time):.3f} s; "
                    "cut it there and treat the parts one by one"
                )
            if waiting is not None:
                if time <= waiting[1]:  # broken stamps: keep the order of decoding
                    time = waiting[1] + self._clock.tick
                yield Frame(*waiting, time - waiting[1])
            waiting = VideoPicture(upright, tags_of(upright)), time
        if waiting is not None:
            rest = self._clock.end - waiting[1]
            yield Frame(*waiting, rest if rest > 0 else 1 / self._clock.rate)

    def _pictures(self) -> Iterator[tuple[av.VideoFrame, Fraction]]:
        """Decoded pictures and their exact times."""
        time = self._clock.start
        with _open(self._path) as container:
            stream = _video_stream(container, self._path)
            stream.thread_type = "AUTO"
            decoded = container.decode(stream)
            for index in range(2**62):
                try:
                    picture = next(decoded)
                except StopIteration:
                    return
                except av.error.FFmpegError as error:
                    raise MediaError(
                        f"{self._path} is damaged after {float(time):.3f} s: {error.strerror or error}"
                    ) from error
                if picture.pts is None:
                    time = self._clock.start + index / self._clock.rate
                else:
                    time = self._clock.exact(picture.pts * self._clock.tick)
                yield picture, time


class WebpSource(VideoSource):
    """Frames of an animated WebP, as RGB with alpha."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clock = webp_clock(path)
        first, _ = next(self._pictures())
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

    def _pictures(self) -> Iterator[tuple[av.VideoFrame, Fraction]]:
        return webp_pictures(self._path, self._clock)


def _open(path: Path) -> InputContainer:
    try:
        return av.open(str(path), options=CONTAINER_OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        reason = error.strerror or str(error)
        raise CannotOpen(f"{path} cannot be read as a video: {reason}") from error


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The first stream of moving pictures; cover art is not one."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if not stream.width or not stream.height:
                raise NoFrames(f"{path} has a video stream without pictures")
            return stream
    found = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
    raise NoFrames(f"{path} has no video stream, only {found}")


def _read_clock(path: Path) -> Clock:
    """Go over the packets, without decoding, and collect when each picture is shown."""
    stamps: list[int] = []
    count = last_stamp = last_ticks = 0
    with _open(path) as container:
        stream = _video_stream(container, path)
        tick = Fraction(stream.time_base or Fraction(1, 1000))
        declared = [Fraction(rate) for rate in (stream.guessed_rate, stream.average_rate, stream.base_rate) if rate]
        try:
            for packet in container.demux(stream):
                if packet.size == 0 or packet.is_discard:
                    continue
                count += 1
                if packet.pts is not None:
                    stamps.append(packet.pts)
                    if len(stamps) == 1 or packet.pts > last_stamp:
                        last_stamp, last_ticks = packet.pts, packet.duration or 0
        except av.error.FFmpegError as error:
            raise MediaError(f"{path} is damaged: {error.strerror or error}") from error
    if count == 0:
        raise NoFrames(f"{path} has a video stream without pictures")
    if not stamps:  # a raw stream: only its rate is known
        rate = declared[0] if declared else FALLBACK_RATE
        return Clock(np.arange(count), 1 / rate, rate, True, 1 / rate)
    ordered = np.unique(np.array(stamps, np.int64))
    return clock_of(ordered, tick, declared, last_ticks * tick)
