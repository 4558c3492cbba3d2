"""MobileNetV3-Small: Howard et al., ICCV 2019, table 2; layout of torchvision's weights."""

from torch import nn

from frameloom.models.encoders.inverted_bottleneck import Convolution, Excitation, InvertedBottleneck, Tapped

# Kernel, width, outputs, channels after squeezing (0: channels are not weighed), whether with hard swish, stride
_BLOCKS = (
    (3, 16, 16, 8, False, 2),
    (3, 72, 24, 0, False, 2),
    (3, 88, 24, 0, False, 1),
    (5, 96, 40, 24, True, 2),
    (5, 240, 40, 64, True, 1),
    (5, 240, 40, 64, True, 1),
    (5, 120, 48, 32, True, 1),
    (5, 144, 48, 40, True, 1),
    (5, 288, 96, 72, True, 2),
    (5, 576, 96, 144, True, 1),
    (5, 576, 96, 144, True, 1),
)
_EPSILON = 1e-3  # of normalisation


class MobileNetV3Small(Tapped):
    """The whole network, as its checkpoint has it."""

    def __init__(self) -> None:
        super().__init__()
        channels = 16
        layers: list[nn.Module] = [Convolution(3, channels, 3, stride=2, epsilon=_EPSILON, activation=nn.Hardswish)]
        for kernel, width, outputs, squeezed, hard_swish, stride in _BLOCKS:
            excitation = Excitation(width, squeezed, activation=nn.ReLU, gate=nn.Hardsigmoid) if squeezed else None
            block = InvertedBottleneck(
                channels,
                width,
                outputs,
                kernel,
                stride=stride,
                epsilon=_EPSILON,
                activation=nn.Hardswish if hard_swish else nn.ReLU,
                excitation=excitation,
            )
            layers.append(block)
            channels = outputs
        layers.append(Convolution(channels, 6 * channels, 1, epsilon=_EPSILON, activation=nn.Hardswish))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(6 * channels, 1024), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(1024, 1000)
        )
