"""Threads in which PyTorch uses one each: what they may use, in which order results come, and how many are begun."""

import threading
from collections.abc import Callable, Iterator

import pytest
import torch

from frameloom.models.backends.crew import ahead, crew, side_by_side, threads_here
from threads import pytorch_threads


@pytest.fixture
def three_threads() -> Iterator[None]:
    with pytorch_threads(3):
        yield


def in_a_new_thread(work: Callable[[], object]) -> object:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.usefixtures("three_threads")
def test_pytorch_uses_one_thread_in_a_crew_and_all_elsewhere() -> None:
    both_there = threading.Barrier(2)

    def look() -> tuple[int, int, str]:
        both_there.wait(timeout=30)  # so that each thread of the crew looks
        return threads_here(), torch.get_num_threads(), threading.current_thread().name

    seen = [future.result() for future in [crew(2).submit(look) for _ in range(2)]]
    assert {(ours, theirs) for ours, theirs, _ in seen} == {(1, 1)}
    assert len({name for *_, name in seen}) == 2
    assert threads_here() == torch.get_num_threads() == 3
    assert in_a_new_thread(torch.get_num_threads) == 3


def test_a_crew_stays() -> None:
    assert crew(2) is crew(2)
    assert crew(2) is not crew(3)


def test_results_come_in_order_however_long_each_takes() -> None:
    last_is_done = threading.Event()

    def first() -> int:
        assert last_is_done.wait(timeout=30)
        return 0

    def last() -> int:
        last_is_done.set()
        return 1

    assert list(side_by_side([first, last], 2)) == [0, 1]


def test_work_begins_before_a_result_is_asked_for_and_goes_no_further_than_it_may() -> None:
    begun: list[int] = []

    def task(number: int) -> Callable[[], int]:
        begun.append(number)
        return lambda: number

    results = side_by_side((task(number) for number in range(20)), 2)
    assert len(begun) == ahead(2) + 1
    assert next(results) == 0
    assert len(begun) == ahead(2) + 2
    assert list(results) == list(range(1, 20))


def test_what_a_task_raises_is_raised_where_its_result_is_taken() -> None:
    def fail() -> int:
        raise ValueError("no such frame")

    results = side_by_side([lambda: 1, fail], 2)
    assert next(results) == 1
    with pytest.raises(ValueError, match="no such frame"):
        next(results)


def test_who_stops_taking_results_stops_the_rest() -> None:
    held, done = threading.Event(), []

    def hold() -> None:
        held.wait(timeout=30)

    def note() -> None:
        done.append(1)

    results = side_by_side([lambda: None, hold, hold, note], 2)
    next(results)
    results.close()
    held.set()
    list(side_by_side([lambda: None] * 4, 2))  # those of before would be through by now
    assert done == []
