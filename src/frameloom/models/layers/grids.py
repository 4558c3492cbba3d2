"""Coordinates of pixels, made once per size and kept in float32 whatever the precision of the network."""

from functools import lru_cache

import torch
from torch import Tensor

_SIZES_KEPT = 16  # a network warps at up to five resolutions; two videos of different size may take turns


@lru_cache(maxsize=_SIZES_KEPT)
def pixel_grid(height: int, width: int, device: torch.device) -> Tensor:
    """(1, 2, height, width) float32: where each pixel is; channel 0 = x from the left, 1 = y from the top."""
    with torch.inference_mode(mode=False):  # a kept inference tensor could not be used in training
        rows = torch.arange(height, dtype=torch.float32, device=device)
        columns = torch.arange(width, dtype=torch.float32, device=device)
        return torch.stack([columns.expand(height, width), rows[:, None].expand(height, width)])[None]
