"""Frames that were inspected, in a few lines."""

from collections.abc import Callable
from typing import Any

from frameloom.cli.summaries.units import seconds
from frameloom.counting import counted
from frameloom.results.base import Result
from frameloom.results.inspection import Inspection

_SHOWN = 5


def _inspection(seen: Inspection) -> str:
    counts = ", ".join(f"{kind} {count}" for kind, count in seen.counts.items())
    lines = [f"{seen.source}: {counted(len(seen.frames), 'frame')} inspected; {counts}; took {seconds(seen.seconds)}"]
    lines += [
        f"  frame {one.frame} at {float(one.time):.3f} s: {one.kind}, {one.reason}" for one in seen.worst[:_SHOWN]
    ]
    if seen.output is not None:
        lines.append(f"{seen.output}/index.html shows them")
    return "\n".join(lines)


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {
    Inspection: _inspection,
}
"""How each result reads."""
