"""A self-test from beginning to end: a look over the clip, trials, ranking, reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from frameloom.benchmark.evaluate import environment
from frameloom.benchmark.provenance import provenance
from frameloom.benchmark.self_test.causes import failing, reasons
from frameloom.benchmark.self_test.prediction import LAWS
from frameloom.benchmark.self_test.ranking import FEWEST, Ranked, Ranking, capped, rank
from frameloom.benchmark.self_test.sampling import Place, sort_out, stratified, suspects
from frameloom.benchmark.self_test.survey import Survey, survey
from frameloom.benchmark.self_test.trial import Attempt, Trial, try_all
from frameloom.benchmark.self_test.verdict import verdict
from frameloom.counting import counted
from frameloom.errors import InputError, NoFrames
from frameloom.journal import Entry, Journal
from frameloom.media.reading.fingerprint import fingerprint
from frameloom.media.reading.source import FrameSource
from frameloom.metrics.metric import Metric
from frameloom.models.choice import ModelChoice
from frameloom.progress import Notices
from frameloom.results.measuring import MetricScale
from frameloom.results.self_test import (
    EXCLUSION_KINDS,
    REASON_KINDS,
    Candidate,
    Exclusion,
    ExclusionKind,
    SelfTest,
    TestedFrame,
)
from frameloom.roles import Interpolator, PatchEncoder

_SUSPECTS = 4  # ranked frames for each one that is added because it is suspicious
_NOTHING_TO_RANK: dict[ExclusionKind, str] = {
    "still": "nothing changes in it, so there is nothing to restore; test a part where something moves",
    "repeat": "every frame repeats another; test the clip before frames were repeated",
    "cut": "there are no three frames in a row of one shot; test a part without so many cuts",
    "damaged": "there are no three frames in a row that can be decoded",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is asked of a self-test.

    Raises:
        InputError: a metric that judges several frames at once.
    """

    metrics: Sequence[Metric]
    """The first one ranks; PSNR is among them."""
    samples: int
    seed: int
    worst: int = 6
    """How many of the worst frames are shown."""
    overwrite: bool = False

    def __post_init__(self) -> None:
        for metric in self.metrics:
            if metric.window:
                raise InputError(
                    f"{metric.name} judges {metric.window} frames in a row, and a self-test restores single ones: "
                    "leave it out, or use evaluate"
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestants:
    """Models, by name, and how each was run."""

    models: Mapping[str, Interpolator]
    runs: Mapping[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Tested:
    """A self-test, and where its frames are in the clip."""

    result: SelfTest
    places: Mapping[int, Place]
    """By the index of the frame."""


def contestants(choices: Sequence[ModelChoice], models: Sequence[Interpolator], size: tuple[int, int]) -> Contestants:
    """Models, each built of the choice in the same place, for frames of (height, width)."""
    return Contestants(
        models={choice.name: model for choice, model in zip(choices, models, strict=True)},
        runs={choice.name: provenance(choice, size) for choice in choices},
    )


def work(source: FrameSource, rivals: Contestants, wish: Wish) -> Entry:
    """Everything that the scores of a frame depend on, for the journal."""
    return {
        "clip": fingerprint(source.info.path),
        "models": dict(rivals.runs),
        "metrics": {metric.name: dict(metric.weights) for metric in wish.metrics},
        "environment": environment(),
    }


def run(
    source: FrameSource, encoder: PatchEncoder, rivals: Contestants, wish: Wish, journal: Journal | None = None
) -> Tested:
    """Test models on a clip.

    Args:
        source: The clip.
        encoder: What frames are compared by while the clip is looked over.
        rivals: At least one model.
        wish: What is measured, on how many frames.
        journal: What was finished before, and where finished frames are written down.

    Raises:
        NoFrames: fewer than three frames.
        InputError: no frame can be tested; the message says why.
        ShapeError, MediaError: pictures change their size or are damaged, or are too small for a metric.
    """
    info, notices = source.info, Notices()
    if info.frame_count < 3:
        raise NoFrames(
            f"{info.path} has {counted(info.frame_count, 'frame')}; at least three are needed to leave one out and "
            "restore it"
        )
    seen = survey(source, encoder, parts=wish.samples)
    places, exclusions = sort_out(seen)
    if not places:
        raise InputError(f"{info.path}: {_why_none(exclusions)}")
    chosen = stratified(places, wish.samples, seed=wish.seed)
    added = suspects(places, chosen, max(1, wish.samples // _SUSPECTS))
    everywhere = sorted([*chosen, *added], key=lambda place: place.index)
    trials = try_all(source, everywhere, rivals.models, wish.metrics, journal)
    _tell(seen, source, chosen, notices)
    result = _result(source, seen, trials, {place.index for place in chosen}, exclusions, rivals, wish, notices)
    return Tested(result, {place.index: place for place in everywhere})


def _why_none(exclusions: Sequence[Exclusion]) -> str:
    """Why no frame can be tested: the most frequent reason."""
    return _NOTHING_TO_RANK[max(EXCLUSION_KINDS, key=lambda kind: sum(one.kind == kind for one in exclusions))]


def _tell(seen: Survey, source: FrameSource, chosen: Sequence[Place], notices: Notices) -> None:
    """What the user should know besides the result."""
    name, count = source.info.path.name, source.info.frame_count
    if not seen.whole:
        notices.add(f"{name}: {len(seen.frames)} of {count} frames were looked at, in parts that lie evenly over it")
    if source.info.missing_seconds:
        notices.add(f"{name} breaks off {float(source.info.missing_seconds):.3f} s before its end")
    if len(chosen) < FEWEST:
        notices.add(f"{name}: only {counted(len(chosen), 'frame')} can be tested; the order of models may be chance")


def _result(
    source: FrameSource, seen: Survey, trials: Sequence[Trial], chosen: set[int], exclusions: Sequence[Exclusion],
    rivals: Contestants, wish: Wish, notices: Notices,
) -> SelfTest:  # fmt: skip
    info = source.info
    ranked = [trial for trial in trials if trial.frame in chosen]
    scores = {
        name: {metric.name: [trial.attempts[name].values[metric.name] for trial in ranked] for metric in wish.metrics}
        for name in rivals.models
    }
    ranking = rank(scores, wish.metrics, seed=wish.seed)
    bad = failing(trials, ranked)
    best = ranking.models[0].model
    frames = tuple(_frame(trial, seen, chosen, bad, best, info.size[1]) for trial in trials)
    told = [{reason.kind for reason in frame.reasons} for frame in frames]
    return SelfTest(
        source=info.path, size=info.size, rate=info.rate, frame_count=info.frame_count, looked_at=len(seen.frames),
        seed=wish.seed, metrics=tuple(metric.name for metric in wish.metrics), scales=_scales(wish.metrics),
        candidates=_candidates(ranking, ranked, bad), ahead=ranking.ahead, sure=ranking.sure,
        verdict=verdict(ranking, wish.metrics[0], len(ranked)), frames=frames, exclusions=tuple(exclusions),
        reasons={kind: sum(kind in kinds for kinds in told) for kind in REASON_KINDS}, runs=dict(rivals.runs),
        weights={metric.name: dict(metric.weights) for metric in wish.metrics if metric.weights},
        environment=environment(), seconds=0.0, notices=tuple(notices.texts), output=None,
    )  # fmt: skip


def _scales(metrics: Sequence[Metric]) -> tuple[MetricScale, ...]:
    return tuple(
        MetricScale(name=item.name, title=item.title, unit=item.unit, higher_is_better=item.higher_is_better)
        for item in metrics
    )


def _frame(
    trial: Trial, seen: Survey, chosen: set[int], bad: Mapping[str, frozenset[int]], best: str, width: int
) -> TestedFrame:
    around = seen.around(trial.frame, 1) or []
    told = reasons(around, trial.attempts[best].where, width) if trial.frame in bad[best] else ()
    return TestedFrame(
        frame=trial.frame,
        time=seen.frames[trial.frame].time,
        moment=trial.moment,
        ranked=trial.frame in chosen,
        values={name: one.values for name, one in trial.attempts.items()},
        wider={name: one.wider for name, one in trial.attempts.items() if one.wider},
        fails=tuple(name for name, frames in bad.items() if trial.frame in frames),
        reasons=told,
    )


def _candidates(ranking: Ranking, ranked: Sequence[Trial], bad: Mapping[str, frozenset[int]]) -> tuple[Candidate, ...]:
    attempts = {one.model: [trial.attempts[one.model] for trial in ranked] for one in ranking.models}
    walls = {model: float(np.mean([one.wall_seconds for one in tries])) for model, tries in attempts.items()}
    fastest = sorted(walls, key=lambda model: walls[model])
    return tuple(
        _candidate(one, attempts[one.model], sum(trial.frame in bad[one.model] for trial in ranked),
                   fastest.index(one.model) + 1)
        for one in ranking.models
    )  # fmt: skip


def _candidate(one: Ranked, tries: Sequence[Attempt], fails: int, speed_rank: int) -> Candidate:
    both = [item for item in tries if item.wider]
    wider = {name: _mean([item.wider[name] for item in both], name) for name in (both[0].wider if both else ())}
    return Candidate(
        model=one.model, values=one.values, intervals=one.intervals, wider_values=wider,
        predicted={
            name: LAWS[name].predict(_mean([item.values[name] for item in both], name), wider[name])
            for name in wider if name in LAWS
        },
        best_in=one.best_in, fails=fails,
        cpu_seconds=float(np.mean([item.cpu_seconds for item in tries])),
        wall_seconds=float(np.mean([item.wall_seconds for item in tries])),
        speed_rank=speed_rank,
    )  # fmt: skip


def _mean(values: Sequence[float], metric: str) -> float:
    return float(np.mean([capped(metric, value) for value in values]))
