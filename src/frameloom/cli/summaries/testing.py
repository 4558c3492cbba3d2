"""A clip that models were tested on, in a few lines."""

from collections.abc import Callable, Sequence
from typing import Any

from frameloom.cli.summaries.units import seconds
from frameloom.counting import counted
from frameloom.results.base import Result
from frameloom.results.measuring import MetricScale
from frameloom.results.self_test import EXCLUSION_KINDS, Candidate, SelfTest

_SHOWN = 5


def _self_test(tested: SelfTest) -> str:
    total, ranked = len(tested.frames), len(tested.ranked)
    beside = "" if ranked == total else f", ranked by {ranked} of them"
    lines = [
        f"{tested.source}: {counted(total, 'frame')} left out and restored by "
        f"{counted(len(tested.candidates), 'model')}{beside}; took {seconds(tested.seconds)}",
        tested.verdict,
        *_aligned(_table(tested)),
    ]
    failed = [frame for frame in tested.frames if frame.reasons]
    if failed:
        lines.append(f"{tested.candidates[0].model} fails at {len(failed)} of {counted(len(tested.frames), 'frame')}:")
    for frame in failed[:_SHOWN]:
        why = "; ".join(f"{reason.kind}, {reason.text}" for reason in frame.reasons)
        lines.append(f"  frame {frame.frame} at {float(frame.time):.3f} s: {why}")
    if len(failed) > _SHOWN:
        lines.append(f"  and {len(failed) - _SHOWN} more; --json has all")
    lines += _left_out(tested)
    if tested.output is not None:
        lines.append(f"{tested.output}/index.html shows them")
    return "\n".join(lines)


def _table(tested: SelfTest) -> list[list[str]]:
    """Cells, the heads first."""
    foreseen = any("psnr" in one.predicted for one in tested.candidates)
    heads = ["model", *(f"{scale.title} {scale.unit}".rstrip() for scale in tested.scales)]
    heads += ["in 95 % of draws", *(["PSNR at own rate"] if foreseen else []), "best in", "fails", "CPU s", "s / frame"]
    return [heads, *(_row(one, tested, foreseen=foreseen) for one in tested.candidates)]


def _row(one: Candidate, tested: SelfTest, *, foreseen: bool) -> list[str]:
    first = tested.scales[0]
    low, high = (_number(end, first) for end in one.intervals[first.name])
    cells = [one.model, *(_number(one.values[scale.name], scale) for scale in tested.scales), f"{low} to {high}"]
    if foreseen:
        seen = one.predicted.get("psnr")
        cells.append("" if seen is None else f"{seen.value:.1f} ({seen.low:.1f} to {seen.high:.1f})")
    return [*cells, f"{one.best_in:.0%}", str(one.fails), f"{one.cpu_seconds:.3f}", f"{one.wall_seconds:.3f}"]


def _number(value: float, scale: MetricScale) -> str:
    return f"{value:.2f}" if scale.unit == "dB" else f"{value:.4g}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _left_out(tested: SelfTest) -> list[str]:
    """How many frames were not tested, and the cuts."""
    counts = {kind: sum(one.kind == kind for one in tested.exclusions) for kind in EXCLUSION_KINDS}
    told = ", ".join(f"{kind} {count}" for kind, count in counts.items() if count)
    return [f"not tested: {counted(len(tested.exclusions), 'frame')} ({told})"] if told else []


SUMMARIES: dict[type[Result], Callable[[Any], str]] = {
    SelfTest: _self_test,
}
