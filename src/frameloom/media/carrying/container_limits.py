"""What the containers that are written can hold.

FFmpeg's own list of codecs by container is too generous: headers of .mov refuse Opus and FLAC that are on it. So every
stream is declared in a container in memory first, and what that refuses is not declared in the output.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import av
import av.error
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream

TEXT_SUBTITLES = {"mp4": "mov_text", "mov": "mov_text", "matroska": "subrip"}
"""Container -> the subtitle codec that other text is converted to."""
OVERLAPPING_SUBTITLES = frozenset({"matroska"})
"""Containers whose subtitles may be shown at the same time as others of their track."""
COVERS = {"mp4": frozenset({"mjpeg", "png"})}
"""Container -> codecs of cover pictures that are a stream of their own there."""
ATTACHMENTS = frozenset({"matroska"})
"""Containers that hold files: fonts, and covers as pictures."""
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}

_StreamT = TypeVar("_StreamT", bound=Stream)


def declare(output: OutputContainer, source: _StreamT) -> _StreamT:
    """Add a stream like the source's, for packets that are copied into it."""
    target = output.add_stream_from_template(source, opaque=True)
    if isinstance(target, AudioStream) and isinstance(source, AudioStream):
        # Matroska says how many channels there are, not which; the headers of .mp4 insist.
        target.codec_context.layout = layout_of(source)
    return target


def layout_of(source: AudioStream) -> str:
    """The channel layout, or the usual one for so many channels where the file does not say."""
    layout = source.codec_context.layout
    named = not layout.name.endswith("channels")
    return layout.name if named else _LAYOUTS.get(layout.nb_channels, layout.name)


def usual_layout(channels: int) -> str:
    """The layout that every encoder knows for so many channels; more than eight become stereo."""
    return _LAYOUTS.get(channels, "stereo")


def holds(container: str, source: Stream) -> bool:
    """Whether a kind of container (FFmpeg's name) takes the packets of a stream as they are."""
    return accepts(container, lambda output: declare(output, source))


def accepts(container: str, declare_in: Callable[[OutputContainer], object]) -> bool:
    """Whether a kind of container takes what is declared in it, tried in memory."""
    rehearsal = av.open(io.BytesIO(), "w", format=container)
    try:
        declare_in(rehearsal)
        rehearsal.start_encoding()
    except (ValueError, av.error.FFmpegError):
        return False
    finally:
        with suppress(av.error.FFmpegError):
            rehearsal.close()
    return True


def suffix_of(output: OutputContainer) -> str:
    """What the output's names end with, for messages."""
    return Path(output.name).suffix or f".{output.format.name}"
