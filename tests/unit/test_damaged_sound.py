"""Damaged sound never costs the video: what cannot be used is replaced or left out, and said."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import frameloom as fl
import readers
from carriers import Extras, Tone, carrier
from factories import moving_square, native
from frameloom.errors import MediaError
from frameloom.media.carrying.stretch import Run
from frameloom.media.carrying.tracks import Stamps


def damaged(path: Path, tone: Tone, *, stamps: dict[int, int | None] | None = None, spoilt: range = range(0)) -> Path:
    """A clip whose sound has other stamps (packet number -> ticks), or nonsense in place of some packets."""
    good = carrier(path.with_name("good.mkv"), Extras([tone]), count=50)
    with av.open(str(good)) as source, av.open(str(path), "w") as output:
        video = output.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = output.add_stream_from_template(source.streams.audio[0])
        packets = [packet for packet in source.demux(source.streams.audio[0]) if packet.size]
        for number, packet in enumerate(packets):
            if number in spoilt:
                nonsense = av.Packet(bytes([255, 241, 80, 128, 3, 31, 252, 250, 3] * 9))
                nonsense.pts, nonsense.dts, nonsense.duration = packet.pts, packet.dts, packet.duration
                nonsense.time_base = packet.time_base
                packet = nonsense
            if stamps and number in stamps:
                packet.pts = packet.dts = stamps[number]
            packet.stream = sound
            output.mux_one(packet)
        for index in range(50):
            picture = native(moving_square(index))
            picture.pts, picture.time_base = index, Fraction(1, 25)
            output.mux(video.encode(picture))
        output.mux(video.encode(None))
    return path


def loudness(path: Path) -> np.ndarray:
    """The greatest sample of every hundredth of a second."""
    with av.open(str(path)) as container:
        plain = av.AudioResampler("fltp")
        frames = [part for frame in container.decode(audio=0) for part in plain.resample(frame)]
        samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    step = 480
    return np.abs(samples[: len(samples) // step * step].reshape(-1, step)).max(axis=1)


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_packets_that_cannot_be_decoded_are_silence_of_their_length(tmp_path: Path, name: str) -> None:
    path = damaged(tmp_path / "in.mkv", Tone("flac", 2.0), spoilt=range(8, 12))
    made = fl.interpolate(path, tmp_path / name, model="blend", slow=2, audio="stretch")
    assert made.sound == "stretched"
    assert any("damaged packet" in notice for notice in made.notices)
    heard = loudness(tmp_path / name)
    assert abs(len(heard) - 400) <= 5
    assert heard[2:120].min() > 0.05
    assert heard[360:395].min() > 0.05
    assert (heard < 0.01).sum() >= 20


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv"])
def test_packets_that_cannot_be_decoded_are_copied_all_the_same(tmp_path: Path, name: str) -> None:
    path = damaged(tmp_path / "in.mkv", Tone("aac", 2.0), spoilt=range(8, 12))
    made = fl.interpolate(path, tmp_path / name, model="blend")
    assert made.sound == "copied"
    assert readers.packets(tmp_path / name, "audio").data == readers.packets(path, "audio").data


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv"])
@pytest.mark.parametrize("wish", [{}, {"slow": 2, "audio": "stretch"}])
def test_stamps_that_repeat_do_not_stop_anything(tmp_path: Path, name: str, wish: dict) -> None:
    path = damaged(tmp_path / "in.mkv", Tone("aac", 2.0), stamps={20: 405, 21: 405, 22: 405})
    made = fl.interpolate(path, tmp_path / name, model="blend", **wish)
    assert made.sound == ("stretched" if wish else "copied")
    assert len(readers.times(tmp_path / name)) == 100
    if not wish:
        assert readers.packets(tmp_path / name, "audio").data == readers.packets(path, "audio").data
        assert any("got one" in notice for notice in made.notices)


def test_one_wild_stamp_moves_nothing() -> None:
    """A flipped bit in a broadcast once became hours of silence, and filled the memory."""
    run, stamps = Run(1000, begin=Fraction(0), end=None), Stamps(Fraction(1, 1000), Fraction(1, 1000), gaps=False)
    times = [0, 30, 60, 90_000_000, 120, 150]
    parts = [part for time in times for part in run.place(np.ones((1, 30), np.float32), Fraction(time, 1000))]
    assert run.count == sum(part.shape[1] for part in parts) == 180
    assert placed_by(stamps, times, 30) == [0, 30, 60, 90, 120, 150]


def test_a_long_gap_that_two_stamps_agree_on_is_one() -> None:
    run, stamps = Run(1000, begin=Fraction(0), end=None), Stamps(Fraction(1, 1000), Fraction(1, 1000), gaps=False)
    times = [0, 20, 5000, 5020, 5040]
    count = sum(part.shape[1] for time in times for part in run.place(np.ones((1, 20)), Fraction(time, 1000)))
    assert count == run.count == 5060
    assert placed_by(stamps, times, 20) == [0, 20, 40, 5020, 5040]


def placed_by(stamps: Stamps, times: list[int], duration: int) -> list[int]:
    placed: list[int] = []
    for time in times:
        packet = av.Packet(b"sound")
        packet.pts = packet.dts = time
        packet.duration = duration
        assert stamps.admit(packet)
        placed.append(packet.pts)
    return placed


@pytest.mark.parametrize("cut", [0.3, 0.8])
@pytest.mark.parametrize("suffix", ["mkv", "ts"])
@pytest.mark.parametrize("wish", [{}, {"slow": 2, "audio": "stretch"}])
def test_a_file_that_breaks_off_gives_what_there_is(tmp_path: Path, cut: float, suffix: str, wish: dict) -> None:
    whole = carrier(tmp_path / f"whole.{suffix}", Extras([Tone("aac", 1.0), Tone("ac3", 1.0)]), count=25)
    path = tmp_path / f"in.{suffix}"
    path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * cut)])
    made = fl.interpolate(path, tmp_path / "out.mp4", model="blend", on_error="skip", **wish)
    assert made.frames_written == len(readers.times(tmp_path / "out.mp4"))
    assert made.sound in ("copied", "stretched")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("wish", [{}, {"slow": 2, "audio": "stretch"}])
def test_flipped_bytes_in_broadcasts_never_end_in_a_fault(tmp_path: Path, seed: int, wish: dict) -> None:
    random = np.random.default_rng(seed)
    whole = carrier(tmp_path / "whole.ts", Extras([Tone("aac", 1.0), Tone("mp2", 1.0)]), count=25)
    data = np.frombuffer(whole.read_bytes(), np.uint8).copy()
    places = random.integers(2000, len(data), 30)
    data[places] = random.integers(0, 256, 30)
    (tmp_path / "in.ts").write_bytes(data.tobytes())
    try:
        fl.interpolate(tmp_path / "in.ts", tmp_path / "out.mp4", model="blend", on_error="skip", **wish)
    except MediaError as error:
        if "is damaged after" not in str(error):  # the pictures are, which is another matter
            raise
