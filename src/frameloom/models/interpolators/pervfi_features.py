"""What PerVFI sees in a frame, and how much a pixel can be trusted to be found again in the other one.

The pyramid and the importance metric are those of Niklaus and Liu, "Softmax Splatting for Video Frame Interpolation",
CVPR 2020, sections 3.2 and 3.3. Names of attributes, spaces included, are those of the official checkpoints.
"""

from itertools import pairwise

from torch import Tensor, nn

from frameloom.models.layers.channels import beside

FEATURES = (32, 64, 96)  # at full size, 1/2 and 1/4
LEVELS = (3 + FEATURES[0], *FEATURES[1:])  # with the colours
_ROWS = (16, 32, 64, 96)  # channels of the importance network, from full size to 1/8


class FeaturePyramid(nn.Module):
    """Features and importance; its parts are called by the network."""

    def __init__(self) -> None:
        super().__init__()
        self.netEncode = Encoder()
        self.netSoftmetric = Importance()


class Encoder(nn.Module):
    """Features of one frame."""

    def __init__(self) -> None:
        super().__init__()
        full, half, quarter = FEATURES
        self.netOne = _two_convolutions(3, full, stride=1)
        self.netTwo = _two_convolutions(full, half, stride=2)
        self.netThr = _two_convolutions(half, quarter, stride=2)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(batch, 3, height, width) in [-1, 1] to 35, 64 and 96 channels at full size, 1/2 and 1/4; colours first."""
        full = self.netOne(image)
        half = self.netTwo(full)
        return beside(image, full), half, self.netThr(half)


class Importance(nn.Module):
    """Which of the pixels that land in one place is in front: the logarithm of its weight, for half a step.

    One column of a grid network down to 1/8 of the size, and one up again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.netInput = _convolution(3, 12)
        self.netError = _convolution(1, 4)
        for row, channels in enumerate(_ROWS):
            self.add_module(f"{row}x0 - {row}x1", Lateral(channels))
        for row, (upper, lower) in enumerate(pairwise(_ROWS)):
            self.add_module(f"{row}x0 - {row + 1}x0", Downsample(upper, lower))
            self.add_module(f"{row + 1}x1 - {row}x1", Upsample(lower, upper))
        self.netOutput = ShortcutConvolutions(_ROWS[0], _ROWS[0], 1)

    def forward(self, colours: Tensor, error: Tensor) -> Tensor:
        """(batch, 3, height, width) in [-1, 1] and (batch, 1, ...), what is found elsewhere, to (batch, 1, ...)."""
        rows = [beside(self.netInput(colours), self.netError(error))]
        for row in range(len(_ROWS) - 1):
            rows.append(self.get_submodule(f"{row}x0 - {row + 1}x0")(rows[row]))
        lowest = len(_ROWS) - 1
        result = self.get_submodule(f"{lowest}x0 - {lowest}x1")(rows[lowest])
        for row in reversed(range(lowest)):
            lateral = self.get_submodule(f"{row}x0 - {row}x1")(rows[row])
            result = lateral + self.get_submodule(f"{row + 1}x1 - {row}x1")(result)
        return self.netOutput(result)


class Lateral(nn.Module):
    """Two convolutions at one size, added to what they see."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.netMain = nn.Sequential(
            nn.PReLU(channels), _convolution(channels, channels), nn.PReLU(channels), _convolution(channels, channels)
        )

    def forward(self, features: Tensor) -> Tensor:
        """(batch, channels, height, width), the same."""
        return features + self.netMain(features)


class Downsample(nn.Module):
    """Two convolutions, the first of which halves the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.netMain = nn.Sequential(
            nn.PReLU(inputs), _convolution(inputs, outputs, stride=2), nn.PReLU(outputs), _convolution(outputs, outputs)
        )

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height / 2, width / 2)."""
        return self.netMain(features)


class Upsample(nn.Module):
    """Doubles the size, then two convolutions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.netMain = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear"),
            nn.PReLU(inputs),
            _convolution(inputs, outputs),
            nn.PReLU(outputs),
            _convolution(outputs, outputs),
        )

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, 2 * height, 2 * width)."""
        return self.netMain(features)


class ShortcutConvolutions(nn.Module):
    """Two convolutions, and one of single pixels past them."""

    def __init__(self, inputs: int, between: int, outputs: int) -> None:
        super().__init__()
        self.netMain = nn.Sequential(_convolution(inputs, between), nn.PReLU(between), _convolution(between, outputs))
        self.netShortcut = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, inputs, height, width) to (batch, outputs, height, width)."""
        return self.netMain(features) + self.netShortcut(features)


def _convolution(inputs: int, outputs: int, *, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)


def _two_convolutions(inputs: int, outputs: int, *, stride: int) -> nn.Sequential:
    return nn.Sequential(
        _convolution(inputs, outputs, stride=stride),
        nn.PReLU(outputs),
        _convolution(outputs, outputs),
        nn.PReLU(outputs),
    )
