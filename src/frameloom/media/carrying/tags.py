"""What a file says about itself and its streams: title, language, chapters."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from av.container import InputContainer, OutputContainer
from av.stream import Stream

from frameloom.media.carrying.retiming import Retiming

if TYPE_CHECKING:
    from av.container.core import Chapter

# fmt: off
# How the source file was made, not what is in it; the output's writer has its own.
_OF_THE_FILE = frozenset({
    "major_brand", "minor_version", "compatible_brands", "encoder", "encoding_tool", "software", "duration", "timecode",
    "vendor_id", "gapless_playback", "media_type", "hd_video", "bps", "number_of_frames", "number_of_bytes",
})
_STATISTICS = ("_statistics", "bps-", "duration-", "number_of_")
_OF_STREAMS = ("language", "title", "handler_name")
# What FFmpeg writes into each and finds again; a test writes and reads every one. Matroska takes any name.
_MOV = frozenset({
    "title", "artist", "album", "date", "comment", "genre", "copyright", "make", "model", "location", "creation_time",
})
_MP4 = frozenset({
    "title", "artist", "album", "date", "comment", "genre", "copyright", "location", "creation_time", "album_artist",
    "composer", "grouping", "lyrics", "description", "synopsis", "show", "episode_id", "network", "keywords",
    "episode_sort", "season_number", "compilation", "track", "disc",
})
HELD: Mapping[str, frozenset[str]] = {"mp4": _MP4, "mov": _MOV}
"""Container -> the names of tags that it holds."""
_SYNONYMS = {
    "author": "artist",
    "year": "date",
    "com.apple.quicktime.make": "make",
    "com.apple.quicktime.model": "model",
    "com.apple.quicktime.location.iso6709": "location",
}
# QuickTime numbers its languages and knows one of the two codes that ISO 639-2 has for these.
_QUICKTIME_LANGUAGES = {
    "sqi": "alb", "hye": "arm", "eus": "baq", "mya": "bur", "zho": "chi", "cze": "ces", "nld": "dut", "fre": "fra",
    "kat": "geo", "deu": "ger", "ell": "gre", "isl": "ice", "mkd": "mac", "msa": "may", "fas": "per", "rum": "ron",
    "slo": "slk", "bod": "tib", "cym": "wel",
}
# fmt: on


def copy_tags(source: InputContainer, output: OutputContainer) -> list[str]:
    """Copy the tags of the whole file; returns the names of those that the container cannot hold."""
    held = HELD.get(output.format.name)
    left_out: list[str] = []
    for given, value in source.metadata.items():
        name = given.lower()
        if name in _OF_THE_FILE or name.startswith(_STATISTICS):
            continue
        if held is not None and name not in held:
            name = _SYNONYMS.get(name, name)
        if held is not None and name not in held:
            if not _repeats(name, source.metadata):
                left_out.append(given)
        else:
            output.metadata.setdefault(name, value)
    return left_out


def _repeats(name: str, tags: Mapping[str, str]) -> bool:
    """Whether a name with a language or country (location-eng) only repeats the one without."""
    plain, _, rest = name.rpartition("-")
    return bool(rest) and plain in tags and tags[plain] == tags[name]


def copy_stream_tags(source: Stream, target: Stream, container: str) -> None:
    """Copy language, title and what the stream is for."""
    found = {name.lower(): value for name, value in source.metadata.items()}
    if "name" in found:  # what the mp4 family calls it when read
        found.setdefault("title", found["name"])
    for name in _OF_STREAMS:
        if name in found:
            target.metadata[name] = found[name]
    language = target.metadata.get("language")
    if language and container == "mov":
        target.metadata["language"] = _QUICKTIME_LANGUAGES.get(language, language)
    target.disposition = source.disposition


def copy_chapters(source: InputContainer, output: OutputContainer, retiming: Retiming) -> None:
    """Copy the chapters, at the output's times; what lies before the first picture is cut off."""
    chapters: list[Chapter] = []
    for chapter in source.chapters():
        base = chapter["time_base"]
        if base is None:
            continue
        start, end = (retiming.ticks(stamp, base) for stamp in (chapter["start"], chapter["end"]))
        if end > 0:
            chapters.append({**chapter, "start": max(0, start), "end": end})
    output.set_chapters(chapters)
