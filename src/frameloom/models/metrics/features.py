"""Image classifiers up to their last features, under the names that torchvision gives to weights.

AlexNet: Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv 1404.5997. VGG16: Simonyan
and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015. SqueezeNet 1.1: Iandola
et al., arXiv 1602.07360, as its authors changed it later.
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from frameloom.models.metrics.parts import Part

_UNUSED = {"classifier.": "tells what an image shows; metrics compare the features before it"}


class FeatureNetwork(Part):
    """Layers one after the other, of which some are looked at."""

    unused: ClassVar[Mapping[str, str]] = _UNUSED
    channels: ClassVar[tuple[int, ...]]
    """Of the features that are looked at."""
    ends: ClassVar[tuple[int, ...]]
    """The layers that they come from."""
    smallest: ClassVar[int]
    """Sides of an image of which the last features are not empty."""

    features: nn.Sequential

    def forward(self, images: Tensor) -> list[Tensor]:
        """Features (batch, channels, height, width), finest first, of images (batch, 3, height, width)."""
        found: list[Tensor] = []
        for number, layer in enumerate(self.features):
            images = layer(images)
            if number in self.ends:
                found.append(images)
        return found


class AlexNet(FeatureNetwork):
    """AlexNet in one column."""

    channels = (64, 192, 384, 256, 256)
    ends = (1, 4, 7, 9, 11)
    smallest = 31

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(),
            nn.MaxPool2d(3, stride=2), nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(),
            nn.MaxPool2d(3, stride=2), nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(),
        )  # fmt: skip


class VGG16(FeatureNetwork):
    """VGG with 13 convolutions."""

    channels = (64, 128, 256, 512, 512)
    ends = (3, 8, 15, 22, 29)
    smallest = 16

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for channels, convolutions in zip(self.channels, (2, 2, 3, 3, 3), strict=True):
            if layers:
                layers.append(nn.MaxPool2d(2))
            for _ in range(convolutions):
                layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
                before = channels
        self.features = nn.Sequential(*layers)


class SqueezeNet(FeatureNetwork):
    """SqueezeNet 1.1."""

    channels = (64, 128, 256, 384, 384, 512, 512)
    ends = (1, 4, 7, 9, 10, 11, 12)
    smallest = 17

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(),
            nn.MaxPool2d(3, stride=2, ceil_mode=True), Fire(64, 16, 64), Fire(128, 16, 64),
            nn.MaxPool2d(3, stride=2, ceil_mode=True), Fire(128, 32, 128), Fire(256, 32, 128),
            nn.MaxPool2d(3, stride=2, ceil_mode=True), Fire(256, 48, 192), Fire(384, 48, 192),
            Fire(384, 64, 256), Fire(512, 64, 256),
        )  # fmt: skip


class Fire(nn.Module):
    """Few channels, then many of two kinds."""

    def __init__(self, given: int, few: int, each: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(given, few, 1)
        self.expand1x1 = nn.Conv2d(few, each, 1)
        self.expand3x3 = nn.Conv2d(few, each, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, 2 * each, height, width)."""
        few = self.squeeze(features).relu()
        return torch.cat([self.expand1x1(few), self.expand3x3(few)], dim=1).relu()
