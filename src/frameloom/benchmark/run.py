"""One evaluation from beginning to end: samples, scores, pictures, files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from frameloom.benchmark import evaluate as scoring
from frameloom.benchmark.dataset import Dataset
from frameloom.benchmark.output import resumable, save_evaluation
from frameloom.benchmark.pictures import keep_worst, worst_frames
from frameloom.benchmark.protocols import Protocol
from frameloom.benchmark.provenance import provenance
from frameloom.benchmark.samples import Sample, check_sizes
from frameloom.benchmark.window_scores import check_windows, runs_of
from frameloom.errors import DatasetError
from frameloom.metrics.metric import Metric
from frameloom.models.choice import ModelChoice
from frameloom.results.measuring import Evaluation
from frameloom.roles import Interpolator

_BY_TIME = ("T", "TR")
"""Variants that were trained on times alone: measured maps are not for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What is to be measured, on what, how, and where the result goes."""

    dataset: Dataset
    root: Path
    factors: Sequence[int]
    limit: int | None
    uniform: bool
    """Whether truths lie evenly in time although there are distance maps."""
    protocol: Protocol
    metrics: Sequence[Metric]
    output: Path | None
    worst: int
    """How many of the worst frames are kept as pictures."""
    overwrite: bool


def run(task: Task, choices: Sequence[ModelChoice], models: Sequence[Interpolator]) -> Evaluation:
    """Measure models, each built of the choice in the same place, going on where an interrupted run was.

    Raises:
        DatasetError: the data set is not laid out as expected, or no sequence is long enough.
        InputError: no sequence is long enough for a metric.
        ShapeError: frames of a sequence differ in size.
        CannotWrite, OutputExists: the output cannot be written.
    """
    samples = _samples(task)
    check_windows(runs_of(samples), task.metrics)
    built = {choice.name: model for choice, model in zip(choices, models, strict=True)}
    by_time = frozenset(choice.name for choice in choices if choice.card.variant in _BY_TIME)
    setting = _setting(task, samples, choices)
    with resumable(task.output, setting.work()) as journal:
        rows = scoring.score_models(built, samples, task.metrics, task.protocol, by_time, journal)
        result = scoring.evaluation(setting, rows)
        if task.output is not None and task.worst:
            frames = worst_frames(rows, task.metrics[0], task.worst)
            pictures = keep_worst(
                frames, built, samples, task.protocol, task.output, by_time=by_time, overwrite=task.overwrite
            )
            result = scoring.evaluation(setting, rows, pictures)
        if task.output is not None:
            save_evaluation(result, task.output, overwrite=task.overwrite)
    return result


def _samples(task: Task) -> list[Sample]:
    found = [sample for factor in task.factors for sample in task.dataset.samples(task.root, factor)[: task.limit]]
    if not found:
        raise DatasetError(f"{task.root}: no sequence is long enough for this factor")
    return [sample.evenly() for sample in found] if task.uniform else found


def _setting(task: Task, samples: Sequence[Sample], choices: Sequence[ModelChoice]) -> scoring.Setting:
    files = task.dataset.fingerprint(samples, task.root)  # first, for it says which files are missing
    check_sizes(samples)
    height, width = samples[0].load()[0].shape[:2]
    return scoring.Setting(
        dataset=task.dataset.name,
        root=task.root,
        files_sha256=files,
        protocol=task.protocol,
        metrics=task.metrics,
        factors=task.factors,
        limit=task.limit,
        samples=sum(sample.factor == task.protocol.factor for sample in samples),
        maps=any(sample.maps for sample in samples),
        runs={choice.name: provenance(choice, (height, width)) for choice in choices},
    )
