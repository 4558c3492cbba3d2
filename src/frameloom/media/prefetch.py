"""Run a producer or a consumer in a thread of its own, a bounded amount ahead: items, or what they weigh."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
_POLL_SECONDS = 0.1
_DEFAULT_LIMIT = 4


class _End:
    """Marks the end of the stream; carries the error that ended it, if one did."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def _one(item: object) -> int:
    return 1


class _WeighedQueue(queue.Queue[Any]):
    """Takes items while what waits weighs less than the limit; so a single item of any weight passes."""

    def __init__(self, limit: int, weigh: Callable[[Any], int]) -> None:
        self._weigh = weigh
        self._weight = 0
        super().__init__(limit)

    def _weight_of(self, item: Any) -> int:
        return 1 if isinstance(item, _End) else max(1, self._weigh(item))

    # The hooks that the standard library's queue is made of, called under its lock

    def _qsize(self) -> int:
        return self._weight

    def _put(self, item: Any) -> None:
        super()._put(item)
        self._weight += self._weight_of(item)

    def _get(self) -> Any:
        item = super()._get()
        self._weight -= self._weight_of(item)
        return item


def prefetch(items: Iterable[Item], limit: int = _DEFAULT_LIMIT, weigh: Callable[[Item], int] = _one) -> Iterator[Item]:
    """Yield the same items, made ahead in a thread until `limit` of them wait; its errors appear here.

    `weigh` says how much an item counts (bytes, say): then no more are made while what waits weighs `limit` or more.
    """
    waiting = _WeighedQueue(limit, weigh)
    stopped = threading.Event()

    def produce() -> None:
        end = _End()
        try:
            for item in items:
                if not _put(waiting, item, stopped):
                    return
        except BaseException as error:
            end = _End(error)
        _put(waiting, end, stopped)

    worker = _Worker(produce, "prefetch")
    worker.start()
    try:
        while True:
            item = waiting.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        _end(worker, stopped)


def _put(waiting: "queue.Queue[Item | _End]", item: "Item | _End", stopped: threading.Event) -> bool:
    """Wait for room; False when nobody will fetch any more."""
    while not stopped.is_set():
        try:
            waiting.put(item, timeout=_POLL_SECONDS)
            return True
        except queue.Full:
            continue
    return False


class _Worker(threading.Thread):
    """A thread that says when it has ended.

    An interrupt during `Thread.join` makes Python 3.11 take a running thread for ended, so nothing here relies on that.
    """

    def __init__(self, work: Callable[[], None], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._do = work
        self.ended = threading.Event()

    def run(self) -> None:
        """Work, then say so."""
        try:
            self._do()
        finally:
            self.ended.set()


def _end(worker: _Worker, stopped: threading.Event) -> None:
    """Stop a thread and wait for it, whatever arrives meanwhile: what it works on is closed next."""
    interrupt: KeyboardInterrupt | None = None
    stopped.set()
    while not worker.ended.is_set():
        try:
            worker.ended.wait()
        except KeyboardInterrupt as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt


class Behind(Generic[Item]):
    """Hands items to `consume` in a thread, until `limit` of them wait; its error is raised at the next call.

    `weigh` is that of `prefetch`.
    """

    def __init__(
        self, consume: Callable[[Item], None], limit: int = _DEFAULT_LIMIT, weigh: Callable[[Item], int] = _one
    ) -> None:
        self._consume = consume
        self._waiting = _WeighedQueue(limit, weigh)
        self._failed = threading.Event()
        self._error: BaseException | None = None
        self._worker = _Worker(self._work, "behind")
        self._worker.start()

    def _work(self) -> None:
        while not self._failed.is_set():
            try:
                item = self._waiting.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                return
            try:
                self._consume(item)
            except BaseException as error:
                self._error = error
                self._failed.set()

    def put(self, item: Item) -> None:
        """Queue an item; waits while the queue is full."""
        if not _put(self._waiting, item, self._failed):
            self._raise()

    def finish(self) -> None:
        """Wait until everything queued is consumed."""
        _put(self._waiting, _End(), self._failed)
        self._worker.ended.wait()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def __enter__(self) -> "Behind[Item]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let everything queued be consumed, or nothing more after an error; the thread has ended either way."""
        try:
            if error is None:
                self.finish()
        finally:
            _end(self._worker, self._failed)
