"""Convolution whose taps are moved and weighted pixel by pixel.

Zhu, Hu, Lin, Dai: "Deformable ConvNets v2: More Deformable, Better Results", CVPR 2019, section 3.2, equation 1. Always
in float32: half-precision coordinates are off by whole pixels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from frameloom.models.layers.grids import pixel_grid

# Numbers fetched at once. On a CPU they should stay in the cache: of 4 to 64 MB, 16 MB were fastest on an AMD EPYC
_HELD_ON_CPU, _HELD_ELSEWHERE = 1 << 22, 1 << 27


class DeformableConvolution(nn.Conv2d):
    """A 3x3 convolution of stride 1, whose taps go where they are told."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, image: Tensor, offsets: Tensor, masks: Tensor, start: int = 0) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride] it takes where to look as well
        """See `deformable_convolution`."""
        return deformable_convolution(image, offsets, masks, self.weight, self.bias, start=start)


def deformable_convolution(
    image: Tensor, offsets: Tensor, masks: Tensor, weight: Tensor, bias: Tensor | None = None, *, start: int = 0
) -> Tensor:
    """Sum up what the taps find; outside of the image they find 0.

    Channels are divided into groups that look at the same places. A few rows are done at a time, which keeps what was
    fetched, nine numbers for each one of the image, small and in the cache.

    Args:
        image: (batch, inputs, height, width).
        offsets: (batch, groups * taps * 2, rows, width), pixels: how far each tap is moved, y before x. Taps go row
            by row through the kernel.
        masks: (batch, groups * taps, rows, width): what each tap's find is multiplied with.
        weight: (outputs, inputs, side, side) with an odd side.
        bias: (outputs,).
        start: The first of the rows to make.

    Returns:
        (batch, outputs, rows, width) float32.
    """
    with torch.autocast(image.device.type, enabled=False):
        taps = weight.shape[2] * weight.shape[3]
        groups = masks.shape[1] // taps
        batch, channels, height, width = image.shape
        # One batch entry per group, as all its channels are fetched with the same coordinates
        grouped = image.float().reshape(batch * groups, channels // groups, height, width)
        kernel = weight.float().flatten(1)
        strips: list[Tensor] = []
        for rows in _strips(offsets.shape[2], width * batch * channels * taps, image.device):
            places = _places(offsets[:, :, rows].float(), weight.shape[2], groups, start + rows.start, (height, width))
            found = functional.grid_sample(grouped, places, padding_mode="zeros", align_corners=True)
            found = found.view(batch, groups, channels // groups, taps, -1)
            # Contiguous first: a mask with channels last would be read across its rows for every channel
            mask = masks[:, :, rows].float().contiguous().view(batch, groups, 1, taps, -1)
            found = found * mask if torch.is_grad_enabled() else found.mul_(mask)
            strips.append((kernel @ found.view(batch, channels * taps, -1)).view(batch, len(kernel), -1, width))
        result = torch.cat(strips, 2)
        return result if bias is None else result + bias.float()[:, None, None]


def _strips(count: int, numbers: int, device: torch.device) -> list[slice]:
    """Which of `count` rows to do together, if for each of them so many numbers are fetched."""
    held = _HELD_ON_CPU if device.type == "cpu" else _HELD_ELSEWHERE
    rows = max(1, held // numbers)
    return [slice(start, min(start + rows, count)) for start in range(0, count, rows)]


def _places(offsets: Tensor, side: int, groups: int, start: int, size: tuple[int, int]) -> Tensor:
    """Where taps look, as `grid_sample` takes it.

    Args:
        offsets: (batch, groups * taps * 2, rows, width) of some rows.
        side: Of the kernel.
        groups: Of channels.
        start: The first of these rows.
        size: (height, width) of the whole image.

    Returns:
        (batch * groups, taps * rows, width, 2), x and y from -1 to 1, the centres of the outermost pixels.
    """
    height, width = size
    batch, _, rows, _ = offsets.shape
    reach = side // 2
    steps = torch.arange(-reach, reach + 1, device=offsets.device, dtype=torch.float32)
    taps = torch.stack(torch.meshgrid(steps, steps, indexing="ij"), -1).view(-1, 2, 1, 1)  # y, x
    centres = pixel_grid(height, width, offsets.device)[0, :, start : start + rows].flip(0)
    positions = offsets.reshape(batch * groups, side * side, 2, rows, width) + (centres + taps)
    extent = offsets.new_tensor([max(height - 1, 1), max(width - 1, 1)])[:, None, None] / 2
    relative = positions.div_(extent).sub_(1)
    return torch.stack([relative[:, :, 1], relative[:, :, 0]], -1).flatten(1, 2)
