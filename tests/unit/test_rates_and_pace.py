"""What a user asks of time: rates as people type them, and wishes that contradict each other."""

from fractions import Fraction
from pathlib import Path

import pytest

from frameloom.errors import InputError, RangeError
from frameloom.interpolation.pace import Pace
from frameloom.media.reading.schedule import nominal_rate
from frameloom.media.reading.source import SourceInfo
from frameloom.media.timeline import Insert, Multiply, Resample, rate_of


def info(kind: str = "video", rate: Fraction = Fraction(25), count: int = 10) -> SourceInfo:
    return SourceInfo(path=Path("x"), kind=kind, size=(4, 4), depth=8, frame_count=count, rate=rate, regular=True,
                      tick=Fraction(1, 12800), start=Fraction(0), duration=count / rate)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "exact"),
    [
        ("60", Fraction(60)),
        ("24000/1001", Fraction(24000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("47.952", Fraction(48000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        (59.94, Fraction(60000, 1001)),
        ("119.88", Fraction(120000, 1001)),
        ("12.5", Fraction(25, 2)),
        (" 30 ", Fraction(30)),
        (Fraction(30000, 1001), Fraction(30000, 1001)),
        (50, Fraction(50)),
        ("10000", Fraction(10000)),
    ],
)
def test_rates_are_exact_numbers(typed: object, exact: Fraction) -> None:
    assert rate_of(typed) == exact


@pytest.mark.parametrize(
    "typed", ["0", "-1", "abc", "", "1e9", "1/0", "0/5", "10001", "nan", "inf", "60 fps", "1/2/3", True]
)
def test_impossible_rates_are_refused_in_words(typed: object) -> None:
    with pytest.raises(RangeError, match="give a"):
        rate_of(typed)


@pytest.mark.parametrize("wish", [{"factor": 2, "slow": 2}, {"factor": 2, "num": [1]}, {"slow": 3, "num": [1]}])
def test_only_one_of_factor_slow_and_num(wish: dict) -> None:
    with pytest.raises(InputError, match="contradict"):
        Pace(**wish)


def test_factor_and_fps_contradict_for_a_video_but_not_for_images() -> None:
    with pytest.raises(InputError, match="contradict"):
        Pace(factor=2, fps=60).timeline(info())
    assert Pace(factor=3, fps=60).timeline(info("folder", Fraction(60))) == Multiply(3, stretch=3)


@pytest.mark.parametrize("factor", [0, -1])
def test_a_factor_below_one_is_refused(factor: int) -> None:
    with pytest.raises(RangeError, match="factor"):
        Pace(factor=factor).timeline(info())


@pytest.mark.parametrize("slow", ["0", "0.5", "-2", "abc", "1001", "1/0", "nan", "inf"])
def test_an_impossible_slow_down_is_refused(slow: str) -> None:
    with pytest.raises(RangeError, match="slow"):
        Pace(slow=slow).timeline(info())


@pytest.mark.parametrize("num", [[], [-1], [1, -2]])
def test_an_impossible_num_is_refused(num: list[int]) -> None:
    with pytest.raises(RangeError, match="num"):
        Pace(num=num).timeline(info())


@pytest.mark.parametrize(
    ("wish", "kind", "timeline", "rate"),
    [
        ({}, "video", Multiply(2), Fraction(50)),
        ({"factor": 4}, "video", Multiply(4), Fraction(100)),
        ({"slow": 3}, "video", Multiply(3, stretch=3), Fraction(25)),
        ({"num": [1, 1]}, "video", Insert((1, 1), Fraction(25)), Fraction(25)),
        ({"num": [3], "fps": 60}, "video", Insert((3,), Fraction(60)), Fraction(60)),
        ({}, "folder", Multiply(2, stretch=2), Fraction(10)),
        ({"slow": 3}, "folder", Multiply(3, stretch=3), Fraction(10)),
        ({"num": [1]}, "folder", Insert((1,), Fraction(10)), Fraction(10)),
    ],
)
def test_the_table_time(wish: dict, kind: str, timeline: object, rate: Fraction) -> None:
    source = info(kind, Fraction(25) if kind == "video" else Fraction(10))
    assert Pace(**wish).timeline(source) == timeline
    assert nominal_rate(timeline, source) == rate


def test_fps_and_fractional_slow_down_resample() -> None:
    at_60 = Pace(fps="59.94").timeline(info())
    assert isinstance(at_60, Resample)
    assert (at_60.rate, at_60.stretch) == (Fraction(60000, 1001), 1)
    slowed = Pace(slow="2.5").timeline(info())
    assert isinstance(slowed, Resample)
    assert (slowed.rate, slowed.stretch) == (25, Fraction(5, 2))


def test_images_cannot_be_slowed_by_a_part_of_a_frame() -> None:
    with pytest.raises(RangeError, match="whole number"):
        Pace(slow="2.5").timeline(info("folder"))


def test_one_frame_has_nothing_between() -> None:
    for wish in ({}, {"factor": 4}, {"slow": 2}, {"num": [3]}, {"fps": 60}):
        assert Pace(**wish).timeline(info(count=1)) == Multiply(1)
