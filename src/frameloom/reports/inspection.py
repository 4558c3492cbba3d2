"""A video is inspected; a folder says in numbers, pictures and words what is wrong with it."""

import csv
import platform
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.counting import counted
from frameloom.features.patches import grid_size
from frameloom.features.thumbnails import reduced_rgb
from frameloom.journal import Journal
from frameloom.media.choices import OnError
from frameloom.media.reading.fingerprint import fingerprint
from frameloom.media.reading.source import FrameSource
from frameloom.media.writing.target import check_output, put_in_place, told
from frameloom.media.writing.workspace import Workspace
from frameloom.models.choice import ModelChoice
from frameloom.progress import Notices, track
from frameloom.reports.inspection_page import InspectionPage, Scene, render_inspection
from frameloom.results.inspection import FAULTS, KINDS, Finding, InspectedFrame, Inspection, Kind
from frameloom.roles import PatchEncoder
from frameloom.similarity.findings import worst_of
from frameloom.similarity.inspect import Judged
from frameloom.similarity.kept_judgements import Keeper, judged_from
from frameloom.similarity.looks import Look

PAGE_NAME, REPORT_NAME, TABLE_NAME = "index.html", "report.json", "frames.csv"
FILE_NAMES = frozenset({PAGE_NAME, REPORT_NAME, TABLE_NAME})
_PICTURE_WIDTH = 420  # pixels on the page
_VERSIONS = ("frameloom", "av", "numpy", "opencv-python-headless")

Image = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is asked of an inspection."""

    size: int | None = None
    """Side of the square that frames are resized to for it, in pixels; None: its own."""
    kinds: tuple[Kind, ...] = KINDS
    worst: int = 12
    on_error: OnError = "stop"
    overwrite: bool = False


def make_inspection(
    source: FrameSource, choice: ModelChoice, encoder: PatchEncoder, wish: Wish, output: Path | None
) -> Inspection:
    """Inspect a source; write the report, the table of frames and the page where there is an output.

    `encoder` is what was chosen, built.

    Raises:
        OutputExists: the folder holds an earlier inspection and `overwrite` is not given.
        CannotWrite: the folder cannot be written, or another run makes it at this moment.
        RangeError: the size is smaller than a patch of the encoder.
    """
    job = _Job(source, choice, encoder, wish, output)
    if output is None:
        return job.inspected(None)
    check_output(output, [source.info.path], overwrite=wish.overwrite, folder=True, names=FILE_NAMES)
    with Workspace(output) as workspace, told(output):
        return job.written(workspace, output)


class _Gallery:
    """The pictures of the worst frames so far."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._scenes: list[tuple[float, int, Scene]] = []

    def offer(self, judged: Judged, findings: Sequence[Finding]) -> None:
        """Keep the frame's pictures, if it is among the worst."""
        strength = max((finding.strength for finding in findings if finding.kind in FAULTS), default=0.0)
        full = len(self._scenes) == self._count
        if not strength or not self._count or (full and strength <= self._scenes[-1][0]):
            return
        looks: tuple[Look | None, ...] = (judged.previous, judged.this, judged.following)
        shown = [None if look is None else _picture(look.pixels) for look in looks]
        self._scenes.append((strength, judged.this.index, Scene(judged.this.index, *shown)))
        self._scenes.sort(key=lambda one: (-one[0], one[1]))
        del self._scenes[self._count :]

    def scenes(self) -> dict[int, Scene]:
        """By the index of their frame."""
        return {index: scene for _, index, scene in self._scenes}


def _picture(pixels: Image) -> Image:
    height, width = pixels.shape[:2]
    if width <= _PICTURE_WIDTH:
        return pixels
    size = (_PICTURE_WIDTH, max(1, round(height * _PICTURE_WIDTH / width)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(slots=True)
class _Job:
    """One inspection."""

    source: FrameSource
    choice: ModelChoice
    encoder: PatchEncoder
    wish: Wish
    output: Path | None
    notices: Notices = field(default_factory=Notices)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return grid_size(self.encoder, self.source.info.size, size=self.wish.size)

    @property
    def work(self) -> dict[str, Any]:
        """Everything that judgements depend on."""
        return {
            "input": fingerprint(self.source.info.path),
            "model": self.choice.identity(),
            "options": [self.grid, str(self.source.info.rate), self.wish.on_error],
            "version": [version(name) for name in _VERSIONS],
        }

    def written(self, workspace: Workspace, output: Path) -> Inspection:
        """Inspect, and put the folder in its place."""
        journal = Journal(workspace.path / "journal", self.work)
        if journal.changed:
            self.notices.add(
                f"{self.source.info.path.name}: an unfinished run was found, but what it depends on "
                f"({', '.join(journal.changed)}) changed since; starting afresh"
            )
        workspace.keep = bool(journal.entries)
        gallery = _Gallery(self.wish.worst)
        result = self.inspected(Keeper(journal), workspace, gallery)
        folder = workspace.path / "result"
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        result.save(folder / REPORT_NAME)
        _write_table(result, folder / TABLE_NAME)
        scenes = gallery.scenes()
        scenes |= {one.frame: self._scene(one.frame) for one in result.worst if one.frame not in scenes}
        page = render_inspection(InspectionPage(result=result, scenes=scenes, facts=_facts(self.source, result)))
        (folder / PAGE_NAME).write_text(page, encoding="utf-8")
        put_in_place(folder, output, self.wish.overwrite, FILE_NAMES)
        return result

    def inspected(
        self, keeper: Keeper | None, workspace: Workspace | None = None, gallery: "_Gallery | None" = None
    ) -> Inspection:
        """Inspect the frames that no earlier run has, and put all together."""
        started = time.perf_counter()
        info, wish = self.source.info, self.wish
        earlier = keeper.earlier if keeper else []
        frames = [one.frame for one in earlier]
        findings = [finding for one in earlier for finding in one.findings if finding.kind in wish.kinds]
        if earlier:
            self.notices.add(f"{info.path.name}: going on; {len(earlier)} of {info.frame_count} frames were inspected")
        judging = judged_from(self.source, self.encoder, self.grid, len(earlier))
        for judged in track(judging, f"inspecting {info.path.name}", info.frame_count, len(earlier)):
            wanted = [finding for finding in judged.findings if finding.kind in wish.kinds]
            frames.append(judged.frame)
            findings.extend(wanted)
            if gallery is not None:
                gallery.offer(judged, wanted)
            if keeper is not None and workspace is not None and keeper.add(judged):
                workspace.keep = True
        _tell(self.source, frames, self.notices)
        return Inspection(
            source=info.path, size=info.size, rate=info.rate, encoder=self.choice.name, grid=self.grid,
            kinds=wish.kinds, frames=tuple(frames), findings=tuple(findings), worst=worst_of(findings, wish.worst),
            counts={kind: sum(finding.kind == kind for finding in findings) for kind in wish.kinds},
            frames_reused=len(earlier), seconds=time.perf_counter() - started, notices=tuple(self.notices.texts),
            output=self.output,
        )  # fmt: skip

    def _scene(self, index: int) -> Scene:
        """The pictures of a frame that an earlier run inspected."""
        first = max(0, index - 1)
        images = [
            _picture(reduced_rgb(frame.picture)) for frame in islice(self.source.frames(first), index + 2 - first)
        ]
        before = images[: index - first]
        shown = (before[0] if before else None, *images[index - first :], None)
        return Scene(index, *shown[:3])


def _tell(source: FrameSource, frames: Sequence[InspectedFrame], notices: Notices) -> None:
    """What the user should know besides the findings."""
    info = source.info
    damaged = sum(frame.damaged for frame in frames)
    if damaged:
        notices.add(f"{info.path.name}: {counted(damaged, 'damaged frame')}; the nearest sound one stands in")
    if info.missing_seconds:
        notices.add(f"{info.path.name} breaks off {float(info.missing_seconds):.3f} s before its end")
    if len(frames) < 3:
        there = counted(len(frames), "frame")
        notices.add(f"{info.path.name} has {there}; with fewer than three there is little to compare")


def _write_table(result: Inspection, path: Path) -> None:
    """One line per frame; what is not known is left empty."""
    names = [name for name in InspectedFrame.__dataclass_fields__ if name != "index"]
    found: dict[int, list[str]] = {}
    for finding in result.findings:
        found.setdefault(finding.frame, []).append(finding.kind)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["frame", "seconds", *names, "findings"])
        for frame in result.frames:
            values = [_cell(getattr(frame, name)) for name in names]
            table.writerow([frame.index, f"{float(frame.time):.6f}", *values, " ".join(found.get(frame.index, []))])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _facts(source: FrameSource, result: Inspection) -> dict[str, str]:
    height, width = result.size
    return {
        "Source": result.source.name,
        "Size": f"{width}x{height}",
        "Rate": f"{float(result.rate):.3f} frames a second" + ("" if source.info.regular else " on average"),
        "Frames": str(len(result.frames)),
        "Compared by": f"{result.encoder}, {result.grid[0]} x {result.grid[1]} patches",
        "Looked for": ", ".join(result.kinds),
        "Took": f"{result.seconds:.1f} s",
        "Frameloom": version("frameloom"),
        "Python": platform.python_version(),
    }
