"""Measuring frames: names and paths in, results out. Nothing heavy is imported until a verb is called."""

from collections.abc import Sequence
from pathlib import Path

from frameloom.catalog import ModelCard, names_a_flow
from frameloom.errors import InputError, RangeError
from frameloom.models.zoo import catalog
from frameloom.results.measuring import Evaluation
from frameloom.results.models import Diagnosis
from frameloom.runtime import Backend, Device, Precision, Runtime


def evaluate(
    *models: str,
    root: str | Path,
    dataset: str = "folder",
    metrics: Sequence[str] = ("psnr", "ssim", "ie"),
    factor: Sequence[int] | int = (2,),
    limit: int | None = None,
    checkpoint: Sequence[str] | str | Path | None = None,
    metric_checkpoint: Sequence[str] | str | Path | None = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "auto",
    max_memory: str | int | None = None,
    scale: float = 1,
    iters: int | None = None,
    flow: str | None = None,
    flow_checkpoint: Sequence[str] | str | Path | None = None,
    seed: int | None = None,
    temperature: float | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
) -> Evaluation:
    """Measure how well models restore frames that were left out of real sequences.

    Every factor-th frame is given to the model, the frames between are restored, rounded to 8 bits and compared with
    the true ones. As in `interpolate`, the nearer given frame is shown at a cut. Means are over the frames of each
    sequence, then over sequences.

    Args:
        models: Names of interpolators; see `frameloom models list`.
        root: Where the data set lies.
        dataset: Its layout. folder: folders of consecutive frames.
        metrics: What to measure: psnr, ssim, ms-ssim, ie (mean absolute error), ie-rms; tof, flicker and warping-error
            (motion, from the frames around); vmaf (with the extra vmaf); lpips, lpips-vgg, lpips-squeeze, dists and
            flolpips (with their weights); cosine: and the name of an encoder, such as cosine:hog.
        factor: 2 restores every second frame, 4 three of four; several numbers measure several.
        limit: Use at most so many samples per factor.
        checkpoint: Weights of the model: a file or folder; NAME=FILE for each where several models have some.
        metric_checkpoint: Weights of metrics: a folder with all of them, or NAME=FILE for each of their networks.
        device: Where networks run: auto, cpu, cuda or mps.
        precision: What networks compute in: auto, float32, bfloat16 or float16; motion is float32 always.
        backend: What runs networks: auto, torch, openvino or onnx.
        max_memory: What a network may take, such as 6G; larger frames are made in overlapping tiles.
        scale: At which part of the size networks look for motion.
        iters: Steps of reference-based estimation (variants tr and dr; 2 by default).
        flow: What finds the flow for models that need it (pervfi, pervfi-vb): raft (the default), raft-small, gma,
            gmflow, dis or one of your own. Both names together say the same: gma+pervfi.
        flow_checkpoint: Weights of that; NAME=FILE for each, by the name of the flow, where several have some.
        seed: Which frames pervfi draws, a whole number from 0 (the default).
        temperature: How far they are from the likeliest ones: 0.3 by default, 0 draws none.
        output: A .json file for all rows, or a .md file for the table.
        overwrite: Replace an earlier output of that name.

    Raises:
        UnknownModel: no model has one of the names.
        DatasetError: the data set is not laid out as expected.
        ModelError: a checkpoint is missing, or not that model's or metric's.
    """
    from frameloom.benchmark import evaluate as benchmark
    from frameloom.benchmark.datasets import find_dataset
    from frameloom.benchmark.output import check_suffix, save_evaluation
    from frameloom.media.writing.target import check_output
    from frameloom.memory import bytes_of
    from frameloom.metrics.table import find_metrics
    from frameloom.models.choice import choose_models

    if not models:
        raise InputError("name at least one model to evaluate")
    factors = [factor] if isinstance(factor, int) else list(factor)
    if any(step < 2 for step in factors) or (limit is not None and limit < 1):
        raise RangeError("factor must be 2 or more, and limit 1 or more")
    chosen = find_metrics(metrics, metric_checkpoint, device=device)
    asked = Runtime(device=device, precision=precision, backend=backend, max_memory=bytes_of(max_memory),
                    scale=scale, iters=iters, seed=seed, temperature=temperature)  # fmt: skip
    choices = choose_models(_cards(models, flow), asked, checkpoint, flow_checkpoint)
    built = {choice.name: choice.load() for choice in choices}
    if output is not None:
        check_suffix(Path(output))
        check_output(Path(output), [Path(root)], overwrite=overwrite)
    samples = [sample for step in factors for sample in list(find_dataset(dataset)(Path(root), step))[:limit]]
    rows = benchmark.score_models(built, samples, chosen)
    result = benchmark.evaluation(dataset, Path(root), chosen, rows)
    if output is not None:
        save_evaluation(result, Path(output), overwrite=overwrite)
    return result


def _cards(names: Sequence[str], flow: str | None) -> list[ModelCard]:
    """The models; a flow is that of those among them which need one and do not name theirs."""
    cards = [catalog.find(name, "interpolator") for name in names]
    takers = [index for index, card in enumerate(cards) if card.flow is not None and not names_a_flow(names[index])]
    if flow is not None and not takers:
        raise InputError(f"--flow {flow}: none of {', '.join(names)} leaves open what finds its flow")
    for index in takers:
        cards[index] = catalog.find(names[index], "interpolator", flow=flow)
    return cards


def doctor() -> Diagnosis:
    """Show what is installed, what can be used here, and how to add what is missing."""
    from frameloom.reports.diagnosis import diagnose

    return diagnose()
