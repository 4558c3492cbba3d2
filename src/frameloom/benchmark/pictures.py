"""Pictures of the worst frames: what every model made of them, beside the truth."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from frameloom.benchmark.evaluate import restore
from frameloom.benchmark.output import pictures_folder
from frameloom.benchmark.protocols import Protocol
from frameloom.benchmark.samples import Image, Sample
from frameloom.images import write_image
from frameloom.media.writing.target import staged_folder
from frameloom.metrics.metric import Metric
from frameloom.results.measuring import Score, ShownFrame
from frameloom.roles import Interpolator

Key = tuple[str, int, int]
"""Sequence, factor, index of the frame."""


def worst_frames(rows: Sequence[Score], metric: Metric, count: int) -> list[Key]:
    """The frames that any model restored worst; each once, the worst first. NaN is worse than any number."""

    def badness(row: Score) -> tuple[bool, float]:
        value = row.values[metric.name]
        return not math.isnan(value), value if metric.higher_is_better else -value

    ordered = sorted(rows, key=badness)
    return list(dict.fromkeys((row.sequence, row.factor, row.frame) for row in ordered))[:count]


def keep_worst(
    frames: Sequence[Key],
    models: Mapping[str, Interpolator],
    samples: Sequence[Sample],
    protocol: Protocol,
    output: Path,
    *,
    by_time: frozenset[str],
    overwrite: bool,
) -> list[ShownFrame]:
    """Restore these frames again and write them, with the true ones, as numbered PNG files into a folder.

    Args:
        frames: Which.
        models: All that are shown.
        samples: Where the frames are among.
        protocol: How frames are made and rounded.
        output: The result's file; the folder lies beside it.
        by_time: Names of models that take numbers, not maps.
        overwrite: Replace an earlier folder.

    Raises:
        OutputExists, CannotWrite: the folder cannot be written.
    """
    folder = pictures_folder(output)
    shown: list[ShownFrame] = []
    with staged_folder(folder, overwrite=overwrite) as working:
        for key in frames:
            sample, step = _find(key, samples)
            for name, image in _pictures(sample, step, models, protocol, by_time):
                file = f"{len(shown):05d}.png"
                write_image(working / file, image)
                sequence, factor, frame = key
                shown.append(
                    ShownFrame(model=name, sequence=sequence, factor=factor, frame=frame, file=f"{folder.name}/{file}")
                )
    return shown


def _find(key: Key, samples: Sequence[Sample]) -> tuple[Sample, int]:
    """The sample that a frame was restored in, and after how many steps."""
    sequence, factor, frame = key
    return next(
        (sample, step)
        for sample in samples
        if (sample.sequence, sample.factor) == (sequence, factor)
        for step in range(1, factor)
        if sample.index(step) == frame
    )


def _pictures(
    sample: Sample, step: int, models: Mapping[str, Interpolator], protocol: Protocol, by_time: frozenset[str]
) -> list[tuple[str | None, Image]]:
    """The truth, and what each model made."""
    found: list[tuple[str | None, Image]] = [(None, sample.load()[step])]
    for name, model in models.items():
        made = restore(model, sample.evenly() if name in by_time else sample, protocol)
        found.append((name, protocol.prediction_for("", made.frames[step - 1])))
    return found
