"""How alike the patches of a video are: frames are sampled and encoded, similarities written to files.

Tokens are kept in the hidden folder beside the output until it is done; a run that was interrupted uses them again.
"""

import shutil
import tempfile
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import numpy as np

from frameloom.errors import InputError, RangeError
from frameloom.features.patches import grid_size
from frameloom.journal import Journal
from frameloom.media.reading.fingerprint import fingerprint
from frameloom.media.reading.source import open_source
from frameloom.media.writing.sink import names_a_file
from frameloom.media.writing.target import check_output, put_in_place, told
from frameloom.media.writing.workspace import Workspace
from frameloom.models.choice import ModelChoice
from frameloom.progress import Notices, Stopwatch
from frameloom.results.patches import ArrayStatistics, PatchSimilarity
from frameloom.roles import PatchEncoder
from frameloom.similarity.array_files import ArrayFormat, check_format
from frameloom.similarity.disk_space import check_room
from frameloom.similarity.patch_files import (
    STORED_NAMES,
    ArrayName,
    StoredType,
    opened,
    statistics_text,
    value_counts,
    write_arrays,
)
from frameloom.similarity.patch_scenes import PatchScenes, scenes_of
from frameloom.similarity.sampled_frames import samples_of
from frameloom.similarity.token_maker import TokenMaker, picture_size
from frameloom.similarity.token_spool import TokenSpool

DEFAULT_SIZE = 448
ALL_ARRAYS: tuple[ArrayName, ...] = get_args(ArrayName)
Draw = Callable[[PatchSimilarity, PatchScenes, int, Path], None]
"""Draws a result, with a number of positions, into a folder."""
FILE_NAMES = frozenset(
    {*(f"{name}.{end}" for name in STORED_NAMES.values() for end in ("npy", "npz", "h5", "zarr/")), "statistics.txt",
     "patches.json", "frame_similarity.png", "position_[0-9]*_r[0-9]*_c[0-9]*.png", "intra_frame_[0-9]*.png",
     "change.png", "change.mp4", "pca_colours.png", "pca_colours.mp4"}
)  # fmt: skip
_VERSIONS = ("frameloom", "av", "numpy", "opencv-python-headless")


@dataclass(frozen=True, kw_only=True, slots=True)
class PatchWish:
    """What is asked of an analysis, besides the encoder.

    Raises:
        RangeError: a number or word that is not among the possible ones.
    """

    fps: Fraction | None = None
    """Samples per second; None: one, and all of a folder of images."""
    max_frames: int = 100
    size: int = DEFAULT_SIZE
    """Side of the square that frames are resized to, in pixels."""
    patch_size: int | None = None
    """Asked for as a check: it is the encoder's own or nothing."""
    visualize_positions: int = 10
    dtype: StoredType = "float32"
    """What the two large arrays are stored in."""
    format: ArrayFormat = "npz"
    only: tuple[ArrayName, ...] = ALL_ARRAYS
    """Which arrays are made."""
    batch: int = 4
    """Frames that are encoded at a time."""
    overwrite: bool = False

    def __post_init__(self) -> None:
        for name, given, words in (
            ("dtype", self.dtype, get_args(StoredType)),
            ("format", self.format, get_args(ArrayFormat)),
            *(("only", word, get_args(ArrayName)) for word in self.only),
        ):
            if given not in words:
                raise RangeError(f"{name} is '{given}'; give {', '.join(words[:-1])} or {words[-1]}")
        for name, least in (("size", 1), ("visualize_positions", 0), ("batch", 1), ("max_frames", 1)):
            given = getattr(self, name)
            if given < least:
                raise RangeError(f"{name} is {given}; it must be a whole number from {least} up")
        if not self.only:
            raise RangeError("only names no array; give position, frame or intra")


def analyse(choice: ModelChoice, path: Path, output: Path | None, wish: PatchWish, *, draw: Draw) -> PatchSimilarity:
    """Write the similarities of a video's patches, and pictures of them, to a folder.

    Without an output they lie in a folder that goes when the result does.

    Raises:
        MediaError: the source cannot be read or the output not written; nothing is left under its name. Frames that
            were encoded are kept beside it for the next run.
        InputError: options that contradict each other, the encoder or the source.
        ModelError: the encoder cannot be used as asked.
    """
    if output is None:
        return _in_passing(choice, path, wish, draw)
    started = time.perf_counter()
    if names_a_file(output):
        raise InputError(f"{output} names a file; the similarities of patches go to a folder")
    check_output(output, [path], overwrite=wish.overwrite, folder=True, names=FILE_NAMES)
    check_format(wish.format)
    job = _Job(choice, path, output, wish)
    with Workspace(output) as workspace, told(output):
        result = job.run(workspace, draw)
    return replace(result, seconds=time.perf_counter() - started)


def _in_passing(choice: ModelChoice, path: Path, wish: PatchWish, draw: Draw) -> PatchSimilarity:
    folder = Path(tempfile.mkdtemp(prefix="frameloom-"))
    try:
        result = analyse(choice, path, folder / "patches", wish, draw=draw)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(result, shutil.rmtree, folder, ignore_errors=True)
    return result


class _Job:
    """One analysis, resolved."""

    def __init__(self, choice: ModelChoice, path: Path, output: Path, wish: PatchWish) -> None:
        self.output, self.wish = output, wish
        self.notices, self.stopwatch = Notices(), Stopwatch()
        self.source = open_source(path)
        self.samples = samples_of(self.source, fps=wish.fps, max_frames=wish.max_frames)
        self.choice = choice.settled((wish.size, wish.size))
        self.encoder: PatchEncoder = self.choice.card.load(self.choice.runtime)
        patch = self.encoder.patch
        if wish.patch_size not in (None, patch):
            raise InputError(
                f"{choice.name} has patches of {patch} pixels, not of {wish.patch_size}; leave out --patch-size, or "
                "choose another --encoder"
            )
        self.grid = grid_size(self.encoder, self.source.info.size, size=wish.size)
        self.size = (self.grid[0] * patch, self.grid[1] * patch)
        if self.size[0] != wish.size:
            self.notices.add(
                f"{path.name}: {wish.size} is not a multiple of {patch}, the patch of {choice.name}; "
                f"frames are resized to {self.size[1]}x{self.size[0]}"
            )

    @cached_property
    def work(self) -> dict[str, Any]:
        """Everything that tokens and small pictures depend on."""
        return {
            "input": fingerprint(self.source.info.path),
            "model": self.choice.identity(),
            "options": [self.grid, [sample.index for sample in self.samples], picture_size(self.source.info)],
            "version": [version(name) for name in _VERSIONS],
        }

    def run(self, workspace: Workspace, draw: Draw) -> PatchSimilarity:
        spool, reused = self._tokens(workspace)
        folder = workspace.path / "result"
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        with self.stopwatch.timing("similarity"):
            statistics = write_arrays(spool, folder, self.wish.only, np.dtype(self.wish.dtype), self.wish.format)
        (folder / "statistics.txt").write_text(statistics_text(statistics), encoding="utf-8")
        with self.stopwatch.timing("draw"):
            shown = self._result(folder, statistics, reused)
            draw(shown, scenes_of(spool, self.grid), self.wish.visualize_positions, folder)
            del shown  # lets go of the arrays: not every system renames what is open
        files = sorted([*(entry.name for entry in folder.iterdir()), "patches.json"])
        result = replace(self._result(None, statistics, reused), files=tuple(files))
        result.save(folder / "patches.json")
        put_in_place(folder, self.output, self.wish.overwrite, FILE_NAMES)
        return replace(result, **opened(self.output, self.wish.only, self.wish.format))

    def _tokens(self, workspace: Workspace) -> tuple[TokenSpool, int]:
        name = self.source.info.path.name
        journal = Journal(workspace.path / "journal", self.work)
        if journal.changed:
            self.notices.add(
                f"{name}: an unfinished run was found, but what it depends on ({', '.join(journal.changed)}) changed "
                "since; starting afresh"
            )
        maker = TokenMaker(source=self.source, samples=self.samples, encoder=self.encoder, grid=self.grid,
                           batch=self.wish.batch)  # fmt: skip
        workspace.keep = bool(journal.entries)

        def check(spool: TokenSpool) -> None:
            self._check_room(spool, workspace.path)
            workspace.keep = True

        with self.stopwatch.timing("encode"):
            spool, reused = maker.make(workspace.path, journal, check=check)
        if reused:
            self.notices.add(f"{name}: going on; {reused} of {len(self.samples)} frames were encoded")
        return spool, reused

    def _check_room(self, spool: TokenSpool, folder: Path) -> None:
        values = value_counts(spool, self.wish.only)
        check_room(self.output, folder, spool, values, np.dtype(self.wish.dtype).itemsize, self.notices)

    def _result(self, folder: Path | None, statistics: dict[str, ArrayStatistics], reused: int) -> PatchSimilarity:
        arrays = {} if folder is None else opened(folder, self.wish.only, self.wish.format)
        return PatchSimilarity(
            source=self.source.info.path,
            output=self.output,
            encoder=self.choice.name,
            encoder_settings=self.choice.settings,
            size=self.size,
            grid=self.grid,
            indices=tuple(sample.index for sample in self.samples),
            times=tuple(sample.time for sample in self.samples) if self.source.info.has_time else (),
            statistics=statistics,
            files=(),
            frames_reused=reused,
            seconds=0.0,
            stages=dict(self.stopwatch.seconds),
            notices=tuple(self.notices.texts),
            **arrays,
        )
