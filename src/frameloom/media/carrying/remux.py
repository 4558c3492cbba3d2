"""What a file holds besides its pictures - sound, subtitles, chapters, tags, attachments - carried into an output."""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal, cast

import av.error
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import AttachmentStream, Discard, Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream

from frameloom.media.carrying.container_limits import (
    ATTACHMENTS,
    COVERS,
    OVERLAPPING_SUBTITLES,
    TEXT_SUBTITLES,
    declare,
    holds,
    suffix_of,
)
from frameloom.media.carrying.retiming import Retiming
from frameloom.media.carrying.sound_encoder import add_sound_encoder
from frameloom.media.carrying.streams import (
    can_decode,
    is_chapter_track,
    kind_of,
    name_of,
)
from frameloom.media.carrying.stretch import StretchedSound
from frameloom.media.carrying.subtitles import ConvertedSubtitles, CopiedSubtitles
from frameloom.media.carrying.tags import copy_chapters, copy_stream_tags, copy_tags
from frameloom.media.carrying.tracks import CopiedSound, Cover, Track
from frameloom.media.choices import AudioWish
from frameloom.media.reading.opening import is_cover, open_container, pictures_of
from frameloom.media.reading.packet_list import AnyPacket, demuxed

_FOREVER = Fraction(2**40)  # seconds

SoundFate = Literal["copied", "stretched", "left out", "dropped", "none"]


@dataclass(frozen=True, slots=True)
class _LeftOut:
    kind: str
    name: str
    reason: str


class StreamCopy:
    """The other streams of a file, handed out up to a time, so that an output can interleave them with its pictures.

    Nothing is read ahead of the time that is asked for, so memory does not grow with the file.
    """

    def __init__(self, path: Path, retiming: Retiming, *, audio: AudioWish = "copy") -> None:
        """Open a source.

        Args:
            path: The source.
            retiming: From its times to those of the output.
            audio: Sound of an output that lasts longer is left out (copy) or stretched; drop leaves it out always.

        Raises:
            CannotOpen: the source cannot be read any more.
        """
        self.retiming = retiming
        """From the times of the source to those of the output."""
        self._wish = audio
        self._input = open_container(path)
        self._has_sound = bool(self._input.streams.audio)
        self._tracks: dict[int, Track] = {}
        self._left_out: list[_LeftOut] = []
        self._damage: list[str] = []
        self._packets: Iterator[AnyPacket] = iter(())
        self._waiting: AnyPacket | None = None
        self._pending: Iterator[AnyPacket] = iter(())  # what becomes of the packet that was read last
        self._made_until = -_FOREVER  # when the last packet of that begins, output seconds
        self._ready: list[tuple[Fraction, int, AnyPacket]] = []  # a heap by output time
        self._order = itertools.count()

    @property
    def left_out(self) -> list[str]:
        """What the output does not get and why, in words; known once the streams are declared."""
        groups: dict[tuple[str, str], list[str]] = {}
        for item in self._left_out:
            groups.setdefault((item.kind, item.reason), []).append(item.name)
        return [
            f"left out: {kind} ({', '.join(dict.fromkeys(names))}): {reason}"
            for (kind, reason), names in groups.items()
        ]

    @property
    def repairs(self) -> list[str]:
        """What was damaged and dealt with, in words; complete at the end."""
        return [words for track in self._tracks.values() for words in track.repairs()] + self._damage

    @property
    def sound(self) -> SoundFate:
        """What becomes of the sound; known once the streams are declared."""
        if not self._has_sound:
            return "none"
        if self._wish == "drop":
            return "dropped"
        if any(isinstance(track, StretchedSound) for track in self._tracks.values()):
            return "stretched"
        return "copied" if any(isinstance(track, CopiedSound) for track in self._tracks.values()) else "left out"

    def add_to(self, output: OutputContainer) -> None:
        """Declare everything in an output that has its pictures declared already, and nothing written."""
        pictures = pictures_of(self._input)
        if pictures is not None and output.streams.video:
            copy_stream_tags(pictures, output.streams.video[0], output.format.name)
        for source in self._input.streams:
            if source is not pictures and not is_chapter_track(source):
                self._add(source, output)
        copy_chapters(self._input, output, self.retiming)
        for name in copy_tags(self._input, output):
            self._leave_out("tags", name, _cannot_hold(output))
        self._begin()

    def _add(self, source: Stream, output: OutputContainer) -> None:
        if isinstance(source, AudioStream):
            self._add_sound(source, output)
        elif isinstance(source, SubtitleStream):
            self._add_subtitles(source, output)
        elif isinstance(source, AttachmentStream):
            self._add_attachment(source, output)
        elif isinstance(source, VideoStream) and is_cover(source):
            self._add_cover(source, output)
        elif isinstance(source, VideoStream):
            self._leave_out(kind_of(source), name_of(source), "only the first video is interpolated")
        else:
            self._leave_out(kind_of(source), name_of(source), "it belongs to the frames as they were")

    def _leave_out(self, kind: str, name: str, reason: str) -> None:
        self._left_out.append(_LeftOut(kind, name, reason))

    def _add_sound(self, source: AudioStream, output: OutputContainer) -> None:
        if self._wish == "drop":
            return
        if not self.retiming.keeps_duration and self._wish == "copy":
            self._leave_out("sound", name_of(source), f"the output {self._longer}; use --audio stretch")
        elif self.retiming.keeps_duration and not holds(output.format.name, source):
            self._leave_out("sound", name_of(source), _cannot_hold(output, source))
        elif self.retiming.keeps_duration:
            self._carry(source, copied := declare(output, source), CopiedSound(source, copied, self.retiming))
        elif can_decode(source) and source.codec_context.sample_rate:
            encoded = add_sound_encoder(output, source)
            self._carry(source, encoded, StretchedSound(source, encoded, self.retiming))
        else:
            self._leave_out("sound", name_of(source), "it cannot be decoded")

    @property
    def _longer(self) -> str:
        return "lasts longer" if self.retiming.stretch > 1 else "is shorter"

    def _add_subtitles(self, source: SubtitleStream, output: OutputContainer) -> None:
        container = output.format.name
        if holds(output.format.name, source):
            target = declare(output, source)
            overlapping = container in OVERLAPPING_SUBTITLES
            self._carry(source, target, CopiedSubtitles(source, target, self.retiming, overlapping=overlapping))
        elif can_decode(source) and source.codec.text_sub and container in TEXT_SUBTITLES:
            track = ConvertedSubtitles(source, output, TEXT_SUBTITLES[container], self.retiming)
            self._carry(source, track.target, track)
        else:
            self._leave_out("subtitles", name_of(source), _cannot_hold(output, source))

    def _add_attachment(self, source: AttachmentStream, output: OutputContainer) -> None:
        if output.format.name not in ATTACHMENTS:
            self._leave_out("attachment", name_of(source), _cannot_hold(output))
            return
        kind = source.mimetype or "application/octet-stream"
        output.add_attachment(name_of(source), kind, source.data)

    def _add_cover(self, source: VideoStream, output: OutputContainer) -> None:
        codec, container = name_of(source), output.format.name
        if codec in COVERS.get(container, ()):
            target = declare(output, source)
            self._carry(source, target, Cover(target))
        elif container in ATTACHMENTS and (picture := self._picture(source)):
            suffix = {"mjpeg": "jpg"}.get(codec, codec)
            kind = {"mjpeg": "jpeg"}.get(codec, codec)
            output.add_attachment(source.metadata.get("filename", f"cover.{suffix}"), f"image/{kind}", picture)
        else:
            self._leave_out("cover", codec, _cannot_hold(output))

    def _picture(self, cover: VideoStream) -> bytes:
        """The cover itself, which the reader hands out before all else."""
        with open_container(Path(self._input.name)) as container:
            packet = next(iter(container.demux(cast(VideoStream, container.streams[cover.index]))))
            return bytes(packet)

    def _carry(self, source: Stream, target: Stream, track: Track) -> None:
        copy_stream_tags(source, target, target.container.format.name)
        self._tracks[source.index] = track

    def _begin(self) -> None:
        """Read what is carried, and skip the rest."""
        for stream in self._input.streams:
            if stream.index not in self._tracks:
                stream.discard = Discard.all
        carried = [self._input.streams[index] for index in self._tracks]
        if carried:
            self._packets = demuxed(self._input, carried)
            self._advance()

    def _advance(self) -> None:
        try:
            self._waiting = next(self._packets, None)
        except (av.error.FFmpegError, OSError) as error:
            self._waiting = None
            self._damage.append(f"the sound and the subtitles end early, because the file is damaged: {error.strerror}")
        if self._waiting is None:
            self._pending = itertools.chain(self._pending, *(track.finish() for track in self._tracks.values()))

    def until(self, time: Fraction | None) -> Iterator[AnyPacket]:
        """Packets that begin before `time` (output seconds), ready to mux; all that are left for None."""
        while True:
            while self._ready and (time is None or self._ready[0][0] < time):
                yield heapq.heappop(self._ready)[2]
            if time is not None and self._made_until >= time:
                return  # what else is pending comes later
            if self._make_one():
                continue
            packet = self._waiting
            if packet is None or (time is not None and self._time_of(packet) >= time):
                return
            self._pending = self._tracks[packet.stream.index].feed(packet)
            self._advance()

    def _time_of(self, packet: AnyPacket) -> Fraction:
        """When a packet of the source begins in the output; those without a time are due at once."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None:
            return self.retiming.shift
        return self.retiming.time(stamp * packet.time_base)

    def _make_one(self) -> bool:
        """Make the next packet of what was read last: a gap in the sound may be hours of silence, none made early."""
        packet = next(self._pending, None)
        if packet is None:
            self._made_until = -_FOREVER
            return False
        self._made_until = (packet.dts or 0) * packet.time_base
        heapq.heappush(self._ready, (self._made_until, next(self._order), packet))
        return True

    def __enter__(self) -> "StreamCopy":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._input.close()


def _cannot_hold(output: OutputContainer, source: Stream | None = None) -> str:
    """The reason, and where it would be held; what is no stream with a codec of its own fits into Matroska."""
    better = output.format.name != "matroska" and (source is None or holds("matroska", source))
    return f"{suffix_of(output)} does not hold this{'; use .mkv' if better else ''}"
