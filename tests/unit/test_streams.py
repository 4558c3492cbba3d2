"""The public streams: a source, a model, a sink."""

from fractions import Fraction
from pathlib import Path

import pytest

import frameloom as fl
import readers
from factories import clip
from frameloom.errors import OutputExists


def test_a_stream_of_frames_becomes_a_denser_video(tmp_path: Path) -> None:
    source = fl.open_source(clip(tmp_path / "in.mp4", 6))
    with fl.open_sink(tmp_path / "out.mp4", like=source, rate=source.info.rate * 3) as sink:
        for frame in fl.densify(source, fl.load("blend"), factor=3):
            sink.append(frame)
    made = fl.open_source(tmp_path / "out.mp4")
    assert made.info.frame_count == 18
    assert made.info.duration == source.info.duration
    assert [frame.time for frame in made] == [Fraction(k, 3) / source.info.rate for k in range(18)]


def test_an_error_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    source = fl.open_source(clip(tmp_path / "in.mp4", 3))
    with pytest.raises(KeyError), fl.open_sink(tmp_path / "out.mp4", like=source) as sink:
        sink.append(next(iter(source)))
        raise KeyError
    assert [entry.name for entry in tmp_path.iterdir()] == ["in.mp4"]


def test_a_folder_and_an_existing_output(tmp_path: Path) -> None:
    source = fl.open_source(clip(tmp_path / "in.mp4", 3))
    with fl.open_sink(tmp_path / "frames", like=source) as sink:
        for frame in source:
            sink.append(frame)
    assert len(list((tmp_path / "frames").iterdir())) == 3
    with pytest.raises(OutputExists), fl.open_sink(tmp_path / "frames", like=source):
        pytest.fail("refused before anything is written")
    assert not readers.hidden_in(tmp_path)
