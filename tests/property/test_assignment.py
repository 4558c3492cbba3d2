"""The assignment is the best there is: as SciPy's dense solver finds it, with a bound that holds."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from frameloom.retrieval.optimal import assignment, nearest_lists
from frameloom.retrieval.optimal.assignment import TOLERANCE, Assignment, assign
from frameloom.retrieval.optimal.nearest_lists import Nearest

Table = NDArray[np.float32]


def nearest_of(table: Table, asked: list[tuple[int, int]] | None = None) -> Nearest:
    """Lists out of a table (frames, pictures) of similarities; notes for how many frames how many were asked for."""

    def nearest(frames: NDArray[np.intp], count: int) -> tuple[NDArray[np.int64], Table]:
        if asked is not None:
            asked.append((len(frames), count))
        ids = np.argsort(-table[frames], axis=1, kind="stable")[:, :count]
        return ids, np.take_along_axis(table[frames], ids, axis=1)

    return nearest


def solve(table: Table, first: int = 512) -> Assignment:
    return assign(*table.shape, nearest_of(table), first=first)


def best_sum(table: Table) -> float:
    rows, columns = linear_sum_assignment(table.astype(np.float64), maximize=True)
    return float(table[rows, columns].astype(np.float64).sum())


def greedy_sum(table: Table) -> float:
    left, total = table.astype(np.float64), 0.0
    for row in range(len(left)):
        column = int(left[row].argmax())
        total += left[row, column]
        left[:, column] = -np.inf
    return total


def check(found: Assignment, table: Table) -> None:
    """A picture for each, none twice, and as good as it can be."""
    assert len(set(found.pictures.tolist())) == len(table)
    assert found.pictures.min() >= 0
    np.testing.assert_array_equal(found.similarities, table[np.arange(len(table)), found.pictures])
    assert found.objective == pytest.approx(found.similarities.sum(), abs=1e-9)
    assert found.closed
    assert 0 <= found.gap <= TOLERANCE
    best = best_sum(table)
    assert abs(found.objective - best) <= TOLERANCE
    assert found.bound >= best - 1e-9


def random_table(random: np.random.Generator, frames: int, pictures: int) -> Table:
    return random.uniform(-1, 1, (frames, pictures)).astype(np.float32)


def shots_table(random: np.random.Generator, frames: int, pictures: int) -> Table:
    """Frames that are nearly the same as the one before, so that all of a shot want the same pictures."""
    dims = int(random.integers(4, 24))
    pool = random.standard_normal((pictures, dims))
    steps = random.standard_normal((frames, dims)) * np.where(random.random((frames, 1)) < 0.02, 1, 0.02)
    path = random.standard_normal(dims) + np.cumsum(steps, axis=0)
    return (unit(path) @ unit(pool).T).astype(np.float32)


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def tied_table(random: np.random.Generator, frames: int, pictures: int) -> Table:
    """Few values, so that most choices are as good as others."""
    return (random.integers(0, 4, (frames, pictures)) / 4).astype(np.float32)


def few_images_table(random: np.random.Generator, frames: int, pictures: int) -> Table:
    """Most pictures are copies of others."""
    return shots_table(random, frames, 7)[:, random.integers(0, 7, pictures)]


KINDS = [random_table, shots_table, tied_table, few_images_table]


def cases(count: int) -> list[tuple[int, int]]:
    """Seeds and frames, the first of 500 frames."""
    random = np.random.default_rng(0)
    sizes = [500, *random.integers(1, 501, count - 1).tolist()]
    return list(enumerate(sizes))


def compare_with_dense(seed: int, frames: int, most: int) -> None:
    random = np.random.default_rng(seed)
    pictures = 4 * frames if seed == 0 else int(random.integers(frames, max(frames + 1, most)))
    table = KINDS[seed % len(KINDS)](random, frames, pictures)
    check(solve(table, first=int(random.choice([3, 20, 512]))), table)


@pytest.mark.parametrize(("seed", "frames"), [(seed, min(frames, 120)) for seed, frames in cases(16)])
def test_the_sum_is_that_of_a_dense_solver(seed: int, frames: int) -> None:
    compare_with_dense(seed, frames, 400)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "frames"), cases(50))
def test_the_sum_is_that_of_a_dense_solver_up_to_500_frames_and_2000_pictures(seed: int, frames: int) -> None:
    compare_with_dense(seed, frames, 2000)


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_pictures_as_frames(kind: Callable[[np.random.Generator, int, int], Table]) -> None:
    table = kind(np.random.default_rng(5), 90, 90)
    check(solve(table, first=10), table)


def test_a_pool_of_one_image_many_times() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, 60).astype(np.float32)
    table = np.repeat(values[:, None], 300, axis=1)
    check(solve(table, first=8), table)


def test_a_video_of_one_frame_many_times() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, 300).astype(np.float32)
    table = np.repeat(values[None], 80, axis=0)
    found = solve(table, first=8)
    check(found, table)
    assert found.objective == pytest.approx(np.sort(values)[-80:].sum(dtype=np.float64), abs=TOLERANCE)


def test_only_lists_that_need_it_grow() -> None:
    """One shot wants the same pictures; the frames of the other half are of their own each."""
    random = np.random.default_rng(1)
    table = np.full((200, 1000), -0.9, np.float32)
    table[:100] = random.uniform(0, 0.01, (100, 1000)) + np.linspace(0.9, 0.1, 1000)
    table[np.arange(100, 200), np.arange(800, 900)] = 0.95
    asked: list[tuple[int, int]] = []
    check(assign(200, 1000, nearest_of(table, asked), first=10), table)
    assert asked[0] == (200, 10)
    assert len(asked) > 1
    assert all(frames <= 100 and count <= 200 for frames, count in asked[1:])


def test_a_list_is_not_believed_to_hold_all_that_matters() -> None:
    """Both frames have the same best picture; the second one's next best is behind the end of its list."""
    table = np.array([[0.9, 0.1, 0.0, 0.0], [0.9, 0.0, 0.8, 0.0], [0.0, 0.0, 0.0, 1.0]], np.float32)
    found = solve(table, first=1)
    assert found.pictures.tolist() == [0, 2, 3]


def test_what_may_be_instead_is_taken_where_it_is_worth_more() -> None:
    table = np.array([[0.9, 0.2], [0.8, 0.3]], np.float32)
    found = assign(2, 2, nearest_of(table), instead=0.5)
    assert found.pictures.tolist() == [0, -1]
    assert found.objective == pytest.approx(0.9 + 0.5, abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1), instead=st.floats(-0.5, 0.9), first=st.integers(1, 40))
@settings(max_examples=30)
def test_with_something_instead_it_is_the_best_too(seed: int, instead: float, first: int) -> None:
    """Also with fewer pictures than frames: a dense solver is given a column for each frame."""
    random = np.random.default_rng(seed)
    table = shots_table(random, int(random.integers(1, 40)), int(random.integers(1, 60)))
    found = assign(*table.shape, nearest_of(table), instead=instead, first=first)
    taken = found.pictures[found.pictures >= 0]
    assert len(set(taken.tolist())) == len(taken)
    assert (found.similarities >= instead - TOLERANCE).all()
    own = np.where(np.eye(len(table), dtype=bool), instead, -9.0)
    values = np.concatenate([table.astype(np.float64), own], axis=1)
    rows, columns = linear_sum_assignment(values, maximize=True)
    assert abs(found.objective - values[rows, columns].sum()) <= TOLERANCE
    assert found.closed


@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(KINDS), first=st.integers(1, 40))
@settings(max_examples=40)
def test_never_below_greedy_never_a_repeat_whatever_the_order_of_the_pool(
    seed: int, kind: Callable[[np.random.Generator, int, int], Table], first: int
) -> None:
    random = np.random.default_rng(seed)
    frames = int(random.integers(1, 50))
    table = kind(random, frames, int(random.integers(frames, 120)))
    found = solve(table, first)
    assert len(set(found.pictures.tolist())) == frames
    assert found.objective >= greedy_sum(table) - TOLERANCE
    order = random.permutation(table.shape[1])
    again = solve(table[:, order], first)
    assert again.objective == pytest.approx(found.objective, abs=TOLERANCE)
    if kind is random_table:  # others have ties
        np.testing.assert_array_equal(order[again.pictures], found.pictures)


def test_large_lists_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_lists, "_ASKED", 100)
    monkeypatch.setattr(nearest_lists, "_LOOKED_AT", 100)
    table = shots_table(np.random.default_rng(2), 60, 200)
    check(solve(table, first=10), table)


def test_an_assignment_is_the_same_every_time() -> None:
    table = tied_table(np.random.default_rng(3), 60, 100)
    np.testing.assert_array_equal(solve(table, 10).pictures, solve(table, 10).pictures)


def test_it_ends_also_where_nothing_may_be_dropped_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """From some round on all pairs that are better are considered, here from the first."""
    monkeypatch.setattr(assignment, "_DROPPING", 0)
    table = shots_table(np.random.default_rng(4), 80, 300)
    check(solve(table, first=10), table)
