"""A video is inspected; a folder says in numbers, pictures and words what is wrong with it."""

import csv
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.features.patches import grid_size
from frameloom.media.reading.source import FrameSource
from frameloom.media.writing.target import check_output, staged_folder
from frameloom.progress import Notices, track
from frameloom.reports.inspection_page import InspectionPage, Scene, render_inspection
from frameloom.results.inspection import FAULTS, KINDS, Finding, InspectedFrame, Inspection, Kind
from frameloom.roles import PatchEncoder
from frameloom.similarity.findings import worst_of
from frameloom.similarity.inspect import Judged, inspect_frames
from frameloom.similarity.looks import Look

PAGE_NAME, REPORT_NAME, TABLE_NAME = "index.html", "report.json", "frames.csv"
FILE_NAMES = frozenset({PAGE_NAME, REPORT_NAME, TABLE_NAME})
_PICTURE_WIDTH = 420  # pixels on the page

Image = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is asked of an inspection."""

    encoder: str
    """Name of what frames are compared by."""
    size: int | None = None
    """Side of the square that frames are resized to for it, in pixels; None: its own."""
    kinds: tuple[Kind, ...] = KINDS
    worst: int = 12
    overwrite: bool = False


def make_inspection(source: FrameSource, encoder: PatchEncoder, wish: Wish, output: Path | None) -> Inspection:
    """Inspect a source; write the report, the table of frames and the page where there is an output.

    Raises:
        OutputExists: the folder holds an earlier inspection and `overwrite` is not given.
        RangeError: the size is smaller than a patch of the encoder.
    """
    if output is not None:
        check_output(output, [source.info.path], overwrite=wish.overwrite, folder=True, names=FILE_NAMES)
    if output is None:
        return _inspected(source, encoder, wish, None)[0]
    with staged_folder(output, overwrite=wish.overwrite, names=FILE_NAMES) as working:
        result, scenes = _inspected(source, encoder, wish, output)
        result.save(working / REPORT_NAME)
        _write_table(result, working / TABLE_NAME)
        page = render_inspection(InspectionPage(result=result, scenes=scenes, facts=_facts(source, result)))
        (working / PAGE_NAME).write_text(page, encoding="utf-8")
    return result


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
        shown = [_picture(look) for look in (judged.previous, judged.this, judged.following)]
        self._scenes.append((strength, judged.this.index, Scene(judged.this.index, *shown)))
        self._scenes.sort(key=lambda one: (-one[0], one[1]))
        del self._scenes[self._count :]

    def scenes(self) -> dict[int, Scene]:
        """By the index of their frame."""
        return {index: scene for _, index, scene in self._scenes}


def _picture(look: Look | None) -> Image | None:
    if look is None:
        return None
    height, width = look.pixels.shape[:2]
    if width <= _PICTURE_WIDTH:
        return look.pixels
    size = (_PICTURE_WIDTH, max(1, round(height * _PICTURE_WIDTH / width)))
    return np.asarray(cv2.resize(look.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _inspected(
    source: FrameSource, encoder: PatchEncoder, wish: Wish, output: Path | None
) -> tuple[Inspection, dict[int, Scene]]:
    started = time.perf_counter()
    info, notices, gallery = source.info, Notices(), _Gallery(wish.worst)
    grid = grid_size(encoder, info.size, size=wish.size)
    frames: list[InspectedFrame] = []
    findings: list[Finding] = []
    judging = inspect_frames(source, encoder, grid=grid, size=info.size)
    for judged in track(judging, f"inspecting {info.path.name}", info.frame_count):
        wanted = [finding for finding in judged.findings if finding.kind in wish.kinds]
        frames.append(judged.frame)
        findings.extend(wanted)
        gallery.offer(judged, wanted)
    _tell(source, frames, notices)
    result = Inspection(
        source=info.path, size=info.size, rate=info.rate, encoder=wish.encoder, grid=grid, kinds=wish.kinds,
        frames=tuple(frames), findings=tuple(findings), worst=worst_of(findings, wish.worst),
        counts={kind: sum(finding.kind == kind for finding in findings) for kind in wish.kinds},
        seconds=time.perf_counter() - started, notices=tuple(notices.texts), output=output,
    )  # fmt: skip
    return result, gallery.scenes()


def _tell(source: FrameSource, frames: Sequence[InspectedFrame], notices: Notices) -> None:
    """What the user should know besides the findings."""
    info = source.info
    damaged = sum(frame.damaged for frame in frames)
    if damaged:
        notices.add(f"{info.path.name}: {damaged} damaged frames; the nearest sound one stands in for each")
    if info.missing_seconds:
        notices.add(f"{info.path.name} breaks off {float(info.missing_seconds):.3f} s before its end")
    if len(frames) < 3:
        notices.add(f"{info.path.name} has {len(frames)} frame(s); with fewer than three there is little to compare")


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
