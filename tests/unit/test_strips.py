"""Rows made some at a time are those of the whole."""

import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from frameloom.models.layers import heap
from frameloom.models.layers.strips import by_strips, doubled, rows_at_a_time, strips


@pytest.mark.parametrize(("height", "rows", "reach"), [(12, 4, 2), (11, 4, 1), (5, 8, 3), (7, 1, 9)])
def test_every_row_is_made_once_and_sees_what_it_depends_on(height: int, rows: int, reach: int) -> None:
    made: list[int] = []
    for strip in strips(height, rows, reach=reach):
        seen = list(range(height))[strip.seen]
        own = seen[strip.own]
        assert own == list(range(height))[strip.rows]
        assert seen[0] == max(0, own[0] - reach)
        assert seen[-1] == min(height - 1, own[-1] + reach)
        made += own
    assert made == list(range(height))


@pytest.mark.parametrize("rows", [2, 4, 6, 40])
def test_convolutions_by_strips_are_those_of_the_whole_and_may_halve_the_height(rows: int) -> None:
    torch.manual_seed(0)
    features, kernel = torch.randn(2, 3, 14, 5), torch.randn(4, 3, 3, 3)
    expected = functional.conv2d(features, kernel, padding=1), functional.conv2d(features, kernel, stride=2, padding=1)

    def make(seen: slice) -> tuple[torch.Tensor, ...]:
        part = features[:, :, seen]
        return functional.conv2d(part, kernel, padding=1), functional.conv2d(part, kernel, stride=2, padding=1)

    for found, whole in zip(by_strips(14, rows, make, reach=2), expected, strict=True):
        assert (found - whole).abs().max() < 1e-5


@pytest.mark.parametrize("rows", [slice(0, 10), slice(0, 3), slice(3, 4), slice(4, 9), slice(7, 10)])
def test_rows_of_what_is_enlarged_are_those_of_the_whole(rows: slice) -> None:
    features = torch.randn(1, 2, 5, 3, generator=torch.Generator().manual_seed(0))
    whole = functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.equal(doubled(features, rows), whole[:, :, rows])


def test_all_rows_are_made_together_where_gradients_are_wanted() -> None:
    assert rows_at_a_time(10, 100) > 10**6
    with torch.no_grad():
        assert rows_at_a_time(10, 100) == 10
        assert rows_at_a_time(1000, 100, least=3) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system")
def test_what_is_free_is_given_back() -> None:
    """Blocks below what the C library asks the system for one by one, with small ones in between that stay."""

    def resident() -> int:
        with Path("/proc/self/statm").open(encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    kept, freed = [], []
    for _ in range(800):
        freed.append(torch.ones(25_000))  # 100 kB, below the least threshold
        kept.append(torch.ones(500))
    del freed
    before = resident()
    heap.release()
    assert before - resident() > 40 * 2**20
    assert len(kept) == 800
