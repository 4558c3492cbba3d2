"""Charts over time: round ticks within the chart, and nothing drawn outside it."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frameloom.reports.page_charts import score_curve
from frameloom.reports.page_content import FrameScore
from frameloom.reports.time_chart import TOP, TimeAxes, grid, polyline, tick_step, time_span

AXES = TimeAxes(start=0.0, end=3.0, low=10.0, high=17.0, bottom=288.0)


def numbers(parts: list[str]) -> dict[str, float]:
    """What stands at the axis of values, and its height."""
    found = re.findall(r'y="(-?[\d.]+)" text-anchor="end">([^<]+)<', "".join(parts))
    return {label: float(down) - 5 for down, label in found}


@given(span=st.floats(1e-6, 1e6), most=st.integers(1, 20))
def test_a_step_is_round_and_cuts_a_span_into_few_enough_parts(span: float, most: int) -> None:
    step = tick_step(span, most)
    assert span / step <= most * 1.01
    assert span / step > most / 2.6  # from 2 to 5 it is furthest
    assert f"{step:.0e}"[0] in "125"
    assert step == pytest.approx(float(f"{step:.0e}"))


def test_ticks_lie_within_the_chart() -> None:
    places = numbers(grid(AXES, values="PSNR", time="seconds", time_down=330, most=6))
    assert list(places) == ["10", "12", "14", "16"]
    assert places["10"] == 288
    assert min(places.values()) > TOP


def test_what_stands_at_the_edge_takes_the_place_of_its_number() -> None:
    places = numbers(grid(AXES, values="PSNR", time="seconds", time_down=330, most=6, edge="identical"))
    assert list(places) == ["10", "12", "14", "16", "identical"]
    assert places["identical"] == TOP


@pytest.mark.parametrize(("low", "high", "shown"), [(10.0, 16.0, ["10", "12", "14"]), (0.1, 0.3, ["0.1", "0.2"])])
def test_a_number_at_the_edge_is_left_out_for_what_stands_there(low: float, high: float, shown: list[str]) -> None:
    """The second: 0.1 + 2 * 0.1 is not 0.3."""
    whole = TimeAxes(start=0.0, end=3.0, low=low, high=high, bottom=288.0)
    places = numbers(grid(whole, values="PSNR", time="seconds", time_down=330, most=len(shown), edge="identical"))
    assert list(places) == [*shown, "identical"]


@pytest.mark.parametrize("most", [40.0, 40.9, 42.0, 45.7, 48.3, 55.0])
def test_identical_frames_are_named_within_the_chart(most: float) -> None:
    """Its story: where the upper edge was no multiple of the step, 'identical' stood above the picture, unseen."""
    psnr = [36.1, most, math.inf]
    scores = [
        FrameScore(index=index, time=index / 10, made=True, psnr=value, ssim=0.9, ie=2.0)
        for index, value in enumerate(psnr)
    ]
    places = numbers([score_curve("dis", scores, {})])
    assert places["identical"] == TOP
    assert sorted(places.values()) == sorted(set(places.values()))


def test_what_lies_beyond_is_drawn_at_the_edge() -> None:
    assert [AXES.down(value) for value in (math.inf, 99.0, 17.0, 10.0, -3.0)] == [TOP, TOP, TOP, 288, 288]


def test_a_single_frame_stands_in_the_middle() -> None:
    start, end = time_span([4.0])
    axes = TimeAxes(start=start, end=end, low=0.0, high=1.0, bottom=288.0)
    assert axes.across(4.0) == (axes.across(start) + axes.across(end)) / 2
    assert time_span([2.0, 1.0, 4.0]) == (1.0, 4.0)


def test_a_line_of_one_point_is_drawn() -> None:
    assert 'points="5.0,6.0 5.0,6.0"' in polyline([(5.0, 6.0)], "own")
    assert 'points=""' in polyline([], "own")
