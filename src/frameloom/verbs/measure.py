"""Measuring frames: names and paths in, results out. Nothing heavy is imported until a verb is called."""

from collections.abc import Sequence
from pathlib import Path

from frameloom.catalog import ModelCard, names_a_flow
from frameloom.errors import InputError, RangeError
from frameloom.models.zoo import catalog
from frameloom.results.measuring import Evaluation, Leaderboard
from frameloom.results.models import Diagnosis
from frameloom.runtime import Backend, Device, Precision, Runtime


def evaluate(
    *models: str,
    root: str | Path,
    dataset: str = "folder",
    metrics: Sequence[str] = ("psnr", "ssim", "ie"),
    factor: Sequence[int] | int | None = None,
    protocol: str = "strict-v1",
    uniform: bool = False,
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
    worst: int = 0,
    overwrite: bool = False,
) -> Evaluation:
    """Measure how well models restore frames that were left out of real sequences.

    Every factor-th frame is given to the model, the frames between are restored, rounded to 8 bits and compared with
    the true ones. As in `interpolate`, the nearer given frame is shown at a cut. Means are over the frames of each
    sequence, then over sequences. Other protocols do as papers did. With an output, a run that was interrupted goes
    on where it was.

    Args:
        models: Names of interpolators; see `frameloom models list`.
        root: Where the data set lies.
        dataset: folder (folders of consecutive frames), or a published one as it is unpacked: vimeo90k-triplet,
            vimeo90k-septuplet, ucf101, ucf101-qvi, middlebury, snu-film-easy, -medium, -hard and -extreme, xiph-2k,
            xiph-4k, x4k1000fps, x4k1000fps-2k, davis-480p, davis-1080p, gopro, gopro-512, adobe240, adobe240-512.
        metrics: What to measure: psnr, ssim, ssim-3d, ms-ssim, ie (mean absolute error), ie-rms; tof, flicker and
            warping-error (motion, from the frames around); vmaf (with the extra vmaf); lpips, lpips-vgg,
            lpips-squeeze, dists, flolpips and vfips (with their weights; vfips judges 12 frames in a row); cosine: and
            the name of an encoder, such as cosine:hog.
        factor: 2 restores every second frame, 4 three of four; several numbers measure several. By default the usual
            one of the data set: 2, but 6 for vimeo90k-septuplet and 8 where frames come at 240 a second and more.
        protocol: strict-v1, or what a paper did, so that numbers can stand beside its own; docs/evaluate.md lists them.
            Where something is not as published, the result says so.
        uniform: Frames of vimeo90k-septuplet lie evenly in time; else measured distance maps say where they are.
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
        output: A .json file for all rows, or a .md file for the tables.
        worst: Keep so many of the worst frames as pictures in a folder beside the .json file, for `leaderboard`.
        overwrite: Replace an earlier output of that name.

    Raises:
        UnknownModel: no model has one of the names.
        DatasetError: the data set is not laid out as expected.
        ModelError: a checkpoint is missing, or not that model's or metric's.
    """
    from frameloom.benchmark.datasets.table import find_dataset
    from frameloom.benchmark.output import check_target
    from frameloom.benchmark.protocols import find_protocol
    from frameloom.benchmark.run import Task, run
    from frameloom.memory import bytes_of
    from frameloom.metrics.table import find_metrics
    from frameloom.models.choice import choose_models

    if not models:
        raise InputError("name at least one model to evaluate")
    layout = find_dataset(dataset)
    factors = [layout.factor] if factor is None else [factor] if isinstance(factor, int) else list(factor)
    if not metrics:
        raise InputError("name at least one metric, such as psnr")
    _check_numbers(factors, limit, worst)
    if uniform and not layout.maps:
        raise InputError(f"{layout.name} has no distance maps: its frames lie evenly in time without --uniform too")
    task = Task(dataset=layout, root=Path(root), factors=factors, limit=limit, uniform=uniform,
                protocol=find_protocol(protocol), metrics=find_metrics(metrics, metric_checkpoint, device=device),
                output=None if output is None else Path(output), worst=worst, overwrite=overwrite)  # fmt: skip
    asked = Runtime(device=device, precision=precision, backend=backend, max_memory=bytes_of(max_memory),
                    scale=scale, iters=iters, seed=seed, temperature=temperature)  # fmt: skip
    choices = choose_models(interpolator_cards(models, flow), asked, checkpoint, flow_checkpoint)
    built = [choice.load() for choice in choices]
    check_target(task.output, task.root, worst=worst, overwrite=overwrite)
    return run(task, choices, built)


def _check_numbers(factors: Sequence[int], limit: int | None, worst: int) -> None:
    """Refuse numbers that are too small, before anything is loaded."""
    if not factors:
        raise InputError("factor needs at least one number, such as 2")
    given = (("factor", min(factors), 2), ("limit", 1 if limit is None else limit, 1), ("worst", worst, 0))
    for name, number, least in given:
        if number < least:
            raise RangeError(f"{name} is {number}; it must be a whole number from {least} up")


def leaderboard(
    *results: str | Path, output: str | Path | None = None, mixed: bool = False, overwrite: bool = False
) -> Leaderboard:
    """Put several evaluations into one table.

    They must be of the same files by the same protocol: numbers that merely look alike are not put side by side.

    Args:
        results: Files that `evaluate` wrote with an output of .json.
        output: A .md file for the table, or a .html page with charts of quality against speed and, where `evaluate`
            kept some with `worst`, the worst frames.
        mixed: Take results that cannot be compared, with a table for each kind.
        overwrite: Replace an earlier output of that name.

    Raises:
        CannotOpen: a file is missing or not a result.
        InputError: results that cannot be compared, without `mixed`.
        OutputExists: the output is there already.
    """
    from frameloom.reports.leaderboard_file import check_leaderboard_output, make_leaderboard

    if not results:
        raise InputError("name at least one result: a .json file that evaluate wrote")
    files = [Path(file) for file in results]
    target = None if output is None else Path(output)
    check_leaderboard_output(target, files, overwrite=overwrite)
    return make_leaderboard(files, target, mixed=mixed, overwrite=overwrite)


def interpolator_cards(names: Sequence[str], flow: str | None) -> list[ModelCard]:
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
