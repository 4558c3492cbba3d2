"""EfficientNet-B0: Tan and Le, ICML 2019, table 1; layout of torchvision's weights."""

from torch import nn

from frameloom.models.encoders.inverted_bottleneck import Convolution, Excitation, InvertedBottleneck, Tapped

# Kernel, width by input, outputs, blocks, stride of the first
_STAGES = (
    (3, 1, 16, 1, 1),
    (3, 6, 24, 2, 2),
    (5, 6, 40, 2, 2),
    (3, 6, 80, 3, 2),
    (5, 6, 112, 3, 1),
    (5, 6, 192, 4, 2),
    (3, 6, 320, 1, 1),
)
_EPSILON = 1e-5  # of normalisation


class EfficientNetB0(Tapped):
    """The whole network, as its checkpoint has it."""

    def __init__(self) -> None:
        super().__init__()
        channels = 32
        layers: list[nn.Module] = [Convolution(3, channels, 3, stride=2, epsilon=_EPSILON, activation=nn.SiLU)]
        for kernel, ratio, outputs, blocks, stride in _STAGES:
            stage: list[nn.Module] = []
            for place in range(blocks):
                stage.append(_block(channels, ratio, outputs, kernel, stride if place == 0 else 1))
                channels = outputs
            layers.append(nn.Sequential(*stage))
        layers.append(Convolution(channels, 4 * channels, 1, epsilon=_EPSILON, activation=nn.SiLU))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(4 * channels, 1000))


def _block(channels: int, ratio: int, outputs: int, kernel: int, stride: int) -> InvertedBottleneck:
    width = ratio * channels
    return InvertedBottleneck(
        channels,
        width,
        outputs,
        kernel,
        stride=stride,
        epsilon=_EPSILON,
        activation=nn.SiLU,
        excitation=Excitation(width, channels // 4, activation=nn.SiLU, gate=nn.Sigmoid),
    )
