"""Repeated source frames give way to made ones; what is no repeat is left alone."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
import pytest

from factories import noise
from frameloom.features.cuts import AUTO
from frameloom.features.duplicates import LONGEST_RUN
from frameloom.features.lookahead import look_ahead
from frameloom.frame import ArrayPicture, Frame
from frameloom.interpolation.video import Tally, densify
from frameloom.media.timeline import Insert, Multiply, Resample, Timeline
from frameloom.models.interpolators.blend import Blend

STEP = Fraction(1, 24)
SIZE = (48, 96)


class Spy(Blend):
    """Blend that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, ...]] = []

    def between(self, first: np.ndarray, last: np.ndarray, moments: Sequence) -> Iterator[np.ndarray]:
        self.asked.append(tuple(moments))
        yield from super().between(first, last, moments)


def drawings(count: int, *, shift: float = 8, seed: int = 1) -> list[np.ndarray]:
    """Different pictures of one scene, `shift` pixels on from one to the next."""
    scene = noise((SIZE[0], 6 * SIZE[1]), seed=seed)
    lefts = [shift * k for k in range(count)]
    return [
        (1 - left % 1) * scene[:, int(left) : int(left) + SIZE[1]]
        + left % 1 * scene[:, int(left) + 1 : int(left) + 1 + SIZE[1]]
        for left in lefts
    ]


def stream(images: Sequence[np.ndarray], *, grain: float = 0) -> list[Frame]:
    random = np.random.default_rng(1)
    noisy = [np.clip(np.rint(image + random.normal(0, grain, image.shape)), 0, 255) for image in images]
    return [Frame(ArrayPicture(image.astype(np.uint8)), 5 + k * STEP, STEP) for k, image in enumerate(noisy)]


def shown_for(images: Sequence[np.ndarray], times: Sequence[int]) -> list[np.ndarray]:
    return [image for image, count in zip(images, times, strict=True) for _ in range(count)]


def held(frames: Sequence[Frame], cuts: float | None = None) -> list[int]:
    return [index for index, step in enumerate(look_ahead(frames, cuts=cuts, dedupe=True)) if step.held]


def values(frames: Sequence[Frame]) -> list[float]:
    return [round(float(frame.to_float().mean()), 4) for frame in frames]


@pytest.mark.parametrize("grain", [0, 2])
@pytest.mark.parametrize(
    ("times", "repeats"),
    [
        ((2, 2, 2, 2), [1, 3, 5]),
        ((3, 3, 3, 3), [1, 2, 4, 5, 7, 8]),
        ((2, 3, 2, 3, 2), [1, 3, 4, 6, 8, 9]),
        ((1, 1, 2, 1, 1), [3]),
        ((LONGEST_RUN, 1), [1, 2, 3, 4, 5]),
    ],
    ids=["twos", "threes", "pull-down", "one frame twice", "the longest run"],
)
def test_runs_are_found(times: tuple[int, ...], repeats: list[int], grain: float) -> None:
    """But not at the end, where nothing says whether the run goes on."""
    assert held(stream(shown_for(drawings(len(times)), times), grain=grain)) == repeats


def test_what_stands_longer_was_meant_to_stand() -> None:
    assert held(stream(shown_for(drawings(3), (1, LONGEST_RUN + 1, 2)))) == []
    assert held(stream(drawings(1) * 30, grain=2)) == []


@pytest.mark.parametrize("shift", [0.02, 0.1, 0.25, 0.5, 1])
def test_a_slow_pan_is_not_held(shift: float) -> None:
    assert held(stream(drawings(30, shift=shift), grain=1)) == []


def test_something_small_that_moves_is_not_held() -> None:
    images = [image.copy() for image in drawings(1) * 12]
    for k, image in enumerate(images):
        image[20:30, 20 + 2 * k : 30 + 2 * k] = (250, 20, 20)
    assert held(stream(images, grain=1)) == []


def test_a_run_before_a_cut_is_left_alone() -> None:
    """Re-timed, the frames before the cut would show what comes after it, or come too early."""
    warm = shown_for(drawings(4), (2, 2, 2, 3))
    cold = shown_for(drawings(3, seed=8), (2, 2, 2))
    images = [image * (1, 0.7, 0.3) for image in warm] + [image * (0.2, 0.5, 1) for image in cold]
    assert held(stream(images), cuts=AUTO) == [1, 3, 5, 10, 12]
    tally = Tally()
    made = list(densify(stream(images), Blend(), Multiply(2), cuts=AUTO, dedupe=True, tally=tally))
    source = stream(images)
    for k in (12, 14, 16, 18):  # the run before the cut, and the first frame after it
        assert np.array_equal(made[k].picture.to_integer(8), source[k // 2].picture.to_integer(8))
    assert (tally.cuts, tally.held) == (1, 5)


def flat(*levels: float) -> list[Frame]:
    return stream([np.full((*SIZE, 3), level) for level in levels])


def test_frames_on_twos_move_evenly_and_their_flows_are_computed_once() -> None:
    source, spy, tally = flat(0, 0, 80, 80, 160, 160), Spy(), Tally()
    made = list(densify(source, spy, Multiply(2), dedupe=True, tally=tally))
    assert values(made) == [round(level / 255, 4) for level in (0, 20, 40, 60, 80, 100, 120, 140, 160, 160, 160, 160)]
    assert spy.asked == [(0.25, 0.5, 0.75), (0.25, 0.5, 0.75), (0.5,)]
    assert [made[k].picture for k in (0, 4, 8)] == [source[k].picture for k in (0, 2, 4)]
    assert (tally.read, tally.written, tally.made, tally.held) == (6, 12, 7, 2)


def test_pull_down_is_undone() -> None:
    source = flat(0, 0, 50, 50, 50, 100, 100, 150, 150, 150, 200)
    assert values(list(densify(source, Blend(), Multiply(1), dedupe=True))) == [
        round(level / 255, 4) for level in (0, 25, 50, 50 + 50 / 3, 50 + 100 / 3, 100, 125, 150, 150 + 50 / 3,
                                            150 + 100 / 3, 200)
    ]  # fmt: skip


def test_uneven_times_are_kept_to() -> None:
    """The moment is where the instant lies between the first frame and the one that ends the run."""
    source = flat(0, 0, 100)
    times = (0, 3, 4, 5)
    source = [
        Frame(frame.picture, begin * STEP, (end - begin) * STEP)
        for frame, begin, end in zip(source, times[:-1], times[1:], strict=True)
    ]
    made = list(densify(source, Blend(), Multiply(1), dedupe=True))
    assert values(made) == [round(level / 255, 4) for level in (0, 75, 100)]


@pytest.mark.parametrize(
    "timeline",
    [Multiply(1), Multiply(3), Multiply(2, 2), Insert((2,), Fraction(25)), Insert((1, 1), Fraction(25)),
     Resample(Fraction(60)), Resample(Fraction(10))],
    ids=str,
)  # fmt: skip
def test_counts_times_and_distinct_frames_are_those_without(timeline: Timeline) -> None:
    source = stream(shown_for(drawings(6), (2, 3, 1, 4, 1, 2)), grain=1)
    without = list(densify(source, Blend(), timeline))
    made = list(densify(source, Blend(), timeline, dedupe=True))
    assert [(frame.time, frame.duration) for frame in made] == [(frame.time, frame.duration) for frame in without]
    distinct = [source[k].picture for k in (0, 2, 5, 6, 10, 11)]
    for index, frame in enumerate(without):
        if any(frame.picture is picture for picture in distinct):
            assert made[index].picture is frame.picture


def test_nothing_is_held_unless_asked() -> None:
    tally = Tally()
    list(densify(flat(0, 0, 80, 80, 160), Blend(), Multiply(2), tally=tally))
    assert tally.held == 0
