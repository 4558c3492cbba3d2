"""What MobileNetV3 and EfficientNet are made of: blocks that are wide inside, with one filter per channel there.

Sandler et al., CVPR 2018, section 3.3. Names of weights are torchvision's.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Activation = Callable[[], nn.Module]


class Convolution(nn.Sequential):
    """Convolution, normalisation, activation."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        epsilon: float,
        activation: Activation | None,
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, eps=epsilon),
        ]
        super().__init__(*layers, *([] if activation is None else [activation()]))


class Excitation(nn.Module):
    """Weighs channels by what the whole image shows: Hu, Shen and Sun, CVPR 2018."""

    def __init__(self, channels: int, squeezed: int, *, activation: Activation, gate: Activation) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = activation()
        self.gate = gate()

    def forward(self, features: Tensor) -> Tensor:
        """(batch, channels, height, width), the same."""
        squeezed = self.activation(self.fc1(features.mean(dim=(2, 3), keepdim=True)))
        return features * self.gate(self.fc2(squeezed))


class InvertedBottleneck(nn.Module):
    """Widen, filter each channel, weigh channels, narrow; added to the input where the shapes are the same."""

    def __init__(
        self,
        inputs: int,
        width: int,
        outputs: int,
        kernel: int,
        *,
        stride: int,
        epsilon: float,
        activation: Activation,
        excitation: Excitation | None,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        if width != inputs:
            layers.append(Convolution(inputs, width, 1, epsilon=epsilon, activation=activation))
        layers.append(
            Convolution(width, width, kernel, stride=stride, groups=width, epsilon=epsilon, activation=activation)
        )
        if excitation is not None:
            layers.append(excitation)
        layers.append(Convolution(width, outputs, 1, epsilon=epsilon, activation=None))
        self.block = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height / stride, width / stride)."""
        made = self.block(features)
        return made + features if self.adds else made


class Tapped(nn.Module):
    """A classifier of images, of which the features before some layer are wanted."""

    features: nn.Sequential
    classifier: nn.Sequential

    def taps(self, images: Tensor, layers: int) -> Tensor:
        """What the first `layers` of `features` make of images (batch, 3, height, width), RGB in [0, 1].

        Returns:
            (batch, channels, rows, columns).
        """
        mean, deviation = (torch.tensor(values)[:, None, None] for values in (_MEAN, _DEVIATION))
        return self.features[:layers]((images - mean) / deviation)


_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as in training
