"""DISTS: how alike structure and texture of two images are, in the features of VGG16.

Ding, Ma, Wang, Simoncelli: "Image Quality Assessment: Unifying Structure and Texture Similarity", TPAMI 2022. Names of
attributes are those of the official file.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.metrics.features import VGG16
from frameloom.models.metrics.parts import Part, as_tensor, judging

_CHANNELS = (3, *VGG16.channels)  # the image itself is the finest level
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of what VGG16 was trained on
_FLOOR = 1e-6  # c1 and c2 of equations 3 and 4
_TINY = 1e-12
_TAPS = (0.25, 0.5, 0.25)  # a Hann window, as L2 pooling blurs by (section 3.1)


class DISTSWeights(Part):
    """How much the texture (alpha) and the structure (beta) of each channel count; only shares matter."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, sum(_CHANNELS), 1, 1))
        self.beta = nn.Parameter(torch.ones(1, sum(_CHANNELS), 1, 1))


class DISTS:
    """The metric."""

    def __init__(self, weights: DISTSWeights, trunk: VGG16) -> None:
        """Args: both with their weights, on one device."""
        total = weights.alpha.sum() + weights.beta.sum()
        self._texture = _by_level(weights.alpha / total)
        self._structure = _by_level(weights.beta / total)
        self._trunk = trunk

    @judging()
    def distance(self, prediction: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
        """Equation 5, from 0 (alike), of (height, width, 3) RGB."""
        alike = 0.0
        levels = zip(self._levels(prediction), self._levels(truth), self._texture, self._structure, strict=True)
        for first, second, texture, structure in levels:
            textures, structures = _similarity(first, second)
            alike += float((texture * textures + structure * structures).sum())
        return max(0.0, 1 - alike)

    def _levels(self, image: NDArray[np.uint8]) -> list[Tensor]:
        """The image and its features, (1, channels, height, width)."""
        batch = as_tensor(image, self._trunk)
        levels = [batch]
        mean, deviation = (batch.new_tensor(values)[:, None, None] for values in (_MEAN, _DEVIATION))
        features = (batch - mean) / deviation
        for number, layer in enumerate(self._trunk.features):
            features = _l2_pool(features) if isinstance(layer, nn.MaxPool2d) else layer(features)
            if number in self._trunk.ends:
                levels.append(features)
        return levels


def _by_level(shares: Tensor) -> list[Tensor]:
    return list(torch.split(shares.cpu().double(), list(_CHANNELS), dim=1))


def _similarity(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Equations 3 and 4: of texture and of structure, (1, channels, 1, 1) each, float64."""
    means = [level.mean(dim=(2, 3), keepdim=True) for level in (first, second)]
    a, b = first - means[0], second - means[1]
    variances = (a * a).mean(dim=(2, 3), keepdim=True) + (b * b).mean(dim=(2, 3), keepdim=True)
    covariance = (a * b).mean(dim=(2, 3), keepdim=True)
    x, y, variances, covariance = (value.cpu().double() for value in (*means, variances, covariance))
    texture = (2 * x * y + _FLOOR) / (x * x + y * y + _FLOOR)
    return texture, (2 * covariance + _FLOOR) / (variances + _FLOOR)


def _l2_pool(features: Tensor) -> Tensor:
    """Root of the blurred square at every second position, in place of the largest value."""
    taps = features.new_tensor(_TAPS)
    window = (taps[:, None] * taps).expand(features.shape[1], 1, -1, -1)
    blurred = functional.conv2d(features.square(), window, stride=2, padding=1, groups=features.shape[1])
    return (blurred + _TINY).sqrt()
