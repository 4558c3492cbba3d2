"""Lazy properties that several threads ask for."""

import threading
from concurrent.futures import ThreadPoolExecutor

from frameloom.models.interpolators.once import Shared, once


class Counted(Shared):
    def __init__(self) -> None:
        super().__init__()
        self.times = 0
        self.asked = threading.Event()
        self.go_on = threading.Event()

    @once
    def value(self) -> int:
        """Counts."""
        self.asked.set()
        assert self.go_on.wait(timeout=30)
        self.times += 1
        return 7

    @once
    def double(self) -> int:
        return 2 * self.value


def test_two_threads_that_ask_get_what_was_computed_once() -> None:
    counted = Counted()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(lambda: counted.value)
        assert counted.asked.wait(timeout=30)
        second = threads.submit(lambda: counted.value)
        counted.go_on.set()
        assert (first.result(), second.result(), counted.value) == (7, 7, 7)
    assert counted.times == 1


def test_one_object_does_not_wait_for_another() -> None:
    """Before Python 3.12, functools.cached_property lets it."""
    slow, quick = Counted(), Counted()
    quick.go_on.set()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(lambda: slow.value)
        assert slow.asked.wait(timeout=30)
        assert threads.submit(lambda: quick.value).result(timeout=30) == 7
        assert not first.done()
        slow.go_on.set()


def test_properties_may_use_each_other() -> None:
    counted = Counted()
    counted.go_on.set()
    assert counted.double == 14
    assert counted.times == 1


def test_what_is_assigned_is_not_computed() -> None:
    counted = Counted()
    counted.value = 5
    assert (counted.value, counted.double, counted.times) == (5, 10, 0)


def test_the_class_shows_what_it_is() -> None:
    assert Counted.value.__doc__ == "Counts."
