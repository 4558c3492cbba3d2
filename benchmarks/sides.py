"""Processes that work in turn, so that nothing one of them sets (threads, allocator) helps or hurts another."""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Spent:
    """By a piece of work."""

    cpu_s: float
    wall_s: float


def timed(work: Callable[[], Any]) -> tuple[Spent, Any]:
    """What it took, and what came out."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return Spent(cpu_s=time.process_time() - cpu, wall_s=time.perf_counter() - wall), result


def least(rounds: Sequence[Spent]) -> Spent:
    """Of each clock the least."""
    return Spent(cpu_s=min(spent.cpu_s for spent in rounds), wall_s=min(spent.wall_s for spent in rounds))


class Side:
    """A process that works when it is its turn."""

    def __init__(self, serve: Callable[[Any, Connection], None], work: Any) -> None:
        """Start it and wait for its greeting.

        Args:
            serve: Greets, then answers every order that comes in; None ends it.
            work: What it is told.
        """
        context = get_context("spawn")
        self._orders, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(work, theirs), daemon=True)
        self._process.start()
        theirs.close()  # so that a process that fails is noticed as the end of the pipe
        self.greeting: Any = self._orders.recv()

    def run(self, moments: Sequence[float]) -> Any:
        """What it makes at these moments."""
        self._orders.send(list(moments))
        return self._orders.recv()

    def end(self) -> None:
        """Let the process finish."""
        self._orders.send(None)
        self._process.join()


def add_options(parser: argparse.ArgumentParser, *, rounds: int) -> None:
    """Options that both comparisons with originals have."""
    parser.add_argument("--size", default="854x480")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--json", type=Path)


def write(options: argparse.Namespace, facts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """The record, where one is asked for."""
    if options.json is None:
        return
    import torch

    record = {
        **facts,
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "torch": torch.__version__,
        "size": options.size,
        "rounds": options.rounds,
        "rows": list(rows),
    }
    options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
