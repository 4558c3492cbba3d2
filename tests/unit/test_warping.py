"""Fetching from two frames in one call, and flows that change their size."""

import torch

from frameloom.models.layers.warping import resize, resize_flow, warp, warp_both


def test_both_frames_are_fetched_along_their_own_flows() -> None:
    numbers = torch.Generator().manual_seed(3)
    pair = torch.rand(2, 5, 9, 7, generator=numbers)
    flow = 4 * torch.rand(3, 4, 9, 7, generator=numbers) - 2
    fetched = warp_both(pair, flow)
    assert fetched.shape == (3, 10, 9, 7)
    torch.testing.assert_close(fetched[:, :5], warp(pair[:1], flow[:, :2]))
    torch.testing.assert_close(fetched[:, 5:], warp(pair[1:], flow[:, 2:]))


def test_a_resized_flow_points_to_the_same_place_in_the_picture() -> None:
    rows, columns = torch.meshgrid(torch.arange(8.0), torch.arange(12.0), indexing="ij")
    flow = torch.stack([5.5 - columns, 3.5 - rows])[None]  # to the centre, from everywhere
    larger = resize_flow(flow.repeat(1, 2, 1, 1), (16, 36))
    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(36.0), indexing="ij")
    to_centre = torch.stack([17.5 - columns, 7.5 - rows])[None].repeat(1, 2, 1, 1)
    inside = (..., slice(1, -1), slice(2, -2))  # edges are repeated
    torch.testing.assert_close(larger[inside], to_centre[inside])
    assert resize_flow(flow, (8, 12)) is flow
    assert resize(flow, (8, 12)) is flow
