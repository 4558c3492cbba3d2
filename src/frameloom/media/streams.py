"""What a file holds besides the pictures that are read, and when the sound begins."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import AttachmentStream, Discard, Disposition, Stream
from av.video.stream import VideoStream

from frameloom.media.opening import CONTAINER_OPTIONS, address
from frameloom.media.retiming import Retiming

AudioWish = Literal["copy", "stretch", "drop"]

# Decoders need a run-up: streams that start less than this before the picture do so only in their time stamps.
_PRIMING_SECONDS = Fraction(1, 20)


@dataclass(frozen=True, slots=True)
class OtherStreams:
    """What a file holds besides the pictures that are read."""

    audio: tuple[int, ...]  # stream indices
    others: tuple[str, ...]  # in words
    earliest_audio: Fraction | None  # seconds on the file's clock; None without sound


def other_streams(path: Path) -> OtherStreams:
    """List the sound of a video and name what else it holds."""
    audio: list[int] = []
    others: set[str] = set()
    starts: list[Fraction] = []
    with opened(path) as container:
        pictures = pictures_of(container)
        for stream in container.streams:
            if isinstance(stream, AudioStream):
                audio.append(stream.index)
                starts.append(Fraction(stream.start_time or 0) * Fraction(stream.time_base or 1))
            elif stream is not pictures and not is_chapter_track(stream):
                others.add(kind_of(stream))
        if container.chapters():
            others.add("chapters")
    return OtherStreams(tuple(audio), tuple(sorted(others)), min(starts, default=None))


def lead_of_sound(streams: OtherStreams, first_picture: Fraction) -> Fraction:
    """How long before the first picture the sound begins, in seconds; a decoder's run-up does not count."""
    if streams.earliest_audio is None:
        return Fraction(0)
    lead = first_picture - streams.earliest_audio
    return lead if lead > _PRIMING_SECONDS else Fraction(0)


def retiming_of(
    streams: OtherStreams, first_picture: Fraction, *, stretch: Fraction, audio: AudioWish, carried: bool = True
) -> Retiming:
    """When things happen in the output: the picture waits for sound that begins before it, where that is carried."""
    carries_sound = carried and (audio == "stretch" or (audio == "copy" and stretch == 1))
    lead = lead_of_sound(streams, first_picture) if carries_sound else Fraction(0)
    return Retiming(first_picture, stretch, lead * stretch)


def opened(path: Path) -> InputContainer:
    """A file whose tags may be in any encoding."""
    return av.open(address(path), options=CONTAINER_OPTIONS, metadata_errors="replace")


def pictures_of(container: InputContainer) -> VideoStream | None:
    """The stream whose pictures are read."""
    return next((stream for stream in container.streams.video if not is_cover(stream)), None)


def is_cover(stream: Stream) -> bool:
    """Whether a stream is one picture that stands for the file."""
    return bool(stream.disposition & Disposition.attached_pic)


def is_chapter_track(stream: Stream) -> bool:
    """The mp4 family keeps chapters as a stream too, which FFmpeg reads as chapters and hides."""
    return stream.type == "data" and stream.discard == Discard.all


def kind_of(stream: Stream) -> str:
    """What a stream is, in words."""
    if stream.type == "data":
        return "timecode" if "timecode" in stream.metadata else "data"
    if stream.type == "video":
        return "cover" if is_cover(stream) else "further video"
    names = {"audio": "sound", "subtitle": "subtitles", "attachment": "attachment"}
    return names.get(stream.type, "data")


def name_of(stream: Stream) -> str:
    """What tells a stream from others of its kind."""
    if isinstance(stream, AttachmentStream):
        return stream.name or "without a name"
    codec = stream.codec.canonical_name if can_decode(stream) else None
    return codec or stream.metadata.get("timecode") or getattr(stream, "name", None) or "unknown"


def can_decode(stream: Stream) -> bool:
    """Whether FFmpeg has a decoder for a stream (PyAV gives the others no context)."""
    return cast(object, stream.codec_context) is not None
