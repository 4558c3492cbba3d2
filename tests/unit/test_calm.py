"""Calm choices against all choices that there are, on cases small enough to go through them."""

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, groupby, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from frameloom.errors import InputError, RangeError
from frameloom.retrieval.calm import repair
from frameloom.retrieval.calm.candidates import Candidates
from frameloom.retrieval.calm.path import Run, best_path, path_value
from frameloom.retrieval.calm.prices import choose_without_repeats
from frameloom.retrieval.calm.repair import move_borders, without_repeats
from frameloom.retrieval.calm.similarities import Similarities, on_grid
from frameloom.retrieval.calm.wishes import ANY, Calmness
from frameloom.retrieval.exact import best_of, search_exactly
from frameloom.retrieval.selection import Rules, check_enough

COSTS = (0.0, 0.05, 0.3, 1.0, 5.0)


def runs_of(images: Sequence[int]) -> list[Run]:
    found, start = [], 0
    for image, group in groupby(images):
        stop = start + len(list(group))
        found.append(Run(start, stop, int(image)))
        start = stop
    return found


def best_of_all(rows: NDArray[np.float32], calmness: Calmness, *, repeat: bool) -> float:
    """Every sequence of images is looked at."""
    frames, images = rows.shape
    best = -np.inf
    for sequence in product(range(images), repeat=frames):
        runs = runs_of(sequence)
        long_enough = len(runs) == 1 or all(run.stop - run.start >= calmness.hold for run in runs)
        if long_enough and (repeat or len({run.image for run in runs}) == len(runs)):
            value = sum(float(rows[at, image]) for at, image in enumerate(sequence))
            best = max(best, value - calmness.switch_cost * (len(runs) - 1))
    return best


def small_cases() -> Iterator[tuple[NDArray[np.float32], Calmness]]:
    """Among them ones where all similarities are alike, and where frames come back to the same image."""
    random = np.random.default_rng(5)
    for number in range(60):
        frames, images = int(random.integers(1, 8)), int(random.integers(1, 6 if number % 3 else 4))
        if frames == 7 and images == 5:
            images = 4  # 16,384 sequences
        rows = random.uniform(-1, 1, (frames, images))
        if number % 4 == 1:
            rows = np.round(rows, 1)
        if number % 4 == 2:
            rows = rows[np.arange(frames) % 2]
        yield on_grid(rows), Calmness(hold=1 + number % 4, switch_cost=COSTS[number % len(COSTS)])


CASES = list(small_cases())
SEVEN_BY_FIVE = on_grid(np.random.default_rng(8).uniform(0, 1, (7, 5)))


def check_runs(runs: Sequence[Run], frames: int, hold: int) -> None:
    """They cover the video, change at each border, and are long enough."""
    assert [run.start for run in runs] == [0, *(run.stop for run in runs[:-1])]
    assert runs[-1].stop == frames
    assert all(before.image != after.image for before, after in pairwise(runs))
    assert all(run.stop - run.start >= min(hold, frames) for run in runs)


@pytest.mark.parametrize("number", range(len(CASES)))
def test_with_repeats_no_sequence_is_better(number: int) -> None:
    rows, calmness = CASES[number]
    path = best_path(rows, *rows.shape, calmness)
    best = best_of_all(rows, calmness, repeat=True)
    assert path.value == pytest.approx(best, abs=1e-7)
    assert path_value(rows, path.runs, calmness) == path.value
    check_runs(path.runs, len(rows), calmness.hold)


def test_without_repeats_the_bound_holds_and_the_choice_is_close_to_it() -> None:
    gaps = []
    for rows, calmness in CASES:
        found = choose_without_repeats(rows, calmness)
        best = best_of_all(rows, calmness, repeat=False)
        assert found.objective <= best + 1e-7
        assert best <= found.bound + 1e-7
        assert path_value(rows, found.runs, calmness) == found.objective
        check_runs(found.runs, len(rows), calmness.hold)
        assert len({run.image for run in found.runs}) == len(found.runs)
        gaps.append(found.bound - found.objective)
    assert max(gaps) < 0.01
    assert np.mean(np.array(gaps) < 1e-6) > 0.95


@pytest.mark.parametrize("calmness", [Calmness(hold=2), Calmness(switch_cost=0.2), Calmness(hold=3, switch_cost=0.1)])
def test_seven_frames_and_five_images(calmness: Calmness) -> None:
    rows = SEVEN_BY_FIVE
    assert best_path(rows, 7, 5, calmness).value == pytest.approx(best_of_all(rows, calmness, repeat=True), abs=1e-7)
    found = choose_without_repeats(rows, calmness)
    assert found.objective - 1e-7 <= best_of_all(rows, calmness, repeat=False) <= found.bound + 1e-7
    assert found.bound - found.objective < 0.01


def test_nothing_asked_is_the_best_image_of_each_frame() -> None:
    rows = on_grid(np.random.default_rng(1).uniform(-1, 1, (50, 20)))
    path = best_path(rows, 50, 20, ANY)
    assert path.images == rows.argmax(axis=1).tolist()
    assert path.value == rows.max(axis=1).sum(dtype=np.float64)


def test_of_equal_choices_the_one_with_fewer_changes_is_taken() -> None:
    assert len(best_path(np.zeros((9, 4), np.float32), 9, 4, ANY).runs) == 1


@pytest.mark.parametrize("calmness", [Calmness(switch_cost=1e6), Calmness(hold=50), Calmness(hold=10**9)])
def test_so_calm_that_one_picture_stays(calmness: Calmness) -> None:
    rows = on_grid(np.random.default_rng(2).uniform(-1, 1, (50, 20)))
    best = int(rows.sum(axis=0, dtype=np.float64).argmax())
    assert best_path(rows, 50, 20, calmness).runs == (Run(0, 50, best),)
    assert choose_without_repeats(rows, calmness).runs == (Run(0, 50, best),)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    frames=st.integers(1, 90),
    images=st.integers(1, 40),
    hold=st.integers(1, 30),
    cost=st.sampled_from(COSTS),
)
def test_pictures_always_stay_so_long(seed: int, frames: int, images: int, hold: int, cost: float) -> None:
    """Also the last one, also where there are fewer images than runs would want."""
    rows = on_grid(np.random.default_rng(seed).uniform(-1, 1, (frames, images)))
    calmness = Calmness(hold=hold, switch_cost=cost)
    path = best_path(rows, frames, images, calmness)
    check_runs(path.runs, frames, hold)
    assert path_value(rows, path.runs, calmness) == path.value
    runs = without_repeats(rows, path.runs, calmness)
    check_runs(runs, frames, hold)
    assert len({run.image for run in runs}) == len(runs)
    assert path_value(rows, runs, calmness) <= path.value


@pytest.mark.parametrize("number", range(0, len(CASES), 2))
def test_borders_are_moved_to_where_no_others_are_better(number: int) -> None:
    """Of all sequences with these images in this order, some of them left out."""
    rows, calmness = CASES[number]
    frames = len(rows)
    images = np.random.default_rng(number).permutation(rows.shape[1])[: max(1, frames // calmness.hold)]
    starts = [place * calmness.hold for place in range(len(images))]
    runs = [Run(*borders, int(image)) for borders, image in zip(pairwise([*starts, frames]), images, strict=True)]
    moved = move_borders(rows, runs, calmness)
    check_runs(moved, frames, calmness.hold)
    best = -np.inf
    for places in combinations_with_replacement(range(len(images)), frames):
        other = runs_of([int(images[place]) for place in places])
        if all(run.stop - run.start >= min(calmness.hold, frames) for run in other):
            best = max(best, path_value(rows, other, calmness))
    assert path_value(rows, moved, calmness) == pytest.approx(best, abs=1e-7)


def test_a_long_video_taken_in_pieces_is_as_good_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = on_grid(np.random.default_rng(3).uniform(0, 1, (400, 300)))
    calmness = Calmness(hold=3)
    whole = choose_without_repeats(rows, calmness)
    monkeypatch.setattr(repair, "_PIECE", 16)
    pieces = choose_without_repeats(rows, calmness)
    check_runs(pieces.runs, 400, 3)
    assert len({run.image for run in pieces.runs}) == len(pieces.runs) > 32
    assert pieces.objective > 0.999 * whole.objective
    assert pieces.bound >= whole.objective


def unit(count: int, dims: int, seed: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(count, dims))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def candidates(frames: int = 150, images: int = 5000, **options: object) -> Candidates:
    vectors, queries = unit(images, 24, 1), unit(frames, 24, 2)
    queries = np.repeat(queries[: frames // 5], 5, axis=0) + 0.2 * unit(frames, 24, 3)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    return Candidates(
        vectors=vectors,
        queries=queries,
        search=lambda given, count: search_exactly(vectors, given, count)[0],
        **options,
    )


def test_similarities_are_those_of_the_search_to_the_last_digit_but_one() -> None:
    vectors, queries = unit(5000, 376, 1), unit(70, 376, 2)
    rows = Similarities(vectors, queries).matrix()
    every = np.broadcast_to(np.arange(5000), (70, 5000))
    ids, products = best_of(vectors, queries, every, 5000)
    np.testing.assert_allclose(np.take_along_axis(rows, ids, axis=1), products, atol=4e-7, rtol=0)
    np.testing.assert_array_equal(rows, on_grid(rows))


def test_similarities_are_the_same_in_whatever_company() -> None:
    """A plain matrix product differs in its last digits with what else is multiplied."""
    vectors, queries = unit(5000, 376, 1), unit(70, 376, 2)
    rows = Similarities(vectors, queries).matrix()
    some = np.arange(3, 5000, 7)
    np.testing.assert_array_equal(Similarities(vectors, queries[13:14], some).matrix()[0], rows[13, some])
    order = np.random.default_rng(0).permutation(376)  # sums in another order
    shuffled = Similarities(np.ascontiguousarray(vectors[:, order]), np.ascontiguousarray(queries[:, order]))
    np.testing.assert_array_equal(shuffled.matrix(), rows)


def test_similarities_are_sums_of_whole_numbers_without_rounding() -> None:
    vectors, queries = unit(500, 376, 1), unit(30, 376, 2)
    whole, asked = (np.rint(given.astype(np.float64) * 2**26).astype(np.int64) for given in (vectors, queries))
    products = asked @ whole.T  # below 2^53
    np.testing.assert_array_equal(Similarities(vectors, queries).matrix(), np.rint(products / 2**29) / 2**23)


def test_two_readers_far_apart_read_the_same_rows() -> None:
    rows = Similarities(unit(300, 8, 1), unit(200, 8, 2))
    ahead, behind = iter(rows), iter(rows)
    for _ in range(150):
        next(ahead)
    np.testing.assert_array_equal(np.stack(list(behind)), rows.matrix())


def test_where_memory_is_short_the_bound_is_still_one_for_all_images() -> None:
    calmness = Calmness(hold=2, switch_cost=0.01)
    whole = candidates().choose(calmness, repeat=False)
    part = candidates(most=150 * 400).choose(calmness, repeat=False)
    assert part.candidates == whole.candidates == 5000
    assert part.objective <= whole.bound
    assert whole.objective <= part.bound
    assert part.bound - part.objective < 0.01 * part.objective


def test_with_an_approximate_index_only_what_it_finds_is_looked_at() -> None:
    calmness = Calmness(switch_cost=0.02)
    best = candidates().choose(calmness, repeat=True)
    found = candidates(exact=False).choose(calmness, repeat=True)
    assert found.candidates < best.candidates
    assert best.objective - 0.5 < found.objective <= best.objective


@pytest.mark.parametrize("repeat", [True, False])
def test_excluded_images_are_not_chosen(repeat: bool) -> None:
    calmness = Calmness(hold=3)
    used = candidates().choose(calmness, repeat=repeat)
    excluded = np.zeros(5000, np.bool_)
    excluded[used.images] = True
    others = candidates(excluded=excluded).choose(calmness, repeat=repeat)
    assert not set(used.images.tolist()) & set(others.images.tolist())
    assert others.objective < used.objective


def test_the_same_vectors_give_the_same_choice() -> None:
    for repeat in (True, False):
        first, second = (candidates().choose(Calmness(hold=2), repeat=repeat) for _ in range(2))
        assert first.images.tolist() == second.images.tolist()
        assert (first.objective, first.bound) == (second.objective, second.bound)


@pytest.mark.parametrize(
    "wish", [{"hold": 0}, {"hold": -3}, {"switch_cost": -0.1}, {"switch_cost": float("nan")}, {"switch_cost": 1e7}]
)
def test_what_cannot_be_is_refused(wish: dict) -> None:
    with pytest.raises(RangeError, match="it must be"):
        Calmness(**wish)


def test_a_threshold_judges_frames_by_themselves() -> None:
    with pytest.raises(InputError, match="leave out the one or the others"):
        Rules(threshold=0.5, calm=Calmness(hold=2))


def test_who_stays_needs_no_image_for_every_frame() -> None:
    check_enough(2, 100, Rules(repeat=False, calm=Calmness(hold=5)), "film.mp4")
    with pytest.raises(InputError, match="too few"):
        check_enough(2, 100, Rules(repeat=False), "film.mp4")


def test_nothing_is_drawn_where_pictures_stay() -> None:
    rules = Rules(depth=10, seed=3, calm=Calmness(hold=2))
    assert not rules.drawn
    assert rules.settings()["seed"] is None
    assert Rules().settings()["hold"] is Rules().settings()["smooth"] is None
