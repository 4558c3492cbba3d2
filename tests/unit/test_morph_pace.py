"""How many pictures a film takes, and which of them each frame shows."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frameloom.errors import InputError, RangeError
from frameloom.retrieval.morph.pace import Pace, there_and_back
from frameloom.retrieval.morph.wishes import common_aspect, sizes_of


@given(
    count=st.integers(1, 300),
    hold=st.integers(1, 5),
    between=st.integers(0, 7),
    rate=st.sampled_from(["30", "24000/1001"]),
)
def test_frames_go_from_picture_to_picture(count: int, hold: int, between: int, rate: str) -> None:
    try:
        pace = Pace(rate=Fraction(rate), seconds=count / Fraction(rate), hold=hold, between=between)
    except InputError:
        assert count <= hold
        return
    assert pace.count == count
    assert pace.duration == count / Fraction(rate)
    shown = [pace.shown(number) for number in range(count)]
    assert shown[0] == (0, 0)
    needed = {place + (step > 0) for place, step in shown} | {place for place, _ in shown}
    assert needed == set(range(pace.pictures))
    for (place, step), following in pairwise(shown):
        assert following in ((place, step), (place, step + 1), (place + 1, 0))
    for place in range(pace.pictures - 2):
        assert shown.count((place, 0)) == hold
        assert all(shown.count((place, step)) == 1 for step in range(1, between + 1))
    assert [number for segment in range(pace.segments) for number in pace.frames(segment)] == list(range(count))


def test_made_frames_are_evenly_spaced() -> None:
    pace = Pace(rate=Fraction(30), seconds=Fraction(1), between=3)
    assert [pace.moment(step) for step in (1, 2, 3)] == [0.25, 0.5, 0.75]
    assert [pace.time_of(place) for place in (0, 1, 2)] == [0, Fraction(4, 30), Fraction(8, 30)]


def test_a_day_is_the_longest() -> None:
    Pace(rate=Fraction(1), seconds=Fraction(86_400))
    with pytest.raises(RangeError, match="at most 86400"):
        Pace(rate=Fraction(1), seconds=Fraction(86_401))


@pytest.mark.parametrize(
    ("count", "expected"),
    [(2, [7, 8]), (3, [7, 8, 9]), (4, [7, 8, 9, 8]), (8, [7, 8, 9, 8, 7, 8, 9, 8]), (9, [7, 8, 9, 8, 7, 8, 9, 8, 7])],
)
def test_there_and_back_again(count: int, expected: list[int]) -> None:
    assert there_and_back([7, 8, 9], count) == expected
    assert there_and_back([1, 2], 5) == [1, 2, 1, 2, 1]


def test_sizes_are_width_by_height() -> None:
    assert sizes_of(["1920x1080", " 64X48 "]) == ((1080, 1920), (48, 64))


def test_images_are_compared_in_the_middle_of_all_proportions() -> None:
    assert common_aspect([(1080, 1920)]) == Fraction(16, 9)
    assert common_aspect([(1080, 1920), (720, 1280)]) == Fraction(16, 9)
    assert common_aspect([(1080, 1920), (1920, 1080)]) == 1
    assert float(common_aspect([(1080, 1920), (1080, 1080)])) == pytest.approx(4 / 3, abs=1e-3)
