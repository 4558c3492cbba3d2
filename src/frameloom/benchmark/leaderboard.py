"""Several evaluations in one table, where they may stand in one: the same files, protocol and weights of metrics."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from frameloom.benchmark.means import headed, marked, number, row_of
from frameloom.errors import CannotOpen, InputError
from frameloom.results.measuring import Board, MetricScale, ShownFrame, Standing

Record = dict[str, Any]

_MUST_AGREE = {
    "dataset": "data set",
    "protocol": "protocol",
    "files_sha256": "files",
    "maps": "distance maps",
    "weights": "weights of metrics",
}
"""Departures from a protocol follow from these, from the factor, which has rows of its own, and from metrics."""
_NEEDED = {"dataset", "protocol", "files_sha256", "departures", "maps", "scales", "means", "rows", "runs"}


@dataclass(frozen=True, slots=True)
class SavedEvaluation:
    """An evaluation as its file has it."""

    path: Path
    record: Record

    @property
    def key(self) -> tuple[str, ...]:
        """What it must share with those it stands beside."""
        return tuple(json.dumps(self.record.get(name), sort_keys=True) for name in _MUST_AGREE)

    @property
    def scales(self) -> list[MetricScale]:
        """Its metrics."""
        return [MetricScale(**scale) for scale in self.record["scales"]]

    @property
    def pictures(self) -> list[ShownFrame]:
        """Frames that were kept beside it."""
        return [ShownFrame(**picture) for picture in self.record.get("pictures", [])]

    def standings(self) -> list[Standing]:
        """Its models, one by one; infinity and NaN are text in the file."""
        return [
            Standing(
                model=mean["model"],
                factor=int(mean["factor"]),
                values=_numbers(mean["values"]),
                intervals={name: (float(low), float(high)) for name, (low, high) in mean["intervals"].items()},
                tails={name: _numbers(tails) for name, tails in mean["tails"].items()},
                cpu_seconds_per_megapixel=float(mean["cpu_seconds_per_megapixel"]),
                frames=int(mean["frames"]),
                source=self.path,
            )
            for mean in self.record["means"]
        ]


def _numbers(values: Record) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


def read_evaluation(path: Path) -> SavedEvaluation:
    """Read what `evaluate --output scores.json` wrote.

    Raises:
        CannotOpen: missing, damaged, or another kind of file.
    """
    try:
        record: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CannotOpen(f"{path} does not exist") from None
    except OSError as error:
        raise CannotOpen(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError:
        raise CannotOpen(f"{path} is not JSON; give files that `frameloom evaluate --output` wrote") from None
    if not isinstance(record, dict) or not cast(Record, record).keys() >= _NEEDED:
        raise CannotOpen(f"{path} is not a result of this version's `frameloom evaluate --output`; measure again")
    saved = SavedEvaluation(path, cast(Record, record))
    try:
        readable = [saved.standings(), saved.scales, saved.pictures]
    except (TypeError, ValueError, KeyError, AttributeError):
        raise CannotOpen(f"{path} is damaged: its means cannot be read; measure again") from None
    if not readable[0] or not readable[1]:
        raise CannotOpen(f"{path} holds no scores; measure again")
    return saved


def grouped(saved: Sequence[SavedEvaluation], *, mixed: bool) -> list[list[SavedEvaluation]]:
    """Those that may stand in one table together.

    Raises:
        InputError: there is more than one group, and `mixed` was not asked for.
    """
    groups: dict[tuple[str, ...], list[SavedEvaluation]] = defaultdict(list)
    for item in saved:
        groups[item.key].append(item)
    found = list(groups.values())
    if len(found) > 1 and not mixed:
        one, other = found[0][0], found[1][0]
        differs = [
            f"{words} {_shown(one.record.get(name))} and {_shown(other.record.get(name))}"
            for name, words in _MUST_AGREE.items()
            if one.record.get(name) != other.record.get(name)
        ]
        raise InputError(
            f"{one.path} and {other.path} are not comparable ({'; '.join(differs)}); "
            "--mixed makes a table for each kind"
        )
    return found


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value if len(value) < 64 else value[:8]  # a hash
    return "some" if value else "none"


def board_of(group: Sequence[SavedEvaluation]) -> Board:
    """Models of comparable evaluations, the best of each factor first; models of one name bear that of their file."""
    scales = _common_scales(group)
    standings = _told_apart([standing for item in group for standing in item.standings()])
    ordered = sorted(standings, key=lambda standing: (standing.factor, _rank(standing, scales[0])))
    first = group[0].record
    return Board(
        dataset=first["dataset"],
        protocol=first["protocol"],
        departures=tuple(dict.fromkeys(text for item in group for text in item.record["departures"])),
        files_sha256=first["files_sha256"],
        scales=tuple(scales),
        standings=tuple(ordered),
        table=_table(ordered, scales),
    )


def _common_scales(group: Sequence[SavedEvaluation]) -> list[MetricScale]:
    """The metrics that all of them measured.

    Raises:
        InputError: there is none.
    """
    shared = [scale for scale in group[0].scales if all(scale in item.scales for item in group)]
    if not shared:
        raise InputError(f"{group[0].path} and {group[1].path} have no metric in common")
    return shared


def _told_apart(standings: Sequence[Standing]) -> list[Standing]:
    counts = Counter((standing.model, standing.factor) for standing in standings)
    return [
        replace(item, model=f"{item.model} ({item.source.stem})") if counts[item.model, item.factor] > 1 else item
        for item in standings
    ]


def _rank(standing: Standing, scale: MetricScale) -> tuple[bool, float]:
    value = standing.values[scale.name]
    return value != value, -value if scale.higher_is_better else value  # NaN, which is not itself, comes last


def _table(standings: Sequence[Standing], scales: Sequence[MetricScale]) -> str:
    header = ["factor", "model"]
    for scale in scales:
        header += [headed(scale), "95 % interval", "worst 5 %"]
    lines = [row_of([*header, "CPU s / megapixel", "frames"]), "|" + "---|" * (len(header) + 2)]
    for item in standings:
        rivals = [other.values for other in standings if other.factor == item.factor]
        cells = [f"{item.factor}x", item.model]
        for scale in scales:
            low, high = item.intervals[scale.name]
            cells += [marked(item.values, rivals, scale), f"{number(low, scale)} to {number(high, scale)}",
                      number(item.tails[scale.name]["p5"], scale)]  # fmt: skip
        lines.append(row_of([*cells, f"{item.cpu_seconds_per_megapixel:.3f}", str(item.frames)]))
    return "\n".join(lines)
