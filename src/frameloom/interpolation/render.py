"""A source file to an output file, in segments: what was finished before an interruption is not made again."""

import platform
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import av
import cv2

from frameloom import images
from frameloom.errors import RangeError
from frameloom.executor import run_units
from frameloom.frame import ArrayPicture, Frame
from frameloom.interpolation.pace import Pace
from frameloom.interpolation.plan import Plan, Segment, plan_of
from frameloom.interpolation.resume import open_journal
from frameloom.interpolation.segments import Finished, Recipe, Stepped, make_segments
from frameloom.journal import Journal
from frameloom.media.carrying.remux import StreamCopy
from frameloom.media.carrying.retiming import Retiming
from frameloom.media.carrying.streams import OtherStreams, other_streams, retiming_of
from frameloom.media.choices import AudioWish, OnError
from frameloom.media.reading.fingerprint import fingerprint
from frameloom.media.reading.schedule import Schedule, nominal_rate, output_unit
from frameloom.media.reading.source import FrameSource, SourceInfo, open_source
from frameloom.media.timeline import Insert, Multiply, Resample, Timeline
from frameloom.media.writing.encoding import Encoding, VideoSettings
from frameloom.media.writing.losses import losses
from frameloom.media.writing.sink import check_encoding, kind_of_output, sink_for
from frameloom.media.writing.stored_packets import joined
from frameloom.media.writing.target import check_output, name_file, put_in_place, told
from frameloom.media.writing.video_container import VideoContainer
from frameloom.media.writing.workspace import Workspace
from frameloom.models.choice import ModelChoice
from frameloom.progress import Notices, Stopwatch, track
from frameloom.results.base import plain
from frameloom.results.making import Interpolation

_DECIDE_THE_BYTES = ("frameloom", "av", "numpy", "opencv-python-headless")
_FASTEST_GIF = Fraction(50)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What a user asks of an interpolation, besides the pace."""

    model: ModelChoice
    encoding: Encoding
    cuts: float | None = None
    """The score, 0..1, above which the nearer frame is shown instead of one made across a cut; None: never."""
    dedupe: bool = False
    """Whether repeats of a source frame give way to made frames."""
    on_error: OnError = "stop"
    """Whether damage ends the run, or the last good frame is held."""
    overwrite: bool = False
    audio: AudioWish = "copy"
    """What becomes of the sound."""
    workers: int = 1
    """Processes that make segments."""

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise RangeError(f"workers is {self.workers}; it must be a whole number from 1 up")
        if self.audio not in ("copy", "stretch", "drop"):
            raise RangeError(f"audio is '{self.audio}'; give copy, stretch or drop")
        if self.on_error not in ("stop", "skip"):
            raise RangeError(f"on_error is '{self.on_error}'; give stop or skip")


def render(path: Path, output: Path, pace: Pace, wishes: Wishes) -> Interpolation:
    """Interpolate one file or folder of images into another.

    Args:
        path: Video, animation, folder of images, or image.
        output: Video or animation by its suffix, else a folder of numbered PNG files.
        pace: How many frames and how fast.
        wishes: Model, encoding and how to go about it.

    Raises:
        MediaError: the source cannot be read or the output cannot be written; nothing is left under its name. Finished
            segments are kept beside it for the next run.
        InputError: options that contradict each other or the source.
    """
    started = time.perf_counter()
    check_encoding(output, wishes.encoding)
    check_output(output, [path], overwrite=wishes.overwrite, folder=kind_of_output(output) == "folder")
    job = _Job(path, output, pace, wishes)
    _say_losses(job)
    workspace = Workspace(output)
    recipe, work = job.recipe(workspace.path), job.work()
    with workspace, told(output):
        journal = open_journal(workspace, work, recipe, job.plan.segments, job.notices)
        reused = len(journal.entries)
        _make_missing(job, recipe, workspace, journal)
        sound = _Assembly(job, recipe, journal).put_together()
    _say_more(job, journal)
    return _result(job, journal, reused=reused, sound=sound, seconds=time.perf_counter() - started)


class _Job:
    """One rendering, resolved."""

    def __init__(self, path: Path, output: Path, pace: Pace, wishes: Wishes) -> None:
        self.output = output
        self.wishes = wishes
        self.source: FrameSource = open_source(path, rate=pace.rate, on_error=wishes.on_error)
        self.rate = pace.rate
        self.streams = other_streams(path) if self.info.has_time else OtherStreams((), (), None)
        self.notices = Notices()
        self.stopwatch = Stopwatch()
        self.timeline: Timeline = self._played(pace.timeline(self.info))

    def _played(self, timeline: Timeline) -> Timeline:
        """What an output can play of a timeline: frames that a GIF would have to leave out again are not made."""
        rate = nominal_rate(timeline, self.info)
        if self.kind != "gif" or rate <= _FASTEST_GIF or isinstance(timeline, Insert):
            return timeline
        self.notices.add(
            f"{self.info.path.name}: GIFs play at no more than 50 frames a second; made at 50, not at {float(rate):g}"
        )
        assert isinstance(timeline, (Multiply, Resample))
        stretch = Fraction(timeline.stretch)
        return Resample.of_source(_FASTEST_GIF, self.info.tick, self.info.rate, stretch=stretch)

    @property
    def info(self) -> SourceInfo:
        return self.source.info

    @property
    def kind(self) -> Literal["video", "gif", "animation", "folder"]:
        return kind_of_output(self.output)

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(self.source, self.timeline)

    @cached_property
    def plan(self) -> Plan:
        return plan_of(self.schedule)

    @cached_property
    def model(self) -> ModelChoice:
        """The model with all that `auto` left open decided: a run that is resumed decides the same."""
        return self.wishes.model.settled(self.info.size)

    @cached_property
    def retiming(self) -> Retiming:
        """From the source's times to the output's; the picture waits for sound that begins before it."""
        info = self.info
        stretch = self.schedule.duration / info.duration
        carried = self.kind == "video"
        return retiming_of(self.streams, info.start, stretch=stretch, audio=self.wishes.audio, carried=carried)

    @property
    def unit(self) -> Fraction:
        return output_unit(self.timeline, self.info)

    @cached_property
    def target(self) -> VideoSettings | int:
        """How video is encoded, or the depth of images."""
        if self.kind == "video":
            rate = nominal_rate(self.timeline, self.info)
            return VideoSettings.of(self.info, self.wishes.encoding, rate=rate, unit=self.unit)
        return 8 if self.info.depth == 8 or self.kind == "gif" else 16

    def recipe(self, folder: Path) -> Recipe:
        return Recipe(
            source=self.info.path,
            rate=self.rate,
            on_error=self.wishes.on_error,
            model=self.model,
            timeline=self.timeline,
            cuts=self.wishes.cuts,
            dedupe=self.wishes.dedupe,
            target=self.target,
            count=self.plan.count,
            shift=self.retiming.shift,
            folder=folder,
        )

    def work(self) -> dict[str, Any]:
        """Everything that the segments depend on; how sound is treated is not among it."""
        target = self.target
        return {
            "input": fingerprint(self.info.path),
            "model": self.model.identity(),
            "options": {
                "timeline": repr(self.timeline),
                "cuts": self.wishes.cuts,
                "dedupe": self.wishes.dedupe,
                "target": target if isinstance(target, int) else plain(asdict(target)),
                "shift": str(self.retiming.shift),
            },
            "version": [plain(av.library_versions), *map(version, _DECIDE_THE_BYTES)],
            "machine": [platform.machine(), cv2.getNumThreads()],
        }


def _make_missing(job: _Job, recipe: Recipe, workspace: Workspace, journal: Journal) -> None:
    """Make the segments that are not finished, and write down each as it is."""
    finished = {entry["number"] for entry in journal.entries}
    missing = [segment for segment in job.plan.segments if segment.number not in finished]
    done = sum(segment.count for segment in job.plan.segments) - sum(segment.count for segment in missing)
    steps = track(_steps(job, recipe, workspace, journal, missing), job.info.path.name, job.plan.count, done)
    for _ in steps:
        pass


def _steps(job: _Job, recipe: Recipe, workspace: Workspace, journal: Journal, missing: list[Segment]) -> Iterator[None]:
    """Yield once for every output frame that was made."""
    workers = job.wishes.workers
    if workers == 1:
        model = job.model.load()
        work = partial(make_segments, recipe, source=job.source, model=model)
        units = _runs(missing)
    else:
        work = partial(make_segments, recipe)
        units = [[segment] for segment in missing]
    for event in run_units(work, units, workers=workers):
        match event:
            case Finished():
                workspace.keep = True  # before it is written down: an interrupt may come right after
                journal.add(asdict(event))
                job.stopwatch.add(event.stages)
            case Stepped():
                yield


def _runs(segments: list[Segment]) -> list[list[Segment]]:
    """Segments that follow one another belong together: their source is decoded in one pass."""
    runs: list[list[Segment]] = []
    for segment in segments:
        if runs and runs[-1][-1].number + 1 == segment.number:
            runs[-1].append(segment)
        else:
            runs.append([segment])
    return runs


class _Assembly:
    """Finished segments become the output."""

    def __init__(self, job: _Job, recipe: Recipe, journal: Journal) -> None:
        self._job = job
        self._recipe = recipe
        self._delay = max((int(entry["delay"]) for entry in journal.entries), default=0)

    def put_together(self) -> str:
        """Make the output and give it its name; returns what became of the sound."""
        job = self._job
        with job.stopwatch.timing("join"):
            if job.kind == "folder":
                put_in_place(self._recipe.images, job.output, job.wishes.overwrite)
                return _fate_of_sound(job, None)
            working = self._recipe.folder / f"joined{job.output.suffix.lower()}"
            sound = self._video(working) if job.kind == "video" else self._animation(working)
            name_file(working, job.output, overwrite=job.wishes.overwrite)
            return sound

    def _video(self, working: Path) -> str:
        job, settings = self._job, self._job.target
        assert isinstance(settings, VideoSettings)
        copy = _copy_for(job)
        paths = [file for segment in job.plan.segments for file in self._recipe.files(segment)]
        packets = joined(paths, settings.unit, self._delay)
        with ExitStack() as stack:
            if copy is not None:
                stack.enter_context(copy)
            container = stack.enter_context(VideoContainer(working, settings, copy))
            for packet in track(packets, f"{job.output.name}: joining", job.plan.count):
                container.mux(packet)
            container.finish(round((job.plan.duration + job.retiming.shift) / settings.unit))
        return _fate_of_sound(job, copy)

    def _animation(self, working: Path) -> str:
        job = self._job
        files = (file for segment in job.plan.segments for file in self._recipe.files(segment))
        pictures = (Frame(ArrayPicture(images.read_image(file)), Fraction(0), Fraction(0)) for file in files)
        rate = nominal_rate(job.timeline, job.info)
        encoding = job.wishes.encoding
        with sink_for(working, like=job.info, rate=rate, unit=job.unit, encoding=encoding) as sink:
            for frame in track(job.schedule.frames(pictures), f"{job.output.name}: joining", job.plan.count):
                sink.append(frame)
        return _fate_of_sound(job, None)


def _copy_for(job: _Job) -> StreamCopy | None:
    """The other streams of a video that becomes a video."""
    if not job.info.has_time or job.kind != "video":
        return None
    return StreamCopy(job.info.path, job.retiming, audio=job.wishes.audio)


def _fate_of_sound(job: _Job, copy: StreamCopy | None) -> str:
    """What became of the sound, and of whatever else there is."""
    name = job.info.path.name
    if copy is not None:
        for words in copy.left_out + copy.repairs:
            job.notices.add(f"{name}: {words}")
        return copy.sound
    if job.streams.others:
        job.notices.add(f"{name}: left out: {', '.join(job.streams.others)}")
    if not job.streams.audio:
        return "none"
    if job.wishes.audio == "drop":
        return "dropped"
    holder = job.output.suffix or "a folder of images"
    job.notices.add(f"{name}: left out: sound: {holder} does not hold this; use .mkv")
    return "left out"


def _say_losses(job: _Job) -> None:
    """What of the source the output cannot hold, before hours go into it."""
    settings = job.target if isinstance(job.target, VideoSettings) else None
    for text in losses(job.info, job.output, settings):
        job.notices.add(f"{job.info.path.name}: {text}")
    encoding = job.wishes.encoding
    idle = [name for name in ("crf", "pix_fmt") if getattr(encoding, name) is not None]
    if idle and job.kind != "video":
        options = " and ".join("--" + name.replace("_", "-") for name in idle)
        job.notices.add(f"{job.output.name}: {options} had no part in it: only videos are encoded so")


def _say_more(job: _Job, journal: Journal) -> None:
    """What the user should know although it went well."""
    name = job.info.path.name
    if job.info.frame_count == 1:
        job.notices.add(f"{name}: it has a single frame, which is passed on; there is nothing to put between")
    damaged = sum(entry["tally"]["damaged"] for entry in journal.entries)
    if damaged:
        job.notices.add(f"{name}: {damaged} of {job.info.frame_count} frames cannot be decoded; the one before is held")
    if job.info.missing_seconds:
        job.notices.add(f"{name}: it breaks off {float(job.info.missing_seconds):.3f} s before its end")
    rate = nominal_rate(job.timeline, job.info)
    if job.kind == "gif" and rate > _FASTEST_GIF:
        job.notices.add(
            f"{name}: GIFs play at no more than 50 frames a second; of {float(rate):g}, the rest is left out"
        )


def _result(job: _Job, journal: Journal, *, reused: int, sound: str, seconds: float) -> Interpolation:
    def total(what: str) -> int:
        return sum(entry["tally"][what] for entry in journal.entries)

    return Interpolation(
        source=job.info.path,
        output=job.output,
        model=job.model.name,
        model_settings=job.model.settings,
        frames_read=total("read"),
        frames_made=total("made"),
        frames_written=total("written"),
        cuts=total("cuts"),
        held=total("held"),
        damaged=total("damaged"),
        size=job.info.size,
        rate=nominal_rate(job.timeline, job.info),
        duration=job.plan.duration,
        sound=sound,
        segments=len(journal.entries),
        segments_reused=reused,
        stages=job.stopwatch.seconds,
        seconds=seconds,
        notices=tuple(job.notices.texts),
    )
