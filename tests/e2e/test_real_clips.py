"""The real clips through the whole program, looked at with readers that have nothing to do with it."""

import json
import shutil
import subprocess
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import av
import cv2
import pytest

import frameloom as fl
import readers
from conftest import REAL_CLIPS
from frameloom.features.cuts import AUTO
from frameloom.features.lookahead import look_ahead
from frameloom.media.reading.source import open_source
from frameloom.results.making import Interpolation

pytestmark = [pytest.mark.real, pytest.mark.slow]


def count_with_opencv(path: Path) -> int:
    """Frames that another decoder finds, one by one."""
    video = cv2.VideoCapture(str(path))
    count = 0
    while video.grab():
        count += 1
    video.release()
    return count


def probe(path: Path) -> dict:
    """ffprobe's view of the first video stream."""
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    words = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v:0",
        "-show_streams",
        "-show_format",
        "-of",
        "json",
        str(path),
    ]
    found = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return {**found["streams"][0], "file_duration": found["format"]["duration"]}


def clean_cut(path: Path, seconds: float) -> int:
    """How many video packets to keep for about so many seconds, so that no frame between the kept ones is missing."""
    stamps = readers.packets(path, "video").starts  # in decoding order
    earliest_after = list(accumulate(reversed(stamps), min))[::-1]
    latest = list(accumulate(stamps, max))
    clean = [n for n in range(1, len(stamps)) if latest[n - 1] < earliest_after[n] and latest[n - 1] < seconds]
    return max(clean)


def beginning(source: Path, output: Path, seconds: float) -> Path:
    """The first seconds, copied packet for packet."""
    count = clean_cut(source, seconds)
    with av.open(str(source)) as whole, av.open(str(output), "w") as part:
        chosen = [*whole.streams.video[:1], *whole.streams.audio[:1]]
        targets = {stream.index: part.add_stream_from_template(stream) for stream in chosen}
        for packet in whole.demux(chosen):
            video = packet.stream.type == "video"
            if packet.size and (count > 0 if video else packet.pts * packet.time_base < seconds):
                count -= video
                packet.stream = targets[packet.stream.index]
                part.mux(packet)
    return output


def has_sound(path: Path) -> bool:
    with av.open(str(path)) as container:
        return bool(container.streams.audio)


def source_times(path: Path) -> list[Fraction]:
    return readers.times(path)


def check_sound(source: Path, output: Path, made: Interpolation) -> None:
    if not has_sound(source):
        assert made.sound == "none"
        return
    assert made.sound == "copied"
    before, after = readers.packets(source, "audio"), readers.packets(output, "audio")
    assert after.data == before.data
    assert abs(after.duration - before.duration) <= Fraction(1, 1000)
    leads = [readers.packets(path, "audio").starts[0] - readers.times(path)[0] for path in (source, output)]
    assert abs(leads[0] - leads[1]) <= Fraction(1, 1000)


def test_doubled(real_clip: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    made = fl.interpolate(real_clip, output, model="blend", factor=2)
    source = source_times(real_clip)
    assert made.frames_read == len(source)
    assert count_with_opencv(output) == made.frames_written == 2 * len(source)
    times = readers.times(output)
    assert [time - times[0] for time in times[::2]] == [time - source[0] for time in source]
    halves = [(a + b) / 2 - source[0] for a, b in pairwise(source)]
    assert [time - times[0] for time in times[1:-1:2]] == halves
    check_sound(real_clip, output, made)
    before, after = probe(real_clip), probe(output)
    assert float(after["duration"]) == pytest.approx(float(before["duration"]), abs=2e-6)
    assert Fraction(after["avg_frame_rate"]) == pytest.approx(2 * Fraction(before["avg_frame_rate"]), rel=1e-6)
    assert (after["width"], after["height"], after["pix_fmt"]) == (before["width"], before["height"], before["pix_fmt"])


def test_at_sixty(real_clip: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    made = fl.interpolate(real_clip, output, model="blend", fps=60)
    with av.open(str(real_clip)) as container:
        stream = container.streams.video[0]
        duration = stream.duration * stream.time_base
    times = readers.times(output)
    assert [time - times[0] for time in times] == [Fraction(k, 60) for k in range(len(times))]
    assert abs(len(times) - duration * 60) < 1
    assert count_with_opencv(output) == made.frames_written == len(times)
    assert float(probe(output)["duration"]) == pytest.approx(float(duration), abs=2e-6)
    check_sound(real_clip, output, made)


def test_four_times_slower(real_clip: Path, tmp_path: Path) -> None:
    source, output = beginning(real_clip, tmp_path / "in.mp4", 3), tmp_path / "out.mp4"
    made = fl.interpolate(source, output, model="blend", slow=4)
    before = source_times(source)
    assert count_with_opencv(output) == made.frames_written == 4 * len(before)
    times = readers.times(output)
    assert [time - times[0] for time in times[::4]] == [4 * (time - before[0]) for time in before]
    assert made.sound == ("left out" if has_sound(source) else "none")
    assert not has_sound(output)
    assert float(probe(output)["file_duration"]) == pytest.approx(float(made.duration), abs=1e-3)
    # the header of the cut file counts milliseconds, and its rounding is stretched too
    assert float(made.duration) == pytest.approx(4 * float(probe(source)["duration"]), abs=4e-3)


def test_source_frames_come_through_untouched(real_clip: Path, tmp_path: Path) -> None:
    """At crf 0 H.264 is lossless for 8 bits: every second frame must be the source, sample for sample."""
    source, output = beginning(real_clip, tmp_path / "in.mp4", 1), tmp_path / "out.mp4"
    fl.interpolate(source, output, model="blend", crf=0)
    before, after = readers.planes(source), readers.planes(output)
    assert len(after) == 2 * len(before)
    assert all(readers.same_planes(a, b) for a, b in zip(before, after[::2], strict=True))


def test_one_second_with_the_default_model(real_clip: Path, tmp_path: Path) -> None:
    source = beginning(real_clip, tmp_path / "in.mp4", 0.4)
    made = fl.interpolate(source, tmp_path / "out.mkv")
    assert made.frames_made == made.frames_read - 1 - made.cuts
    assert count_with_opencv(tmp_path / "out.mkv") == made.frames_written


@pytest.mark.parametrize(("name", "cuts"), [("bikes", [30, 76, 137, 187, 242]), ("carphone", []), ("realshort", [])])
def test_cuts_are_found_where_they_are(name: str, cuts: list[int]) -> None:
    """The list that came with the clips misses 76 and 187, where other shots begin as well (looked at)."""
    steps = look_ahead(open_source(REAL_CLIPS / f"{name}.mp4"), cuts=AUTO)
    assert [number for number, step in enumerate(steps, start=1) if step.cut] == cuts


def test_held_frames_are_found_where_they_are() -> None:
    """The pan of nasa_13013 stands still twice in ten frames; car shows single frames twice; dog never does."""
    held = {
        name: [
            k for k, step in enumerate(look_ahead(open_source(REAL_CLIPS / f"{name}.mp4"), dedupe=True)) if step.held
        ]
        for name in ("nasa_13013", "car", "dog")
    }
    assert [k for k in held["nasa_13013"] if 202 < k < 260] == [206, 209, 216, 219, 226, 229, 236, 239, 246, 249, 256]
    assert len(held["car"]) == 26
    assert held["dog"] == []


def test_held_frames_are_re_timed_in_real_clips(tmp_path: Path) -> None:
    source = beginning(REAL_CLIPS / "car.mp4", tmp_path / "in.mp4", 1)
    without = fl.interpolate(source, tmp_path / "without.mkv", model="blend")
    made = fl.interpolate(source, tmp_path / "out.mkv", model="blend", dedupe=True)
    assert made.held == 3
    assert made.frames_made == without.frames_made + made.held
    assert readers.times(tmp_path / "out.mkv") == readers.times(tmp_path / "without.mkv")
