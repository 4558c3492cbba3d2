"""Work in a thread beside: in order, bounded, errors where they are waited for, no thread left."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

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
        assert not wait_until(lambda most=taken + depth + 1: made > most, 0.05)
        assert wait_until(lambda most=taken + depth + 1: made == most)
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
    behind = Behind(lambda _: gate.wait(5), limit=2)

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

    with pytest.raises(ValueError, match="disk full"), Behind(consume, limit=2) as behind:
        for number in range(count):
            behind.put(number)
    assert threads_called("behind") == 0


def test_an_error_of_the_producer_ends_the_consumer_and_is_not_hidden() -> None:
    started = time.monotonic()
    with pytest.raises(KeyError), Behind(lambda _: time.sleep(0.01), limit=4) as behind:
        for number in range(3):
            behind.put(number)
        raise KeyError("mine")
    assert threads_called("behind") == 0
    assert time.monotonic() - started < 3


@contextmanager
def interrupted(*seconds: float) -> Iterator[None]:
    """Within this block, Ctrl-C is pressed so many seconds from now, once per number; later presses hit nobody."""
    armed = True

    def press(_signal: int, _frame: object) -> None:
        if armed:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    presses = [threading.Timer(wait, os.kill, (os.getpid(), signal.SIGINT)) for wait in seconds]
    try:
        for timer in presses:
            timer.start()
        yield
    finally:
        armed = False
        for timer in presses:
            timer.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("presses", [(0.1,), (0.1, 0.2, 0.3)], ids=["once", "three times"])
@pytest.mark.parametrize("waiting", [False, True], ids=["at the end", "while queueing"])
def test_an_interrupt_never_leaves_the_consumer_running(presses: tuple[float, ...], waiting: bool) -> None:
    """What the consumer works on is closed after the block: a thread still at work was a segmentation fault."""
    done = threading.Event()
    alive = -1
    with pytest.raises(KeyboardInterrupt), interrupted(*presses):
        try:
            with Behind(lambda _: (time.sleep(0.6), done.set()), limit=2) as behind:
                behind.put(1)
                if waiting:
                    time.sleep(5)
        finally:
            alive = threads_called("behind")
    assert alive == 0
    assert done.is_set()


@pytest.mark.parametrize("presses", [(0.1,), (0.1, 0.2)], ids=["once", "twice"])
def test_an_interrupt_never_leaves_the_producer_running(presses: tuple[float, ...]) -> None:
    def slow() -> Iterator[int]:
        while True:
            time.sleep(0.4)
            yield 0

    alive = -1
    with pytest.raises(KeyboardInterrupt), interrupted(*presses):
        try:
            next(prefetch(slow(), 1))
        finally:
            alive = threads_called("prefetch")
    assert alive == 0
