"""Testing models on a clip: names and paths in, results out. Nothing heavy is imported until the verb is called."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from frameloom.errors import InputError, RangeError
from frameloom.media.choices import OnError
from frameloom.models.zoo import catalog
from frameloom.results.self_test import SelfTest
from frameloom.runtime import Backend, Device, Precision, Runtime
from frameloom.verbs.measure import interpolator_cards


def selftest(
    video: str | Path,
    output: str | Path | None = None,
    *,
    models: Sequence[str] | None = None,
    samples: int = 24,
    metrics: Sequence[str] = ("psnr", "ssim"),
    seed: int = 0,
    worst: int = 6,
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
    temperature: float | None = None,
    fps: str | float | Fraction | None = None,
    on_error: OnError = "stop",
    overwrite: bool = False,
) -> SelfTest:
    """Rank models on a clip of yours: frames are left out, restored by each model and compared with the true ones.

    The frames are spread over the clip and over how much changes in it; beside cuts, and where frames repeat, none is
    taken. A few suspicious frames are restored besides. With an output, a run that was interrupted goes on where it
    was.

    Args:
        video: A video, an animation or a folder of images.
        output: A folder for the report (report.json) and a page (index.html).
        models: Names of interpolators; see `frameloom models list`. All that need no weights by default.
        samples: How many frames are left out for the ranking; more make it surer.
        metrics: What to measure, as in `evaluate`; the first one ranks. PSNR, which tells what fails, is added.
        seed: Which frames are drawn, and what is drawn by pervfi.
        worst: How many of the worst frames are shown on the page.
        checkpoint: Weights of the model: a file or folder; NAME=FILE for each where several models have some.
        metric_checkpoint: Weights of metrics: a folder with all of them, or NAME=FILE for each of their networks.
        device: Where networks run: auto, cpu, cuda or mps.
        precision: What networks compute in: auto, float32, bfloat16 or float16; motion is float32 always.
        backend: What runs networks: auto, torch, openvino or onnx.
        max_memory: What a network may take, such as 6G; larger frames are made in overlapping tiles.
        scale: At which part of the size networks look for motion.
        iters: Steps of reference-based estimation (variants tr and dr; 2 by default).
        flow: What finds the flow for models that need it, as in `evaluate`.
        flow_checkpoint: Weights of that; NAME=FILE for each, by the name of the flow, where several have some.
        temperature: How far pervfi's frames are from the likeliest ones: 0.3 by default, 0 draws none.
        fps: The rate of images, which have no time of their own (10).
        on_error: What to do about damaged frames: stop, or skip them.
        overwrite: Replace an earlier test in that folder.

    Raises:
        UnknownModel: no model has one of the names.
        ModelError: a checkpoint is missing, or not that model's or metric's.
        NoFrames: the clip has fewer than three frames.
        InputError: nothing in it can be tested, such as a still clip; the message says why.
        OutputExists: the folder holds an earlier test, without `overwrite`.
    """
    from frameloom.benchmark.self_test.run import Wish
    from frameloom.media.reading.source import open_source
    from frameloom.media.timeline import rate_of
    from frameloom.memory import bytes_of
    from frameloom.metrics.table import find_metrics
    from frameloom.models.choice import choose_models
    from frameloom.reports.self_test import make_self_test

    for word, number, least in (("samples", samples, 1), ("worst", worst, 0), ("seed", seed, 0)):
        if number < least:
            raise RangeError(f"{word} is {number}; it must be a whole number from {least} up")
    names = list(dict.fromkeys(_without_weights() if models is None else models))
    if not names:
        raise InputError("name at least one model to test, or leave out --models for all that need no weights")
    cards = interpolator_cards(names, flow)
    asked = Runtime(device=device, precision=precision, backend=backend, max_memory=bytes_of(max_memory), scale=scale,
                    iters=iters, seed=seed if any(card.samples for card in cards) else None,
                    temperature=temperature)  # fmt: skip
    wanted = [*metrics, *(() if "psnr" in metrics else ("psnr",))]
    wish = Wish(metrics=find_metrics(wanted, metric_checkpoint, device=device), samples=samples, seed=seed,
                worst=worst, overwrite=overwrite)  # fmt: skip
    choices = choose_models(cards, asked, checkpoint, flow_checkpoint)
    built = [choice.load() for choice in choices]
    source = open_source(video, rate=None if fps is None else rate_of(fps), on_error=on_error)
    encoder = catalog.find("hog", "encoder").load()
    return make_self_test(source, encoder, choices, built, wish, None if output is None else Path(output))


def _without_weights() -> list[str]:
    return [card.name for card in catalog.cards("interpolator") if card.checkpoint is None]
