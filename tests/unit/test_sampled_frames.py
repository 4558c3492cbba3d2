"""Which frames of a video are looked at: compared with FFmpeg's own filter."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import clip, image_folder, moving_square, native, write_video
from frameloom.errors import InputError, RangeError
from frameloom.media.reading.source import open_source
from frameloom.similarity.sampled_frames import evenly_chosen, fetch, samples_of


class Times:
    """A source that is nothing but its clock."""

    def __init__(self, stamps: list[int], tick: Fraction, last: int) -> None:
        self._stamps, self._tick = stamps, tick
        end = stamps[-1] + last
        self.info = type("Info", (), {
            "path": Path("times"), "has_time": True, "frame_count": len(stamps), "start": stamps[0] * tick,
            "duration": (end - stamps[0]) * tick,
        })()  # fmt: skip

    def time_of(self, index: int) -> Fraction:
        return self._stamps[index] * self._tick


def by_ffmpeg(stamps: list[int], tick: Fraction, last: int, fps: Fraction) -> list[int]:
    """Which frame `fps=...:round=down` shows at each of its ticks; FFmpeg's command sets the first time to 0."""
    graph = av.filter.Graph()
    begin = graph.add("buffer", video_size="16x16", pix_fmt="gray16le", time_base=str(tick), frame_rate="25")
    rate, end = graph.add("fps", f"fps={fps}:round=down"), graph.add("buffersink")
    begin.link_to(rate)
    rate.link_to(end)
    graph.configure()
    shown: list[int] = []

    def pull() -> None:
        while True:
            try:
                shown.append(int(graph.pull().to_ndarray()[0, 0]))
            except (av.error.BlockingIOError, av.error.EOFError):
                return

    ends = [*stamps[1:], stamps[-1] + last]
    for index, (stamp, following) in enumerate(zip(stamps, ends, strict=True)):
        picture = av.VideoFrame.from_ndarray(np.full((16, 16), index, np.uint16), format="gray16le")
        picture.pts, picture.time_base, picture.duration = stamp - stamps[0], tick, following - stamp
        graph.push(picture)
        pull()
    graph.push(None)
    pull()
    return shown


@given(
    gaps=st.lists(st.integers(1, 400), min_size=1, max_size=40),
    first=st.integers(0, 50),
    fps=st.sampled_from([Fraction(1, 3), Fraction(1), Fraction(5, 2), Fraction(30000, 1001)]),
)
def test_samples_are_those_of_ffmpegs_filter(gaps: list[int], first: int, fps: Fraction) -> None:
    tick = Fraction(1, 100)
    stamps = [first + sum(gaps[:place]) for place in range(len(gaps))]
    ours = samples_of(Times(stamps, tick, gaps[-1]), fps=fps, max_frames=10**6)
    theirs = by_ffmpeg(stamps, tick, gaps[-1], fps)
    assert [sample.index for sample in ours][: max(1, len(theirs))] == (theirs or [ours[0].index])
    assert len(ours) == max(1, len(theirs))
    assert all(sample.time == (stamps[sample.index] - first) * tick for sample in ours)


def test_a_video_shorter_than_one_interval_has_one_sample(tmp_path: Path) -> None:
    samples = samples_of(open_source(clip(tmp_path / "a.mp4", 8)), max_frames=100)
    assert [sample.index for sample in samples] == [7]
    assert [sample.time for sample in samples] == [Fraction(7, 25)]


def test_a_long_still_is_sampled_again_and_again(tmp_path: Path) -> None:
    pictures = [native(moving_square(index)) for index in range(3)]
    source = open_source(write_video(tmp_path / "a.mp4", pictures, stamps=[0, 5, 100], tick=Fraction(1, 25), last=25))
    assert [sample.index for sample in samples_of(source, max_frames=100)] == [1, 1, 1, 1, 2]


def test_of_too_many_frames_even_ones_are_kept(tmp_path: Path) -> None:
    source = open_source(clip(tmp_path / "a.mp4", 50))
    indices = [sample.index for sample in samples_of(source, fps=Fraction(25), max_frames=5)]
    assert indices == [0, 12, 24, 36, 49]
    assert evenly_chosen(3, 5) == [0, 1, 2]
    assert evenly_chosen(9, 1) == [0]
    assert evenly_chosen(9, 0) == []


def test_all_images_of_a_folder_count(tmp_path: Path) -> None:
    source = open_source(image_folder(tmp_path / "images", 4))
    assert [sample.index for sample in samples_of(source, max_frames=100)] == [0, 1, 2, 3]
    with pytest.raises(InputError, match="no time"):
        samples_of(source, fps=Fraction(1), max_frames=100)


@pytest.mark.parametrize(("fps", "most"), [(Fraction(0), 5), (Fraction(-1), 5), (Fraction(1), 0)])
def test_nothing_to_look_at_is_refused(fps: Fraction, most: int, tmp_path: Path) -> None:
    with pytest.raises(RangeError):
        samples_of(open_source(clip(tmp_path / "a.mp4", 3)), fps=fps, max_frames=most)


def test_frames_after_a_jump_are_those_of_a_whole_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source(clip(tmp_path / "a.mp4", 40, options={"g": "6", "bf": "2"}))
    every = [frame.to_uint8() for frame in source]
    asked = [3, 4, 17, 39]
    for gap in (1, 250):
        monkeypatch.setattr("frameloom.similarity.sampled_frames._WORTH_A_JUMP", gap)
        for index, frame in zip(asked, fetch(source, asked), strict=True):
            np.testing.assert_array_equal(frame.to_uint8(), every[index])
