"""A video of which every frame is replaced by the most similar image of a pool."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frameloom.frame import Frame
from frameloom.journal import Entry
from frameloom.media.reading.fingerprint import fingerprint
from frameloom.media.reading.source import SourceInfo, open_source
from frameloom.media.writing.encoding import VideoSettings
from frameloom.media.writing.losses import loss_of_size
from frameloom.media.writing.sink import kind_of_output
from frameloom.media.writing.target import told
from frameloom.media.writing.workspace import Workspace
from frameloom.progress import Notices, Stopwatch, track
from frameloom.results.collage import BestChoice, Calm, Collage, Match
from frameloom.retrieval.all_frames import AllFrames
from frameloom.retrieval.assembling import Assembly, Made
from frameloom.retrieval.collage_files import CHECKPOINT, adopt
from frameloom.retrieval.collage_wishes import Pool, Searched, Wishes, check_collage
from frameloom.retrieval.described_frames import DESCRIBED, DescribedFrames
from frameloom.retrieval.fitting import Fitting
from frameloom.retrieval.matching import Checkpoint, Matching, match
from frameloom.retrieval.programme import Programme
from frameloom.retrieval.queries import query_of, shown_aspect
from frameloom.retrieval.rendering import mostly_changes
from frameloom.retrieval.selection import Choice, Selector, check_enough
from frameloom.retrieval.together import choose_together, is_whole, judged

_DECIDE_THE_CHOICE = ("frameloom", "av", "numpy", "opencv-python-headless", "faiss-cpu", "scipy")
_DECIDE_THE_VECTORS = ("video", "descriptor", "rate", "seconds", "version")
_WHAT_CHANGED = {
    "video": "the video",
    "images": "the images",
    "descriptor": "how images are described",
    "rate": "--fps-override",
    "seconds": "--demo",
    "repeat": "--no-repeat",
    "search_depth": "--search-depth",
    "seed": "--seed",
    "threshold": "--threshold",
    "below": "--below",
    "assign": "--assign",
    "hold": "--hold",
    "smooth": "--smooth",
    "version": "the version",
}


def make_collage(video: Path, output: Path, pool: Pool, wishes: Wishes) -> Collage:
    """Replace the frames of a video.

    Args:
        video: Video, animation, folder of images, or image.
        output: A video by its suffix, else a folder for the video, its frames, samples and results.json.
        pool: The images.
        wishes: How images are chosen and what is written.

    Raises:
        MediaError: the video or a chosen image cannot be read, or the output not written; nothing is left under its
            name. What was chosen and made is kept beside it for the next run.
        InputError: too few images, or options that contradict each other.
    """
    started = time.perf_counter()
    check_collage(video, output, wishes, [pool.place])
    job = _Job(video, output, pool, wishes)
    check_enough(pool.count(), len(job.frames), wishes.rules, video.name)  # before hours go into the pool
    selector = Selector(job.searched.index, wishes.rules, excluded=job.searched.excluded)
    alike = job.searched.near_duplicates
    check_enough(selector.left, len(job.frames), wishes.rules, video.name, near_duplicates=alike)
    with Workspace(output) as workspace, told(output):
        checkpoint = _choose(job, selector, workspace)
        matches = tuple(job.match(choice) for choice in checkpoint.choices)
        made = job.assembly(checkpoint.choices, workspace).put_together(matches, job.judged(checkpoint))
    return _result(job, checkpoint, matches, made, seconds=time.perf_counter() - started)


class _Job:
    """One collage, resolved."""

    def __init__(self, video: Path, output: Path, pool: Pool, wishes: Wishes) -> None:
        self.output = output
        self.pool = pool
        self.wishes = wishes
        self.source = open_source(video, rate=wishes.rate, on_error=wishes.on_error)
        self.programme = Programme(self.source, rate=wishes.rate, seconds=wishes.seconds)
        self.frames = list(self.programme.sources())
        self.notices = Notices()
        self.stopwatch = Stopwatch()

    @property
    def info(self) -> SourceInfo:
        return self.source.info

    @cached_property
    def searched(self) -> Searched:
        """The pool; opening it may take long."""
        searched = self.pool.open(shown_aspect(self.info))
        self.notices.texts.extend(searched.notices)  # they were told then
        return searched

    def settings(self, choices: Sequence[Choice]) -> VideoSettings:
        """Images are sRGB of 8 bits whatever the video is, and mostly not like one another."""
        like = replace(self.info, depth=8, pixel_format=None, tags=None, alpha=False, light=None)
        changes = mostly_changes([choice.selected for choice in choices])
        encoding = replace(self.wishes.encoding, key_frames_only=changes)
        return VideoSettings.of(like, encoding, rate=self.programme.rate, unit=self.programme.unit)

    def query(self) -> Callable[[Frame], NDArray[np.uint8]]:
        """What makes an image to look for of a frame."""
        searched, info = self.searched, self.info
        return partial(query_of, framing=searched.framing, aspect=shown_aspect(info), smallest=searched.smallest)

    def match(self, choice: Choice) -> Match:
        """A choice with the names of the images."""
        paths = self.searched.index.paths
        top = tuple((paths[identity], similarity) for identity, similarity in choice.candidates)
        return Match(
            frame=choice.frame, top_matches=top, selected=None if choice.selected is None else paths[choice.selected]
        )

    def judged(self, checkpoint: Checkpoint) -> BestChoice | Calm | None:
        """How good or calm the choice is, where it was made for all frames together."""
        return judged(checkpoint, self.wishes.rules, self.programme.duration)

    def all_frames(self, matching: Matching, folder: Path) -> AllFrames:
        """What a choice for all frames together is made from; frames that are described lie in a working folder."""
        work = {name: value for name, value in self.work().items() if name in _DECIDE_THE_VECTORS}
        return AllFrames(
            matching=matching,
            searched=self.searched,
            rules=self.wishes.rules,
            frames=self.frames,
            described=DescribedFrames(folder / DESCRIBED, work, self.frames, matching.descriptor.dims),
            aspect=shown_aspect(self.info),
        )

    def assembly(self, choices: list[Choice], workspace: Workspace) -> Assembly:
        """What makes the output."""
        settings = self.settings(choices)
        for text in loss_of_size(settings, way_out="--codec av1 does not") if self.wishes.video else ():
            self.notices.add(f"{self.info.path.name}: {text}")
        return Assembly(
            source=self.source,
            output=self.output,
            programme=self.programme,
            choices={choice.frame: choice for choice in choices},
            paths=self.searched.index.paths,
            fitting=Fitting(size=self.info.size, aspect=shown_aspect(self.info)),
            settings=settings,
            wishes=self.wishes,
            workspace=workspace,
            work=self.work(),
            notices=self.notices,
            stopwatch=self.stopwatch,
        )

    def work(self) -> Entry:
        """Everything that the choice depends on."""
        return {
            "video": fingerprint(self.info.path),
            "images": self.searched.images,
            "descriptor": self.searched.settings,
            "rate": None if self.wishes.rate is None else str(self.wishes.rate),
            "seconds": None if self.programme.whole else str(self.wishes.seconds),
            **self.wishes.rules.settings(),
            "version": [version(name) for name in _DECIDE_THE_CHOICE],
        }


def _choose(job: _Job, selector: Selector, workspace: Workspace) -> Checkpoint:
    """Choose an image for each frame, as far as that was not done before."""
    path = workspace.path / CHECKPOINT
    if kind_of_output(job.output) == "folder":
        adopt(job.output / CHECKPOINT, path)
    checkpoint = Checkpoint(path, job.work(), job.frames, len(job.searched.index.paths))
    together = job.wishes.rules.together
    if together and not is_whole(checkpoint, job.wishes.rules, len(job.frames)):
        checkpoint.forget()
    workspace.keep = bool(checkpoint.choices)
    _say_how_it_goes_on(job, checkpoint)
    matching = Matching(
        source=job.source,
        descriptor=job.searched.descriptor,
        query=job.query(),
        selector=selector,
        batch=job.wishes.batch,
        stopwatch=job.stopwatch,
    )
    if together:
        if not checkpoint.choices:
            choose_together(job.all_frames(matching, workspace.path), checkpoint, workspace, job.notices)
        return checkpoint

    def steps() -> Iterator[None]:
        for count in match(matching, job.frames, checkpoint):
            workspace.keep = True
            yield from [None] * count

    for _ in track(steps(), f"{job.info.path.name}: choosing images", len(job.frames), checkpoint.reused):
        pass
    return checkpoint


def _say_how_it_goes_on(job: _Job, checkpoint: Checkpoint) -> None:
    name, total = job.info.path.name, len(job.frames)
    if checkpoint.changed:
        words = " and ".join(_WHAT_CHANGED.get(what, what) for what in checkpoint.changed)
        job.notices.add(f"{name}: an earlier choice was found, but {words} changed since; choosing anew")
    elif checkpoint.reused == total:
        job.notices.add(f"{name}: the images are those that an earlier run has chosen")
    elif checkpoint.reused:
        job.notices.add(f"{name}: going on; images were chosen for {checkpoint.reused} of {total} frames")


def _result(job: _Job, checkpoint: Checkpoint, matches: tuple[Match, ...], made: Made, *, seconds: float) -> Collage:
    searched, choices, whole = job.searched, checkpoint.choices, job.judged(checkpoint)
    selected = [choice.selected for choice in choices if choice.selected is not None]
    similarities = [
        dict(choice.candidates).get(choice.selected, np.nan) for choice in choices if choice.selected is not None
    ]
    return Collage(
        source=job.info.path,
        images=searched.name,
        output=job.output,
        video=made.video,
        descriptor=searched.descriptor_name,
        descriptor_settings=searched.settings,
        seed=job.wishes.rules.seed if job.wishes.rules.drawn else None,
        pool=searched.pool,
        near_duplicates=searched.near_duplicates,
        search="exact" if searched.structure is None else searched.structure.kind,
        search_settings={} if searched.structure is None else searched.structure.settings(),
        search_recall=1.0 if searched.structure is None else searched.structure.recall,
        frames=len(choices),
        distinct=len(set(selected)),
        below=sum(choice.below for choice in choices),
        kept=len(choices) - len(selected),
        mean_similarity=float(np.mean(similarities)) if similarities else None,
        best_choice=whole if isinstance(whole, BestChoice) else None,
        calm=whole if isinstance(whole, Calm) else None,
        frames_written=made.frames,
        size=job.info.size,
        rate=job.programme.rate,
        duration=job.programme.duration,
        sound=made.sound,
        frames_reused=checkpoint.reused,
        segments=made.segments,
        segments_reused=made.segments_reused,
        stages=job.stopwatch.seconds,
        seconds=seconds,
        notices=tuple(job.notices.texts),
        matches=matches,
    )
