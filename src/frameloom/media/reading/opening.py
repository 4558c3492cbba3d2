"""Opening files with FFmpeg's libraries, and what is refused at the door."""

from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from frameloom.errors import CannotOpen, NoFrames

# 16K video has 133 million; as float RGB that is 1.6 GB a picture. More than this is a damaged or hostile header.
MOST_PIXELS = 2**27

# What local files need; playlists in hostile input must not reach the network. The limit on the size holds for the
# decoders that find out about a file while it is opened.
_CONTAINER_OPTIONS = {"protocol_whitelist": "file", "max_pixels": str(MOST_PIXELS)}


def address(path: Path) -> str:
    """What FFmpeg takes for a file whatever it is called: "12:30.mp4" alone would name a protocol."""
    return str(path.absolute())


def open_container(path: Path) -> InputContainer:
    """Open a media file for reading; its tags may be in any encoding.

    Raises:
        CannotOpen: it is not one, or too damaged to tell.
    """
    try:
        return av.open(address(path), options=dict(_CONTAINER_OPTIONS), metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotOpen(f"{path} cannot be read as a video: {reason}") from error


def is_cover(stream: Stream) -> bool:
    """Whether a stream is one picture that stands for the file."""
    return bool(stream.disposition & Disposition.attached_pic)


def pictures_of(container: InputContainer) -> VideoStream | None:
    """The stream whose pictures are read: the first of moving pictures; None where there is none."""
    return next((stream for stream in container.streams.video if not is_cover(stream)), None)


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream whose pictures are read, made sure to be readable.

    Raises:
        NoFrames: there is none, or its header says that it is empty.
        CannotOpen: it has no decoder here, or claims pictures larger than any camera makes.
    """
    stream = pictures_of(container)
    if stream is None:
        found = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        raise NoFrames(f"{path} has no video stream, only {found}")
    if getattr(stream, "codec_context", None) is None:
        raise CannotOpen(f"{path} has video of a kind that is not known here; convert it first")
    if not stream.width or not stream.height:
        raise NoFrames(f"{path} has a video stream without pictures")
    if stream.width * stream.height > MOST_PIXELS:
        raise CannotOpen(
            f"{path} claims pictures of {stream.width}x{stream.height}; it is damaged, or too large "
            f"(at most {MOST_PIXELS // 10**6} million pixels)"
        )
    return stream
