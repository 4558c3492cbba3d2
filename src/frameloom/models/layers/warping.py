"""Fetching pixels from where a flow points. Always in float32: half-precision coordinates are off by whole pixels."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from frameloom.models.layers.grids import pixel_grid


def warp(image: Tensor, flow: Tensor, *, outside: Literal["border", "zeros"] = "border") -> Tensor:
    """Fetch each output pixel from where the flow points (bilinear).

    Args:
        image: (batch, channels, height, width), or a batch of one that all flows look into.
        flow: (batch, 2, height, width), pixels; channel 0 = x right, 1 = y down.
        outside: What is found outside of the image: its edge repeated, or 0.

    Returns:
        (batch, channels, height, width) float32, with `result(x) = image(x + flow(x))`.
    """
    batch, _, height, width = flow.shape
    with torch.autocast(flow.device.type, enabled=False):
        positions = pixel_grid(height, width, flow.device) + flow.float()  # (batch, 2, height, width), pixels
        # From pixels to [-1, 1] with the centres of the outermost pixels at the ends; a side of one pixel has no extent
        extent = flow.new_tensor([max(width - 1, 1), max(height - 1, 1)], dtype=torch.float32) / 2
        places = positions.movedim(1, -1) / extent - 1  # (batch, height, width, 2)
        return functional.grid_sample(
            image.float().expand(batch, -1, -1, -1), places, mode="bilinear", padding_mode=outside, align_corners=True
        )


def warp_both(pair: Tensor, flow: Tensor) -> Tensor:
    """`warp` for what is known of two frames; in one call, because CPUs share out only whole batch entries.

    Args:
        pair: (2, channels, height, width): of the first frame, then of the last.
        flow: (batch, 4, height, width), pixels: x, y to the first frame, then to the last.

    Returns:
        (batch, 2 * channels, height, width) float32: fetched from the first frame, then from the last.
    """
    batch, _, height, width = flow.shape
    sources = pair.expand(batch, *pair.shape).flatten(0, 1)  # (2 * batch, channels, height, width)
    return warp(sources, flow.reshape(2 * batch, 2, height, width)).reshape(batch, -1, height, width)


def resize(tensor: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring (batch, channels, height, width) to another (height, width): bilinear, areas aligned, unfiltered."""
    if tensor.shape[-2:] == size:
        return tensor
    return functional.interpolate(tensor, size=size, mode="bilinear", align_corners=False)


def resize_flow(flow: Tensor, size: tuple[int, int]) -> Tensor:
    """`resize` for flows (batch, 2 * count, height, width) in pixels, which stay in the pixels of where they are."""
    height, width = flow.shape[-2:]
    if (height, width) == size:
        return flow
    stretch = flow.new_tensor([size[1] / width, size[0] / height]).repeat(flow.shape[1] // 2)
    return resize(flow, size) * stretch[:, None, None]
