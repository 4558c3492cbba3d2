"""One frame of the clip left out: every model restores it, metrics compare, and what went on there is measured."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from frameloom.benchmark.samples import as_eight_bits
from frameloom.benchmark.self_test.circumstances import Circumstances, Motion, circumstances, motion_around
from frameloom.benchmark.self_test.sampling import Place
from frameloom.benchmark.self_test.windows import Given, Image, Window, windows
from frameloom.frame import float_pixels
from frameloom.journal import Entry, Journal
from frameloom.media.reading.source import FrameSource
from frameloom.metrics.metric import Metric, Stretch
from frameloom.metrics.psnr import METRIC as PSNR
from frameloom.progress import track
from frameloom.roles import Interpolator


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one model made of a frame."""

    values: dict[str, float]
    """Metric -> score, restored from both neighbours."""
    wider: dict[str, float]
    """Likewise, from two steps away; empty where that cannot be done."""
    cpu_seconds: float
    wall_seconds: float
    where: Circumstances
    """What is going on where it is wrong."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A frame that every model restored."""

    frame: int
    moment: float
    attempts: dict[str, Attempt]
    """By model."""


def restored(model: Interpolator, given: Given) -> Image:
    """What a model makes of two frames, rounded to 8 bits."""
    first, last = float_pixels(given.first), float_pixels(given.last)
    return as_eight_bits(next(iter(model.between(first, last, [given.moment]))))


def attempt(model: Interpolator, window: Window, metrics: Sequence[Metric], motion: Motion) -> Attempt:
    """Let a model restore the frame, and measure what it made.

    Raises:
        ShapeError: the frame is too small for a metric.
    """
    cpu, wall = time.process_time(), time.perf_counter()
    made = restored(model, window.near)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    stretch = Stretch([made], [window.truth], window.near.first, window.near.last)
    wider = {}
    if window.wider is not None:
        wider = {PSNR.name: PSNR(restored(model, window.wider), window.truth)}
    return Attempt(
        values={metric.name: metric.scores(stretch)[0] for metric in metrics},
        wider=wider,
        cpu_seconds=cpu,
        wall_seconds=wall,
        where=circumstances(motion, made, window.truth),
    )


def try_all(
    source: FrameSource,
    places: Sequence[Place],
    models: Mapping[str, Interpolator],
    metrics: Sequence[Metric],
    journal: Journal | None = None,
) -> list[Trial]:
    """Let all models restore the frames at all places, in order of time.

    Args:
        source: The clip.
        places: Which frames, in order.
        models: By name.
        metrics: What is measured.
        journal: What was finished before, and where finished frames are written down.
    """
    finished = {} if journal is None else _finished(journal, models)
    left = [place for place in places if place.index not in finished]
    if left and models:
        _warm_up(models, next(windows(source, left[:1])))
    for trial in track(_trials(source, left, models, metrics), "restoring", len(places), len(places) - len(left)):
        finished[trial.frame] = trial
        if journal is not None:
            journal.add(asdict(trial))
    return [finished[place.index] for place in places]


def _warm_up(models: Mapping[str, Interpolator], window: Window) -> None:
    """The first frame of a network takes longer, for what it sets up; that is not its speed."""
    for model in models.values():
        restored(model, window.near)


def _trials(
    source: FrameSource, places: Iterable[Place], models: Mapping[str, Interpolator], metrics: Sequence[Metric]
) -> Iterator[Trial]:
    for window in windows(source, places):
        motion = motion_around(window)
        attempts = {name: attempt(model, window, metrics, motion) for name, model in models.items()}
        yield Trial(window.index, window.near.moment, attempts)


def _finished(journal: Journal, models: Mapping[str, Interpolator]) -> dict[int, Trial]:
    """The frames in the journal, as far as its lines are what was written there."""
    found: dict[int, Trial] = {}
    for entry in journal.entries:
        trial = _read(entry)
        if trial is not None and trial.attempts.keys() == models.keys():
            found[trial.frame] = trial
    return found


def _read(entry: Entry) -> Trial | None:
    try:
        attempts = {name: _attempt(saved) for name, saved in cast(Entry, entry["attempts"]).items()}
        return Trial(int(entry["frame"]), float(entry["moment"]), attempts)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _attempt(saved: Any) -> Attempt:
    return Attempt(
        values=dict(saved["values"]),
        wider=dict(saved["wider"]),
        cpu_seconds=float(saved["cpu_seconds"]),
        wall_seconds=float(saved["wall_seconds"]),
        where=Circumstances(**saved["where"]),
    )
