"""Frames in overlapping parts: everything is covered, and all parts together count once."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frameloom.errors import RangeError
from frameloom.models.tiles import OVERLAP, tile_size, tiles

SIDES = st.integers(1, 2500)


@given(height=SIDES, width=SIDES, budget=st.integers(90_000, 3_000_000))
def test_parts_fit_cover_and_count_once(height: int, width: int, budget: int) -> None:
    size = (height, width)
    part = tile_size(size, lambda rows, columns: rows * columns <= budget)
    if part is None:
        assert height * width <= budget
        return
    assert part[0] * part[1] <= budget
    total = np.zeros(size, np.float32)
    places = tiles(size, part)
    for place in places:
        assert place.weight.shape == part == total[place.rows, place.columns].shape
        assert (place.weight >= 0).all()
        total[place.rows, place.columns] += place.weight
    assert np.abs(total - 1).max() < 1e-5


@given(height=st.integers(350, 2500), width=st.integers(350, 2500))
def test_neighbours_share_enough(height: int, width: int) -> None:
    size = (height, width)
    part = tile_size(size, lambda rows, columns: rows * columns <= 120_000)
    assert part is not None
    for side, axis in ((0, "rows"), (1, "columns")):
        starts = sorted({getattr(place, axis).start for place in tiles(size, part)})
        assert starts[0] == 0
        assert starts[-1] + part[side] == size[side]
        assert all(part[side] - (after - before) >= OVERLAP for before, after in pairwise(starts))


def test_whole_frames_are_not_cut() -> None:
    assert tile_size((480, 854), lambda rows, columns: True) is None
    (place,) = tiles((480, 854), (480, 854))
    assert (place.weight == 1).all()


def test_as_few_parts_as_possible_and_squarish() -> None:
    part = tile_size((1000, 1000), lambda rows, columns: rows * columns <= 320_000)
    assert part == (564, 564)
    assert len(tiles((1000, 1000), part)) == 4


def test_no_memory_at_all_is_an_error() -> None:
    with pytest.raises(RangeError, match="max_memory"):
        tile_size((480, 854), lambda rows, columns: False)
