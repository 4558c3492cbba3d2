"""Fetching from two frames in one call."""

import torch

from frameloom.models.layers.warping import warp, warp_both


def test_both_frames_are_fetched_along_their_own_flows() -> None:
    numbers = torch.Generator().manual_seed(3)
    pair = torch.rand(2, 5, 9, 7, generator=numbers)
    flow = 4 * torch.rand(3, 4, 9, 7, generator=numbers) - 2
    fetched = warp_both(pair, flow)
    assert fetched.shape == (3, 10, 9, 7)
    torch.testing.assert_close(fetched[:, :5], warp(pair[:1], flow[:, :2]))
    torch.testing.assert_close(fetched[:, 5:], warp(pair[1:], flow[:, 2:]))
