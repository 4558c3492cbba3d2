"""All metrics by name."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

from frameloom.catalog import ModelCard
from frameloom.checkpoints.files import sha256_of
from frameloom.checkpoints.locations import find_checkpoint
from frameloom.errors import InputError
from frameloom.metrics import (
    cosine,
    dists,
    flicker,
    flolpips,
    interpolation_error,
    interpolation_error_rms,
    lpips,
    ms_ssim,
    psnr,
    ssim,
    ssim_3d,
    tof,
    vfips,
    vmaf,
    warping_error,
)
from frameloom.metrics.metric import Metric
from frameloom.metrics.network_metric import OPTION, NetworkMetric
from frameloom.models.zoo import catalog
from frameloom.runtime import Device, Runtime

METRICS: dict[str, Metric] = {
    module.METRIC.name: module.METRIC
    for module in (
        psnr,
        ssim,
        ssim_3d,
        ms_ssim,
        interpolation_error,
        interpolation_error_rms,
        tof,
        flicker,
        warping_error,
        vmaf,
    )
}
"""Those without weights of their own."""

NETWORK_METRICS: dict[str, NetworkMetric] = {
    metric.name: metric
    for metric in (lpips.ALEX, lpips.VGG, lpips.SQUEEZE, dists.METRIC, flolpips.METRIC, vfips.METRIC)
}


def find_metrics(
    names: Iterable[str], files: Sequence[str] | str | Path | None = None, *, device: Device = "auto"
) -> list[Metric]:
    """The metrics of those names, ready.

    Args:
        names: In any case; `cosine:` and the name of an encoder is one too.
        files: Weights: a folder with all of them, the only file, or NAME=FILE for each network.
        device: Where networks run.

    Raises:
        InputError: there is none of a name (the message offers the nearest), a file is nobody's, or a program missing.
        ModelError: a file with weights is missing or is another's, or an extra is not installed.
        UnknownModel: no encoder is called so.
    """
    asked = [_find(name) for name in dict.fromkeys(names)]
    cards = list(dict.fromkeys(card for metric in asked for card in _cards(metric)))
    given = _files_by_name(cards, files)
    return [_ready(metric, given, device) for metric in asked]


def _find(name: str) -> Metric | NetworkMetric | ModelCard:
    """A metric, or the encoder that one is made of."""
    lower = name.lower()
    if lower.startswith(cosine.PREFIX):
        return catalog.find(name[len(cosine.PREFIX) :], "encoder")
    metric = METRICS.get(lower) or NETWORK_METRICS.get(lower)
    if metric is None:
        known = [*METRICS, *NETWORK_METRICS]
        close = difflib.get_close_matches(lower, known, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}, {cosine.PREFIX}ENCODER"
        raise InputError(f"no metric is called '{name}'; {hint}")
    return metric


def _cards(metric: Metric | NetworkMetric | ModelCard) -> Sequence[ModelCard]:
    """Of all networks that have a file."""
    if isinstance(metric, NetworkMetric):
        return metric.cards
    return [metric] if isinstance(metric, ModelCard) and metric.checkpoint is not None else []


def _ready(metric: Metric | NetworkMetric | ModelCard, given: dict[str, Path], device: Device) -> Metric:
    if isinstance(metric, Metric):
        if metric.require is not None:
            metric.require()
        return metric
    if isinstance(metric, NetworkMetric):
        return metric.load(given, device)
    if metric.checkpoint is None:
        return cosine.cosine(metric.name, metric.load(), {})
    path = find_checkpoint(metric, given.get(metric.name), option=OPTION)
    encoder = metric.load(Runtime(checkpoint=path, device=device))
    return cosine.cosine(metric.name, encoder, {metric.name: sha256_of(path)})


def _files_by_name(cards: Sequence[ModelCard], files: Sequence[str] | str | Path | None) -> dict[str, Path]:
    """A file or folder for each card that one is given for.

    Raises:
        InputError: a file of which nobody knows whose it is, or that no metric here needs.
    """
    found: dict[str, Path] = {}
    for words in [str(files)] if isinstance(files, str | Path) else list(files or ()):
        name, separator, file = words.partition("=")
        named = [card for card in cards if separator and name.lower() in card.names]
        if not named and cards and (len(cards) == 1 or Path(words).is_dir()):
            named, file = list(cards), words
        if not named:
            needed = ", ".join(card.name for card in cards) or "none: no metric here has weights"
            raise InputError(f"{OPTION} '{words}': give a folder, or NAME=FILE; the names here are {needed}")
        found |= {card.name: Path(file) for card in named if separator or card.name not in found}
    return found
