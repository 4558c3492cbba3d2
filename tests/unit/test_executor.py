"""Units yield the same events here and in processes; errors and deaths are told."""

import os
from collections.abc import Iterator

import pytest

from frameloom.errors import MediaError
from frameloom.executor import run_units


def count(unit: int) -> Iterator[tuple[int, int]]:
    yield from ((unit, step) for step in range(3))


def refuse(unit: int) -> Iterator[int]:
    yield unit
    if unit == 2:
        raise MediaError("unit 2 cannot be read")


def die(unit: int) -> Iterator[int]:
    yield unit
    if unit == 1:
        os._exit(7)


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_every_unit_yields_its_events_in_order(workers: int) -> None:
    events = list(run_units(count, range(4), workers=workers))
    assert sorted(events) == [(unit, step) for unit in range(4) for step in range(3)]
    for unit in range(4):
        assert [step for number, step in events if number == unit] == [0, 1, 2]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_error_of_a_unit_arrives_as_it_is(workers: int) -> None:
    with pytest.raises(MediaError, match="unit 2 cannot be read"):
        list(run_units(refuse, [0, 2], workers=workers))


def test_a_dead_process_is_noticed() -> None:
    with pytest.raises(RuntimeError, match="died with 7"):
        list(run_units(die, [0, 1], workers=2))


def test_nothing_to_do() -> None:
    assert list(run_units(count, [], workers=4)) == []
