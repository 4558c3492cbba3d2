"""What a command says: progress and notices on stderr, its result on stdout."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from frameloom.results.base import Result

_PATIENCE = 2.0  # seconds before progress is shown


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Reporting:
    """How a command reports; on every command."""

    json: Annotated[bool, Parameter(negative="")] = False
    """Print the result as JSON on stdout."""
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False
    """Say nothing but errors."""
    verbose: Annotated[bool, Parameter(name=["--verbose", "-v"], negative="")] = False
    """Show the traceback of an error."""


def show_progress(items: Iterable[object], label: str, total: int | None, done: int = 0) -> Iterator[object]:
    """Yield the items; once they take longer than two seconds, show a bar with the time left on stderr."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("elapsed"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(label, total=total, completed=done)
    started = time.monotonic()
    shown = False
    try:
        for count, item in enumerate(items, start=done + 1):
            yield item
            bar.update(task, completed=count)
            if not shown and time.monotonic() - started > _PATIENCE:
                bar.start()
                shown = True
    finally:
        if shown:
            bar.stop()


def tell(text: str) -> None:
    """A notice on stderr."""
    print(f"frameloom: {text}", file=sys.stderr)


def print_result(result: Result, text: str, reporting: Reporting) -> None:
    """The result on stdout: JSON where wanted, else a few lines, nothing when quiet."""
    if reporting.json:
        print(json.dumps(result.to_dict(), indent=2))
    elif not reporting.quiet:
        print(text)
