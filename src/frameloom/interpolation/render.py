"""A source file to an output file: decode, make frames, encode, each in its own thread."""

import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from frameloom.errors import NoFrames
from frameloom.frame import Frame
from frameloom.interpolation.cuts import is_cut
from frameloom.interpolation.pace import Pace, nominal_rate, output_unit
from frameloom.interpolation.timeline import Timeline
from frameloom.interpolation.video import CutTest, Tally, densify, never_cut
from frameloom.media.prefetch import Behind, prefetch
from frameloom.media.remux import StreamCopy
from frameloom.media.sink import Encoding, FrameSink, VideoSink, kind_of_output, sink_for
from frameloom.media.source import ImageSource, SourceInfo, VideoSource, open_source
from frameloom.media.streams import AudioWish, OtherStreams, other_streams, retiming_of
from frameloom.media.target import check_output, staged_file, staged_folder
from frameloom.progress import Notices, Stopwatch, track
from frameloom.results import Interpolation
from frameloom.roles import Interpolator

_QUEUED_FRAMES = 4
_FASTEST_GIF = Fraction(50)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Job:
    """One rendering, resolved."""

    source: VideoSource | ImageSource
    output: Path
    model: Interpolator
    timeline: Timeline
    encoding: Encoding
    streams: OtherStreams
    audio: AudioWish
    cuts: CutTest
    notices: Notices

    @property
    def info(self) -> SourceInfo:
        return self.source.info


def render(
    path: Path,
    output: Path,
    model: Interpolator,
    pace: Pace,
    encoding: Encoding,
    *,
    name: str,
    find_cuts: bool,
    overwrite: bool,
    audio: AudioWish = "copy",
) -> Interpolation:
    """Interpolate one file or folder of images into another.

    Args:
        path: Video, GIF, folder of images, or image.
        output: Video or GIF by its suffix, else a folder of numbered PNG files.
        model: Makes the frames.
        pace: How many frames and how fast.
        encoding: Codec and quality of a video.
        name: What the model is called, for the result.
        find_cuts: Whether to show the nearer frame at a cut, instead of making one across it.
        overwrite: Whether an earlier result of that name may be replaced.
        audio: What becomes of the sound.

    Raises:
        MediaError: the source cannot be read or the output cannot be written; nothing is left under its name.
        InputError: options that contradict each other or the source.
    """
    started = time.perf_counter()
    kind = kind_of_output(output)
    rate = pace.rate
    check_output(output, [path], overwrite=overwrite, folder=kind == "folder")
    source = open_source(path, rate=rate)
    streams = other_streams(path) if source.info.has_time else OtherStreams((), (), None)
    job = _Job(
        source=source,
        output=output,
        model=model,
        timeline=pace.timeline(source.info),
        encoding=encoding,
        streams=streams,
        audio=audio,
        cuts=is_cut if find_cuts else never_cut,
        notices=Notices(),
    )
    tally, stopwatch = Tally(), Stopwatch()
    with _staged(job, folder=kind == "folder", overwrite=overwrite) as working:
        sound = _run(job, working, tally, stopwatch)
    _say_more(job, kind, tally)
    return _result(job, tally, stopwatch, name=name, sound=sound, seconds=time.perf_counter() - started)


def _staged(job: _Job, *, folder: bool, overwrite: bool) -> AbstractContextManager[Path]:
    return staged_folder(job.output, overwrite=overwrite) if folder else staged_file(job.output, overwrite=overwrite)


def _result(job: _Job, tally: Tally, stopwatch: Stopwatch, *, name: str, sound: str, seconds: float) -> Interpolation:
    info = job.info
    return Interpolation(
        source=info.path,
        output=job.output,
        model=name,
        frames_read=tally.read,
        frames_made=tally.made,
        frames_written=tally.written,
        cuts=tally.cuts,
        size=info.size,
        rate=nominal_rate(job.timeline, info),
        duration=job.timeline.duration(tally.read, info.duration),
        sound=sound,
        stages=stopwatch.seconds,
        seconds=seconds,
        notices=tuple(job.notices.texts),
    )


def _run(job: _Job, working: Path, tally: Tally, stopwatch: Stopwatch) -> str:
    """Write everything to the working path; returns what became of the sound."""
    with ExitStack() as stack:
        copy = _copy_for(job)
        shift = Fraction(0) if copy is None else copy.retiming.shift
        if copy is not None:
            stack.enter_context(copy)
        unit = output_unit(job.timeline, job.info)
        sink = stack.enter_context(
            sink_for(working, like=job.info, rate=nominal_rate(job.timeline, job.info), unit=unit,
                      encoding=job.encoding, sound=copy)
        )  # fmt: skip
        _say_padding(job, sink)
        frames = prefetch(stopwatch.timed(job.source, "decode"), _QUEUED_FRAMES)
        made = densify(frames, job.model, job.timeline, cuts=job.cuts, tally=tally, stopwatch=stopwatch)
        total = job.timeline.count(job.info.frame_count, job.info.duration)

        def write(frame: Frame) -> None:
            with stopwatch.timing("encode"):
                sink.append(frame.shown(frame.time + shift, frame.duration))

        with Behind(write, _QUEUED_FRAMES) as behind:
            for frame in track(made, job.info.path.name, total):
                behind.put(frame)
        if tally.read == 0:
            raise NoFrames(f"{job.info.path} has no frame that can be decoded")
        with stopwatch.timing("encode"):
            stack.close()
        return _fate_of_sound(job, copy)


def _copy_for(job: _Job) -> StreamCopy | None:
    """The other streams of a video that becomes a video."""
    info = job.info
    if not info.has_time or kind_of_output(job.output) != "video":
        return None
    stretch = job.timeline.duration(info.frame_count, info.duration) / info.duration
    retiming = retiming_of(job.streams, info.start, stretch=stretch, audio=job.audio)
    return StreamCopy(info.path, retiming, audio=job.audio)


def _fate_of_sound(job: _Job, copy: StreamCopy | None) -> str:
    if copy is not None:
        for words in copy.left_out + copy.repairs:
            job.notices.add(f"{job.info.path.name}: {words}")
        return copy.sound
    if not job.streams.audio:
        return "none"
    if job.audio == "drop":
        return "dropped"
    holder = job.output.suffix or "a folder of images"
    job.notices.add(f"{job.info.path.name}: left out: sound: {holder} does not hold this; use .mkv")
    return "left out"


def _say_padding(job: _Job, sink: FrameSink) -> None:
    if isinstance(sink, VideoSink) and sink.padding != (0, 0):
        height, width = job.info.size
        rows, columns = sink.padding
        job.notices.add(
            f"{job.info.path.name}: {width}x{height} is written as {width + columns}x{height + rows} (edge repeated), "
            "because the video format needs even sides"
        )


def _say_more(job: _Job, kind: str, tally: Tally) -> None:
    """What the user should know although it went well."""
    name = job.info.path.name
    if tally.read == 1:
        job.notices.add(f"{name}: it has a single frame, which is passed on; there is nothing to put between")
    if job.streams.others and kind != "video":
        job.notices.add(f"{name}: left out: {', '.join(job.streams.others)}")
    rate = nominal_rate(job.timeline, job.info)
    if kind == "gif" and rate > _FASTEST_GIF:
        job.notices.add(
            f"{name}: GIFs play at no more than 50 frames a second; of {float(rate):g}, the rest is left out"
        )
