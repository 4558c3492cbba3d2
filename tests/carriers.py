"""Clips that carry more than pictures: sound, subtitles, chapters, tags, covers and attachments, drawn in code."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.stream import Disposition
from av.subtitles.subtitle import SubtitleSet

from factories import moving_square, native

MS = Fraction(1, 1000)
ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
# One empty presentation: what a Blu-ray's subtitles end with. Nothing here looks inside.
PGS = bytes.fromhex("16000b0780043810000000000000008000 00").replace(b" ", b"")
DVB = bytes.fromhex("20000f100001000205 10ff".replace(" ", ""))
FONT = b"\0\1\0\0" + bytes(range(200))


@dataclass(frozen=True)
class Tone:
    """A track of sound: a sine."""

    codec: str = "aac"
    seconds: float = 1.0
    start: Fraction = Fraction(0)
    rate: int = 48000
    layout: str = "mono"
    pitch: float = 440.0
    language: str = ""
    title: str = ""
    disposition: int = 0  # as the flags of Disposition
    clicks: Sequence[float] = ()  # seconds at which there is a click instead of the sine
    silent: tuple[float, float] | None = None  # (from, to) seconds that have no packets


@dataclass(frozen=True)
class Words:
    """A track of subtitles: (start, end, text), times in milliseconds."""

    codec: str
    lines: Sequence[tuple[int, int, str]] = ((0, 150, "one"), (200, 400, "{\\b1}two{\\b0}\\Nlines"))
    language: str = ""
    disposition: int = 0  # as the flags of Disposition


@dataclass(frozen=True)
class Extras:
    """What goes with the pictures."""

    tones: Sequence[Tone] = ()
    words: Sequence[Words] = ()
    pictures_of_text: Sequence[str] = ()  # codecs of bitmap subtitles
    chapters: Sequence[tuple[int, int, str]] = ()  # milliseconds
    tags: Sequence[tuple[str, str]] = ()
    cover: bool = False
    font: bool = False
    second_video: bool = False


def carrier(
    path: Path,
    extras: Extras,
    *,
    count: int = 10,
    start: int = 0,
    rate: int = 25,
    codec: str = "libx264",
    format: str | None = None,
) -> Path:
    """Write a clip of the moving square that begins at frame `start` of its clock and carries all that."""
    with av.open(str(path), "w", format=format) as output:
        video = output.add_stream(codec, rate=rate)
        pictures = [native(moving_square(index)) for index in range(count)]
        video.width, video.height, video.pix_fmt = pictures[0].width, pictures[0].height, "yuv420p"
        video.metadata["title"] = "the pictures"
        packets = [packet for tone in extras.tones for packet in tone_packets(output, tone)]
        packets += [packet for words in extras.words for packet in word_packets(output, words)]
        packets += [packet for name in extras.pictures_of_text for packet in bitmap_packets(output, name)]
        output.set_chapters(
            [
                {"id": number, "start": begin, "end": end, "time_base": MS, "metadata": {"title": title}}
                for number, (begin, end, title) in enumerate(extras.chapters, 1)
            ]
        )
        output.metadata.update(extras.tags)
        packets += _extra_files(output, extras)
        if extras.second_video:
            second = output.add_stream(codec, rate=rate)
            second.width, second.height, second.pix_fmt = video.width, video.height, "yuv420p"
            packets += _encoded(second, pictures[:2], start, rate)
        packets += _encoded(video, pictures, start, rate)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            output.mux_one(packet)
    return path


def _encoded(stream: av.VideoStream, pictures: Sequence[av.VideoFrame], start: int, rate: int) -> list[av.Packet]:
    packets: list[av.Packet] = []
    for index, picture in enumerate(pictures):
        picture.pts, picture.time_base = start + index, Fraction(1, rate)
        packets += stream.encode(picture)
    packets += stream.encode(None)
    return packets


def wave_of(tone: Tone) -> np.ndarray:
    """The samples of one channel."""
    time = np.arange(int(tone.seconds * tone.rate)) / tone.rate
    wave = 0.3 * np.sin(2 * np.pi * tone.pitch * time)
    if tone.clicks:
        wave = np.zeros(len(time))
        for click in tone.clicks:
            first = int(click * tone.rate)
            wave[first : first + tone.rate // 200] = 0.8
    return wave.astype(np.float32)


def tone_packets(output: av.container.OutputContainer, tone: Tone) -> list[av.Packet]:
    """Declare and encode a track."""
    stream = output.add_stream(tone.codec, rate=tone.rate, layout=tone.layout, options={"strict": "-2"})
    if tone.language:
        stream.metadata["language"] = tone.language
    if tone.title:
        stream.metadata["title"] = tone.title
    stream.disposition = tone.disposition
    channels = av.AudioLayout(tone.layout).nb_channels
    wave = wave_of(tone)
    packets: list[av.Packet] = []
    for first in range(0, len(wave), 1024):
        chunk = av.AudioFrame.from_ndarray(
            np.repeat(wave[None, first : first + 1024], channels, 0), "fltp", tone.layout
        )
        chunk.sample_rate, chunk.time_base = tone.rate, Fraction(1, tone.rate)
        chunk.pts = int(tone.start * tone.rate) + first
        packets += stream.encode(chunk)
    packets += stream.encode(None)
    if tone.silent is None:
        return packets
    begin, end = tone.silent
    return [packet for packet in packets if not begin <= packet.pts * packet.time_base - tone.start < end]


def word_packets(output: av.container.OutputContainer, words: Words) -> list[av.Packet]:
    """Declare and encode a track."""
    stream = output.add_stream(words.codec)
    stream.time_base = stream.codec_context.time_base = MS
    stream.codec_context.subtitle_header = ASS_HEADER
    if words.language:
        stream.metadata["language"] = words.language
    stream.disposition = words.disposition
    packets: list[av.Packet] = []
    for number, (start, end, text) in enumerate(words.lines):
        line = SubtitleSet.create(f"{number},0,Default,,0,0,0,,{text}".encode(), 0, end - start, start)
        packets.append(_placed(stream.codec_context.encode_subtitle(line), stream, start, end - start))
    return packets


def bitmap_packets(output: av.container.OutputContainer, codec: str) -> list[av.Packet]:
    """Declare a track of drawn subtitles and fill it with bytes that only their writers would look into."""
    stream = output.add_mux_stream(codec)
    stream.time_base = MS
    data = PGS if "pgs" in codec else DVB
    return [_placed(av.Packet(data), stream, start, 100) for start in (100, 300)]


def _placed(packet: av.Packet, stream: av.stream.Stream, start: int, duration: int) -> av.Packet:
    packet.pts = packet.dts = start
    packet.duration = duration
    packet.time_base = MS
    packet.is_keyframe = True
    packet.stream = stream
    return packet


def jpeg() -> bytes:
    """A small picture."""
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt, context.time_base = 64, 48, "yuvj420p", Fraction(1, 25)
    picture = native(moving_square(3), "yuvj420p")
    picture.pts = 0
    return bytes(context.encode(picture)[0])


def _extra_files(output: av.container.OutputContainer, extras: Extras) -> list[av.Packet]:
    matroska = output.format.name in ("matroska", "webm")
    if extras.font:
        output.add_attachment("hand.ttf", "application/x-truetype-font", FONT)
    if extras.cover and matroska:
        output.add_attachment("front.jpg", "image/jpeg", jpeg())
    if not extras.cover or matroska:
        return []
    stream = output.add_mux_stream("mjpeg", width=64, height=48)
    stream.time_base = MS
    stream.disposition = Disposition.attached_pic
    return [_placed(av.Packet(jpeg()), stream, 0, 0)]


def sounds_that_can_be_drawn() -> list[str]:
    """Every audio encoder of this FFmpeg that can be opened."""
    names: list[str] = []
    for name in sorted(av.codecs_available):
        with suppress(ValueError, av.error.FFmpegError):
            if av.Codec(name, "w").type == "audio":
                names.append(name)
    return names
