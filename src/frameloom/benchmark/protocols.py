"""Protocols: what is done to frames and numbers before they make a table. Each has an id that says it all.

`strict-v1` is ours. The others are what papers' own scripts do, so that numbers can stand beside the published ones.
"""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from frameloom.benchmark.samples import Image, as_eight_bits
from frameloom.errors import InputError

Rounding = Literal["nearest", "truncate", "none"]

_OF_PIXELS = frozenset({"psnr", "ssim", "ie", "ie-rms"})
"""Metrics that take frames which were not rounded, in levels of 8 bits; the others see rounded ones always."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Protocol:
    """How frames become scores and scores a mean."""

    name: str
    summary: str
    rounding: Rounding = "nearest"
    """Of made frames to 8 bits, before they are compared."""
    cuts: bool = False
    """Whether the nearer given frame is shown where a cut is found; else the model is asked always."""
    mean_over: Literal["sequences", "frames"] = "sequences"
    """Mean over the frames of each sequence and then over sequences, or over all frames."""
    psnr_floor: float = 0.0
    """Added to the squared error (of values in [0, 1]) that PSNR is taken of; 1e-8 keeps it below 80 dB."""
    smooth_maps: bool = False
    """Whether measured distance maps are blurred."""
    dataset: str | None = None
    """What it was published for; None: anything."""
    factor: int | None = None
    metrics: tuple[str, ...] = ()
    """What was published; empty: anything."""
    unlike: Mapping[str, str] = field(default_factory=dict[str, str])
    """Metric -> in what our number differs from the published one all the same."""

    def prediction_for(self, metric: str, image: NDArray[np.float32]) -> Image:
        """A made frame as a metric is to see it."""
        if self.rounding == "none" and metric in _OF_PIXELS:
            levels = np.clip(image, 0, 1).astype(np.float64) * 255
            return cast(Image, levels)  # what those metrics compute with anyway
        if self.rounding == "truncate":
            return (np.clip(image, 0, 1) * np.float32(255)).astype(np.uint8)
        return as_eight_bits(image)

    def value(self, metric: str, value: float) -> float:
        """A score as the protocol counts it."""
        if metric != "psnr" or not self.psnr_floor:
            return value
        return -10 * math.log10(10 ** (-value / 10) + self.psnr_floor)

    def departures(self, dataset: str, factors: Sequence[int], metrics: Sequence[str], *, whole: bool) -> list[str]:
        """In what a run is not what was published, in words.

        Args:
            dataset: What it is run on.
            factors: The factors of the run.
            metrics: Their names.
            whole: Whether all samples are used.
        """
        if self.dataset is None:
            return []
        found: list[str] = []
        if dataset != self.dataset:
            found.append(f"the data set is {dataset}, not {self.dataset}")
        found += [f"the factor is {factor}, not {self.factor}" for factor in factors if factor != self.factor]
        if not whole:
            found.append("not all samples are used")
        found += [f"{name}: not among what was published" for name in metrics if name not in self.metrics]
        return found + [f"{name}: {self.unlike[name]}" for name in metrics if name in self.unlike]


STRICT = Protocol(
    name="strict-v1",
    summary="8 bits, rounded; errors in float64; whole frames, all of them; cuts as in interpolate; mean over the "
    "frames of a sequence, then over sequences",
    cuts=True,
)

_VIDEO_METRICS = ("psnr", "ssim", "lpips", "dists", "flolpips")
_FLOLPIPS = "over made frames; the published number counts the given ones too"


def _of_pervfi(name: str, dataset: str, metrics: tuple[str, ...]) -> Protocol:
    """As VFIBenchmark measures: 8 bits cut off, PSNR of at most 80 dB, mean per video, then over videos."""
    return Protocol(
        name=name,
        summary=f"VFIBenchmark on {dataset}: 8 bits, cut off; PSNR of (error + 1e-8); mean per video, then over videos",
        rounding="truncate",
        psnr_floor=1e-8,
        dataset=dataset,
        factor=2,
        metrics=metrics,
        unlike={"flolpips": _FLOLPIPS} if "flolpips" in metrics else {},
    )


def _of_interpany(name: str, rounding: Rounding, models: str) -> Protocol:
    """As InterpAny-Clearer's test measures: frames 1 and 7 in, mean over all frames."""
    return Protocol(
        name=name,
        summary=f"InterpAny-Clearer's test, as of {models}: first and last of seven frames in; mean over all frames",
        rounding=rounding,
        mean_over="frames",
        smooth_maps=True,
        dataset="vimeo90k-septuplet",
        factor=6,
        metrics=("psnr", "ssim", "lpips"),
        unlike={
            "ssim": "mean over RGB; the originals have windows over all three channels at once, or code of their own"
        },
    )


PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        STRICT,
        _of_pervfi("pervfi-davis480p-x2-v1", "davis-480p", _VIDEO_METRICS),
        _of_pervfi("pervfi-davis1080p-x2-v1", "davis-1080p", _VIDEO_METRICS),
        _of_pervfi("pervfi-xiph2k-x2-v1", "xiph-2k", _VIDEO_METRICS),
        _of_pervfi("pervfi-xiph4k-x2-v1", "xiph-4k", _VIDEO_METRICS),
        _of_pervfi("pervfi-vimeo90k-v1", "vimeo90k-triplet", ("psnr", "ssim", "lpips")),
        _of_pervfi("pervfi-ucf101-v1", "ucf101", ("psnr", "ssim", "lpips")),
        _of_pervfi("pervfi-middlebury-v1", "middlebury", ("psnr", "ssim", "lpips")),
        _of_interpany("interpany-septuplet-v1", "none", "RIFE T, EMA-VFI, AMT and IFRNet (errors of unrounded frames)"),
        _of_interpany("interpany-septuplet-rounded-v1", "nearest", "RIFE D and DR (frames rounded to 8 bits)"),
    )
}


def find_protocol(name: str) -> Protocol:
    """The protocol of that id.

    Raises:
        InputError: there is none; the message offers the nearest.
    """
    found = PROTOCOLS.get(name.lower())
    if found is None:
        close = difflib.get_close_matches(name.lower(), PROTOCOLS, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(PROTOCOLS)}"
        raise InputError(f"no protocol is called '{name}'; {hint}")
    return found
