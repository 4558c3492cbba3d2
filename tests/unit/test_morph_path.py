"""Paths through a pool: each step is the nearest, and every move that makes a path better gains what it says."""

from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from collage_pool import PlainIndex
from frameloom.errors import InputError
from frameloom.retrieval.morph.exchange import exchanged
from frameloom.retrieval.morph.improvement import Ordering, improved, insertion_gains, table_of
from frameloom.retrieval.morph.path import Pool, densest, nearest_path, steps, whole

Order = list[int]


def pool_of(vectors: NDArray[np.floating], excluded: NDArray[np.bool_] | None = None) -> Pool:
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    paths = [Path(f"{number}.png") for number in range(len(unit))]
    return Pool(index=PlainIndex(paths, unit), vectors=unit, excluded=excluded)


def random_pool(images: int, *, seed: int = 0, dims: int = 5) -> Pool:
    return pool_of(np.random.default_rng(seed).normal(size=(images, dims)))


def arc(count: int, *, seed: int = 0) -> tuple[Pool, Order]:
    """Pictures on a quarter of a circle, shuffled; and their ids along it."""
    ids = np.random.default_rng(seed).permutation(count)
    angles = np.empty(count)
    angles[ids] = np.linspace(0, np.pi / 2, count)
    return pool_of(np.stack([np.cos(angles), np.sin(angles)], axis=1)), ids.tolist()


def worth(table: NDArray[np.int32], order: Order, window: int) -> int:
    """The sum that is to become larger, pair by pair."""
    return sum(
        int(table[order[place], order[other]])
        for place in range(len(order))
        for other in range(place + 1, min(len(order), place + 1 + window))
    )


@pytest.mark.parametrize("smooth", [1, 3])
def test_each_step_is_the_unused_picture_that_is_most_like_those_before(smooth: int) -> None:
    pool = random_pool(40)
    path = list(nearest_path(pool, 7, 40, smooth))
    assert sorted(path) == list(range(40))
    for place in range(1, 40):
        left = path[place:]
        mean = pool.of(path[max(0, place - smooth) : place]).mean(axis=0)
        assert path[place] == left[int(np.argmax(pool.of(left) @ mean))]


def test_excluded_pictures_are_passed_over() -> None:
    excluded = np.arange(20) % 2 == 1
    pool = pool_of(np.random.default_rng(1).normal(size=(20, 4)), excluded)
    assert len(pool) == 10
    assert sorted(nearest_path(pool, 0, 10, 1)) == list(range(0, 20, 2))
    with pytest.raises(InputError, match="after 10 of 11"):
        list(nearest_path(pool, 0, 11, 1))


def test_pictures_that_cancel_each_other_out_have_a_nearest_too() -> None:
    pool = pool_of(np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]))
    assert sorted(nearest_path(pool, 0, 4, 2)) == [0, 1, 2, 3]


def test_the_start_is_where_many_are_alike() -> None:
    scattered = np.random.default_rng(0).normal(size=(30, 6))
    cluster = np.array([5.0, 0, 0, 0, 0, 0]) + 0.1 * np.random.default_rng(1).normal(size=(10, 6))
    assert densest(pool_of(np.concatenate([scattered, cluster])), 8) >= 30


@given(
    seed=st.integers(0, 999),
    count=st.integers(3, 9),
    window=st.integers(1, 4),
    ends=st.tuples(st.booleans(), st.booleans()),
)
def test_no_move_is_left_that_gains(seed: int, count: int, window: int, ends: tuple[bool, bool]) -> None:
    window = min(window, count - 1)
    table = table_of(random_pool(count, seed=seed, dims=3).of(range(count)))
    movable = (int(ends[0]), count - int(ends[1]))
    order = Ordering(table, window, movable).improve()
    assert sorted(order) == list(range(count))
    assert order[: movable[0]] == list(range(movable[0]))
    assert order[movable[1] :] == list(range(movable[1], count))
    best = worth(table, order, window)
    assert best >= worth(table, list(range(count)), window)
    for first in range(*movable):
        for end in range(first + max(2, window), movable[1] + 1):
            turned = order[:first] + order[first:end][::-1] + order[end:]
            assert worth(table, turned, window) <= best
    for place in range(*movable):
        rest = order[:place] + order[place + 1 :]
        for other in range(*movable):
            assert worth(table, [*rest[:other], order[place], *rest[other:]], window) <= best


@given(seed=st.integers(0, 999), count=st.integers(2, 8), window=st.integers(1, 5))
def test_a_picture_that_is_put_in_gains_what_is_said(seed: int, count: int, window: int) -> None:
    table = table_of(random_pool(count + 1, seed=seed).of(range(count + 1)))
    order = np.random.default_rng(seed).permutation(count)
    nobody = np.full(window, count + 1)
    gains = insertion_gains(table, np.concatenate([nobody, order, nobody]), count, window)
    assert len(gains) == count + 1
    before = worth(table, order.tolist(), window)
    for place, gain in enumerate(gains):
        assert worth(table, np.insert(order, place, count).tolist(), window) - before == gain


@given(seed=st.integers(0, 999), window=st.integers(1, 3), keep_start=st.booleans())
def test_an_exchange_leaves_no_better_picture_for_the_worst(seed: int, window: int, keep_start: bool) -> None:
    pool = random_pool(14, seed=seed, dims=3)
    path = list(nearest_path(pool, 0, 6, window))
    better = exchanged(pool, path, window, keep_start=keep_start)
    table = table_of(pool.of(range(14)))
    assert len(set(better)) == 6
    assert worth(table, better, window) >= worth(table, path, window)
    assert not keep_start or better[0] == path[0]


def test_the_picture_that_does_not_fit_is_given_up() -> None:
    pool, along = arc(20)
    path = [*along[:4], along[15], *along[4:8]]
    assert sorted(exchanged(pool, path, 1, keep_start=True)) != sorted(path)
    assert along[15] not in exchanged(pool, path, 1, keep_start=True)


def test_a_pool_along_a_line_is_gone_along_from_end_to_end() -> None:
    """The nearest neighbour goes to one end first and has to leap back over all it has seen."""
    pool, along = arc(60)
    nearest = list(nearest_path(pool, along[40], 60, 1))
    assert min(steps(pool, nearest)) < 0.9
    best = [*improved(pool, nearest, 1, keep_start=False)][-1]
    assert best in (along, along[::-1])
    kept = [*improved(pool, nearest, 1, keep_start=True)][-1]
    assert kept[0] == along[40]
    assert np.mean(steps(pool, kept)) > np.mean(steps(pool, nearest))


@pytest.mark.parametrize("smooth", [1, 2])
def test_small_pools_come_out_as_well_as_they_can(smooth: int) -> None:
    """Of what lies between the worst and the best order of seven pictures, an eighth is lost at most."""
    for seed in range(8):
        pool = random_pool(7, seed=seed)
        table = table_of(pool.of(range(7)))
        nearest = list(nearest_path(pool, 0, 7, smooth))
        found = [nearest, *improved(pool, nearest, smooth, keep_start=False)][-1]
        every = [worth(table, list(order), smooth) for order in permutations(range(7))]
        assert worth(table, found, smooth) >= max(every) - 0.125 * (max(every) - min(every))


def test_long_paths_are_made_better_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frameloom.retrieval.morph.improvement._MOST_TOGETHER", 16)
    pool = random_pool(90, dims=3)
    for smooth in (1, 3):
        nearest = list(nearest_path(pool, 5, 90, smooth))
        better = [nearest, *improved(pool, nearest, smooth, keep_start=True)][-1]
        assert sorted(better) == list(range(90))
        assert better[0] == 5
        table = table_of(pool.of(range(90)))
        assert worth(table, better, smooth) > worth(table, nearest, smooth)


def test_every_round_is_better_than_the_one_before() -> None:
    pool = random_pool(80, dims=4)
    nearest = list(nearest_path(pool, 0, 30, 2))
    rounds = [nearest, *improved(pool, nearest, 2, keep_start=False)]
    assert len(rounds) > 2
    table = table_of(pool.of(range(80)))
    assert all(worth(table, after, 2) > worth(table, before, 2) for before, after in pairwise(rounds))


def test_similarities_are_counted_in_whole_numbers() -> None:
    assert whole(np.array([1.0, -1, 0.5, 1e-9])).tolist() == [2**20, -(2**20), 2**19, 0]
