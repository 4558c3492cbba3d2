"""PWC-Net: flow from a pyramid of features, warped and matched level by level.

Sun, Yang, Liu, Kautz: "PWC-Net: CNNs for Optical Flow Using Pyramid, Warping, and Cost Volume", CVPR 2018, as FloLPIPS
runs it: images are stretched to multiples of 64. Names of attributes are those of the released file.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.layers.warping import resize, warp
from frameloom.models.metrics.parts import Part
from frameloom.models.metrics.pyramid import Pyramid

_MULTIPLE = 64
_SLOPE = 0.1
_REACH = 4  # pixels of a level over which matches are looked for, to each side
_MATCHES = (2 * _REACH + 1) ** 2
_FLOW_UNIT = 20.0  # what networks compute in is flow in pixels divided by this
_GROWTH = (128, 128, 96, 64, 32)
_VISIBLE = 0.999  # share of a fetched pixel that must lie within the image
_LEVELS = {"Two": 32, "Thr": 64, "Fou": 96, "Fiv": 128, "Six": 196}  # name -> channels of its features


def _convolution(given: int, made: int, *, stride: int = 1, dilation: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(given, made, 3, stride=stride, padding=dilation, dilation=dilation), nn.LeakyReLU(_SLOPE)]


class Extractor(Pyramid):
    """Features at 1/2, 1/4, ..., 1/64 of the size."""

    def __init__(self) -> None:
        super().__init__()
        given = 3
        for name, made in {"One": 16, **_LEVELS}.items():
            layers = _convolution(given, made, stride=2) + _convolution(made, made) + _convolution(made, made)
            self.add_module(f"module{name}", nn.Sequential(*layers))
            given = made


class Decoder(nn.Module):
    """The flow of one level, from its features and the flow of the coarser level."""

    def __init__(self, *, features: int, coarser: int | None, pixels: float) -> None:
        """Args: channels of the level's features, channels that the coarser level hands on, pixels per flow unit."""
        super().__init__()
        given = _MATCHES
        if coarser is not None:
            self.moduleUpflow = nn.ConvTranspose2d(2, 2, 4, stride=2, padding=1)
            self.moduleUpfeat = nn.ConvTranspose2d(coarser, 2, 4, stride=2, padding=1)
            given += features + 2 + 2
        for name, made in zip(("One", "Two", "Thr", "Fou", "Fiv"), _GROWTH, strict=True):
            self.add_module(f"module{name}", nn.Sequential(*_convolution(given, made)))
            given += made
        self.moduleSix = nn.Sequential(nn.Conv2d(given, 2, 3, padding=1))
        self.handed_on = given
        self._pixels = pixels

    def forward(self, first: Tensor, second: Tensor, coarser: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor]:
        """Flow (batch, 2, height, width) in flow units, and what it was made from."""
        if coarser is None:
            known = _matches(first, second)
        else:
            flow, handed_on = self.moduleUpflow(coarser[0]), self.moduleUpfeat(coarser[1])
            known = torch.cat(
                [_matches(first, _warped(second, flow * self._pixels)), first, flow, handed_on], dim=1
            )  # fmt: skip
        for layer in (self.moduleOne, self.moduleTwo, self.moduleThr, self.moduleFou, self.moduleFiv):
            known = torch.cat([cast(nn.Module, layer)(known), known], dim=1)
        return self.moduleSix(known), known


class Refiner(nn.Module):
    """Looks far around every pixel of the finest level."""

    def __init__(self, given: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for made, dilation in ((128, 1), (128, 2), (128, 4), (96, 8), (64, 16), (32, 1)):
            layers += _convolution(given, made, dilation=dilation)
            given = made
        self.moduleMain = nn.Sequential(*layers, nn.Conv2d(given, 2, 3, padding=1))

    def forward(self, known: Tensor) -> Tensor:
        """What is to be added to the flow."""
        return self.moduleMain(known)


class PWCNet(Part):
    """Images to flow."""

    def __init__(self) -> None:
        super().__init__()
        self.moduleExtractor = Extractor()
        coarser = None
        for exponent, (name, features) in zip(range(6, 1, -1), reversed(_LEVELS.items()), strict=True):
            decoder = Decoder(features=features, coarser=coarser, pixels=_FLOW_UNIT / 2**exponent)
            self.add_module(f"module{name}", decoder)
            coarser = decoder.handed_on
        self.moduleRefiner = Refiner(cast(int, coarser))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Flow (batch, 2, height, width) in pixels from the first images to the second, (batch, 3, height, width)."""
        height, width = first.shape[-2:]
        stretched = [-(-side // _MULTIPLE) * _MULTIPLE for side in (height, width)]
        size = (stretched[0], stretched[1])
        levels = zip(self._extracted(first, size), self._extracted(second, size), strict=True)
        found = None
        for name, pair in zip(reversed(_LEVELS), reversed([*levels][1:]), strict=True):
            found = cast(Decoder, getattr(self, f"module{name}"))(*pair, found)
        flow, known = cast(tuple[Tensor, Tensor], found)
        flow = _FLOW_UNIT * resize(flow + self.moduleRefiner(known), (height, width))
        return flow * flow.new_tensor([width / size[1], height / size[0]])[:, None, None]

    def _extracted(self, images: Tensor, size: tuple[int, int]) -> list[Tensor]:
        return self.moduleExtractor(resize(images, size))


def _matches(first: Tensor, second: Tensor) -> Tensor:
    """Mean product with each pixel around, (batch, 81, height, width), row by row; outside of the image 0."""
    height, width = first.shape[-2:]
    around = functional.pad(second, (_REACH,) * 4)
    products = [
        (first * around[..., down : down + height, right : right + width]).mean(dim=1)
        for down in range(2 * _REACH + 1)
        for right in range(2 * _REACH + 1)
    ]
    return functional.leaky_relu(torch.stack(products, dim=1), _SLOPE)


def _warped(features: Tensor, flow: Tensor) -> Tensor:
    """Features fetched from where the flow points, 0 where that is not wholly within the image."""
    height, width = flow.shape[-2:]
    # The network was trained with a grid of pixel centres and a flow that is measured from the outermost centres
    stretch = flow.new_tensor([width / max(width - 1, 1), height / max(height - 1, 1)])
    seen = torch.cat([features, torch.ones_like(features[:, :1])], dim=1)
    fetched = warp(seen, flow * stretch[:, None, None], outside="zeros")
    return fetched[:, :-1] * (fetched[:, -1:] > _VISIBLE)
