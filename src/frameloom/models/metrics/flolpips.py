"""FloLPIPS: LPIPS that counts most where motion departs from the truth's.

Danier, Zhang, Bull: "FloLPIPS: A Bespoke Video Quality Metric for Frame Interpolation", PCS 2022, as its authors
compute it for a frame between two given ones.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from frameloom.models.layers.warping import resize
from frameloom.models.metrics.features import AlexNet
from frameloom.models.metrics.lpips import LPIPS, AlexNetHeads
from frameloom.models.metrics.parts import as_tensor, judging
from frameloom.models.metrics.pwc_net import PWCNet


class FloLPIPS:
    """The metric."""

    def __init__(self, heads: AlexNetHeads, trunk: AlexNet, flow: PWCNet) -> None:
        """Args: all with their weights, on one device."""
        self._lpips = LPIPS(heads, trunk)
        self._flow = flow

    @judging()
    def distance(
        self, prediction: NDArray[np.uint8], truth: NDArray[np.uint8], given: tuple[NDArray[np.uint8], ...]
    ) -> float:
        """Mean over the given frames, before and after, of the distance weighed by motion to them; from 0 up.

        Where motion departs nowhere, all positions count alike: it is then LPIPS. Arrays are (height, width, 3) RGB.

        Raises:
            ShapeError: the images are too small for AlexNet.
        """
        maps = self._lpips.maps(prediction, truth)
        return sum(self._weighed(maps, self._departure(prediction, truth, frame)) for frame in given) / len(given)

    def _departure(self, prediction: NDArray[np.uint8], truth: NDArray[np.uint8], given: NDArray[np.uint8]) -> Tensor:
        """(1, 2, height, width) pixels: between the flows from the truth and from the prediction to a given frame."""
        made, true, there = (as_tensor(image, self._flow) for image in (prediction, truth, given))
        return self._flow(true, there) - self._flow(made, there)

    def _weighed(self, maps: list[Tensor], departure: Tensor) -> float:
        total = 0.0
        for level in maps:
            size = (level.shape[-2], level.shape[-1])
            weights = resize(departure, size).square().sum(dim=1, keepdim=True).sqrt()
            if not bool(weights.any()):
                weights = torch.ones_like(weights)
            total += float((level * weights / weights.sum()).sum())
        return total
