"""Chosen images to the output: segments, one after another, with the sound; and what else lies in a folder."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from frameloom.journal import Entry, Journal
from frameloom.media.carrying.remux import StreamCopy
from frameloom.media.carrying.retiming import Retiming
from frameloom.media.carrying.streams import OtherStreams, other_streams, retiming_of
from frameloom.media.reading.source import FrameSource
from frameloom.media.writing.encoding import VideoSettings
from frameloom.media.writing.sink import kind_of_output
from frameloom.media.writing.stored_packets import joined
from frameloom.media.writing.target import name_file, put_in_place
from frameloom.media.writing.video_container import VideoContainer
from frameloom.media.writing.workspace import Workspace
from frameloom.progress import Notices, Stopwatch, track
from frameloom.results.collage import BestChoice, Calm, Match
from frameloom.retrieval.collage_files import (
    CHECKPOINT,
    FRAMES,
    RESULTS,
    SAMPLES,
    names_of_result,
    video_name,
    write_results,
)
from frameloom.retrieval.collage_wishes import Wishes
from frameloom.retrieval.fitting import Fitting
from frameloom.retrieval.programme import Programme
from frameloom.retrieval.rendering import Rendering, open_segments, render_segments
from frameloom.retrieval.samples import write_samples
from frameloom.retrieval.selection import Choice


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What was written."""

    video: Path | None
    frames: int
    """Of the output."""
    sound: str
    segments: int
    segments_reused: int


NOTHING_MADE = Made(video=None, frames=0, sound="none", segments=0, segments_reused=0)


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """All that an output is made from."""

    source: FrameSource
    output: Path
    programme: Programme
    choices: dict[int, Choice]
    """By frame of the source."""
    paths: Sequence[Path]
    """The images, by id."""
    fitting: Fitting
    settings: VideoSettings
    wishes: Wishes
    workspace: Workspace
    work: Entry
    """All that the choices depend on, as JSON can hold it."""
    notices: Notices
    stopwatch: Stopwatch

    def put_together(self, matches: Sequence[Match], judged: BestChoice | Calm | None) -> Made:
        """Make what is missing, and give the whole its name."""
        if not self._is_folder:
            working = self.workspace.path / f"joined{self.output.suffix.lower()}"
            made = self._video(working)
            name_file(working, self.output, overwrite=self.wishes.overwrite)
            return made
        folder = self.workspace.path / "result"
        shutil.rmtree(folder, ignore_errors=True)  # of a run that ended in the middle of this
        folder.mkdir()
        name = video_name(self._path, self.wishes.encoding.card.suffixes[0])
        made = self._video(folder / name) if self.wishes.video else NOTHING_MADE
        write_results(folder / RESULTS, matches, judged)
        if self.wishes.samples:
            self._write_samples(folder / SAMPLES)
        shutil.copyfile(self.workspace.path / CHECKPOINT, folder / CHECKPOINT)
        if self.wishes.video and self.wishes.frames:
            self._rendering.frames_folder.replace(folder / FRAMES)
        put_in_place(folder, self.output, self.wishes.overwrite, names_of_result(self._path))
        return made

    @property
    def _path(self) -> Path:
        return self.source.info.path

    @property
    def _is_folder(self) -> bool:
        return kind_of_output(self.output) == "folder"

    @cached_property
    def _streams(self) -> OtherStreams:
        return other_streams(self._path) if self.source.info.has_time else OtherStreams((), (), None)

    @cached_property
    def _retiming(self) -> Retiming:
        """The picture waits for sound that begins before it, where that is carried."""
        info, audio = self.source.info, self.wishes.audio
        return retiming_of(self._streams, info.start, stretch=Fraction(1), audio=audio, carried=self.programme.whole)

    @cached_property
    def _rendering(self) -> Rendering:
        return Rendering(
            source=self.source,
            programme=self.programme,
            choices=self.choices,
            paths=self.paths,
            fitting=self.fitting,
            settings=self.settings,
            frames=self._is_folder and self.wishes.frames,
            shift=self._retiming.shift,
            folder=self.workspace.path,
            workers=self.wishes.workers,
            stopwatch=self.stopwatch,
        )

    def _video(self, path: Path) -> Made:
        """Render what is missing, join it and add the other streams."""
        rendering, name = self._rendering, self._path.name
        journal = open_segments(rendering, self.workspace.path / "segments", self._work_of_segments())
        reused = len(journal.entries)
        if reused:
            self.notices.add(f"{name}: {reused} of {rendering.segments} segments were finished")
        done = sum(rendering.count(entry["number"]) for entry in journal.entries)
        for _ in track(render_segments(rendering, journal), f"{name}: making the video", self.programme.count, done):
            pass
        with self.stopwatch.timing("join"):
            sound = self._join(path, journal)
        return Made(
            video=self.output / path.name if self._is_folder else self.output,
            frames=self.programme.count,
            sound=sound,
            segments=rendering.segments,
            segments_reused=reused,
        )

    def _work_of_segments(self) -> Entry:
        selected = [choice.selected for choice in self.choices.values()]
        digest = hashlib.sha256(json.dumps([self.work, selected]).encode()).hexdigest()
        return {"choices": digest, **self._rendering.settings_of_output()}

    def _join(self, path: Path, journal: Journal) -> str:
        """Returns what became of the sound."""
        settings, rendering = self.settings, self._rendering
        delay = max(entry["delay"] for entry in journal.entries)
        packets = joined([rendering.packets(number) for number in range(rendering.segments)], settings.unit, delay)
        copy = self._other_streams()
        with ExitStack() as stack:
            if copy is not None:
                stack.enter_context(copy)
            container = stack.enter_context(VideoContainer(path, settings, copy))
            for packet in track(packets, f"{self.output.name}: joining", self.programme.count):
                container.mux(packet)
            container.finish(round((self.programme.duration + rendering.shift) / settings.unit))
        return self._fate_of_sound(copy)

    def _other_streams(self) -> StreamCopy | None:
        """Sound and the rest of a video; of a part of it they would last too long."""
        if not self.source.info.has_time or not self.programme.whole:
            return None
        return StreamCopy(self._path, self._retiming, audio=self.wishes.audio)

    def _fate_of_sound(self, copy: StreamCopy | None) -> str:
        if copy is not None:
            for words in copy.left_out + copy.repairs:
                self.notices.add(f"{self._path.name}: {words}")
            return copy.sound
        if not self._streams.audio:
            return "none"
        if self.wishes.audio == "drop":
            return "dropped"
        self.notices.add(f"{self._path.name}: left out: sound: only the beginning of the video is used")
        return "left out"

    def _write_samples(self, folder: Path) -> None:
        frames = sorted(self.choices)[:: self.wishes.interval][: self.wishes.samples]
        write_samples(folder, self.source, [self.choices[frame] for frame in frames], self.paths, self.fitting)
