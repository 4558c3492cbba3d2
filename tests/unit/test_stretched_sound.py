"""Sound of slow motion: the same pitch, exactly as long as the pictures, in time with them."""

import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import frameloom as fl
import readers
from carriers import Extras, Tone, carrier
from frameloom.errors import InputError
from frameloom.media.carrying.remux import StreamCopy
from frameloom.media.carrying.retiming import Retiming
from frameloom.media.carrying.stretch import Run, tempo_steps
from frameloom.results.making import Interpolation

AAC_FRAME = Fraction(1024, 22050)  # of the slowest rate here


def heard(path: Path, number: int = 0) -> tuple[np.ndarray, int, Fraction]:
    """Decoded samples (channels, samples), their rate, and when they begin after the first picture."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[number]
        resampler = av.AudioResampler("fltp", stream.codec_context.layout.name, stream.rate)
        frames = list(container.decode(stream))
        start = frames[0].pts * frames[0].time_base
        parts = [part.to_ndarray() for frame in frames for part in resampler.resample(frame)]
    return np.concatenate(parts, axis=1), stream.rate, start - readers.times(path)[0]


def pitch(samples: np.ndarray, rate: int) -> float:
    """The strongest frequency in the middle of a sound."""
    middle, half = len(samples) // 2, min(len(samples) // 2, 1 << 14)
    window = samples[middle - half : middle + half]
    spectrum = np.abs(np.fft.rfft(window * np.hanning(len(window)), 1 << 20))
    return float(spectrum.argmax()) * rate / (1 << 20)


def slowed(source: Path, name: str, times: str | float, **wish: object) -> tuple[Path, Interpolation]:
    output = source.with_name(name)
    return output, fl.interpolate(source, output, model="blend", slow=times, audio="stretch", **wish)


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv"])
@pytest.mark.parametrize(
    "tone",
    [
        Tone(rate=44100),
        Tone("libopus", layout="stereo"),
        Tone("ac3", layout="5.1"),
        Tone("pcm_s16le", layout="stereo", rate=44100),
        Tone("flac"),
        Tone("libmp3lame", rate=22050),
    ],
    ids=lambda tone: f"{tone.codec}-{tone.layout}-{tone.rate}",
)
def test_pitch_stays_and_length_follows(tmp_path: Path, name: str, tone: Tone) -> None:
    times = 2.5
    source = carrier(tmp_path / "in.mkv", Extras([tone]), count=25)
    output, made = slowed(source, name, times)
    assert (made.sound, made.notices) == ("stretched", ())
    before, after = heard(source), heard(output)
    assert after[0].shape[0] == before[0].shape[0]
    assert pitch(after[0][0], after[1]) == pytest.approx(tone.pitch, rel=0.01)
    want = Fraction(before[0].shape[1], before[1]) * Fraction(str(times))
    assert abs(Fraction(after[0].shape[1], after[1]) - want) <= AAC_FRAME  # a decoder gives whole frames
    if name != "out.mkv":  # which has no length for its streams
        assert abs(readers.packets(output, "audio").duration - want) <= Fraction(2, 1000)


@pytest.mark.parametrize("times", [2, 3, 4, 10])
def test_every_moment_of_the_sound_stays_where_it_was_beside_the_picture(tmp_path: Path, times: int) -> None:
    """Clicks are heard at their time times the stretch, to within what a window of the filter smears."""
    clicks = (0.25, 0.5, 1.2, 1.75)
    source = carrier(tmp_path / "in.mkv", Extras([Tone("pcm_s16le", 2.0, Fraction(1, 5), clicks=clicks)]), count=60)
    samples, rate, start = heard(slowed(source, "out.mkv", times)[0])
    for click in clicks:
        want = (click + 0.2) * times - float(start)
        near = samples[0][int((want - 0.1 * times) * rate) : int((want + 0.1 * times) * rate)]
        centre = float((np.arange(len(near)) * near**2).sum() / (near**2).sum()) / rate + want - 0.1 * times
        assert abs(centre - 0.0025 - want) <= 0.012 * times


@pytest.mark.parametrize("lead", [Fraction(2, 5), Fraction(1)])
def test_sound_that_begins_before_the_picture_keeps_its_lead_times_the_stretch(tmp_path: Path, lead: Fraction) -> None:
    source = carrier(tmp_path / "in.mkv", Extras([Tone("pcm_s16le", 2.0)]), start=int(lead * 25))
    assert heard(source)[2] == -lead
    output, _ = slowed(source, "out.mp4", 2)
    assert abs(heard(output)[2] + 2 * lead) <= Fraction(1, 1000)


def test_sound_that_begins_later_waits_longer(tmp_path: Path) -> None:
    source = carrier(tmp_path / "in.mp4", Extras([Tone("aac", 0.5, Fraction(1, 2))]), count=25)
    output, _ = slowed(source, "out.mp4", 4)
    assert abs(heard(output)[2] - 4 * heard(source)[2]) <= AAC_FRAME


def test_a_gap_in_the_sound_becomes_a_longer_silence(tmp_path: Path) -> None:
    """Packets from 0.5 s to 1 s are missing; what follows must not move forward."""
    tone = Tone("pcm_s16le", 1.5, silent=(0.5, 1.0))
    source = carrier(tmp_path / "in.mkv", Extras([tone]), count=38)
    samples, rate, _ = heard(slowed(source, "out.mkv", 2)[0])
    assert abs(samples.shape[1] - 3 * rate) <= rate // 500
    assert np.abs(samples[0][int(1.1 * rate) : int(1.9 * rate)]).max() < 1e-3
    assert np.abs(samples[0][int(2.1 * rate) : int(2.9 * rate)]).max() > 0.2


def test_every_track_is_stretched(tmp_path: Path) -> None:
    tones = [Tone(pitch=300), Tone("libopus", pitch=500, language="fra"), Tone("flac", pitch=700, rate=44100)]
    output, _ = slowed(carrier(tmp_path / "in.mkv", Extras(tones), count=25), "out.mkv", 2)
    for number, tone in enumerate(tones):
        samples, rate, _ = heard(output, number)
        assert pitch(samples[0], rate) == pytest.approx(tone.pitch, rel=0.01)
    with av.open(str(output)) as container:
        assert container.streams.audio[1].metadata["language"] == "fra"


def test_faster_playback_by_num_and_fps_is_stretched_too(tmp_path: Path) -> None:
    """One new frame between every two, at four times the rate: half as long."""
    source = carrier(tmp_path / "in.mkv", Extras([Tone("pcm_s16le", 2.0)]), count=50)
    made = fl.interpolate(source, tmp_path / "out.mkv", model="blend", num=[1], fps=100, audio="stretch")
    samples, rate, _ = heard(tmp_path / "out.mkv")
    assert made.sound == "stretched"
    assert abs(samples.shape[1] / rate - 2.0 * float(made.duration / 2)) < 0.001
    assert pitch(samples[0], rate) == pytest.approx(440, rel=0.01)


def test_stretch_copies_where_the_duration_is_kept(tmp_path: Path) -> None:
    source = carrier(tmp_path / "in.mp4", Extras([Tone()]))
    made = fl.interpolate(source, tmp_path / "out.mp4", model="blend", audio="stretch")
    assert made.sound == "copied"
    assert readers.packets(tmp_path / "out.mp4", "audio").data == readers.packets(source, "audio").data


@pytest.mark.parametrize("wish", [{}, {"slow": 2}])
def test_drop_leaves_the_sound_out_without_a_word(tmp_path: Path, wish: dict) -> None:
    source = carrier(tmp_path / "in.mp4", Extras([Tone()]))
    made = fl.interpolate(source, tmp_path / "out.mp4", model="blend", audio="drop", **wish)
    assert (made.sound, made.notices) == ("dropped", ())
    with pytest.raises(IndexError):
        readers.packets(tmp_path / "out.mp4", "audio")


def test_a_wish_that_is_none_is_refused(tmp_path: Path) -> None:
    source = carrier(tmp_path / "in.mp4", Extras([Tone()]))
    with pytest.raises(InputError, match="copy, stretch or drop"):
        fl.interpolate(source, tmp_path / "out.mp4", audio="mute")  # type: ignore[arg-type]


@pytest.mark.parametrize("tempo", [1.0, 0.5, 0.4, 0.25, 0.001, 2.0, 3.0, 8.0, 1 / 3])
def test_tempos_are_split_into_what_one_filter_can_do(tempo: float) -> None:
    steps = tempo_steps(tempo)
    assert all(0.5 <= step <= 2 for step in steps)
    assert np.prod(steps) == pytest.approx(tempo, rel=1e-12)


def placed(run: Run, pieces: list[tuple[int, Fraction | None]]) -> list[np.ndarray]:
    return [part for length, time in pieces for part in run.place(np.ones((1, length), np.float32), time)]


def test_a_run_fills_gaps_cuts_overlaps_and_leaves_roundings_alone() -> None:
    run = Run(1000, begin=Fraction(0), end=None)
    parts = placed(
        run, [(100, Fraction(0)), (100, Fraction(101, 1000)), (100, Fraction(1, 2)), (100, Fraction(11, 20))]
    )
    joined = np.concatenate(parts, axis=1)[0]
    assert run.count == len(joined) == 650
    assert not joined[200:500].any()
    assert joined[500:].all()


def test_a_run_begins_at_the_picture_and_ends_with_the_stream() -> None:
    run = Run(1000, begin=Fraction(1, 20), end=Fraction(17, 100))
    joined = np.concatenate(placed(run, [(40, Fraction(0)), (100, Fraction(4, 100)), (100, None)]), axis=1)
    assert (run.start, joined.shape[1]) == (Fraction(1, 20), 120)


def test_memory_does_not_grow_with_the_sound(tmp_path: Path) -> None:
    """A minute of sound becomes four: 46 MB of samples, of which a few packets are held."""
    source = carrier(tmp_path / "in.mkv", Extras([Tone("pcm_s16le", 60.0)]))
    output = av.open(str(tmp_path / "out.mkv"), "w")
    video = output.add_stream("libx264", rate=25)
    video.width, video.height = 64, 48
    with StreamCopy(source, Retiming(Fraction(0), Fraction(4)), audio="stretch") as copy, output:
        copy.add_to(output)
        tracemalloc.start()
        packets, last = 0, Fraction(0)
        for second in range(241):
            for packet in copy.until(Fraction(second)):
                assert last <= packet.pts * packet.time_base < second
                last = packet.pts * packet.time_base
                packets += 1
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert last > 239
    assert packets > 1000
    assert peak < 4_000_000
