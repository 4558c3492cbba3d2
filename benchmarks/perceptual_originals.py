"""The original PerVFI with RAFT, run from a checkout of mulns/PerVFI (measured at commit 89d90f1).

Nothing of that repository is copied here: its modules are imported from the checkout, unmodified, and called the way
its `infer_video.py` calls them, which is once for every new frame, flow included. What a CPU needs to be different, and
all that is different:

- splatting is a CuPy kernel, which refuses the CPU: `four_index_adds` does what it does;
- `cupy` itself, which its module of correlations (used by nothing here) imports as well, is an empty stand-in;
- `Tensor.cuda()` returns the tensor (warping calls it); the pipeline's `.to("cuda")` is not called, because networks
  are built from their own classes;
- `torch.qr`, which newer versions of PyTorch no longer have, is `torch.linalg.qr` (used while building only);
- checkpoints are not read: the networks get their weights from this benchmark;
- noise is given instead of drawn, the same for every frame, so that results can be compared;
- where `accelerate` and `loguru` are not installed, a stand-in takes their place (a context that changes nothing, which
  is what accelerate's is without mixed precision, and messages that go nowhere);
- frames stay float32: the script's way to 8 bits is left out.

It also needs torchvision, for its deformable convolution.
"""

import argparse
import importlib
import sys
import types
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

DECODERS = {"v00": "PFlowVFI_V0", "vb": "PFlowVFI_Vb"}
ITERATIONS = 12
_REACH = 9  # which its `build_generator_arch` gives both networks


class PerceptualOriginal:
    """Both networks of `raft+pervfi`.

    Its package is called `models`, so a process can hold nothing else of that name.
    """

    def __init__(self, checkout: Path, decoder: str, fill: Callable[[nn.Module, str], nn.Module]) -> None:
        """Build the networks.

        Args:
            checkout: of the original repository.
            decoder: a key of `DECODERS`.
            fill: gives a network its weights, by the name that the recordings have for it.
        """
        folder = checkout / "src" / "test"
        if not folder.is_dir():
            raise SystemExit(f"{folder} is not there: --original takes a checkout of mulns/PerVFI")
        sys.path.insert(0, str(folder))
        warnings.simplefilter("ignore")  # as its script does: of its names, many are deprecated
        _stand_in()
        raft = importlib.import_module("models.flow_estimators.raft.raft").RAFT
        options = argparse.Namespace(mixed_precision=True, alternate_corr=False, small=False)  # as it builds RAFT
        self._flow = fill(raft(options), "raft").eval()
        self._padder = importlib.import_module("models.flow_estimators").InputPadder
        splatting: Any = importlib.import_module("models.generators.softsplatnet.softsplat")
        splatting.softsplat_func = _Splat
        generator = importlib.import_module(f"models.generators.{DECODERS[decoder]}").Network
        self._generator = fill(generator(_REACH), decoder).eval()

    @torch.no_grad()
    def flows(self, first: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        """(1, 2, height, width) each, between images (1, 3, height, width) in [0, 1], as its `infer` of RAFT."""
        padder = self._padder(first.shape, 8)
        ours, theirs = padder.pad(first * 255.0, last * 255.0)
        forward = self._flow(ours, theirs, bidirection=False, iters=ITERATIONS)
        backward = self._flow(theirs, ours, bidirection=False, iters=ITERATIONS)
        return tuple(padder.unpad(forward, backward))

    @torch.no_grad()
    def frame(
        self, images: Sequence[Tensor], flows: Sequence[Tensor], noise: Sequence[Tensor], moment: float
    ) -> Tensor:
        """(1, 3, height, width), not clipped, from padded images, as its `inference_spec_noise`."""
        return self._generator(zs=list(noise), inps=[*images, *flows], time=moment, code="decode")[0]

    def between(self, images: Sequence[Tensor], noise: Sequence[Tensor], moments: Sequence[float]) -> list[Tensor]:
        """(1, 3, height, width) in [0, 1] per moment, every one from the images up, as in its script."""
        return [self.frame(images, self.flows(*images), noise, moment).clamp(0, 1) for moment in moments]


class _Splat:
    """In place of the function that launches the CuPy kernel."""

    @staticmethod
    def apply(values: Tensor, flow: Tensor) -> Tensor:
        """Sums (batch, channels, height, width) of what lands on each pixel."""
        return torch.stack([four_index_adds(*both) for both in zip(values.float(), flow.float(), strict=True)])


def four_index_adds(values: Tensor, flow: Tensor) -> Tensor:
    """Values (channels, height, width), carried along a flow (2, height, width) in pixels and added up.

    One addition per corner, with the channels of a pixel side by side: `index_add_` is faster by rows.
    """
    channels, height, width = values.shape
    rows = values.flatten(1).t().contiguous()
    x = flow[0] + torch.arange(width, dtype=torch.float32)
    y = flow[1] + torch.arange(height, dtype=torch.float32)[:, None]
    left, top = x.floor(), y.floor()
    sums = torch.zeros_like(rows)
    for column, row in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)  # false for what is not a number
        share = torch.where(inside, (1 - (x - column).abs()) * (1 - (y - row).abs()), 0)
        target = torch.where(inside, row * width + column, 0).long().flatten()
        sums.index_add_(0, target, rows * share.reshape(-1, 1))
    return sums.t().reshape(channels, height, width)


def _stand_in() -> None:
    """Let the original be imported and built where there is no CUDA."""
    cupy = types.ModuleType("cupy")
    _set(cupy, "memoize", lambda **_: lambda function: function)
    sys.modules["cupy"] = cupy
    _set(torch.Tensor, "cuda", lambda tensor: tensor)
    _set(torch, "qr", torch.linalg.qr)
    accelerator = types.SimpleNamespace(autocast=nullcontext)
    _stand_in_for("accelerate", "Accelerator", lambda: accelerator)
    silent = types.SimpleNamespace(info=_nothing, error=_nothing)
    _stand_in_for("loguru", "logger", silent)


def _stand_in_for(name: str, attribute: str, value: Any) -> None:
    try:
        importlib.import_module(name)
    except ImportError:
        sys.modules[name] = types.ModuleType(name)
        _set(sys.modules[name], attribute, value)


def _set(place: Any, name: str, value: Any) -> None:
    setattr(place, name, value)


def _nothing(message: str) -> None:
    """What is said is not heard."""
