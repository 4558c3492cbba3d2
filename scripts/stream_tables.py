"""Fill in the tables of docs/streams.md by trying: what the streams of each container become in each output.

The tests' own drawn clips are what is tried: tests/ must be on the path.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition, Stream

from carriers import Extras, Tone, Words, carrier, sounds_that_can_be_drawn, tone_packets
from frameloom.media.carrying.remux import StreamCopy
from frameloom.media.carrying.retiming import Retiming

PAGE = Path(__file__).resolve().parent.parent / "docs" / "streams.md"
OUTPUTS = (".mp4", ".m4v", ".mov", ".mkv")
FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
_TAGS = (("title", "a walk"), ("artist", "someone"), ("comment", "by the sea"), ("mood", "calm"))
_CHAPTERS = ((0, 200, "one"), (200, 400, "two"))
INPUTS = {
    ".mp4": Extras(
        [Tone(), Tone("ac3"), Tone("libopus")], [Words("mov_text")], (), _CHAPTERS, _TAGS, cover=True, second_video=True
    ),
    ".mov": Extras(
        [Tone(), Tone("pcm_s24le")], [Words("mov_text")], (), _CHAPTERS, (*_TAGS, ("timecode", "01:00:00:00"))
    ),
    ".mkv": Extras(
        [Tone("flac"), Tone("libopus"), Tone("vorbis", layout="stereo")],
        [Words("subrip"), Words("ass"), Words("webvtt")],
        ["hdmv_pgs_subtitle", "dvb_subtitle"],
        _CHAPTERS,
        _TAGS,
        cover=True,
        font=True,
    ),
    ".webm": Extras([Tone("libopus")], [Words("webvtt")], (), _CHAPTERS, _TAGS),
    ".avi": Extras([Tone("libmp3lame"), Tone("pcm_s16le")], (), (), (), _TAGS[:3]),
    ".ts": Extras([Tone(), Tone("mp2")], (), ["dvb_subtitle"]),
}


def main() -> int:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = page(Path(folder))
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


def page(folder: Path) -> str:
    """The page with its tables as they come out now."""
    text = PAGE.read_text(encoding="utf-8")
    for name, rows in (("streams", stream_rows(folder)), ("sound", sound_rows(folder))):
        before, rest = text.split(f"<!-- {name} -->\n")
        _, after = rest.split(f"<!-- end of {name} -->\n")
        table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
        text = f"{before}<!-- {name} -->\n{table}\n<!-- end of {name} -->\n{after}"
    return text


def stream_rows(folder: Path) -> Iterator[Sequence[str]]:
    """What becomes of everything in each kind of input."""
    yield ("in", "holds", *OUTPUTS)
    yield ("---",) * (2 + len(OUTPUTS))
    for suffix, extras in INPUTS.items():
        codec = "libvpx-vp9" if suffix == ".webm" else "libx264"
        source = carrier(folder / f"in{suffix}", extras, codec=codec)
        fates = [fates_of(source, folder / f"out{output}") for output in OUTPUTS]
        for held in fates[0]:
            yield (suffix, held, *(fate[held] for fate in fates))


def sound_rows(folder: Path) -> Iterator[Sequence[str]]:
    """What becomes of each sound codec that can be drawn here; codecs with the same fate share a row."""
    yield ("sound", *OUTPUTS)
    yield ("---",) * (1 + len(OUTPUTS))
    groups: dict[tuple[str, ...], set[str]] = {}
    for source in drawn_sounds(folder):
        name = next(iter(kinds(source)))
        fates = tuple(fates_of(source, folder / f"out{output}")[name] for output in OUTPUTS)
        groups.setdefault(fates, set()).add(name.removeprefix("sound "))
    for fates, names in sorted(groups.items(), key=lambda group: min(group[1])):
        yield (", ".join(sorted(names)), *fates)


def drawn_sounds(folder: Path) -> Iterator[Path]:
    """A file for each audio encoder that is here, in the first container that takes it and gives it back."""
    for codec in sounds_that_can_be_drawn():
        for suffix, layout, rate in (
            (suffix, layout, rate)
            for suffix in (".mkv", ".mov", ".nut")
            for layout, rate in (("stereo", 48000), ("mono", 8000))
        ):
            path = folder / f"{codec}{suffix}"
            with suppress(ValueError, IndexError, av.error.FFmpegError):
                tone_only(path, Tone(codec, 0.5, layout=layout, rate=rate))
                if kinds(path):
                    yield path
                    break


def tone_only(path: Path, tone: Tone) -> None:
    """A file with nothing but a tone."""
    with av.open(str(path), "w") as output:
        output.mux(tone_packets(output, tone))


def kinds(path: Path) -> dict[str, list[bytes]]:
    """What a file holds besides its first video: in words -> its packets."""
    found: dict[str, list[bytes]] = {}
    with av.open(str(path), metadata_errors="replace") as container:
        names = {stream.index: _in_words(stream) for stream in container.streams}
        first = container.streams.video[0].index if container.streams.video else None
        for packet in container.demux():
            if packet.size and packet.stream.index != first:
                found.setdefault(names[packet.stream.index], []).append(bytes(packet))
        for stream in container.streams.attachments:
            found[f"attachment {stream.name}"] = [stream.data]
        found |= _of_the_file(container)
    return found


def _in_words(stream: Stream) -> str:
    """The kind of a stream in one word, and its codec."""
    cover = stream.disposition & Disposition.attached_pic
    name = stream.codec.canonical_name if stream.codec_context is not None else stream.metadata.get("timecode", "")
    kind = "cover" if cover else {"audio": "sound", "video": "video", "data": "timecode"}.get(stream.type)
    return f"{kind or stream.type} {name}".strip()


def _of_the_file(container: InputContainer) -> dict[str, list[bytes]]:
    found = {"chapters": [chapter["metadata"]["title"].encode() for chapter in container.chapters()]}
    tags = {key.lower(): value for key, value in container.metadata.items()}
    found |= {f"tag {key}": [tags[key].encode()] for key, _ in _TAGS if key in tags}
    return {name: data for name, data in found.items() if data}


def fates_of(source: Path, output: Path) -> dict[str, str]:
    """What became of everything in a source: copied, converted, or left out and named."""
    named = carried(source, output)
    before, after = kinds(source), kinds(output)
    return {held: _fate(held, data, after, named) for held, data in before.items()}


def _fate(held: str, data: list[bytes], after: dict[str, list[bytes]], named: str) -> str:
    kind, _, name = held.partition(" ")
    if any(_same(data, other) for words, other in after.items() if words.split()[0] == kind):
        return "copied"
    if kind == "subtitle" and name not in named:
        return next(f"as {words.split()[1]}" for words in after if words.startswith("subtitle"))
    if (name or kind).lower() not in named.lower() and kind not in named:
        raise SystemExit(f"{held} is lost without a word: {named}")
    return "named"


def _same(before: list[bytes], after: list[bytes]) -> bool:
    """The same packets, without the headers that a stream for broadcast repeats, and mov_text's empty samples."""
    before, after = ([data for data in packets if data != bytes(2)] for packets in (before, after))
    return len(before) == len(after) and all(a.endswith(b) for a, b in zip(before, after, strict=True))


def carried(source: Path, output: Path) -> str:
    """Copy everything but the pictures, beside a video of one picture; returns what was left out, in words."""
    with (
        StreamCopy(source, Retiming(Fraction(0))) as copy,
        av.open(str(output), "w", format=FORMATS[output.suffix]) as made,
    ):
        video = made.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        copy.add_to(made)
        picture = av.VideoFrame(64, 48, "yuv420p")
        picture.pts = 0
        packets = [*video.encode(picture), *video.encode(None)]
        for packet in [*packets, *copy.until(None)]:
            made.mux_one(packet)
    return "; ".join(copy.left_out)


if __name__ == "__main__":
    sys.exit(main())
