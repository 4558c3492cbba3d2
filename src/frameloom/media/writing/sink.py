"""Where frames go: a video file, a folder of numbered images, an animated GIF, WebP or PNG.

Sinks write to the path they are given as frames come; giving the output its final name is the caller's
(`frameloom.media.writing.target`). Whole videos are not made through a sink but in segments
(`frameloom.interpolation.render`); a sink takes the frames of a stream, and those that animations are joined from.
"""

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol

from frameloom import images
from frameloom.errors import CannotWrite, InputError
from frameloom.frame import Frame
from frameloom.media.reading.source import SourceInfo
from frameloom.media.writing.animation import ANIMATION_SUFFIXES, AnimationSink
from frameloom.media.writing.encoding import Encoding, VideoSettings
from frameloom.media.writing.gif import GifSink
from frameloom.media.writing.image_folder import ImageFolderSink
from frameloom.media.writing.video_container import VIDEO_SUFFIXES, VideoContainer
from frameloom.media.writing.video_encoder import VideoEncoder

ONLY_READ = frozenset({".avi", ".webm", ".wmv", ".flv", ".mpg", ".mpeg", ".ts", ".m2ts", ".ogv", ".3gp", ".mxf"})
"""Suffixes of videos that are read and not written."""


class FrameSink(Protocol):
    """Takes frames in order of time."""

    def append(self, frame: Frame) -> None:
        """Write one frame; its time and duration count where the format has them."""
        ...

    def __enter__(self) -> "FrameSink": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what was written, unless an error ends it."""
        ...


def kind_of_output(path: Path) -> Literal["video", "gif", "animation", "folder"]:
    """What a name asks for: a video, GIF or other animation by its suffix, else a folder of images.

    Raises:
        CannotWrite: the suffix is that of a format that is not written.
    """
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return "video"
    if suffix == ".gif":
        return "gif"
    if suffix in ANIMATION_SUFFIXES:
        return "animation"
    if suffix in ONLY_READ:
        known = ", ".join([*VIDEO_SUFFIXES, ".gif", *sorted(ANIMATION_SUFFIXES)])
        raise CannotWrite(f"{path}: '{suffix}' is not written; use {known}, or a name without suffix for a folder")
    if suffix in images.SUFFIXES:
        raise CannotWrite(f"{path} names one image, but several frames come out; name a folder or a video")
    return "folder"


def names_a_file(path: Path) -> bool:
    """Whether a name ends like that of a picture, an animation or a video, written or not."""
    known = {*VIDEO_SUFFIXES, ".gif", *ANIMATION_SUFFIXES, *ONLY_READ, *images.SUFFIXES}
    return path.suffix.lower() in known


def sink_for(
    path: Path,
    *,
    like: SourceInfo,
    rate: Fraction,
    unit: Fraction,
    encoding: Encoding | None = None,
    count: int | None = None,
) -> FrameSink:
    """Open an output of the kind that the suffix of its path asks for.

    Args:
        path: Where to write.
        like: The source, whose size, depth, colour tags and pixel shape the output has.
        rate: Nominal frames per second.
        unit: Seconds of which all times and durations are whole multiples.
        encoding: Codec and quality of a video; whether a WebP is lossless.
        count: How many frames are expected, where known; names of images get as many digits.

    Raises:
        CannotWrite: a suffix that is not written, a file that does not hold the codec, or a size it does not take.
        InputError: a lossless encoding that the codec or the file cannot give, or too small a picture.
    """
    kind, encoding = kind_of_output(path), encoding or Encoding()
    check_encoding(path, encoding)
    if kind == "gif":
        return GifSink(path, like.size)
    if kind == "animation":
        return AnimationSink(path, like, unit=unit, lossless=encoding.lossless)
    if kind == "folder":
        return ImageFolderSink(path, 8 if like.depth == 8 else 16, count)
    return VideoSink(path, VideoSettings.of(like, encoding, rate=rate, unit=unit))


def check_encoding(path: Path, encoding: Encoding) -> None:
    """Refuse, before any work is done, an encoding that this kind of output cannot have.

    Raises:
        CannotWrite: a suffix that is not written, or a file that does not hold the codec.
        InputError: a lossless GIF.
    """
    kind = kind_of_output(path)
    if kind == "video":
        encoding.check_output(path)
    if kind == "gif" and encoding.lossless:
        raise InputError(f"{path}: a GIF has 256 colours; for --lossless use .apng or .webp")


class VideoSink:
    """An encoded video without sound, with exact times."""

    def __init__(self, path: Path, settings: VideoSettings) -> None:
        self.settings = settings
        self._resources = ExitStack()
        self._container = self._resources.enter_context(VideoContainer(path, settings, None))
        self._encoder = VideoEncoder(self._container.stream.codec_context, settings)

    def append(self, frame: Frame) -> None:
        """Encode one frame."""
        for packet in self._encoder.encode(frame):
            self._container.mux(packet)

    def __enter__(self) -> "VideoSink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file; after an error, only let go of it."""
        if error is not None:
            self._resources.__exit__(kind, error, trace)
            return
        with self._resources:
            for packet in self._encoder.finish():
                self._container.mux(packet)
            self._container.finish(self._encoder.end)
