"""Curves pass through their points and never leave what lies between two of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from frameloom.errors import InputError, RangeError
from frameloom.interpolation.curves import PRESETS, position_along

VALUES = st.floats(0, 1)


@st.composite
def points(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Times at least 1e-4 apart, any values."""
    steps = draw(st.lists(st.integers(1, 2000), min_size=1, max_size=8))
    start = draw(st.integers(0, 1000))
    times = np.cumsum([start, *steps]) / 20_000
    return [(float(time), draw(VALUES)) for time in times]


@given(points(), VALUES)
def test_a_curve_stays_between_the_two_points_around(curve: list[tuple[float, float]], time: float) -> None:
    value = position_along(curve)(time)
    before = [point for point in curve if point[0] <= time][-1:]
    after = [point for point in curve if point[0] > time][:1]
    around = [value for _, value in before + after]
    assert min(around) <= value <= max(around)


@given(points())
def test_a_curve_goes_through_its_points(curve: list[tuple[float, float]]) -> None:
    position = position_along(curve)
    assert [position(time) for time, _ in curve] == pytest.approx([value for _, value in curve], abs=1e-12)
    assert position(0) == curve[0][1]
    assert position(1) == curve[-1][1]


@given(st.lists(VALUES, min_size=2, max_size=10))
def test_values_are_evenly_spaced_in_time(values: list[float]) -> None:
    times = np.linspace(0, 1, len(values))
    even, timed = position_along(values), position_along(list(zip(times, values, strict=True)))
    assert [even(time) for time in (0, 0.123, 0.5, 1)] == [timed(time) for time in (0, 0.123, 0.5, 1)]
    assert (even(0), even(1)) == (values[0], values[-1])


@given(st.lists(VALUES, min_size=2, max_size=6), VALUES, VALUES)
def test_rising_points_give_a_rising_curve(values: list[float], one: float, other: float) -> None:
    position = position_along(sorted(values))
    early, late = sorted((one, other))
    assert position(early) <= position(late) + 1e-12


def test_the_original_cubic_would_overshoot_here() -> None:
    """The points whose cubic in the original web app leads outside 0..1: the tests above would see it."""
    values, times = [0, 0, 1, 1], np.linspace(0, 1, 4)
    assert CubicSpline(times, values)(np.linspace(0, 1, 50)).max() > 1.05
    made = [position_along(values)(time) for time in np.linspace(0, 1, 50)]
    assert (min(made), max(made)) == (0, 1)


def test_an_object_may_go_back() -> None:
    position = position_along([0, 0.8, 0.2, 1])
    assert position(0.5) < position(1 / 3) == pytest.approx(0.8)


@given(st.sampled_from(sorted(PRESETS)), VALUES)
def test_presets_stay_within_the_path(name: str, time: float) -> None:
    assert 0 <= position_along(name)(time) <= 1


def test_presets_are_what_their_names_say() -> None:
    at_half = {name: position_along(name)(0.5) for name in PRESETS}
    assert at_half == {
        "linear": 0.5, "ease-in": 0.25, "ease-out": 0.75, "ease-in-out": 0.5, "hold-start": 0, "hold-end": 1,
        "delay": 0, "rush": 1, "reverse": 0.5, "ping-pong": 1,
    }  # fmt: skip
    ends = {name: (position_along(name)(0), position_along(name)(1)) for name in PRESETS}
    special = {"hold-start": (0, 0), "hold-end": (1, 1), "reverse": (1, 0), "ping-pong": (0, 0)}
    assert ends == {name: special.get(name, (0, 1)) for name in PRESETS}


@pytest.mark.parametrize(
    ("curve", "error", "words"),
    [
        ("ease-uot", InputError, "did you mean ease-out"),
        ("zzz", InputError, "there are: linear"),
        ([], RangeError, "0 points"),
        ([0.5], RangeError, "1 points"),
        ([0, 1.2], RangeError, "value 1.2"),
        ([0, -0.1], RangeError, "value -0.1"),
        ([0, float("nan")], RangeError, "value nan"),
        ([(0, 0), (1.5, 1)], RangeError, "time 1.5"),
        ([(0, 0), (0, 1)], RangeError, "later"),
        ([(0.5, 0), (0.2, 1)], RangeError, "from 0.5 to 0.2"),
        ([(0, 0), (5e-324, 1)], RangeError, "later"),
        ([(0, 0, 0), (1, 1, 1)], InputError, "pairs"),
        ([[0, 1], [0.5]], InputError, "pairs"),
        (None, InputError, "pairs"),
        (["a", "b"], InputError, "pairs"),
        ([0, 10**400], InputError, "pairs"),
    ],
)
def test_impossible_curves(curve: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        position_along(curve)
