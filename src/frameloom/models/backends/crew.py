"""Threads in which PyTorch works on one thing each, instead of dividing each operation among its threads.

Threads that share an operation wait for each other at its end, thousands of times for one frame of a network; small
operations take longer than in one thread. Two processors, 854x480, seconds per new frame, one after the other and
side by side: RIFE 0.51 and 0.41, IFRNet 0.56 and 0.49, AMT-S 0.92 and 0.62.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

import torch

Item = TypeVar("Item")

_crews: dict[int, ThreadPoolExecutor] = {}
_starting = threading.Lock()
_own = threading.local()


def crew(count: int) -> ThreadPoolExecutor:
    """So many threads, in each of which PyTorch uses that one alone.

    They stay until the process ends, and serve whoever asks: what NNPACK holds for a thread is never given back.
    What runs in them must not wait for others that are to run in them.
    """
    with _starting:
        if count not in _crews:
            _crews[count] = _started(count)
        return _crews[count]


def _started(count: int) -> ThreadPoolExecutor:
    """PyTorch keeps a number for each thread, and one for threads to come, which setting the former changes too."""
    to_come = torch.get_num_threads()
    threads = ThreadPoolExecutor(count, "crew", initializer=_join)
    all_there = threading.Barrier(count)
    wait([threads.submit(all_there.wait) for _ in range(count)])
    torch.set_num_threads(to_come)
    return threads


def _join() -> None:
    """Make this thread one of a crew."""
    torch.get_num_threads()  # the first call in a thread sets its number to that of threads to come
    torch.set_num_threads(1)
    _own.threads = 1


def threads_here() -> int:
    """How many threads what runs here may use: one in a crew, else all that PyTorch has."""
    return getattr(_own, "threads", None) or torch.get_num_threads()


def ahead(lanes: int) -> int:
    """How many tasks to have given to so many lanes beyond the one that is waited for, so that none of them waits."""
    return lanes + 1


def side_by_side(tasks: Iterable[Callable[[], Item]], lanes: int) -> Iterator[Item]:
    """Results in order, each made in a thread of its own.

    Args:
        tasks: Called without arguments. The first ones are given to the threads now, one more whenever a result is
            taken; whoever keeps to `ahead` gives them others only when they have all of these.
        lanes: Threads.
    """
    waiting = iter(tasks)
    begun = deque(crew(lanes).submit(task) for task in islice(waiting, ahead(lanes) + 1))
    return _taken(begun, waiting, lanes)


def _taken(begun: "deque[Future[Item]]", waiting: Iterator[Callable[[], Item]], lanes: int) -> Iterator[Item]:
    try:
        while begun:
            result = begun.popleft().result()
            begun.extend(crew(lanes).submit(task) for task in islice(waiting, 1))
            yield result
    finally:
        for future in begun:
            future.cancel()
