"""How well interpolators restore frames that were left out."""

import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.benchmark.means import markdown_table, mean_scores, spread_table, unscored
from frameloom.benchmark.protocols import STRICT, Protocol
from frameloom.benchmark.samples import Image, Sample
from frameloom.benchmark.window_scores import WindowScores, runs_of
from frameloom.errors import DatasetError
from frameloom.features.cuts import is_cut
from frameloom.frame import float_pixels
from frameloom.journal import Entry, Journal
from frameloom.metrics.metric import Metric, Stretch
from frameloom.progress import track
from frameloom.results.measuring import Evaluation, MetricScale, Score, ShownFrame
from frameloom.roles import Interpolator

_ROW = {item.name for item in fields(Score)}


@dataclass(frozen=True, slots=True)
class Restored:
    """What a model made of a sample."""

    frames: list[NDArray[np.float32]]
    given: tuple[Image, Image]
    truths: list[Image]
    cpu_seconds: float
    """For each frame."""


def restore(model: Interpolator, sample: Sample, protocol: Protocol = STRICT) -> Restored:
    """Make the frames of a sample that were left out.

    Raises:
        ShapeError: its frames are not all of one size.
        InputError: a distance map cannot be used, or the model takes none.
    """
    first, *truths, last = sample.load()
    moments = sample.moments((first.shape[0], first.shape[1]), smooth=protocol.smooth_maps)
    started = time.process_time()
    given = float_pixels(first), float_pixels(last)
    if protocol.cuts and is_cut(*given):
        frames = [given[step / sample.factor > 0.5] for step in range(1, sample.factor)]
    else:
        frames = list(model.between(*given, moments))
    seconds = (time.process_time() - started) / len(moments)
    return Restored(frames, (first, last), truths, seconds)


def score_sample(
    name: str, model: Interpolator, sample: Sample, metrics: Sequence[Metric], protocol: Protocol = STRICT
) -> list[Score]:
    """Restore the frames of a sample and compare each with the truth, as the protocol says."""
    return _rows(name, sample, restore(model, sample, protocol), metrics, protocol)


def score_run(
    name: str, model: Interpolator, run: Sequence[Sample], metrics: Sequence[Metric], protocol: Protocol = STRICT
) -> list[Score]:
    """The same of samples that are one video, also by metrics that judge several of its frames at once."""
    windows = [WindowScores(metric) for metric in metrics if metric.window]
    singly = [metric for metric in metrics if not metric.window]
    rows: list[Score] = []
    for sample in run:
        restored = restore(model, sample, protocol)
        rows += _rows(name, sample, restored, singly, protocol)
        for window in windows:
            _show(window, restored, protocol, ends=sample is run[-1])
    found = {window.name: window.finish() for window in windows}
    for values in found.values():
        del values[:: run[0].factor]  # given frames
    return [
        replace(row, values={metric.name: found[metric.name][number] if metric.window else row.values[metric.name]
                             for metric in metrics})
        for number, row in enumerate(rows)
    ]  # fmt: skip


def _show(window: WindowScores, restored: Restored, protocol: Protocol, *, ends: bool) -> None:
    """Hand on a sample's frames; its last one begins the next sample, unless the video ends there."""
    first, last = restored.given
    window.add(first, first)
    for frame, truth in zip(restored.frames, restored.truths, strict=True):
        window.add(protocol.prediction_for(window.name, frame), truth)
    if ends:
        window.add(last, last)


def _rows(name: str, sample: Sample, restored: Restored, metrics: Sequence[Metric], protocol: Protocol) -> list[Score]:
    scores = {metric.name: _values(metric, restored, protocol) for metric in metrics}
    return [
        Score(
            model=name,
            sequence=sample.sequence,
            factor=sample.factor,
            frame=sample.index(step),
            moment=step / sample.factor,
            cpu_seconds=restored.cpu_seconds,
            megapixels=truth.shape[0] * truth.shape[1] / 1e6,
            values={metric: values[step - 1] for metric, values in scores.items()},
        )
        for step, truth in enumerate(restored.truths, start=1)
    ]


def _values(metric: Metric, restored: Restored, protocol: Protocol) -> list[float]:
    """One number for each restored frame."""
    predictions = [protocol.prediction_for(metric.name, frame) for frame in restored.frames]
    stretch = Stretch(predictions, restored.truths, *restored.given)
    return [protocol.value(metric.name, value) for value in metric.scores(stretch)]


def score_models(
    models: Mapping[str, Interpolator],
    samples: Sequence[Sample],
    metrics: Sequence[Metric],
    protocol: Protocol = STRICT,
    by_time: frozenset[str] = frozenset(),
    journal: Journal | None = None,
) -> list[Score]:
    """Score every model on every sample.

    Args:
        models: By name.
        samples: What they restore.
        metrics: What is measured.
        protocol: How.
        by_time: Names of models that are told numbers where others get measured maps.
        journal: What was finished before, and where finished samples are written down.
    """
    together = any(metric.window for metric in metrics)
    jobs = [
        (name, run) for run in (runs_of(samples) if together else [[sample] for sample in samples]) for name in models
    ]
    finished = {} if journal is None else _finished(journal, len(jobs))
    left = [number for number in range(len(jobs)) if number not in finished]
    for number in track(left, "evaluate", len(jobs), len(finished)):
        name, run = jobs[number]
        run = [sample.evenly() for sample in run] if name in by_time else run
        finished[number] = (
            score_run(name, models[name], run, metrics, protocol)
            if together
            else score_sample(name, models[name], run[0], metrics, protocol)
        )
        if journal is not None:
            journal.add({"job": number, "rows": [asdict(row) for row in finished[number]]})
    return [row for number in range(len(jobs)) for row in finished[number]]


def _finished(journal: Journal, count: int) -> dict[int, list[Score]]:
    """The scores of jobs in the journal, as far as its lines are what was written there."""
    found: dict[int, list[Score]] = {}
    for entry in journal.entries:
        number, rows = entry.get("job"), entry.get("rows")
        if type(number) is int and 0 <= number < count and _are_rows(rows):
            found[number] = [Score(**row) for row in cast(list[Entry], rows)]
    return found


def _are_rows(rows: Any) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, dict) and set(cast(Entry, row)) == _ROW for row in cast(list[Any], rows)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What was measured, on what, and how."""

    dataset: str
    root: Path
    files_sha256: str
    protocol: Protocol
    metrics: Sequence[Metric]
    factors: Sequence[int]
    limit: int | None
    samples: int
    """Of the factor that the protocol is for."""
    maps: bool
    runs: dict[str, dict[str, Any]]

    def work(self) -> Entry:
        """Everything that the scores depend on, for the journal."""
        return {
            "dataset": [self.dataset, self.files_sha256, *self.factors, self.limit, self.maps],
            "protocol": self.protocol.name,
            "metrics": {metric.name: dict(metric.weights) for metric in self.metrics},
            "models": self.runs,
            "environment": environment(),
        }


def evaluation(setting: Setting, rows: Sequence[Score], pictures: Sequence[ShownFrame] = ()) -> Evaluation:
    """Rows with their means.

    Raises:
        DatasetError: there is no row: no sequence is long enough.
    """
    if not rows:
        raise DatasetError(f"{setting.root}: no sequence is long enough for this factor")
    protocol, metrics = setting.protocol, setting.metrics
    means = mean_scores(rows, metrics, over=protocol.mean_over)
    names = tuple(metric.name for metric in metrics)
    return Evaluation(
        dataset=setting.dataset,
        root=setting.root,
        metrics=names,
        rows=tuple(rows),
        means=tuple(means),
        environment=environment(),
        protocol=protocol.name,
        departures=tuple(
            protocol.departures(
                setting.dataset, setting.factors, names, samples=setting.samples, whole=setting.limit is None
            )
        ),
        files_sha256=setting.files_sha256,
        limit=setting.limit,
        maps=setting.maps,
        runs=setting.runs,
        scales=tuple(
            MetricScale(name=item.name, title=item.title, unit=item.unit, higher_is_better=item.higher_is_better)
            for item in metrics
        ),
        weights={metric.name: dict(metric.weights) for metric in metrics if metric.weights},
        unscored=tuple(unscored(rows)),
        table=markdown_table(means, metrics),
        spread=spread_table(means, metrics),
        pictures=tuple(pictures),
    )


def environment() -> dict[str, str]:
    """What a score may depend on."""
    return {
        "frameloom": version("frameloom"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "machine": platform.machine(),
    }
