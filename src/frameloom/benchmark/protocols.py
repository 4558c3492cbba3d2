"""Protocols: what is done to frames and numbers before they make a table. Each has an id that says it all.

`strict-v1` is ours. The others are what papers' own scripts do, so that numbers can stand beside the published ones.
"""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from frameloom.benchmark.samples import Image, as_eight_bits
from frameloom.errors import InputError

Rounding = Literal["nearest", "truncate", "none"]

_OF_PIXELS = frozenset({"psnr", "ssim", "ssim-3d", "ie", "ie-rms"})
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
    datasets: tuple[str, ...] = ()
    """What it was published for; empty: anything."""
    samples: int | None = None
    """How many samples that has, where it is known."""
    factor: int | None = None
    metrics: tuple[str, ...] = ()
    """What was published; empty: anything."""
    unlike: Mapping[str, str] = field(default_factory=dict[str, str])
    """Metric -> in what our number differs from the published one all the same."""
    never: str = ""
    """Why no run is quite what was published; empty where one can be."""

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

    def departures(
        self, dataset: str, factors: Sequence[int], metrics: Sequence[str], *, samples: int, whole: bool
    ) -> list[str]:
        """In what a run is not what was published, in words.

        Args:
            dataset: What it is run on.
            factors: The factors of the run.
            metrics: Their names.
            samples: How many are used, at the published factor.
            whole: Whether all samples are used.
        """
        if not self.datasets:
            return []
        found = [self.never] if self.never else []
        if dataset not in self.datasets:
            found.append(f"the data set is {dataset}, not {' or '.join(self.datasets)}")
        found += [f"the factor is {factor}, not {self.factor}" for factor in factors if factor != self.factor]
        if not whole:
            found.append("not all samples are used")
        elif self.samples is not None and dataset in self.datasets and samples not in (0, self.samples):
            found.append(f"there are {samples} samples, {self.samples} were published")
        found += [f"{name}: not among what was published" for name in metrics if name not in self.metrics]
        return found + [f"{name}: {self.unlike[name]}" for name in metrics if name in self.unlike]


STRICT = Protocol(
    name="strict-v1",
    summary="8 bits, rounded; errors in float64; whole frames, all of them; cuts as in interpolate; mean over the "
    "frames of a sequence, then over sequences",
    cuts=True,
)

_VIDEO_METRICS = ("psnr", "ssim", "lpips", "dists", "flolpips", "vfips")
_IMAGE_METRICS = ("psnr", "ssim", "lpips")
_FLOLPIPS = "over made frames; the published number counts the given ones too"
_VFIPS = (
    "with its sign, and the last frames of a video in a window of their own; published is the mean of whole windows "
    "without its sign, higher for better"
)
_SSIM_UNIFORM = "Gaussian windows of 11 pixels; the originals have uniform ones of 7"


_NOTHING: Mapping[str, str] = MappingProxyType({})


def _of_pervfi(name: str, dataset: str, metrics: tuple[str, ...], samples: int | None = None) -> Protocol:
    """As VFIBenchmark measures: 8 bits cut off, PSNR of at most 80 dB, mean per video, then over videos."""
    unlike = {"flolpips": _FLOLPIPS, "vfips": _VFIPS}
    return Protocol(
        name=name,
        summary=f"VFIBenchmark on {dataset}: 8 bits, cut off; PSNR of (error + 1e-8); mean per video, then over videos",
        rounding="truncate",
        psnr_floor=1e-8,
        datasets=(dataset,),
        samples=samples,
        factor=2,
        metrics=metrics,
        unlike={metric: words for metric, words in unlike.items() if metric in metrics},
    )


def _of_interpany(name: str, rounding: Rounding, models: str) -> Protocol:
    """As InterpAny-Clearer's test measures: frames 1 and 7 in, mean over all frames."""
    return Protocol(
        name=name,
        summary=f"InterpAny-Clearer's test, as of {models}: first and last of seven frames in; mean over all frames",
        rounding=rounding,
        mean_over="frames",
        smooth_maps=True,
        datasets=("vimeo90k-septuplet",),
        samples=7824,
        factor=6,
        metrics=(*_IMAGE_METRICS, "ssim-3d"),
        unlike={
            "ssim": "mean over RGB; the originals have windows over all three channels at once, or code of their own",
            **({"ssim-3d": "of AMT and IFRNet the original's code is another"} if rounding == "none" else {}),
        },
    )


def _over_frames(
    name: str,
    summary: str,
    datasets: tuple[str, ...],
    rounding: Rounding,
    *,
    samples: int | None = None,
    factor: int = 2,
    metrics: tuple[str, ...] = ("psnr", "ssim-3d"),
    unlike: Mapping[str, str] = _NOTHING,
    psnr_floor: float = 0.0,
    never: str = "",
) -> Protocol:
    """As most scripts beside a network measure: the mean over all made frames."""
    return Protocol(
        name=name, summary=summary, datasets=datasets, rounding=rounding, mean_over="frames", samples=samples,
        factor=factor, metrics=metrics, unlike=unlike, psnr_floor=psnr_floor, never=never,
    )  # fmt: skip


_SNU_FILM = ("snu-film-easy", "snu-film-medium", "snu-film-hard", "snu-film-extreme")
_HALVED = "true frames are rounded after they were halved; the originals leave them unrounded"

_OF_SCRIPTS = (
    _over_frames(
        "rife-vimeo90k-v1", "RIFE benchmark/Vimeo90K.py: frames rounded to 8 bits", ("vimeo90k-triplet",), "nearest",
        samples=3782,
    ),
    _over_frames(
        "rife-ucf101-v1", "RIFE benchmark/UCF101.py, also EMA-VFI and M2M: frames rounded to 8 bits", ("ucf101",),
        "nearest", samples=379,
    ),
    _over_frames(
        "rife-middlebury-v1", "RIFE benchmark/MiddleBury_Other.py, also EMA-VFI: frames rounded to 8 bits",
        ("middlebury",), "nearest", samples=12, metrics=("ie",),
    ),
    _over_frames(
        "cain-snufilm-x2-v1", "CAIN: frames rounded to 8 bits; PSNR of (error + 1e-8)", _SNU_FILM, "nearest",
        samples=310, psnr_floor=1e-8, metrics=("psnr", "ssim"),
        unlike={"ssim": "the original's variances are those of samples"},
    ),
    _over_frames(
        "ema-snufilm-x2-v1", "EMA-VFI benchmark/SNU_FILM.py, also IFRNet and AMT: frames not rounded", _SNU_FILM,
        "none", samples=310,
    ),
    *(
        _over_frames(
            f"softsplat-xiph{size}-x2-v1",
            "softmax splatting's benchmark_xiph.py, also EMA-VFI: frames rounded to 8 bits",
            (f"xiph-{size}",), "nearest", samples=392, metrics=("psnr", "ssim"),
            unlike={"ssim": _SSIM_UNIFORM},
        )
        for size in ("2k", "4k")
    ),
    _over_frames(
        "xvfi-xtest4k-x8-v1", "XVFI utils.py: frames rounded to 8 bits", ("x4k1000fps",), "nearest", samples=15,
        factor=8, metrics=("psnr", "ssim", "tof"),
        unlike={
            "ssim": "over RGB in Gaussian windows; the original's is of luma, in uniform windows of 7",
            "tof": "of DIS, over the steps before and after; the original's of Farneback's flow, over the one before",
        },
    ),
    _over_frames(
        "m2m-xtest4k-x8-v1", "M2M Test/bench_xtest.py, also EMA-VFI: frames rounded to 8 bits", ("x4k1000fps",),
        "nearest", samples=15, factor=8,
    ),
    _over_frames(
        "m2m-xtest2k-x8-v1", "M2M Test/bench_xtest.py, also EMA-VFI: frames rounded to 8 bits", ("x4k1000fps-2k",),
        "nearest", samples=15, factor=8, unlike={"psnr": _HALVED, "ssim-3d": _HALVED},
    ),
    _over_frames(
        "amt-gopro512-x8-v1", "AMT benchmarks/gopro.py, also IFRNet: the middle 512 pixels, frames not rounded",
        ("gopro-512",), "none", factor=8,
    ),
    _over_frames(
        "amt-adobe512-x8-v1", "AMT benchmarks/adobe240.py: the middle 512 pixels, frames not rounded",
        ("adobe240-512",), "none", factor=8,
        never="which videos the original takes depends on the order in which a disk lists them",
    ),
)  # fmt: skip

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        STRICT,
        _of_pervfi("pervfi-davis480p-x2-v1", "davis-480p", _VIDEO_METRICS),
        _of_pervfi("pervfi-davis1080p-x2-v1", "davis-1080p", _VIDEO_METRICS),
        _of_pervfi("pervfi-xiph2k-x2-v1", "xiph-2k", _VIDEO_METRICS, 392),
        _of_pervfi("pervfi-xiph4k-x2-v1", "xiph-4k", _VIDEO_METRICS, 392),
        _of_pervfi("pervfi-vimeo90k-v1", "vimeo90k-triplet", _IMAGE_METRICS, 3782),
        _of_pervfi("pervfi-ucf101-v1", "ucf101", _IMAGE_METRICS, 379),
        _of_pervfi("pervfi-middlebury-v1", "middlebury", _IMAGE_METRICS, 12),
        _of_interpany("interpany-septuplet-v1", "none", "RIFE T, EMA-VFI, AMT and IFRNet (errors of unrounded frames)"),
        _of_interpany("interpany-septuplet-rounded-v1", "nearest", "RIFE D and DR (frames rounded to 8 bits)"),
        *_OF_SCRIPTS,
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
