"""Subtitles, chapters, tags, covers and attachments: carried along, at the output's times, or named."""

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from av.stream import Disposition
from av.subtitles.stream import SubtitleStream

import frameloom as fl
import readers
from carriers import FONT, Extras, Tone, Words, carrier, jpeg
from frameloom.media.carrying.retiming import Retiming
from frameloom.media.carrying.subtitles import Line, OneAtATime
from frameloom.media.carrying.tags import HELD
from frameloom.media.carrying.tracks import Stamps

MS = Fraction(1, 1000)
ALL = ["out.mp4", "out.m4v", "out.mov", "out.mkv"]


def shown(path: Path, number: int = 0) -> list[tuple[int, int, str]]:
    """When each line of a track begins and ends (milliseconds after the first picture) and what it says."""
    first = readers.times(path)[0]
    lines: list[tuple[int, int, str]] = []
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[number]
        assert isinstance(stream, SubtitleStream)
        for packet in container.demux(stream):
            decoded = stream.codec_context.decode2(packet) if packet.size else None
            if decoded:
                text = re.sub(r"\{.*?\}", "", b"|".join(rect.dialogue for rect in decoded).decode()).strip()
                start = packet.pts * packet.time_base - first
                lines.append((round(start / MS), round((start + packet.duration * packet.time_base) / MS), text))
    return [line for line in lines if line[2]]


def near(seen: list[tuple[int, int, str]], want: list[tuple[int, int, str]]) -> bool:
    """The same lines, up to a millisecond of rounding."""
    return len(seen) == len(want) and all(
        abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) <= 1 and a[2] == b[2] for a, b in zip(seen, want, strict=True)
    )


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("source", "codec"),
    [("in.mp4", "mov_text"), ("in.mov", "mov_text"), ("in.mkv", "subrip"), ("in.mkv", "ass"), ("in.webm", "webvtt")],
)
@pytest.mark.parametrize("slow", [1, 2.5])
def test_text_subtitles_are_shown_at_the_output_s_times(
    tmp_path: Path, name: str, source: str, codec: str, slow: float
) -> None:
    encoder = "libvpx-vp9" if source.endswith("webm") else "libx264"
    path = carrier(tmp_path / source, Extras(words=[Words(codec, language="fra")]), codec=encoder)
    made = fl.interpolate(path, tmp_path / name, model="blend", slow=slow)
    want = [(0, 150, "one"), (200, 400, "two\nlines")]
    assert near(shown(tmp_path / name), [(int(start * slow), int(end * slow), text) for start, end, text in want])
    assert made.notices == ()
    with av.open(str(tmp_path / name)) as container:
        assert container.streams.subtitles[0].metadata["language"] == "fra"


def test_text_that_the_container_takes_is_copied_byte_for_byte(tmp_path: Path) -> None:
    for name, codec in (("mkv", "subrip"), ("mkv", "ass"), ("mkv", "webvtt"), ("mp4", "mov_text")):
        source = carrier(tmp_path / f"{codec}.{name}", Extras(words=[Words(codec)]))
        fl.interpolate(source, tmp_path / f"{codec}-out.{name}", model="blend")
        before, after = (readers.packets(file, "subtitle") for file in (source, tmp_path / f"{codec}-out.{name}"))
        assert [data for data in after.data if data != bytes(2)] == [data for data in before.data if data != bytes(2)]


def test_lines_before_the_first_picture_are_cut_off(tmp_path: Path) -> None:
    """The picture begins at 1 s: the first line is over by then, the second has 200 ms left."""
    words = Words("subrip", ((0, 500, "gone"), (800, 1200, "half"), (1250, 1300, "whole")))
    source = carrier(tmp_path / "in.mkv", Extras(words=[words]), start=25)
    for name in ("out.mkv", "out.mp4"):
        fl.interpolate(source, tmp_path / name, model="blend")
        assert near(shown(tmp_path / name), [(0, 200, "half"), (250, 300, "whole")])


def test_lines_that_overlap_are_shown_together_where_only_one_can_be(tmp_path: Path) -> None:
    words = Words("subrip", ((0, 300, "first"), (100, 200, "second"), (300, 400, "third")))
    source = carrier(tmp_path / "in.mkv", Extras(words=[words]))
    fl.interpolate(source, tmp_path / "out.mp4", model="blend")
    want = [(0, 100, "first"), (100, 200, "first\nsecond"), (200, 300, "first"), (300, 400, "third")]
    assert near(shown(tmp_path / "out.mp4"), want)


def test_one_at_a_time_settles_nothing_early_and_loses_nothing() -> None:
    sequence = OneAtATime()
    lines = [
        Line(Fraction(0), Fraction(4), b"a"),
        Line(Fraction(0), Fraction(1), b"b"),
        Line(Fraction(6), Fraction(7), b"c"),
    ]
    settled = [[*sequence.add(line)] for line in lines]
    assert settled[:2] == [[], []]
    assert settled[2] == [Line(Fraction(0), Fraction(1), b"a\\Nb"), Line(Fraction(1), Fraction(4), b"a")]
    assert [*sequence.rest()] == [Line(Fraction(6), Fraction(7), b"c")]


def test_drawn_subtitles_are_copied_to_matroska_and_named_elsewhere(tmp_path: Path) -> None:
    source = carrier(tmp_path / "in.mkv", Extras(pictures_of_text=["hdmv_pgs_subtitle", "dvb_subtitle"]))
    made = fl.interpolate(source, tmp_path / "out.mkv", model="blend", slow=2)
    assert made.notices == ()
    for number in range(2):
        before, after = (readers.packets(file, "subtitle", number) for file in (source, tmp_path / "out.mkv"))
        assert after.data == before.data
        assert after.starts == [start * 2 for start in before.starts]
    made = fl.interpolate(source, tmp_path / "out.mp4", model="blend")
    assert made.notices == (
        "in.mkv: left out: subtitles (hdmv_pgs_subtitle, dvb_subtitle): .mp4 does not hold this; use .mkv",
    )


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("start", "slow"), [(0, 1), (0, 4), (25, 1)])
def test_chapters_move_with_the_pictures(tmp_path: Path, name: str, start: int, slow: int) -> None:
    offset = start * 40
    chapters = [(offset, offset + 160, "one"), (offset + 160, offset + 400, "zwei é")]
    early = [(0, offset, "early")] if offset else []
    source = carrier(tmp_path / "in.mkv", Extras(chapters=[*early, *chapters]), start=start)
    fl.interpolate(source, tmp_path / name, model="blend", slow=slow)
    with av.open(str(tmp_path / name)) as container:
        seen = [
            (
                chapter["start"] * chapter["time_base"],
                chapter["end"] * chapter["time_base"],
                chapter["metadata"]["title"],
            )
            for chapter in container.chapters()
        ]
    assert seen == [(Fraction(0), 160 * slow * MS, "one"), (160 * slow * MS, 400 * slow * MS, "zwei é")]


@pytest.mark.parametrize("name", ALL)
def test_tags_are_copied_or_named(tmp_path: Path, name: str) -> None:
    tags = {"title": "a walk", "artist": "someone", "comment": "by the sea", "mood": "calm"}
    path = carrier(tmp_path / "in.mkv", Extras(tags=[*tags.items(), ("creation_time", "2020-01-02T03:04:05.000000Z")]))
    made = fl.interpolate(path, tmp_path / name, model="blend")
    with av.open(str(tmp_path / name)) as container:
        seen = {key.lower(): value for key, value in container.metadata.items()}
    assert seen["creation_time"] == "2020-01-02T03:04:05.000000Z"
    assert all(seen[key] == value for key, value in tags.items() if key != "mood")
    assert ("mood" in seen) != any("tags (MOOD)" in notice for notice in made.notices)
    assert "major_brand" not in seen or not name.endswith("mkv")


@pytest.mark.parametrize("container", HELD)
def test_every_tag_that_is_said_to_be_held_is_found_again(tmp_path: Path, container: str) -> None:
    numbers = {
        "track": "3/9",
        "disc": "1",
        "date": "2019",
        "episode_sort": "4",
        "season_number": "2",
        "compilation": "1",
    }
    special = {"location": "+27.5916+086.5640+8850/", "creation_time": "2020-01-02T03:04:05.000000Z", **numbers}
    for tag in sorted(HELD[container]):
        value = special.get(tag, f"the {tag}")
        path = carrier(tmp_path / f"{tag}.{container}", Extras(tags=[(tag, value)]), count=2)
        with av.open(str(path)) as made:
            assert made.metadata.get(tag, "")[:8] == value[:8], tag


@pytest.mark.parametrize("name", ALL)
def test_languages_titles_and_dispositions_are_kept(tmp_path: Path, name: str) -> None:
    tones = [Tone(language="deu", title="Original"), Tone(language="eng", disposition=Disposition.default)]
    words = [Words("subrip", language="nld", disposition=Disposition.forced)]
    path = carrier(tmp_path / "in.mkv", Extras(tones, words))
    fl.interpolate(path, tmp_path / name, model="blend")
    with av.open(str(tmp_path / name)) as container:
        tracks = [
            (track.metadata, track.disposition) for track in (*container.streams.audio, *container.streams.subtitles)
        ]
        title = container.streams.video[0].metadata
    languages = {"out.mov": ["ger", "eng", "dut"]}  # QuickTime knows the other code of the two
    assert [tags["language"] for tags, _ in tracks] == languages.get(name, ["deu", "eng", "nld"])
    assert "Original" in tracks[0][0].values()
    assert "the pictures" in title.values()
    assert tracks[1][1] & Disposition.default
    assert not tracks[0][1] & Disposition.default
    assert bool(tracks[2][1] & Disposition.forced) == (name != "out.mov")


@pytest.mark.parametrize("source", ["in.mp4", "in.mkv"])
@pytest.mark.parametrize("name", ALL)
def test_a_cover_is_copied_or_named(tmp_path: Path, source: str, name: str) -> None:
    path = carrier(tmp_path / source, Extras([Tone()], cover=True))
    made = fl.interpolate(path, tmp_path / name, model="blend")
    with av.open(str(tmp_path / name)) as container:
        covers = [stream for stream in container.streams.video if stream.disposition & Disposition.attached_pic]
        seen = [bytes(next(iter(container.demux(stream)))) for stream in covers]
    if name == "out.mov":
        assert (seen, len(made.notices)) == ([], 1)
        assert "cover (mjpeg)" in made.notices[0]
    else:
        assert (seen, made.notices) == ([jpeg()], ())
    assert fl.open_source(tmp_path / name).info.frame_count == 20


def test_fonts_are_copied_to_matroska_and_named_elsewhere(tmp_path: Path) -> None:
    path = carrier(tmp_path / "in.mkv", Extras(words=[Words("ass")], font=True))
    assert fl.interpolate(path, tmp_path / "out.mkv", model="blend").notices == ()
    with av.open(str(tmp_path / "out.mkv")) as container:
        found = container.streams.attachments[0]
        assert (found.name, found.mimetype, found.data) == ("hand.ttf", "application/x-truetype-font", FONT)
    made = fl.interpolate(path, tmp_path / "out.mp4", model="blend")
    assert any("attachment (hand.ttf)" in notice for notice in made.notices)


def test_a_second_video_is_named(tmp_path: Path) -> None:
    path = carrier(tmp_path / "in.mkv", Extras(second_video=True))
    made = fl.interpolate(path, tmp_path / "out.mkv", model="blend")
    assert made.notices == ("in.mkv: left out: further video (h264): only the first video is interpolated",)


def test_the_timecode_is_named_and_chapter_tracks_are_not(tmp_path: Path) -> None:
    path = carrier(tmp_path / "in.mov", Extras(chapters=[(0, 400, "one")], tags=[("timecode", "01:00:00:00")]))
    made = fl.interpolate(path, tmp_path / "out.mov", model="blend")
    assert len(made.notices) == 1
    assert "timecode" in made.notices[0]


def test_folders_name_all_that_they_cannot_hold(tmp_path: Path) -> None:
    path = carrier(tmp_path / "in.mkv", Extras([Tone()], [Words("subrip")], chapters=[(0, 400, "one")], cover=True))
    made = fl.interpolate(path, tmp_path / "frames", model="blend")
    assert made.sound == "left out"
    assert any("chapters, cover, subtitles" in notice for notice in made.notices)


@pytest.mark.parametrize("stretch", [Fraction(1), Fraction(5, 2)])
def test_steps_of_time_stay_what_they_were(stretch: Fraction) -> None:
    retiming = Retiming(Fraction(7, 3), stretch, Fraction(1, 9))
    ticks = [retiming.ticks(stamp, Fraction(1, 90000)) for stamp in range(210000, 210010, 2)]
    assert {b - a for a, b in pairwise(ticks)} == {2 * stretch}
    assert abs(ticks[0] * Fraction(1, 90000) - retiming.time(Fraction(210000, 90000))) <= Fraction(1, 90000)


def test_broken_stamps_are_repaired_or_the_packet_is_left_out() -> None:
    stamps = Stamps(MS, MS)
    placed: list[tuple[int, int] | None] = []
    for dts in (0, 20, 15, 40, None, 60, -5000, 80):
        packet = av.Packet(b"sound")
        packet.dts = packet.pts = dts
        packet.duration = 20
        placed.append((packet.dts, packet.pts) if stamps.admit(packet) else None)
    assert placed == [(0, 0), (20, 20), (21, 21), (40, 40), (60, 60), (61, 61), None, (80, 80)]
    assert stamps.in_words("sound") == [
        "sound: 3 packets without a usable time got one",
        "sound: 1 packet that fall back in time left out",
    ]
