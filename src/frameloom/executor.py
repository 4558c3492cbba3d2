"""Units of work carried out here, or side by side in processes of their own.

A unit's work is a generator that yields events as it goes; whoever runs it sees the same events either way. Those of
one unit come in order; units in other processes overlap.
"""

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

Unit = TypeVar("Unit")
Event = TypeVar("Event")

_POLL_SECONDS = 0.2
_QUEUED_EVENTS = 1000


class _End:
    """A process has no more units; carries the error that ended it, if one did."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def run_units(work: Callable[[Unit], Iterator[Event]], units: Sequence[Unit], *, workers: int) -> Iterator[Event]:
    """Do all units and yield their events.

    Args:
        work: Yields events of one unit. For more than one worker it, the units and the events must be picklable.
        units: What to do.
        workers: Processes at a time; with one, everything happens in this process.

    Raises:
        Whatever `work` raises, and RuntimeError if a process dies.
    """
    if workers == 1 or len(units) <= 1:
        for unit in units:
            yield from work(unit)
        return
    with _Crew(work, units, min(workers, len(units))) as crew:
        yield from crew.events()


class _Crew(Generic[Unit, Event]):
    """Processes that take units from one queue and put events on another."""

    def __init__(self, work: Callable[[Unit], Iterator[Event]], units: Sequence[Unit], size: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._tasks: Any = context.Queue()  # kept: what nobody holds is gone before the processes begin
        for unit in [*units, *[None] * size]:
            self._tasks.put(unit)
        self._events: Any = context.Queue(_QUEUED_EVENTS)
        self._processes: list[BaseProcess] = [
            context.Process(target=_serve, args=(work, self._tasks, self._events), daemon=True) for _ in range(size)
        ]

    def events(self) -> Iterator[Event]:
        """Everything that happens, until all processes are through."""
        working = len(self._processes)
        while working:
            try:
                event = self._events.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                self._check_alive()
                continue
            if not isinstance(event, _End):
                yield event
            elif event.error is None:
                working -= 1
            else:
                raise event.error

    def _check_alive(self) -> None:
        for process in self._processes:
            if process.exitcode not in (None, 0):
                raise RuntimeError(f"a worker process died with {process.exitcode}; was there enough memory?")

    def __enter__(self) -> "_Crew[Unit, Event]":
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them, however far they are: what is unfinished counts for nothing."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()


def _serve(work: Callable[[Any], Iterator[Any]], tasks: Any, events: Any) -> None:
    """What a process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the whole group; the parent decides
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        while (unit := tasks.get()) is not None:
            for event in work(unit):
                events.put(event)
        events.put(_End())
    except BaseException as error:
        events.put(_End(error))


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
