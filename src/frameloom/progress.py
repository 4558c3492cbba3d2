"""Progress that is silent unless someone listens, and a stopwatch for where the time goes."""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")
Listener = Callable[[Iterable[object], str, int | None, int], Iterator[object]]
"""Takes items, a label, the total where known and how many were done before, and yields the same items."""

_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)
_notices: ContextVar[Callable[[str], None] | None] = ContextVar("notice_listener", default=None)


def track(items: Iterable[Item], label: str, total: int | None = None, done: int = 0) -> Iterator[Item]:
    """Pass the items on, telling the listener, if there is one, how far along it is.

    `done` of the total were finished before and are not among the items.
    """
    listener = _listener.get()
    if listener is None:
        yield from items
    else:
        yield from listener(items, label, total, done)  # type: ignore[misc]  # a listener yields what it was given


@contextmanager
def listening(progress: Listener | None, notices: Callable[[str], None] | None) -> Generator[None]:
    """Within this block, progress and notices go to the given listeners."""
    first, second = _listener.set(progress), _notices.set(notices)
    try:
        yield
    finally:
        _listener.reset(first)
        _notices.reset(second)


class Notices:
    """What the user should know about a run that nevertheless worked, told at once and kept for the result."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add(self, text: str) -> None:
        """Tell the listener and keep the text; the same text is told once."""
        if text in self.texts:
            return
        self.texts.append(text)
        tell = _notices.get()
        if tell is not None:
            tell(text)


class Stopwatch:
    """Adds up the seconds spent under each name, from any thread."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    def add(self, seconds: dict[str, float]) -> None:
        """Add what another stopwatch measured."""
        with self._lock:
            for name, passed in seconds.items():
                self.seconds[name] = self.seconds.get(name, 0.0) + passed

    @contextmanager
    def timing(self, name: str) -> Generator[None]:
        """Add the wall-clock time of this block to `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add({name: time.perf_counter() - start})

    def timed(self, items: Iterable[Item], name: str) -> Iterator[Item]:
        """Pass the items on, adding the time it takes to get each to `name`."""
        iterator = iter(items)
        while True:
            with self.timing(name):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item
