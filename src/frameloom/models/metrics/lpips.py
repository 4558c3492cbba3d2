"""LPIPS: how far apart the features of two images are, channel by channel as much as people care.

Zhang, Isola, Efros, Shechtman, Wang: "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR
2018, equation 1, with the weights of version 0.1. Names of attributes are those of the official files.
"""

from typing import ClassVar, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from frameloom.models.metrics.features import VGG16, AlexNet, FeatureNetwork, SqueezeNet
from frameloom.models.metrics.parts import Part, as_tensor, check_size, judging

_TINY = 1e-10
# Mean and deviation of the images that classifiers were trained on, here of images in [-1, 1]
_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)


class Head(nn.Module):
    """One weight for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        # Training drops channels in the first place; the file counts from there
        self.model = nn.Sequential(nn.Identity(), nn.Conv2d(channels, 1, 1, bias=False))

    def forward(self, differences: Tensor) -> Tensor:
        """(batch, 1, height, width)."""
        return self.model(differences)


class Heads(Part):
    """The weights of all features of one classifier."""

    channels: ClassVar[tuple[int, ...]]

    def __init__(self) -> None:
        super().__init__()
        for number, channels in enumerate(self.channels):
            self.add_module(f"lin{number}", Head(channels))

    def forward(self, first: list[Tensor], second: list[Tensor]) -> list[Tensor]:
        """Maps (batch, 1, height, width) of how far apart two lists of features are, one for each level."""
        heads = cast(list[Head], list(self.children()))
        return [head((of_unit_length(a) - of_unit_length(b)) ** 2)
                for head, a, b in zip(heads, first, second, strict=True)]  # fmt: skip


class AlexNetHeads(Heads):
    """Of AlexNet."""

    channels = AlexNet.channels


class VGG16Heads(Heads):
    """Of VGG16."""

    channels = VGG16.channels


class SqueezeNetHeads(Heads):
    """Of SqueezeNet."""

    channels = SqueezeNet.channels


def of_unit_length(features: Tensor) -> Tensor:
    """Features whose channels have the length 1 at every position, (batch, channels, height, width)."""
    return features / (features.square().sum(dim=1, keepdim=True).sqrt() + _TINY)


def standardised(images: Tensor) -> Tensor:
    """Images (batch, 3, height, width) in [0, 1] as LPIPS gives them to its classifiers."""
    shift, scale = (images.new_tensor(values)[:, None, None] for values in (_SHIFT, _SCALE))
    return (2 * images - 1 - shift) / scale


class LPIPS:
    """The metric, made of a classifier and the weights of its features."""

    def __init__(self, heads: Heads, trunk: FeatureNetwork) -> None:
        """Args: both with their weights, on one device."""
        self._heads = heads
        self._trunk = trunk

    @judging()
    def distance(self, prediction: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
        """The sum over levels of the mean over positions, from 0 up, of (height, width, 3) RGB.

        Raises:
            ShapeError: the images are too small for the classifier.
        """
        return float(sum(level.mean() for level in self.maps(prediction, truth)))

    def maps(self, prediction: NDArray[np.uint8], truth: NDArray[np.uint8]) -> list[Tensor]:
        """How far apart they are at every position, (1, 1, height, width) for each level.

        Raises:
            ShapeError: the images are too small for the classifier.
        """
        check_size(truth, self._trunk.smallest, "LPIPS")
        return self._heads(self._features(prediction), self._features(truth))

    def _features(self, image: NDArray[np.uint8]) -> list[Tensor]:
        return self._trunk(standardised(as_tensor(image, self._trunk)))
