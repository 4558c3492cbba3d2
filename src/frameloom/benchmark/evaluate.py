"""How well interpolators restore frames that were left out."""

import math
import platform
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from frameloom.benchmark.datasets import Sample
from frameloom.errors import DatasetError
from frameloom.features.cuts import is_cut
from frameloom.frame import float_pixels, quantise
from frameloom.metrics.metric import Metric, Stretch
from frameloom.progress import track
from frameloom.results.measuring import Evaluation, MeanScore, Score, Unscored
from frameloom.roles import Interpolator


def score_sample(name: str, model: Interpolator, sample: Sample, metrics: Sequence[Metric]) -> list[Score]:
    """Restore the frames of a sample and compare each, rounded to 8 bits, with the truth.

    The model is used as for a video: at a cut, the nearer given frame stands for what it would make.
    """
    first, *truths, last = sample.load()
    moments = [step / sample.factor for step in range(1, sample.factor)]
    started = time.process_time()
    given = float_pixels(first), float_pixels(last)
    cut = is_cut(*given)
    restored = [given[moment > 0.5] for moment in moments] if cut else list(model.between(*given, moments))
    seconds = (time.process_time() - started) / len(moments)
    predictions = [quantise(image, 8).astype(np.uint8, copy=False) for image in restored]
    stretch = Stretch(predictions, truths, first, last)
    scores = {metric.name: metric.scores(stretch) for metric in metrics}
    return [
        _row(name, sample, step, seconds, truth, {metric: values[step - 1] for metric, values in scores.items()})
        for step, truth in enumerate(truths, start=1)
    ]


def _row(
    name: str, sample: Sample, step: int, seconds: float, truth: NDArray[np.uint8], values: dict[str, float]
) -> Score:
    return Score(
        model=name,
        sequence=sample.sequence,
        factor=sample.factor,
        frame=sample.first_index + step,
        moment=step / sample.factor,
        cpu_seconds=seconds,
        megapixels=truth.shape[0] * truth.shape[1] / 1e6,
        values=values,
    )


def score_models(
    models: Mapping[str, Interpolator], samples: Sequence[Sample], metrics: Sequence[Metric]
) -> list[Score]:
    """Score every model on every sample."""
    jobs = [(name, model, sample) for sample in samples for name, model in models.items()]
    rows: list[Score] = []
    for name, model, sample in track(jobs, "evaluate", len(jobs)):
        rows += score_sample(name, model, sample, metrics)
    return rows


def mean_scores(rows: Iterable[Score]) -> list[MeanScore]:
    """Mean over the frames of each sequence, then over sequences; one per model and factor, in order of appearance.

    A frame without a number (NaN) leaves its sequence and the whole without one: `unscored` says which it was.
    """
    groups: dict[tuple[int, str], list[Score]] = defaultdict(list)
    for row in rows:
        groups[row.factor, row.model].append(row)
    return [
        _mean(model, factor, group) for (factor, model), group in sorted(groups.items(), key=lambda item: item[0][0])
    ]


def _mean(model: str, factor: int, rows: list[Score]) -> MeanScore:
    by_sequence: dict[str, list[Score]] = defaultdict(list)
    for row in rows:
        by_sequence[row.sequence].append(row)
    names = rows[0].values
    per_sequence = {
        sequence: {name: float(np.mean([row.values[name] for row in group])) for name in names}
        for sequence, group in by_sequence.items()
    }
    seconds = float(np.mean([row.cpu_seconds for row in rows]))
    return MeanScore(
        model=model,
        factor=factor,
        sequences=len(per_sequence),
        frames=len(rows),
        values={name: float(np.mean([values[name] for values in per_sequence.values()])) for name in names},
        per_sequence=per_sequence,
        cpu_seconds=seconds,
        cpu_seconds_per_megapixel=sum(row.cpu_seconds for row in rows) / sum(row.megapixels for row in rows),
    )


def markdown_table(means: Sequence[MeanScore], metrics: Sequence[Metric]) -> str:
    """The means as a Markdown table, the best value of each factor in bold."""
    header = [
        "factor",
        "model",
        *(_title(metric) for metric in metrics),
        "CPU s / frame",
        "CPU s / megapixel",
        "frames",
    ]
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for mean in means:
        rivals = [other for other in means if other.factor == mean.factor]
        cells = [f"{mean.factor}x", mean.model]
        for metric in metrics:
            pick = max if metric.higher_is_better else min
            value = mean.values[metric.name]
            numbers = [other.values[metric.name] for other in rivals if not math.isnan(other.values[metric.name])]
            text = _number(value, metric)
            best = len(rivals) > 1 and numbers and value == pick(numbers)
            cells.append(f"**{text}**" if best else text)
        cells += [f"{mean.cpu_seconds:.3f}", f"{mean.cpu_seconds_per_megapixel:.3f}", str(mean.frames)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _number(value: float, metric: Metric) -> str:
    """Four digits, or four decimals of what lies between 0.01 and 10 and has no unit, so that columns compare."""
    return f"{value:.4f}" if not metric.unit and 0.01 <= abs(value) < 10 else f"{value:.4g}"


def unscored(rows: Iterable[Score]) -> list[Unscored]:
    """Where a metric gave no number."""
    return [
        Unscored(metric=metric, model=row.model, sequence=row.sequence, factor=row.factor, frame=row.frame)
        for row in rows
        for metric, value in row.values.items()
        if math.isnan(value)
    ]


def _title(metric: Metric) -> str:
    arrow = "↑" if metric.higher_is_better else "↓"
    return f"{metric.title} {arrow}" + (f" ({metric.unit})" if metric.unit else "")


def evaluation(dataset: str, root: Path, metrics: Sequence[Metric], rows: Sequence[Score]) -> Evaluation:
    """Rows with their means.

    Raises:
        DatasetError: there is no row: no sequence is long enough.
    """
    if not rows:
        raise DatasetError(f"{root}: no sequence is long enough for this factor")
    means = mean_scores(rows)
    return Evaluation(
        dataset=dataset,
        root=root,
        metrics=tuple(metric.name for metric in metrics),
        rows=tuple(rows),
        means=tuple(means),
        environment=environment(),
        weights={metric.name: dict(metric.weights) for metric in metrics if metric.weights},
        unscored=tuple(unscored(rows)),
        table=markdown_table(means, metrics),
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
