"""A pool of images alone to a film, in one or several sizes."""

import hashlib
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import av

from frameloom.journal import Entry, Journal
from frameloom.media.carrying.sound_file import SoundFile
from frameloom.media.reading.source import SourceInfo
from frameloom.media.writing.encoding import VideoSettings
from frameloom.media.writing.losses import loss_of_size
from frameloom.media.writing.target import told
from frameloom.media.writing.workspace import Workspace
from frameloom.models.choice import ModelChoice
from frameloom.progress import Notices, Stopwatch, track
from frameloom.results.base import plain
from frameloom.results.morph import Morph, MorphPicture
from frameloom.retrieval.collage_wishes import Searched
from frameloom.retrieval.fitting import Fitting
from frameloom.retrieval.index import PoolIndex
from frameloom.retrieval.morph.assembling import Assembly
from frameloom.retrieval.morph.grading import Histograms, Table, histograms_of, tables_along
from frameloom.retrieval.morph.rendering import Rendering, open_segments, render_segments
from frameloom.retrieval.morph.route import Route, find_route, mean_of, place_of, similarities
from frameloom.retrieval.morph.wishes import (
    Size,
    Wishes,
    check_enough,
    check_morph,
    common_aspect,
    outputs_of,
    words_of,
)
from frameloom.retrieval.pictures import read_picture
from frameloom.retrieval.searching import PoolWish

_DECIDE_THE_BYTES = ("frameloom", "av", "numpy", "opencv-python-headless")


def make_morph(pool: PoolWish, output: Path, wishes: Wishes) -> Morph:
    """Make a film of a pool.

    Args:
        pool: The images.
        output: A video by its suffix, else a folder for the videos and results.json.
        wishes: How long, how large, how it goes from picture to picture.

    Raises:
        MediaError: an image or the sound cannot be read, or an output not written; nothing is left under its name. What
            was found and made is kept beside it for the next run.
        InputError: too few images, or options that contradict each other.
    """
    started = time.perf_counter()
    check_morph(pool.place, output, wishes)
    job = _Job(pool, output, wishes)
    check_enough(pool.count(), pool.place, wishes)  # before hours go into the pool
    if wishes.audio is not None:
        with SoundFile(wishes.audio, wishes.pace.duration):  # whether it is one, likewise
            pass
    check_enough(job.searched.pool, pool.place, wishes)
    start = job.start
    with Workspace(output) as workspace, told(output):
        route = find_route(job.searched, start, wishes, workspace.path, job.stopwatch)
        workspace.keep = True
        order = route.over(wishes.pace.pictures)
        rendering = job.rendering(order, workspace.path)
        journal = open_segments(rendering, workspace.path / "segments", job.work(route))
        reused = len(journal.entries)
        job.make_missing(rendering, journal, order)
        pictures = job.pictures(order)
        assembly = Assembly(
            rendering=rendering, journal=journal, output=output, wishes=wishes, workspace=workspace, notices=job.notices
        )
        with job.stopwatch.timing("join"):
            sound = assembly.put_together(pictures)
    return _result(job, route, pictures, sound=sound, reused=reused, seconds=time.perf_counter() - started)


class _Job:
    """One film, resolved."""

    def __init__(self, pool: PoolWish, output: Path, wishes: Wishes) -> None:
        self.pool = pool
        self.output = output
        self.wishes = wishes
        self.notices = Notices()
        self.stopwatch = Stopwatch()
        self.settings = tuple(self._settings_of(size) for size in wishes.sizes)
        for settings in self.settings:
            for text in loss_of_size(settings, way_out="--codec av1 does not"):
                self.notices.add(f"{output.name}: {text}")

    def _settings_of(self, size: Size) -> VideoSettings:
        """Images are sRGB of 8 bits; if each is another one, nothing can be predicted from the one before."""
        pace = self.wishes.pace
        like = SourceInfo(
            path=Path(words_of(size)),
            kind="folder",
            size=size,
            depth=8,
            frame_count=pace.count,
            rate=pace.rate,
            regular=True,
            tick=1 / pace.rate,
            start=Fraction(0),
            duration=pace.duration,
        )
        encoding = replace(self.wishes.encoding, key_frames_only=pace.hold == 1 and pace.between == 0)
        return VideoSettings.of(like, encoding, rate=pace.rate, unit=1 / pace.rate)

    @cached_property
    def searched(self) -> Searched:
        """The pool; opening it may take long."""
        return self.pool.open(common_aspect(self.wishes.sizes))

    @cached_property
    def models(self) -> tuple[ModelChoice, ...]:
        """What makes frames between pictures of each size, with nothing left open."""
        model = self.wishes.model
        return () if model is None else tuple(model.settled(size) for size in self.wishes.sizes)

    @property
    def start(self) -> int | None:
        """The id of the first picture, where it was named."""
        if self.wishes.start is None:
            return None
        index = self.searched.index
        assert isinstance(index, PoolIndex), "pools are opened as indexes on the disk"
        return place_of(self.wishes.start, index.stored.paths, self.pool.place)

    def rendering(self, order: Sequence[int], folder: Path) -> Rendering:
        """What segments are made from, but for colours and models."""
        return Rendering(
            pace=self.wishes.pace,
            pictures=[self.searched.index.paths[identity] for identity in order],
            tables=None,
            grade=self.wishes.grade,
            fittings=tuple(Fitting(size=(rows, columns), aspect=Fraction(columns, rows))
                           for rows, columns in self.wishes.sizes),
            settings=self.settings,
            models=(),
            folder=folder,
            workers=self.wishes.workers,
            stopwatch=self.stopwatch,
        )  # fmt: skip

    def work(self, route: Route) -> Entry:
        """Everything that the segments depend on; the sound is not among it."""
        wishes = self.wishes
        return {
            "route": hashlib.sha256(json.dumps([self.searched.images, route.path]).encode()).hexdigest(),
            "pace": repr(wishes.pace),
            "grade": None if wishes.grade is None else [wishes.grade, wishes.strength, self.searched.settings],
            "encoding": [repr(settings) for settings in self.settings],
            "models": [model.identity() for model in self.models],
            "version": [plain(av.library_versions), *map(version, _DECIDE_THE_BYTES)],
            "machine": platform.machine(),
        }

    def make_missing(self, rendering: Rendering, journal: Journal, order: Sequence[int]) -> None:
        """Make the segments that are not finished."""
        pace, name = self.wishes.pace, self.output.name
        done = sum(len(pace.frames(entry["number"])) for entry in journal.entries)
        if done == pace.count:
            return
        if done:
            self.notices.add(f"{name}: going on; {len(journal.entries)} of {pace.segments} segments were finished")
        whole = replace(rendering, tables=self._tables(order), models=tuple(model.load() for model in self.models))
        for _ in track(render_segments(whole, journal), f"{name}: making the film", pace.count, done):
            pass

    def _tables(self, order: Sequence[int]) -> list[Table] | None:
        """How colours change, the same for all sizes: found on pictures as they are compared."""
        grade = self.wishes.grade
        if grade is None:
            return None
        known: dict[int, Histograms] = {}
        for identity in track(dict.fromkeys(order), f"{self.output.name}: looking at colours", len(set(order))):
            with self.stopwatch.timing("colours"):
                picture = read_picture(self.searched.index.paths[identity], smallest=self.searched.smallest)
                known[identity] = histograms_of(self.searched.framing(picture), grade)
        return list(tables_along((known[identity] for identity in order), grade, self.wishes.strength))

    def pictures(self, order: Sequence[int]) -> tuple[MorphPicture, ...]:
        """The pictures of the film as the result shows them."""
        paths, pace = self.searched.index.paths, self.wishes.pace
        similar = [None, *similarities(self.searched, order)]
        return tuple(
            MorphPicture(path=paths[identity], time=pace.time_of(place), similarity=similarity)
            for place, (identity, similarity) in enumerate(zip(order, similar, strict=True))
        )


def _written(settings: VideoSettings) -> Size:
    """The size of a video, whose sides may have to be even."""
    return settings.size[0] + settings.padding[0], settings.size[1] + settings.padding[1]


def _result(
    job: _Job, route: Route, pictures: tuple[MorphPicture, ...], *, sound: str, reused: int, seconds: float
) -> Morph:
    wishes, searched = job.wishes, job.searched
    pace, models = wishes.pace, job.models
    similar = [picture.similarity for picture in pictures if picture.similarity is not None]
    return Morph(
        images=searched.name,
        output=job.output,
        videos=outputs_of(job.output, wishes.sizes, wishes.encoding),
        sizes=tuple(_written(settings) for settings in job.settings),
        descriptor=searched.descriptor_name,
        descriptor_settings=searched.settings,
        pool=searched.pool,
        distinct=len(route.path),
        smooth=wishes.smooth,
        mean_similarity=mean_of(similar),
        least_similarity=min(similar),
        nearest_similarity=route.nearest,
        grade=wishes.grade,
        strength=None if wishes.grade is None else wishes.strength,
        model=models[0].name if models else None,
        model_settings=models[0].settings if models else {},
        frames=pace.count,
        made=sum(pace.shown(number)[1] > 0 for number in range(pace.count)),
        rate=pace.rate,
        duration=pace.duration,
        sound=sound,
        path_reused=route.reused,
        segments=pace.segments,
        segments_reused=reused,
        stages=job.stopwatch.seconds,
        seconds=seconds,
        notices=tuple(job.notices.texts),
        pictures=pictures,
    )
