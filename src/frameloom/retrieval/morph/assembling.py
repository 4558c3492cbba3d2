"""Finished segments of a film to its videos, each with the sound, and their names."""

import json
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from frameloom.journal import Journal
from frameloom.media.carrying.sound_file import SoundFile
from frameloom.media.writing.sink import kind_of_output
from frameloom.media.writing.stored_packets import joined
from frameloom.media.writing.target import name_file, put_in_place
from frameloom.media.writing.video_container import VideoContainer
from frameloom.media.writing.workspace import Workspace
from frameloom.progress import Notices, track
from frameloom.results.morph import MorphPicture
from frameloom.retrieval.morph.rendering import Rendering
from frameloom.retrieval.morph.wishes import RESULTS, Wishes, names_of_result, outputs_of


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """All that the outputs are made from."""

    rendering: Rendering
    journal: Journal
    """Of the segments, all of which are finished."""
    output: Path
    wishes: Wishes
    workspace: Workspace
    notices: Notices

    def put_together(self, pictures: Sequence[MorphPicture]) -> str:
        """Make the videos and give them their names; returns what became of the sound."""
        working = self.workspace.path / "result"
        shutil.rmtree(working, ignore_errors=True)  # of a run that ended in the middle of this
        working.mkdir()
        videos = outputs_of(self.output, self.wishes.sizes, self.wishes.encoding)
        fates = [self._video(size, working / video.name) for size, video in enumerate(videos)]
        overwrite = self.wishes.overwrite
        if kind_of_output(self.output) == "folder":
            _write_results(working / RESULTS, pictures)
            put_in_place(working, self.output, overwrite, names_of_result())
        else:
            for video in videos:
                name_file(working / video.name, video, overwrite=overwrite)
        return fates[0]

    def _video(self, size: int, path: Path) -> str:
        rendering, settings, pace = self.rendering, self.rendering.settings[size], self.rendering.pace
        delay = max(entry["delay"] for entry in self.journal.entries)
        packets = joined([rendering.packets(size, number) for number in range(pace.segments)], settings.unit, delay)
        audio = self.wishes.audio
        with ExitStack() as stack:
            sound = None if audio is None else stack.enter_context(SoundFile(audio, pace.duration))
            container = stack.enter_context(VideoContainer(path, settings, sound))
            for packet in track(packets, f"{path.name}: joining", pace.count):
                container.mux(packet)
            container.finish(round(pace.duration / settings.unit))
        return "none" if sound is None else self._fate_of(sound)

    def _fate_of(self, sound: SoundFile) -> str:
        name, end = sound.path.name, self.rendering.pace.duration
        for words in sound.repairs():
            self.notices.add(f"{name}: {words}")
        if sound.until_when < end - _HARDLY_HEARD:
            self.notices.add(
                f"{name}: the sound ends after {float(sound.until_when):.1f} s, the film after {float(end):.1f} s"
            )
        return sound.sound


_HARDLY_HEARD = 0.1  # seconds of silence at the end


def _write_results(path: Path, pictures: Sequence[MorphPicture]) -> None:
    """A line for each picture."""
    lines = ",\n".join(json.dumps(picture.to_dict()) for picture in pictures)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
