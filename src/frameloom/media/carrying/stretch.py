"""Sound that lasts longer (or shorter) at the same pitch: decoded, stretched by FFmpeg's atempo, encoded again.

atempo overlaps and adds pieces of the waveform (WSOLA), so that voices keep their pitch. It is fed a run without gaps,
and what comes out is cut to the exact length, because the filter itself is a few milliseconds off.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import av.error
import numpy as np
from av import AudioFrame, AudioLayout, AudioResampler
from av.audio.stream import AudioStream
from av.filter import Graph
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.media.carrying.container_limits import layout_of
from frameloom.media.carrying.retiming import Retiming
from frameloom.media.reading.packet_list import AnyPacket

Samples = NDArray[np.float32]  # (channels, samples)

_WORKING_FORMAT = "fltp"
_TOLERANCE = Fraction(1, 50)  # seconds that stamps may be off (files round them) before sound is moved
_LEAP = Fraction(1)  # seconds; a gap longer than this must be in two stamps
_RUN_OUT = Fraction(1, 10)  # seconds of silence after the end, so that the filter lets go of what it holds
_PIECE = 1 << 14  # samples of silence at a time: a long gap needs no memory
_SLOWEST, _FASTEST = 0.5, 2.0  # of one atempo; faster ones leave samples out


def tempo_steps(tempo: float) -> list[float]:
    """Tempos that one atempo each can do, and that multiply to the whole."""
    steps: list[float] = []
    while tempo < _SLOWEST:
        steps.append(_SLOWEST)
        tempo /= _SLOWEST
    while tempo > _FASTEST:
        steps.append(_FASTEST)
        tempo /= _FASTEST
    return [*steps, tempo]


class Run:
    """Decoded samples in one run: gaps in time become silence, what overlaps is left out."""

    def __init__(self, rate: int, *, begin: Fraction, end: Fraction | None) -> None:
        """Args: samples per second; the times, in seconds, before which and after which nothing is wanted."""
        self._rate = rate
        self._begin = begin
        self._end = end
        self._claimed: Fraction | None = None  # when the next frame should begin if the last one's stamp is right
        self.start: Fraction | None = None
        self.count = 0

    def place(self, samples: Samples, time: Fraction | None) -> Iterator[Samples]:
        """What comes next, given decoded samples and when they say they begin."""
        if self.start is None:
            early = max(Fraction(0), self._begin - (time or self._begin))
            samples = samples[:, round(early * self._rate) :]
            if samples.shape[1] == 0:
                return
            self.start = (time or self._begin) + early
            time = None
        if self._leaps(samples.shape[1], time):
            return
        off = self._off(time)
        yield from self.silence(off, samples.shape[0])
        samples = self._cut(samples[:, max(0, -off) :])
        self.count += samples.shape[1]
        yield samples

    def _leaps(self, length: int, time: Fraction | None) -> bool:
        """Whether a frame claims to come long after the one before; stamps get damaged, so the next must confirm it."""
        confirmed = self._claimed is not None and time is not None and abs(time - self._claimed) <= _TOLERANCE
        leaps = not confirmed and self._off(time) > _LEAP * self._rate
        self._claimed = time + Fraction(length, self._rate) if leaps and time is not None else None
        return leaps

    def _off(self, time: Fraction | None) -> int:
        """How many samples lie between what there is and what comes, where that is more than stamps are rounded by."""
        if time is None or self.start is None:
            return 0
        off = round((time - self.start) * self._rate) - self.count
        return off if abs(off) > _TOLERANCE * self._rate else 0

    def _cut(self, samples: Samples) -> Samples:
        """Decoders give whole frames of their codec; the stream says where the last one really ends."""
        if self._end is None or self.start is None:
            return samples
        left = round((self._end - self.start) * self._rate) - self.count
        return samples[:, :left] if 0 < left < samples.shape[1] else samples

    def silence(self, count: int, channels: int) -> Iterator[Samples]:
        """So many samples of nothing (none if negative), in pieces."""
        while count > 0:
            piece = min(count, _PIECE)
            self.count += piece
            count -= piece
            yield np.zeros((channels, piece), np.float32)


def head_start(rate: int, steps: list[float]) -> int:
    """By how many samples of the source a chain of atempos is early: each by a quarter of its window (measured)."""
    least = rate // 24
    window = 1 << (least - 1).bit_length()
    early, passed = 0.0, 1.0
    for step in steps:
        early += window / 4 * passed
        passed *= step
    return round(early)


class Tempo:
    """A chain of atempo filters, in time with its input."""

    def __init__(self, stretch: Fraction, *, rate: int, layout: str) -> None:
        self._rate = rate
        self._layout = layout
        self._pushed = 0
        graph = Graph()
        self._input = graph.add(
            "abuffer",
            sample_rate=str(rate),
            sample_fmt=_WORKING_FORMAT,
            channel_layout=layout,
            time_base=f"1/{rate}",
        )
        steps = tempo_steps(float(1 / stretch))
        self._head_start = head_start(rate, steps)
        filters = [graph.add("atempo", repr(step)) for step in steps]
        filters.append(graph.add("aformat", sample_fmts=_WORKING_FORMAT))  # atempo's samples are packed
        self._output = graph.add("abuffersink")
        graph.link_nodes(self._input, *filters, self._output)
        graph.configure()
        self._graph = graph

    def stretched(self, samples: Samples) -> Iterator[Samples]:
        """What comes out after so much more has gone in."""
        if samples.shape[1]:
            if self._pushed == 0:
                samples = np.pad(samples, ((0, 0), (self._head_start, 0)))
            self._input.push(frame_of(samples, self._pushed, self._rate, self._layout))
            self._pushed += samples.shape[1]
            yield from self._ready()

    def rest(self) -> Iterator[Samples]:
        """What comes out at the end."""
        self._input.push(None)
        yield from self._ready()

    def _ready(self) -> Iterator[Samples]:
        while True:
            try:
                frame = self._output.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, AudioFrame)
            yield _samples_of(frame)


def _samples_of(frame: AudioFrame) -> Samples:
    return cast(Samples, frame.to_ndarray())  # the working format is float32


def frame_of(samples: Samples, position: int, rate: int, layout: str) -> AudioFrame:
    """Samples as FFmpeg takes them."""
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format=_WORKING_FORMAT, layout=layout)
    frame.sample_rate = rate
    frame.time_base = Fraction(1, rate)
    frame.pts = position
    return frame


class StretchedSound:
    """A stream of sound, stretched like the pictures."""

    def __init__(self, source: AudioStream, target: AudioStream, retiming: Retiming) -> None:
        self._name = source.codec.canonical_name
        self._source = source
        self._target = target
        self._retiming = retiming
        self._rate = source.codec_context.sample_rate
        self._layout = layout_of(source)
        self._channels = AudioLayout(self._layout).nb_channels
        self._given: tuple[str, str, int] | None = None  # what the resampler was made for
        self._run = Run(
            self._rate, begin=retiming.first_picture - retiming.shift / retiming.stretch, end=_end_of(source)
        )
        self._tempo = Tempo(retiming.stretch, rate=self._rate, layout=self._layout)
        self._held: list[Samples] = []
        self._written = 0
        self._broken = 0

    def feed(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The encoded sound that is settled once this packet is known."""
        try:
            frames = self._source.codec_context.decode(packet)
        except av.error.FFmpegError:
            self._broken += 1  # the next frame's time shows how much is missing
            return
        for frame in frames:
            yield from self._take(frame)

    def _take(self, frame: AudioFrame) -> Iterator[AnyPacket]:
        time = None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
        for samples in self._run.place(self._as_working(frame), time):
            self._held += self._tempo.stretched(samples)
            yield from self._let_go(int(self._run.count * self._retiming.stretch))

    def _as_working(self, frame: AudioFrame) -> Samples:
        """Float samples, at the rate and in the channels that the stream began with."""
        given = (frame.format.name, frame.layout.name, frame.sample_rate)
        if given != self._given:
            self._given = given
            self._resampler = AudioResampler(format=_WORKING_FORMAT, layout=self._layout, rate=self._rate)
        parts = [_samples_of(part) for part in self._resampler.resample(frame)]
        return np.concatenate(parts, axis=1) if parts else np.zeros((self._channels, 0), np.float32)

    def _let_go(self, total: int) -> Iterator[AnyPacket]:
        """Encode what is held, up to a sample from the beginning; later ones may turn out to be too many."""
        while self._held and self._written < total:
            samples = self._held.pop(0)
            room = total - self._written
            if samples.shape[1] > room:
                self._held.insert(0, samples[:, room:])
                samples = samples[:, :room]
            yield from self._encoded(samples)

    def _encoded(self, samples: Samples) -> Iterator[AnyPacket]:
        assert self._run.start is not None
        start = round(self._retiming.time(self._run.start) * self._rate)
        frame = frame_of(samples, start + self._written, self._rate, self._layout)
        self._written += samples.shape[1]
        yield from self._target.encode(frame)

    def finish(self) -> Iterator[AnyPacket]:
        """The rest of the sound, to the exact length."""
        for frame in self._last_frames():
            yield from self._take(frame)
        if self._run.count == 0:
            return
        total = round(self._run.count * self._retiming.stretch)
        for silence in self._run.silence(round(_RUN_OUT * self._rate), self._channels):
            self._held += self._tempo.stretched(silence)
            yield from self._let_go(total)
        self._held += self._tempo.rest()
        yield from self._let_go(total)
        yield from self._target.encode(None)

    def _last_frames(self) -> list[AudioFrame]:
        try:
            return self._source.codec_context.decode(None)
        except av.error.FFmpegError:
            return []

    def repairs(self) -> list[str]:
        """Packets that could not be decoded."""
        if not self._broken:
            return []
        return [f"sound ({self._name}): {counted(self._broken, 'damaged packet')} replaced by silence"]


def _end_of(source: AudioStream) -> Fraction | None:
    if source.duration is None:
        return None
    return ((source.start_time or 0) + source.duration) * Fraction(source.time_base or 1)
