"""Work in a thread beside: in order, no further ahead than allowed, errors where they are waited for, no thread left."""

import threading
import time
from collections.abc import Iterator

import pytest

from frameloom.media.prefetch import Behind, prefetch


def threads_called(name: str) -> int:
    return sum(thread.name == name and thread.is_alive() for thread in threading.enumerate())


def wait_until(condition: "callable", seconds: float = 3.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.005)
    return False


def test_prefetched_items_come_in_order_and_from_another_thread() -> None:
    makers: set[int] = set()

    def items() -> Iterator[int]:
        for number in range(200):
            makers.add(threading.get_ident())
            yield number

    assert list(prefetch(items(), 3)) == list(range(200))
    assert threading.get_ident() not in makers
    assert threads_called("prefetch") == 0


@pytest.mark.parametrize("depth", [1, 4])
def test_prefetch_runs_no_further_ahead_than_its_depth(depth: int) -> None:
    made = 0

    def items() -> Iterator[int]:
        nonlocal made
        while True:
            made += 1
            yield made

    ahead = prefetch(items(), depth)
    for taken in range(1, 6):
        next(ahead)
        assert not wait_until(lambda: made > taken + depth + 1, 0.05)
        assert wait_until(lambda: made == taken + depth + 1)
    ahead.close()


def test_an_error_of_the_producer_is_raised_after_what_came_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    ahead = prefetch(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="broken"):
        next(ahead)
    assert threads_called("prefetch") == 0


def test_leaving_early_stops_the_thread() -> None:
    ahead = prefetch(iter(int, 1), 2)  # zeros without end
    next(ahead)
    ahead.close()
    assert threads_called("prefetch") == 0


def test_an_empty_stream_ends_at_once() -> None:
    assert list(prefetch([])) == []


def test_behind_consumes_everything_in_order_before_it_ends() -> None:
    taken: list[int] = []
    with Behind(lambda item: (time.sleep(0.001), taken.append(item))) as behind:
        for number in range(50):
            behind.put(number)
    assert taken == list(range(50))
    assert threads_called("behind") == 0


def test_behind_holds_no_more_than_its_depth() -> None:
    gate = threading.Event()
    put: list[int] = []
    behind = Behind(lambda _: gate.wait(5), depth=2)

    def feed() -> None:
        for number in range(10):
            behind.put(number)
            put.append(number)

    feeder = threading.Thread(target=feed)
    feeder.start()
    assert wait_until(lambda: len(put) == 3)
    assert not wait_until(lambda: len(put) > 3, 0.1)
    gate.set()
    feeder.join(5)
    behind.finish()
    assert len(put) == 10


@pytest.mark.parametrize("count", [1, 3, 100])
def test_an_error_of_the_consumer_reaches_the_producer(count: int) -> None:
    def consume(_: int) -> None:
        raise ValueError("disk full")

    with pytest.raises(ValueError, match="disk full"), Behind(consume, depth=2) as behind:
        for number in range(count):
            behind.put(number)
    assert threads_called("behind") == 0


def test_an_error_of_the_producer_ends_the_consumer_and_is_not_hidden() -> None:
    started = time.monotonic()
    with pytest.raises(KeyError), Behind(lambda _: time.sleep(0.01), depth=4) as behind:
        for number in range(3):
            behind.put(number)
        raise KeyError("mine")
    assert threads_called("behind") == 0
    assert time.monotonic() - started < 3
