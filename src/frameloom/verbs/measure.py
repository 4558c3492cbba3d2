"""Measuring frames: names and paths in, results out. Nothing heavy is imported until a verb is called."""

from collections.abc import Sequence
from pathlib import Path

from frameloom.errors import InputError, RangeError
from frameloom.models.zoo import catalog
from frameloom.results import Diagnosis, Evaluation


def evaluate(
    *models: str,
    root: str | Path,
    dataset: str = "folder",
    metrics: Sequence[str] = ("psnr", "ssim", "ie"),
    factor: Sequence[int] | int = (2,),
    limit: int | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
) -> Evaluation:
    """Measure how well models restore frames that were left out of real sequences.

    Every factor-th frame is given to the model, the frames between are restored, rounded to 8 bits and compared with
    the true ones. As in `interpolate`, the nearer given frame is shown at a cut. Means are over the frames of each
    sequence, then over sequences.

    Args:
        models: Names of interpolators; see `frameloom doctor`.
        root: Where the data set lies.
        dataset: Its layout. folder: folders of consecutive frames.
        metrics: What to measure: psnr, ssim, ie (mean absolute error).
        factor: 2 restores every second frame, 4 three of four; several numbers measure several.
        limit: Use at most so many samples per factor.
        output: A .json file for all rows, or a .md file for the table.
        overwrite: Replace an earlier output of that name.

    Raises:
        UnknownModel: no model has one of the names.
        DatasetError: the data set is not laid out as expected.
    """
    from frameloom.benchmark import evaluate as benchmark
    from frameloom.benchmark.datasets import find_dataset
    from frameloom.benchmark.output import check_suffix, save_evaluation
    from frameloom.media.writing.target import check_output
    from frameloom.metrics.table import find_metrics

    if not models:
        raise InputError("name at least one model to evaluate")
    factors = [factor] if isinstance(factor, int) else list(factor)
    if any(step < 2 for step in factors) or (limit is not None and limit < 1):
        raise RangeError("factor must be 2 or more, and limit 1 or more")
    chosen = find_metrics(metrics)
    built = {catalog.find(name, "interpolator").name: catalog.build(name, "interpolator") for name in models}
    if output is not None:
        check_suffix(Path(output))
        check_output(Path(output), [Path(root)], overwrite=overwrite)
    samples = [sample for step in factors for sample in list(find_dataset(dataset)(Path(root), step))[:limit]]
    rows = benchmark.score_models(built, samples, chosen)
    result = benchmark.evaluation(dataset, Path(root), chosen, rows)
    if output is not None:
        save_evaluation(result, Path(output), overwrite=overwrite)
    return result


def doctor() -> Diagnosis:
    """Show what is installed, what can be used here, and how to add what is missing."""
    from frameloom.reports.diagnosis import diagnose

    return diagnose()
