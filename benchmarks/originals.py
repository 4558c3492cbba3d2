"""The original any-time networks, run from a checkout of zzh-tech/InterpAny-Clearer (measured at commit 0422f14).

Nothing of that repository is copied here: its modules are imported from the checkout, unmodified, and called the way
its `inference_img_plus*.py` scripts call them. What a CPU needs to be different, and all that is different:

- checkpoints are not read (`torch.load` without `map_location`): the network gets its weights from this benchmark;
- EMA-VFI: `Trainer.Model.device()` moves the network to "cuda"; the network is built from its own classes instead;
- EMA-VFI: where `timm` is not installed, its names `DropPath`, `to_2tuple` and `trunc_normal_` come from a stand-in
  (used while building only: drop rates are 0);
- the optimiser that the wrappers construct beside the network is not constructed (it takes no part in inference);
- frames stay float32: the scripts' truncation to 8 bits is left out, so that results can be compared.

RIFE's scripts record gradients; the others' do not. Both ways can be measured.
"""

import importlib
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

FOLDERS = {"rife": "DI-RIFE", "ifrnet": "DI-AMT-and-IFRNet", "amt-s": "DI-AMT-and-IFRNet", "ema-vfi": "DI-EMA-VFI"}
MULTIPLES = {"rife": 32, "ifrnet": 16, "amt-s": 16, "ema-vfi": 32}
ITERATIONS = 2
"""Of TR and DR: the scripts' default."""


class Original:
    """One original network; `between` is what its script does for a pair.

    Its modules have names like `model` and `utils`, so a process can hold one network only.
    """

    def __init__(self, checkout: Path, network: str, variant: str, *, without_gradients: bool = False) -> None:
        """Build the network, with weights as they come.

        Args:
            checkout: of the original repository.
            network, variant: keys of `FOLDERS`; T, D, TR or DR.
            without_gradients: run under `inference_mode`, where the script may not (RIFE's records gradients).
        """
        folder = checkout / "models" / FOLDERS[network]
        if not folder.is_dir():
            raise SystemExit(f"{folder} is not there: --original takes a checkout of zzh-tech/InterpAny-Clearer")
        sys.path.insert(0, str(folder))
        self.name = network
        self.variant = variant
        self.network = _BUILDERS[network](variant).eval()
        self._context: Callable[[], AbstractContextManager[object]] = torch.no_grad
        if without_gradients:
            self._context = torch.inference_mode
        elif network == "rife":
            self._context = nullcontext

    def between(
        self, first: NDArray[np.float32], last: NDArray[np.float32], moments: Sequence[float]
    ) -> Iterator[NDArray[np.float32]]:
        """One frame (height, width, 3) in [0, 1] per moment; every moment starts from the images, as in the scripts."""
        for moment in moments:
            with self._context():
                images = [_tensor(image) for image in (first, last)]
                height, width = images[0].shape[2:]
                padding, mode = _padding(height, width, self.name)
                images = [functional.pad(image, padding, mode=mode) for image in images]
                made = self._iterate(*images, torch.zeros_like(images[0][:, :1]) + moment)
                left, _, top, _ = padding
                cropped = made[0, :, top : top + height, left : left + width].clamp(0, 1)
            yield cropped.permute(1, 2, 0).flip(2).detach().numpy()

    def _iterate(self, first: Tensor, last: Tensor, index: Tensor) -> Tensor:
        if not self.variant.endswith("R"):
            return self._predict(first, last, index, None, None)
        reference = first
        for step in range(ITERATIONS):
            target, reached = index * float(step + 1) / ITERATIONS, index * float(step) / ITERATIONS
            reference = self._predict(first, last, target, reference, reached)
        return reference

    def _predict(
        self, first: Tensor, last: Tensor, index: Tensor, reference: Tensor | None, reached: Tensor | None
    ) -> Tensor:
        net = self.network
        if self.name == "rife":
            pair = torch.cat((first, last), 1)
            if self.variant == "T":
                return net(pair, [4.0, 2.0, 1.0], timestep=float(index[0, 0, 0, 0]))[2][2]
            maps = index if reference is None else torch.cat((index, reached, reference), 1)
            return net(pair, [4.0, 2.0, 1.0], sdi_map=maps)[2][2]
        if self.name == "ema-vfi":
            features = (first, last) if reference is None else (first, last, reference, reached)
            appearance, motion = net.feature_bone(*features)
            pair = torch.cat((first, last), 1)
            flow, mask = net.calculate_flow(pair, index, appearance, motion)
            return net.coraseWarp_and_Refine(pair, appearance, flow, mask)
        if self.variant == "T":
            index = index[:, :, :1, :1]
        inputs = (first, last, index) if reference is None else (first, last, reference, index, reached)
        return net(*inputs, eval=True)["imgt_pred"]


def _tensor(image: NDArray[np.float32]) -> Tensor:
    """(1, 3, height, width), blue first as in the scripts."""
    return torch.tensor(image[:, :, ::-1].transpose(2, 0, 1).copy())[None]


def _padding(height: int, width: int, network: str) -> tuple[tuple[int, int, int, int], str]:
    multiple = MULTIPLES[network]
    below, right = -height % multiple, -width % multiple
    if network == "rife":
        return (0, right, 0, below), "constant"
    return (right // 2, right - right // 2, below // 2, below - below // 2), "replicate"


def _rife(variant: str) -> nn.Module:
    module, name = {"T": ("IFNet_m", "IFNet_m"), "D": ("IFNet_sdi", "IFNet_sdi")}.get(
        variant, ("IFNet_sdi_recur", "IFNet_sdi")
    )
    return getattr(importlib.import_module(f"model.{module}"), name)()


def _ifrnet(variant: str) -> nn.Module:
    module = {"T": "IFRNet", "D": "SDI-IFRNet"}.get(variant, "SDI-R-IFRNet")
    return importlib.import_module(f"networks.{module}").Model()


def _amt(variant: str) -> nn.Module:
    module = {"T": "AMT-S", "D": "SDI-AMT-S"}.get(variant, "SDI-R-AMT-S_v1")
    return importlib.import_module(f"networks.{module}").Model()


def _ema(variant: str) -> nn.Module:
    _stand_in_for_timm()
    configuration = importlib.import_module("config_recur" if variant.endswith("R") else "config").MODEL_CONFIG
    build_backbone, build_network = configuration["MODEL_TYPE"]
    of_backbone, of_network = configuration["MODEL_ARCH"]
    return build_network(build_backbone(**of_backbone), **of_network)


def _stand_in_for_timm() -> None:
    try:
        importlib.import_module("timm.models.layers")
    except ImportError:
        layers = types.ModuleType("timm.models.layers")
        layers.DropPath = nn.Identity  # pyright: ignore[reportAttributeAccessIssue]
        layers.to_2tuple = lambda side: (side, side)  # pyright: ignore[reportAttributeAccessIssue]
        layers.trunc_normal_ = nn.init.trunc_normal_  # pyright: ignore[reportAttributeAccessIssue]
        sys.modules |= {
            "timm": types.ModuleType("timm"),
            "timm.models": types.ModuleType("timm.models"),
            layers.__name__: layers,
        }


_BUILDERS = {"rife": _rife, "ifrnet": _ifrnet, "amt-s": _amt, "ema-vfi": _ema}
